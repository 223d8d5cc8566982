<?php

/** A filter as the REST API takes it, turned into SQL over text exactly as it is stored. */

declare(strict_types=1);

namespace Standin\Records;

use Standin\Data\Dates;
use Standin\Data\Field;
use Standin\Data\Modules;
use Standin\Data\Module;
use Standin\Data\User;
use Standin\Rest\ApiError;

final class Filter
{
    private array $params = [];

    public function __construct(private readonly Module $module, private readonly User $user)
    {
    }

    /** @return array{string, array} a condition on the alias "t" and its parameters */
    public function toSql(array $conditions): array
    {
        $this->params = [];
        return [$this->all($conditions), $this->params];
    }

    private function all(array $conditions, string $glue = ' AND '): string
    {
        $parts = [];
        foreach ($conditions as $condition) {
            if (!is_array($condition)) {
                throw ApiError::of('invalid_parameter', 'A filter is a list of conditions.');
            }
            foreach ($condition as $key => $value) {
                $part = $this->one((string) $key, $value);
                if ($part !== '') {
                    $parts[] = $part;
                }
            }
        }
        return $parts === [] ? '1' : '(' . implode($glue, $parts) . ')';
    }

    private function one(string $key, mixed $value): string
    {
        switch ($key) {
            case '$or':
                return $this->all((array) $value, ' OR ');
            case '$and':
                return $this->all((array) $value);
            case '$owner':
                $this->params[] = $this->user->id;
                return 't.assigned_user_id = ?';
            case '$creator':
                $this->params[] = $this->user->id;
                return 't.created_by = ?';
            case '$favorite':
            case '$tracker':
            case '$following':
                return '0';
        }
        if ($key[0] === '$') {
            throw ApiError::unlisted('invalid_parameter', "Unknown filter macro $key");
        }
        [$expression, $field] = $this->expression($key);
        if ($expression === null) {
            return '';
        }
        $parts = [];
        foreach (is_array($value) ? $value : ['$equals' => $value] as $operator => $operand) {
            $parts[] = $this->operator($expression, $field, (string) $operator, $operand);
        }
        return implode(' AND ', $parts);
    }

    /** @return array{?string, Field} SQL for a field; none for a computed one, which Sugar drops without a word */
    private function expression(string $key): array
    {
        if ($key === 'email_addresses.email_address' || $key === 'email') {
            $first = "(SELECT group_concat(json_extract(value, '$.email_address')) FROM json_each(coalesce(nullif(t.email, ''), '[]')))";
            return [$first, new Field('email_address', 'varchar:255')];
        }
        if (str_contains($key, '.')) {
            [$link, $name] = explode('.', $key, 2);
            [$target, $column] = $this->module->one[$link] ?? [null, null];
            $other = $target === null ? null : Modules::get($target);
            if ($other === null || !isset($other->fields[$name]) || !$other->fields[$name]->isColumn()) {
                throw ApiError::of('invalid_parameter', "Unknown field $key");
            }
            return ["(SELECT r.$name FROM {$other->table} r WHERE r.id = t.$column AND r.deleted = 0)", $other->fields[$name]];
        }
        $field = $this->module->fields[$key] ?? null;
        if ($field === null) {
            throw ApiError::of('invalid_parameter', "Unknown field $key");
        }
        return match ($field->type) {
            'computed', 'teams' => [null, $field],
            'relate' => ['(SELECT ' . Module::nameSql($field->relatedTable, 'r')
                . " FROM {$field->relatedTable} r WHERE r.id = t.{$field->idColumn})", $field],
            default => ["t.$key", $field],
        };
    }

