<?php

/** One thing that a package copies, from `installdefs.copy` or from a key that means "copy into the Extension tree". */

declare(strict_types=1);

namespace Standin\Loader;

final class CopyRule
{
    private const SILENT = ['id', 'copy', 'beans', 'pre_execute', 'post_execute', 'pre_uninstall', 'post_uninstall'];

    private function __construct(public readonly string $from, public readonly string $to, public readonly string $shownFrom)
    {
    }

    /** @return list<self> */
    public static function all(Manifest $manifest): array
    {
        $rules = [];
        foreach ((array) ($manifest->installdefs['copy'] ?? []) as $copy) {
            $rules[] = self::of($manifest, (string) ($copy['from'] ?? ''), (string) ($copy['to'] ?? ''));
        }
        foreach ($manifest->installdefs as $key => $entries) {
            if (in_array($key, self::SILENT, true)) {
                if ($key === 'beans' && $entries) {
                    throw new PackageError('Issue with the manifest', 'The stand-in does not install new modules (installdefs "beans").');
                }
                continue;
            }
            foreach ((array) $entries as $entry) {
                $rules[] = self::of($manifest, (string) ($entry['from'] ?? ''), self::extensionTarget($manifest, (string) $key, (array) $entry));
            }
        }
        return $rules;
    }

    /** @return array<string, string> target path => source file, folders taken apart */
    public function files(): array
    {
        if (is_file($this->from)) {
            return [$this->to => $this->from];
        }
        $files = [];
        foreach (PackageScanner::files($this->from) as $file) {
            $files[rtrim($this->to, '/') . "/$file"] = "{$this->from}/$file";
        }
        return $files;
    }

    private static function of(Manifest $manifest, string $from, string $to): self
    {
        $inside = str_replace('<basepath>', '', $from);
        if ($inside === $from || str_contains($inside, '..')) {
            throw new PackageError('Issue with the manifest', "\"$from\" has to start with <basepath> and stay inside the package.");
        }
        return new self($manifest->folder . $inside, $to, $from);
    }

    private static function extensionTarget(Manifest $manifest, string $key, array $entry): string
    {
        $module = (string) ($entry['to_module'] ?? 'application');
        $base = 'custom/Extension/' . ($module === 'application' ? 'application' : "modules/$module") . '/Ext';
        $id = (string) $manifest->id();
        $from = (string) ($entry['from'] ?? '');
        if ($key === 'sidecar') {
            if (!preg_match('#(clients/\w+/\w+/[\w-]+)/([\w.-]+\.php)$#', $from, $found)) {
                throw new PackageError('Issue with the manifest', "The sidecar file \"$from\" is not at clients/<client>/<type>/<name>/x.php.");
            }
            return "$base/$found[1]/$found[2]";
        }
        return match ($key) {
            'platforms' => "custom/Extension/application/Ext/Platforms/$id.php",
            'jsgroups' => "custom/Extension/application/Ext/JSGroupings/$id.php",
            'administration' => "custom/Extension/modules/Administration/Ext/Administration/$id.php",
            'hookdefs' => "$base/LogicHooks/$id.php",
            'language' => "$base/Language/" . ($entry['language'] ?? 'en_us') . ".$id.php",
            default => throw new PackageError('Issue with the manifest', "The stand-in does not know the installdefs key \"$key\"."),
        };
    }
}
