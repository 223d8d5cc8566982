<?php

/**
 * Creates and changes records the way Sugar does: unknown and read-only fields are dropped, long values are cut, wrong types
 * are coerced, and nothing of that is an error.
 */

declare(strict_types=1);

namespace Standin\Records;

use Standin\Control\HookQueue;
use Standin\Data\Dates;
use Standin\Data\Field;
use Standin\Data\Ids;
use Standin\Data\Module;
use Standin\Data\Teams;
use Standin\Rest\ApiError;
use Standin\Rest\Call;

final class Writer
{
    public function __construct(private readonly Call $call)
    {
    }

    /** @return string the id of the new record */
    public function create(Module $module, array $args): string
    {
        $this->call->requireAccess('create', $module->name);
        $user = $this->call->me();
        $values = $this->accepted($module, $args) + $this->defaults($module);
        $values['id'] = $this->idFor($module, $args);
        $values['created_by'] = $values['modified_user_id'] = $user->id;
        $values['date_entered'] = $values['date_modified'] = Dates::now();
        if ($module->hasTeams()) {
            $values = $this->teams($args['team_name'] ?? null) + $values;
        }
        $this->call->db()->transaction(function () use ($module, $values): void {
            $this->call->db()->insert($module->table, $values);
            (new HookQueue($this->call->db()))->saved($module, $values, []);
        });
        return $values['id'];
    }

    public function update(Module $module, array $row, array $args): void
    {
        $this->call->requireAccess('edit', $module->name);
        $this->checkConflict($row);
        $values = $this->accepted($module, $args);
        if ($module->hasTeams() && isset($args['team_name'])) {
            $values = $this->teams($args['team_name']) + $values;
        }
        $values['modified_user_id'] = $this->call->me()->id;
        $values['date_modified'] = Dates::now();
        $this->call->db()->transaction(function () use ($module, $row, $values): void {
            $this->call->db()->update($module->table, $values, $row['id']);
            (new HookQueue($this->call->db()))->saved($module, $values + $row, $row);
        });
    }

    public function delete(Module $module, array $row): void
    {
        $this->call->requireAccess('delete', $module->name);
        $values = ['deleted' => 1, 'modified_user_id' => $this->call->me()->id, 'date_modified' => Dates::now()];
        $this->call->db()->transaction(function () use ($module, $row, $values): void {
            $this->call->db()->update($module->table, $values, $row['id']);
            (new HookQueue($this->call->db()))->deleted($module, $values + $row);
        });
    }

    private function accepted(Module $module, array $args): array
    {
        $values = [];
        foreach ($module->fields as $name => $field) {
            if (array_key_exists($name, $args) && $field->isColumn() && !$field->readOnly
                && $this->call->acl()->mayWriteField($module->name, $name)) {
                $values[$name] = $this->cut($field, $field->coerce($args[$name]));
            }
        }
        return $values;
    }

    /** Databases differ in how much a text column takes; the rest goes without a word. */
    private function cut(Field $field, string|int|null $value): string|int|null
    {
        $bytes = $this->call->switches->value('text_bytes');
        return $field->type === 'text' && $bytes !== null ? mb_strcut((string) $value, 0, (int) $bytes, 'UTF-8') : $value;
    }

    private function defaults(Module $module): array
    {
        $values = ['deleted' => 0];
        foreach ($module->fields as $name => $field) {
            if ($field->type === 'bool' || $field->type === 'email') {
                $values[$name] = $field->type === 'bool' ? 0 : '[]';
            }
        }
        return $values;
    }

    private function idFor(Module $module, array $args): string
    {
        $id = mb_substr((string) ($args['id'] ?? ''), 0, 36);
        if ($id === '' || $this->call->switches->value('ignore_client_id')) {
            return Ids::guid();
        }
        if ($this->call->db()->value("SELECT 1 FROM {$module->table} WHERE id = ?", [$id]) !== null) {
            throw ApiError::of('invalid_parameter', "Record already exists: $id in module: {$module->name}");
        }
        return $id;
    }

    /** @param mixed $sent the `team_name` value; without one the user's default team applies */
    private function teams(mixed $sent): array
    {
        $teams = new Teams($this->call->db());
        $ids = [];
        $primary = null;
        foreach (is_array($sent) ? $sent : [] as $team) {
            $id = (string) (is_array($team) ? ($team['id'] ?? '') : $team);
            if ($teams->exists($id)) {
                $ids[] = $id;
                $primary = !empty($team['primary']) ? $id : $primary;
            }
        }
        $ids = $ids ?: [(string) $this->call->me()->row['default_team']];
        return ['team_id' => $primary ?? $ids[0], 'team_set_id' => $teams->setOf($ids)];
    }

    /** A client may send the date_modified it last saw. */
    private function checkConflict(array $row): void
    {
        $seen = $this->call->request->header('X-TIMESTAMP');
        if ($seen !== '' && Dates::toDatabase($seen) !== $row['date_modified']) {
            throw ApiError::of('edit_conflict');
        }
    }
}
