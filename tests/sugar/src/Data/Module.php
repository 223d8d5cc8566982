<?php

/** One module as Modules defines it. */

declare(strict_types=1);

namespace Standin\Data;

final class Module
{
    /**
     * @param array<string, Field> $fields
     * @param list<string> $hiddenColumns
     * @param array<string, array{string, string, bool}> $many
     * @param array<string, array{string, string}> $one
     */
    public function __construct(
        public readonly string $name,
        public readonly string $table,
        public readonly string $singular,
        public readonly bool $isPerson,
        public readonly bool $adminOnly,
        public readonly array $fields,
        public readonly array $hiddenColumns,
        public readonly array $many,
        public readonly array $one
    ) {
    }

    public function hasTeams(): bool
    {
        return isset($this->fields['team_set_id']);
    }

    public function createTableSql(): string
    {
        $columns = [];
        foreach ($this->fields as $field) {
            if ($field->isColumn()) {
                $columns[] = $field->columnSql() . ($field->name === 'id' ? ' PRIMARY KEY' : '');
            }
        }
        foreach ($this->hiddenColumns as $column) {
            $columns[] = "$column TEXT";
        }
        return "CREATE TABLE {$this->table} (" . implode(', ', $columns) . ')';
    }

    /** SQL for the name of a record in $table, as Sugar shows it. */
    public static function nameSql(string $table, string $alias): string
    {
        return in_array($table, ['contacts', 'leads', 'prospects', 'users'], true)
            ? "trim(coalesce($alias.first_name, '') || ' ' || coalesce($alias.last_name, ''))"
            : "$alias.name";
    }
}
