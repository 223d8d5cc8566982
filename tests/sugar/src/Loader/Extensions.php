<?php

/** Compiles custom/Extension into the *.ext.php files that Sugar reads: the content of all source files, one after another. */

declare(strict_types=1);

namespace Standin\Loader;

use Standin\Instance\Instance;

final class Extensions
{
    private const TARGETS = [
        'Platforms' => 'platforms.ext.php', 'Administration' => 'administration.ext.php', 'JSGroupings' => 'jsgroups.ext.php',
        'LogicHooks' => 'logichooks.ext.php', 'Vardefs' => 'vardefs.ext.php', 'ScheduledTasks' => 'scheduledtasks.ext.php',
        'Include' => 'modules.ext.php',
    ];

    public function __construct(private readonly Instance $instance)
    {
    }

    public function compile(): void
    {
        $this->removeCompiled();
        foreach ($this->collect() as $target => $sources) {
            sort($sources);
            $this->write($target, $sources);
        }
    }

    /** @return array<string, list<string>> compiled file => its sources, all relative to the instance */
    private function collect(): array
    {
        $root = $this->instance->path('custom/Extension');
        $groups = [];
        foreach (is_dir($root) ? PackageScanner::files($root) : [] as $file) {
            $target = $this->target($file);
            if ($target !== null) {
                $groups[$target][] = "custom/Extension/$file";
            }
        }
        return $groups;
    }

    private function target(string $file): ?string
    {
        if (!preg_match('#^(application|modules/\w+)/Ext/(.+)/([^/]+)\.php$#', $file, $found)) {
            return null;
        }
        [, $owner, $folder, $name] = $found;
        $base = "custom/$owner/Ext/$folder";
        if ($folder === 'Language') {
            return "$base/" . explode('.', $name)[0] . '.lang.ext.php';
        }
        if (preg_match('#^clients/\w+/\w+/([\w-]+)$#', $folder, $component)) {
            return "$base/$component[1].ext.php";
        }
        return isset(self::TARGETS[$folder]) ? "$base/" . self::TARGETS[$folder] : null;
    }

    private function write(string $target, array $sources): void
    {
        $code = "<?php\n// WARNING: The contents of this file are auto-generated.\n";
        foreach ($sources as $source) {
            $content = (string) file_get_contents($this->instance->path($source));
            $code .= "\n// from: $source\n" . trim(str_replace(['<?php', '<?PHP', '?>', '<?'], '', $content)) . "\n";
        }
        try {
            \PhpToken::tokenize($code, TOKEN_PARSE);
        } catch (\ParseError $e) {
            // On a real instance every page would now be blank; here it is better said aloud.
            throw new PackageError('The rebuild failed', "$target is not valid PHP: {$e->getMessage()} (sources: " . implode(', ', $sources) . ').');
        }
        $file = $this->instance->path($target);
        if (!is_dir(dirname($file))) {
            mkdir(dirname($file), 0777, true);
        }
        file_put_contents($file, $code);
    }

    private function removeCompiled(): void
    {
        foreach (['custom/application', 'custom/modules'] as $folder) {
            $root = $this->instance->path($folder);
            foreach (is_dir($root) ? PackageScanner::files($root) : [] as $file) {
                if (str_ends_with($file, '.ext.php') && preg_match('#(^|/)Ext/#', $file)) {
                    unlink("$root/$file");
                }
            }
        }
    }
}
