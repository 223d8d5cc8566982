<?php

/** The words: stock language files and the compiled Language extensions over them. */

declare(strict_types=1);

namespace Standin\Metadata;

use Standin\Instance\Instance;

final class Languages
{
    private const LANGUAGE = 'en_us';

    public function __construct(private readonly Instance $instance)
    {
    }

    public function appStrings(): array
    {
        return PhpMeta::run('app_strings', $this->appFiles());
    }

    public function appListStrings(): array
    {
        return PhpMeta::run('app_list_strings', $this->appFiles());
    }

    /** @param list<string> $modules */
    public function modStrings(array $modules): array
    {
        $strings = [];
        foreach ($modules as $module) {
            $found = $this->ofModule($module);
            if ($found !== []) {
                $strings[$module] = $found;
            }
        }
        return $strings;
    }

    public function ofModule(string $module): array
    {
        $name = self::LANGUAGE . '.lang';
        return PhpMeta::run('mod_strings', [
            $this->instance->stock("modules/$module/language/$name.php"),
            $this->instance->path("custom/modules/$module/language/$name.php"),
            $this->instance->path("custom/modules/$module/Ext/Language/$name.ext.php"),
        ]);
    }

    private function appFiles(): array
    {
        $name = self::LANGUAGE . '.lang';
        return [
            $this->instance->stock("include/language/$name.php"),
            $this->instance->path("custom/include/language/$name.php"),
            $this->instance->path("custom/application/Ext/Language/$name.ext.php"),
        ];
    }
}
