<?php

/**
 * One field of a module, parsed from the short form used in Modules: "varchar:100", "text", "bool", "int",
 * "datetime", "id", "email", "computed", "relate:<table>:<id column>". An "!" after it means read-only over REST.
 */

declare(strict_types=1);

namespace Standin\Data;

final class Field
{
    public readonly string $type;
    public readonly bool $readOnly;
    /** Characters for a varchar, bytes for a text, as MySQL counts. */
    public readonly int $length;
    public readonly string $relatedTable;
    public readonly string $idColumn;

    public function __construct(public readonly string $name, string $definition)
    {
        $this->readOnly = str_ends_with($definition, '!');
        $parts = explode(':', rtrim($definition, '!'));
        $this->type = $parts[0];
        $this->length = match ($this->type) {
            'varchar' => (int) $parts[1],
            'id' => 36,
            'text' => 65535,
            default => 0,
        };
        $this->relatedTable = $this->type === 'relate' ? $parts[1] : '';
        $this->idColumn = $this->type === 'relate' ? $parts[2] : '';
    }

    /** Kept in a column of its own; the others are computed while reading. */
    public function isColumn(): bool
    {
        return !in_array($this->type, ['computed', 'relate', 'teams'], true);
    }

    public function columnSql(): string
    {
        return $this->name . match ($this->type) {
            'bool', 'int' => ' INTEGER',
            // Sugar's usual MySQL collation compares without regard to case.
            default => ' TEXT COLLATE NOCASE',
        };
    }

    /** What Sugar makes of a value that a client sent: coerced or cut, never refused. */
    public function coerce(mixed $value): string|int|null
    {
        if ($value === null) {
            return null;
        }
        if (is_array($value)) {
            return $this->type === 'email' ? (string) json_encode($value) : null;
        }
        return match ($this->type) {
            'bool' => (int) in_array($value, [true, 1, '1', 'true', 'on'], true),
            'int' => (int) $value,
            'datetime' => Dates::toDatabase((string) $value),
            'text' => mb_strcut((string) $value, 0, $this->length, 'UTF-8'),
            default => mb_substr((string) $value, 0, $this->length ?: 255, 'UTF-8'),
        };
    }
}
