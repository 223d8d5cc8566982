<?php

/** The user on whose behalf a request runs: who it is, what the roles deny, how dates are shown. */

declare(strict_types=1);

namespace Standin\Data;

final class User
{
    public readonly string $id;
    public readonly string $userName;
    public readonly bool $isAdmin;
    public readonly array $preferences;
    public readonly array $row;

    public function __construct(array $row)
    {
        $this->row = $row;
        $this->id = $row['id'];
        $this->userName = $row['user_name'];
        $this->isAdmin = (bool) $row['is_admin'];
        $this->preferences = json_decode((string) $row['preferences'], true) ?? [];
    }

    public static function byId(Database $db, string $id): ?self
    {
        $row = $db->row('SELECT * FROM users WHERE id = ? AND deleted = 0', [$id]);
        return $row === null ? null : new self($row);
    }

    public static function byName(Database $db, string $userName): ?self
    {
        $row = $db->row('SELECT * FROM users WHERE user_name = ? AND deleted = 0', [$userName]);
        return $row === null ? null : new self($row);
    }

    public function mayLogIn(): bool
    {
        return $this->row['status'] === 'Active' && !$this->row['is_group'];
    }

    public function fullName(): string
    {
        return trim($this->row['first_name'] . ' ' . $this->row['last_name']);
    }

    public function timezone(): string
    {
        return $this->preferences['timezone'] ?? 'UTC';
    }
}
