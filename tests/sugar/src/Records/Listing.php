<?php

/** Pages through the records that match: filter, search text, order, offset. Serves modules and links alike. */

declare(strict_types=1);

namespace Standin\Records;

use Standin\Data\Module;
use Standin\Rest\ApiError;
use Standin\Rest\Call;

final class Listing
{
    /** @param array{string, array} $within a further condition on the alias "t", for the records behind a link */
    public function __construct(
        private readonly Call $call,
        private readonly Module $module,
        private readonly array $within = ['1', []]
    ) {
        $call->requireAccess('list', $module->name);
    }

    public function page(array $args): array
    {
        if (isset($args['filter_id'])) {
            throw ApiError::unlisted('invalid_parameter', 'There are no stored filters here.');
        }
        [$where, $params] = $this->where($args);
        $size = max(1, (int) ($args['max_num'] ?? 20));
        $size = min($size, (int) ($this->call->switches->value('max_num_cap') ?? $size));
        $offset = max(0, (int) ($args['offset'] ?? 0));
        $rows = $this->call->db()->rows(
            "SELECT t.* FROM {$this->module->table} t WHERE $where ORDER BY {$this->order($args)} LIMIT ? OFFSET ?",
            [...$params, $size + 1, $offset]
        );
        $more = count($rows) > $size;
        $reader = new Reader($this->call);
        $records = [];
        foreach (array_slice($rows, 0, $size) as $row) {
            $records[] = $reader->record($this->module, $row, self::fields($args));
        }
        return ['next_offset' => $more ? $offset + $size : -1, 'records' => $records];
    }

    public function count(array $args): array
    {
        [$where, $params] = $this->where($args);
        $count = $this->call->db()->value("SELECT count(*) FROM {$this->module->table} t WHERE $where", $params);
        return ['record_count' => (int) $count];
    }

    /** @return list<string>|null */
    public static function fields(array $args): ?array
    {
        $fields = $args['fields'] ?? '';
        if (is_array($fields)) {
            return $fields ?: null;
        }
        return $fields === '' ? null : array_map('trim', explode(',', (string) $fields));
    }

    private function where(array $args): array
    {
        $parts = [Visibility::sql($this->module, $this->call->me()), $this->within];
        if (!self::isTrue($args['deleted'] ?? false)) {
            $parts[] = ['t.deleted = 0', []];
        }
        if (self::isTrue($args['my_items'] ?? false)) {
            $parts[] = ['t.assigned_user_id = ?', [$this->call->me()->id]];
        }
        if (self::isTrue($args['favorites'] ?? false)) {
            $parts[] = ['0', []];
        }
        if (($args['q'] ?? '') !== '') {
            $parts[] = [Module::nameSql($this->module->table, 't') . " LIKE ? ESCAPE '\\'", [addcslashes((string) $args['q'], '%_\\') . '%']];
        }
        $parts[] = (new Filter($this->module, $this->call->me()))->toSql($this->filter($args['filter'] ?? []));
        $params = array_merge(...array_column($parts, 1));
        return [implode(' AND ', array_column($parts, 0)), $params];
    }

    /** The filter comes as an array (body, or filter[0][..]= in the query) or as JSON text in the query. */
    private function filter(mixed $filter): array
    {
        if (is_string($filter)) {
            $filter = json_decode($filter, true);
        }
        if (!is_array($filter)) {
            throw ApiError::of('invalid_parameter', 'The filter is not a list of conditions.');
        }
        return array_is_list($filter) ? $filter : [$filter];
    }

    private function order(array $args): string
    {
        $order = [];
        foreach (array_filter(explode(',', (string) ($args['order_by'] ?? ''))) as $part) {
            [$name, $direction] = explode(':', trim($part)) + [1 => 'ASC'];
            $field = $this->module->fields[$name] ?? null;
            if ($field === null) {
                throw ApiError::of('invalid_parameter', "Unknown field $name");
            }
            $sql = match (true) {
                $field->isColumn() => "t.$name",
                in_array($name, ['name', 'full_name'], true) => 't.last_name',
                default => 't.id',
            };
            $order[] = $sql . (strtoupper($direction) === 'DESC' ? ' DESC' : ' ASC');
        }
        return $order === [] ? 't.date_modified DESC, t.id ASC' : implode(', ', $order);
    }

    private static function isTrue(mixed $value): bool
    {
        return in_array($value, [true, 1, '1', 'true'], true);
    }
}
