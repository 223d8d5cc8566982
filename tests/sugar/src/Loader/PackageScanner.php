<?php

/** Scans an unpacked package: file types, PHP code, and where the manifest wants to copy to. */

declare(strict_types=1);

namespace Standin\Loader;

final class PackageScanner
{
    private const HEADING = 'The package was refused by the package scanner';
    private const EXTENSIONS = ['png', 'gif', 'jpg', 'css', 'js', 'php', 'txt', 'html', 'htm', 'tpl', 'pdf', 'md5', 'xml', 'hbs', 'less', 'wsdl'];

    public function __construct(private readonly string $folder)
    {
    }

    /** Before anything of the package runs, its manifest included. */
    public function scanFiles(): void
    {
        $problems = [];
        $code = new CodeScanner();
        foreach (self::files($this->folder) as $file) {
            $extension = strtolower((new \SplFileInfo($file))->getExtension());
            if (!in_array($extension, self::EXTENSIONS, true)) {
                $problems[] = "$file: files of the type \"$extension\" are not allowed in a package.";
            } elseif ($extension === 'php') {
                array_push($problems, ...$code->scan($file, (string) file_get_contents("{$this->folder}/$file")));
            }
        }
        $this->refuse($problems);
    }

    /** @param list<CopyRule> $rules */
    public function scanTargets(array $rules): void
    {
        $problems = [];
        foreach ($rules as $rule) {
            if (preg_match('#^custom(/|$)#', $rule->to) !== 1 || preg_match('#(^|/)\.\.?(/|$)|//|\\\\|\0#', $rule->to) === 1) {
                $problems[] = "The manifest copies to \"{$rule->to}\", which is not below custom/.";
            }
            if (!file_exists($rule->from)) {
                $problems[] = "The manifest copies \"{$rule->shownFrom}\", which is not in the package.";
            }
        }
        $this->refuse($problems);
    }

    /** @return list<string> all files below a folder, as relative paths in order */
    public static function files(string $folder): array
    {
        $files = [];
        $all = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($folder, \FilesystemIterator::SKIP_DOTS));
        foreach ($all as $file) {
            $files[] = substr($file->getPathname(), strlen($folder) + 1);
        }
        sort($files);
        return $files;
    }

    private function refuse(array $problems): void
    {
        if ($problems !== []) {
            throw new PackageError(self::HEADING, implode(' ', $problems));
        }
    }
}
