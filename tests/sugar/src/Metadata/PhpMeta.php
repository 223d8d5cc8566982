<?php

/** Runs metadata files of PHP ($viewdefs and the like) in a scope of their own and hands back what they built. */

declare(strict_types=1);

namespace Standin\Metadata;

final class PhpMeta
{
    /**
     * @param string $variable the variable that the files fill, without "$"
     * @param list<string> $files run in this order on top of each other; missing ones are skipped
     */
    public static function run(string $variable, array $files, mixed $start = []): mixed
    {
        return (static function (string $__variable, array $__files, mixed $__start): mixed {
            $$__variable = $__start;
            foreach ($__files as $__file) {
                if (is_file($__file)) {
                    include $__file;
                }
            }
            return $$__variable;
        })($variable, $files, $start);
    }
}
