<?php

/** Rows of the database as the records that REST shows to one user. */

declare(strict_types=1);

namespace Standin\Records;

use Standin\Data\Dates;
use Standin\Data\Field;
use Standin\Data\Module;
use Standin\Data\Modules;
use Standin\Data\Teams;
use Standin\Rest\ApiError;
use Standin\Rest\Call;

final class Reader
{
    private array $names = [];

    public function __construct(private readonly Call $call)
    {
    }

    /** The row of a record that the caller may see; hidden and deleted ones look as if they never were. */
    public function find(Module $module, string $id): array
    {
        $this->call->requireAccess('view', $module->name);
        [$visible, $params] = Visibility::sql($module, $this->call->me());
        $row = $this->call->db()->row("SELECT t.* FROM {$module->table} t WHERE t.id = ? AND t.deleted = 0 AND $visible", [$id, ...$params]);
        if ($row !== null) {
            return $row;
        }
        $exists = $this->call->db()->value("SELECT 1 FROM {$module->table} WHERE id = ? AND deleted = 0", [$id]);
        throw $exists && $this->call->switches->value('hidden_is_403')
            ? ApiError::of('not_authorized')
            : ApiError::recordNotFound($id, $module->name);
    }

    /** @param list<string>|null $only the fields asked for; null for all of them */
    public function record(Module $module, array $row, ?array $only = null): array
    {
        $acl = $this->call->acl();
        $record = [];
        foreach ($module->fields as $name => $field) {
            $wanted = $only === null || in_array($name, $only, true) || in_array($name, ['id', 'date_modified'], true);
            if ($wanted && $acl->mayReadField($module->name, $name) && !$this->isForAdmins($module, $name)) {
                $record[$name] = $this->value($module, $field, $row);
            }
        }
        if ($only === null) {
            $record += $this->userLinks($row) + ['following' => false, 'my_favorite' => false];
        }
        return $record + ['_acl' => $acl->describeRecord($module->name), '_module' => $module->name];
    }

    private function isForAdmins(Module $module, string $field): bool
    {
        return $module->name === 'Users' && $field === 'last_login' && !$this->call->me()->isAdmin;
    }

    private function value(Module $module, Field $field, array $row): mixed
    {
        $stored = $row[$field->name] ?? null;
        return match ($field->type) {
            'bool' => (bool) $stored,
            'int' => $stored === null ? null : (int) $stored,
            'datetime' => Dates::toUser($stored, $this->call->me()->timezone()),
            'email' => json_decode((string) $stored, true) ?? [],
            'teams' => (new Teams($this->call->db()))->describe($row['team_set_id'], $row['team_id']),
            'relate' => $this->nameOf($field->relatedTable, $row[$field->idColumn] ?? null),
            'computed' => $this->computed($module, $field->name, $row),
            default => $stored,
        };
    }

    private function computed(Module $module, string $field, array $row): mixed
    {
        if ($field === 'parent_name') {
            $parent = Modules::get((string) $row['parent_type']);
            return $parent === null ? '' : $this->nameOf($parent->table, $row['parent_id']);
        }
        if ($field === 'attachment_list') {
            return $this->call->db()->rows(
                'SELECT id, name, filename, file_mime_type FROM notes WHERE note_parent_id = ? AND attachment_flag = 1 AND deleted = 0',
                [$row['id']]
            );
        }
        return trim(($row['first_name'] ?? '') . ' ' . ($row['last_name'] ?? ''));
    }

    /** Names of related records, asked for once per answer. */
    private function nameOf(string $table, ?string $id): string
    {
        if ($id === null || $id === '') {
            return '';
        }
        return $this->names["$table $id"] ??= (string) $this->call->db()->value(
            'SELECT ' . Module::nameSql($table, 'r') . " FROM $table r WHERE r.id = ? AND r.deleted = 0",
            [$id]
        );
    }

    private function userLinks(array $row): array
    {
        $links = [];
        foreach (['modified_user_link' => 'modified_user_id', 'created_by_link' => 'created_by', 'assigned_user_link' => 'assigned_user_id'] as $link => $column) {
            if (array_key_exists($column, $row)) {
                $links[$link] = [
                    'full_name' => $this->nameOf('users', $row[$column]),
                    'id' => (string) $row[$column],
                    '_acl' => ['fields' => [], 'delete' => 'no', '_hash' => md5((string) $row[$column])],
                ];
            }
        }
        return $links;
    }
}
