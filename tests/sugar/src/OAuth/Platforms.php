<?php

/** The API platforms that may log in: the stock ones and what packages register through the Platforms extension. */

declare(strict_types=1);

namespace Standin\OAuth;

use Standin\Instance\Instance;

final class Platforms
{
    private const STOCK = ['base', 'mobile', 'portal'];

    public function __construct(private readonly Instance $instance)
    {
    }

    public function isStock(string $platform): bool
    {
        return in_array($platform, self::STOCK, true);
    }

    public function isKnown(string $platform): bool
    {
        return in_array($platform, $this->all(), true);
    }

    /** @return list<string> */
    public function all(): array
    {
        $platforms = self::STOCK;
        foreach (['custom/clients/platforms.php', 'custom/application/Ext/Platforms/platforms.ext.php'] as $file) {
            if (is_file($this->instance->path($file))) {
                include $this->instance->path($file);
            }
        }
        return array_values(array_filter($platforms, static fn ($name): bool => is_string($name)
            && preg_match('/^[A-Za-z0-9_-]{1,127}$/', $name) === 1));
    }
}
