<?php

/** The two questions that a check asks; a wrong answer throws. */

declare(strict_types=1);

namespace Standin\Checks;

final class Check
{
    public static function same(mixed $expected, mixed $actual, string $what = ''): void
    {
        if ($expected !== $actual) {
            throw new \RuntimeException(trim("$what\n      expected " . json_encode($expected) . "\n      got      " . json_encode($actual)));
        }
    }

    public static function contains(string $part, string $text, string $what = ''): void
    {
        if (!str_contains($text, $part)) {
            throw new \RuntimeException(trim("$what\n      expected to find " . json_encode($part) . "\n      in " . substr($text, 0, 1500)));
        }
    }
}
