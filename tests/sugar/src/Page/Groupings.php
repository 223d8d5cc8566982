<?php

/** Concatenates the start-up scripts that $js_groupings (stock, then the compiled extension) names. */

declare(strict_types=1);

namespace Standin\Page;

use Standin\Instance\Instance;
use Standin\Metadata\PhpMeta;

final class Groupings
{
    public const MAIN = 'include/javascript/sugar_grp7.min.js';

    public function __construct(private readonly Instance $instance)
    {
    }

    public function build(): void
    {
        $groupings = PhpMeta::run('js_groupings', [
            $this->instance->path('custom/application/Ext/JSGroupings/jsgroups.ext.php'),
        ], $this->stock());
        $content = [self::MAIN => ''];
        foreach ($groupings as $grouping) {
            foreach ($grouping as $source => $target) {
                $content[$target] = ($content[$target] ?? '') . $this->source((string) $source);
            }
        }
        foreach ($content as $target => $script) {
            $file = $this->instance->path("cache/$target");
            if (!is_dir(dirname($file))) {
                mkdir(dirname($file), 0777, true);
            }
            file_put_contents($file, $script);
        }
    }

    private function stock(): array
    {
        $files = [];
        foreach (glob($this->instance->stock('include/javascript/*.js')) as $file) {
            $files['include/javascript/' . basename($file)] = self::MAIN;
        }
        // One entry at least, whatever the stock has: packages look for the target among the values.
        return [$files + ['include/javascript/sugar7.js' => self::MAIN]];
    }

    /** Joined as they are: a script that does not end its last statement breaks the next one, as in Sugar. */
    private function source(string $relative): string
    {
        foreach ([$this->instance->path($relative), $this->instance->stock($relative)] as $file) {
            if (is_file($file)) {
                return file_get_contents($file) . "\n";
            }
        }
        return '';
    }
}
