<?php

/** New ids and tokens, in the form that Sugar documents: lower-case GUIDs. */

declare(strict_types=1);

namespace Standin\Data;

final class Ids
{
    public static function guid(): string
    {
        $hex = bin2hex(random_bytes(16));
        $hex[12] = '4';
        $hex[16] = '89ab'[ord(random_bytes(1)) & 3];
        return substr($hex, 0, 8) . '-' . substr($hex, 8, 4) . '-' . substr($hex, 12, 4)
            . '-' . substr($hex, 16, 4) . '-' . substr($hex, 20);
    }
}
