<?php

/** The requests that asked for something the reference does not list. Tests assert that there are none. */

declare(strict_types=1);

namespace Standin\Control;

use Standin\Data\Database;
use Standin\Data\Dates;
use Standin\Rest\Request;

final class Refused
{
    public function __construct(private readonly Database $db)
    {
    }

    /** Without query and body: those hold phone numbers and texts. */
    public function note(Request $request, string $reason): void
    {
        $this->db->insert('refused', [
            'at' => Dates::now(), 'method' => $request->method, 'path' => $request->path, 'reason' => $reason,
        ]);
    }

    public function all(): array
    {
        return $this->db->rows('SELECT at, method, path, reason FROM refused ORDER BY id');
    }
}