    private function operator(string $sql, Field $field, string $operator, mixed $value): string
    {
        switch ($operator) {
            case '$equals':
                return $value === null ? "$sql IS NULL" : $this->compare($sql, '=', $field, $value);
            case '$not_equals':
                return '(' . $this->compare($sql, '!=', $field, $value) . " OR $sql IS NULL)";
            case '$lt':
                return $this->compare($sql, '<', $field, $value);
            case '$lte':
                return $this->compare($sql, '<=', $field, $value);
            case '$gt':
                return $this->compare($sql, '>', $field, $value);
            case '$gte':
                return $this->compare($sql, '>=', $field, $value);
            case '$starts':
                return $this->like($sql, '', $value, '%');
            case '$ends':
                return $this->like($sql, '%', $value, '');
            case '$contains':
                return $this->like($sql, '%', $value, '%');
            case '$not_contains':
                return "($sql IS NULL OR NOT " . $this->like($sql, '%', $value, '%') . ')';
            case '$in':
                return $this->in($sql, $field, (array) $value);
            case '$not_in':
                return "($sql IS NULL OR NOT " . $this->in($sql, $field, (array) $value) . ')';
            case '$between':
            case '$dateBetween':
                [$from, $to] = array_values((array) $value) + [null, null];
                return '(' . $this->compare($sql, '>=', $field, $from) . ' AND ' . $this->compare($sql, '<=', $field, $to) . ')';
            case '$dateRange':
                return $this->dateRange($sql, (string) $value);
            case '$is_null':
                return "$sql IS NULL";
            case '$not_null':
                return "$sql IS NOT NULL";
            case '$empty':
                return "($sql IS NULL OR $sql = '')";
            case '$not_empty':
                return "($sql IS NOT NULL AND $sql != '')";
        }
        throw ApiError::unlisted('invalid_parameter', "Did not recognize the operator: $operator");
    }

    private function compare(string $sql, string $operator, Field $field, mixed $value): string
    {
        $this->params[] = $this->stored($field, $value);
        return "$sql $operator ?";
    }

    private function like(string $sql, string $before, mixed $value, string $after): string
    {
        if (is_array($value)) {
            throw ApiError::of('invalid_parameter', 'This operator takes one value.');
        }
        $this->params[] = $before . addcslashes((string) $value, '%_\\') . $after;
        return "$sql LIKE ? ESCAPE '\\'";
    }

    private function in(string $sql, Field $field, array $values): string
    {
        foreach ($values as $value) {
            $this->params[] = $this->stored($field, $value);
        }
        return $values === [] ? '0' : "$sql IN (" . implode(', ', array_fill(0, count($values), '?')) . ')';
    }

    private function dateRange(string $sql, string $range): string
    {
        [$from, $to] = match ($range) {
            'today' => ['today', 'tomorrow'],
            'yesterday' => ['yesterday', 'today'],
            'tomorrow' => ['tomorrow', 'tomorrow +1 day'],
            'last_7_days' => ['today -6 days', 'tomorrow'],
            'next_7_days' => ['today', 'today +7 days'],
            'last_30_days' => ['today -29 days', 'tomorrow'],
            'next_30_days' => ['today', 'today +30 days'],
            'last_month' => ['first day of last month midnight', 'first day of this month midnight'],
            'this_month' => ['first day of this month midnight', 'first day of next month midnight'],
            default => throw ApiError::unlisted('invalid_parameter', "Unknown date range $range"),
        };
        $zone = new \DateTimeZone($this->user->timezone());
        foreach ([$from, $to] as $edge) {
            $this->params[] = Dates::toDatabase((new \DateTimeImmutable($edge, $zone))->format('c'));
        }
        return "($sql >= ? AND $sql < ?)";
    }

    /** Text is compared as it is: no trimming, no cutting, and never any phone normalisation. */
    private function stored(Field $field, mixed $value): string|int|null
    {
        if (is_array($value)) {
            throw ApiError::of('invalid_parameter', "The value for {$field->name} is not a single value.");
        }
        return match ($field->type) {
            'bool', 'int', 'datetime' => $field->coerce($value),
            default => $value === null ? null : (string) (is_bool($value) ? (int) $value : $value),
        };
    }
}
