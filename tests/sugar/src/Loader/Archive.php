<?php

/** Unpacks an uploaded zip into the instance's upload folder, where it stays for the uninstall scripts. */

declare(strict_types=1);

namespace Standin\Loader;

use Standin\Instance\Instance;
use ZipArchive;

final class Archive
{
    private const HEADING = 'The package could not be read';

    /** The content decides about the id, so uploading the same zip twice is one package. */
    public static function hash(string $zipFile): string
    {
        return (string) md5_file($zipFile);
    }

    /** @return string the folder with the unpacked files */
    public static function unpack(Instance $instance, string $zipFile): string
    {
        $zip = new ZipArchive();
        if ($zip->open($zipFile) !== true) {
            throw new PackageError(self::HEADING, 'The uploaded file is not a zip archive.');
        }
        $folder = $instance->path('upload/upgrades/module/' . self::hash($zipFile));
        self::remove($folder);
        for ($i = 0; $i < $zip->numFiles; $i++) {
            $name = (string) $zip->getNameIndex($i);
            if (preg_match('#(^|/)\.\.(/|$)|^/|\\\\|\0#', $name)) {
                throw new PackageError(self::HEADING, "The archive holds the path \"$name\", which leads outside.");
            }
        }
        mkdir($folder, 0777, true);
        $zip->extractTo($folder);
        $zip->close();
        return $folder;
    }

    public static function remove(string $folder): void
    {
        if (!is_dir($folder)) {
            return;
        }
        $all = new \RecursiveIteratorIterator(
            new \RecursiveDirectoryIterator($folder, \FilesystemIterator::SKIP_DOTS),
            \RecursiveIteratorIterator::CHILD_FIRST
        );
        foreach ($all as $file) {
            $file->isDir() ? rmdir($file->getPathname()) : unlink($file->getPathname());
        }
        rmdir($folder);
    }
}
