<?php

/** Counts what happened, for tests that ask "how many logins, evictions, requests": GET /__standin/counters. */

declare(strict_types=1);

namespace Standin\Control;

use Standin\Data\Database;

final class Counters
{
    public function __construct(private readonly Database $db)
    {
    }

    public function add(string $name): void
    {
        $this->db->run('INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1', [$name]);
    }

    public function all(): array
    {
        return array_column($this->db->rows('SELECT name, value FROM counters ORDER BY name'), 'value', 'name');
    }
}
