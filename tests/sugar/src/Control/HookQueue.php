<?php

/**
 * Web logic hooks: saving or deleting a record queues one call per matching hook. Sugar sends them when cron runs, without
 * any signature; here POST /__standin/cron does, on demand twice or in the wrong order.
 */

declare(strict_types=1);

namespace Standin\Control;

use Standin\Data\Database;
use Standin\Data\Module;

final class HookQueue
{
    private const AUDITED = ['name', 'first_name', 'last_name', 'assigned_user_id', 'account_id', 'phone_home', 'phone_mobile',
        'phone_work', 'phone_other', 'phone_fax', 'phone_office', 'phone_alternate', 'status', 'do_not_call'];

    public function __construct(private readonly Database $db)
    {
    }

    /** @param array $before the row before the change, empty for a new record */
    public function saved(Module $module, array $row, array $before): void
    {
        $this->add('after_save', $module, $row, $before);
    }

    public function deleted(Module $module, array $row): void
    {
        $this->add('after_delete', $module, $row, []);
    }

    /** @return list<int> the HTTP status of every call, 0 where nobody answered */
    public function deliver(bool $twice, bool $reversed): array
    {
        $rows = $this->db->rows('SELECT * FROM hook_queue ORDER BY id' . ($reversed ? ' DESC' : ''));
        $answers = [];
        foreach ($rows as $row) {
            $this->db->run('DELETE FROM hook_queue WHERE id = ?', [$row['id']]);
            foreach ($twice ? [1, 2] : [1] as $_) {
                $answers[] = $this->send($row);
            }
        }
        return $answers;
    }

    private function add(string $event, Module $module, array $row, array $before): void
    {
        $hooks = $this->db->rows(
            'SELECT * FROM weblogichooks WHERE webhook_target_module = ? AND trigger_event = ? AND deleted = 0',
            [$module->name, $event]
        );
        foreach ($hooks as $hook) {
            $this->db->insert('hook_queue', [
                'hook_id' => $hook['id'], 'url' => $hook['url'], 'method' => $hook['request_method'],
                'payload' => json_encode([
                    'isUpdate' => $before !== [],
                    'dataChanges' => $this->changes($row, $before),
                    'bean' => $module->singular,
                    'data' => array_diff_key($row, array_flip($module->hiddenColumns)),
                    'change' => $event,
                ]),
            ]);
        }
    }

    /** An empty list when nothing audited changed, an object otherwise: PHP's arrays show through. */
    private function changes(array $row, array $before): array
    {
        $changes = [];
        foreach (self::AUDITED as $field) {
            if ($before !== [] && array_key_exists($field, $row) && ($row[$field] ?? '') !== ($before[$field] ?? '')) {
                $changes[$field] = [
                    'field_name' => $field, 'data_type' => str_starts_with($field, 'phone') ? 'phone' : 'varchar',
                    'before' => $before[$field] ?? '', 'after' => $row[$field],
                ];
            }
        }
        return $changes;
    }

    private function send(array $row): int
    {
        $http = ['method' => $row['method'], 'header' => 'Content-Type: application/json', 'content' => $row['payload'],
            'timeout' => 5, 'ignore_errors' => true];
        $answer = @file_get_contents($row['url'], false, stream_context_create(['http' => $http]));
        return $answer === false ? 0 : (int) (explode(' ', $http_response_header[0] ?? '')[1] ?? 0);
    }
}
