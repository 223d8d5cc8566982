<?php

/**
 * The switches that tests set through POST /__standin/switch. A switch has a value, and optionally `times` (it turns
 * itself off after so many uses), `path` (a regular expression that the path after /rest/vX must match) and `chance`
 * (from 0 to 1: how often it acts).
 */

declare(strict_types=1);

namespace Standin\Control;

use Standin\Data\Database;

final class Switches
{
    /** What there is, with the value that each has when nobody set it. README.md describes them. */
    public const DEFAULTS = [
        'access_token_lifetime' => 3600, 'refresh_token_lifetime' => 1209600, 'max_session_lifetime' => null,
        'refresh_failure' => 'A', 'refuse_refresh' => false, 'refuse_password' => null, 'sso_user' => null,
        'long_tokens' => false, 'unknown_platforms_allowed' => false, 'ip_check' => false,
        'maintenance' => false, 'html_502' => false, 'fatal_error' => false, 'latency_ms' => 0, 'hang' => 0,
        'rate_limit' => 0, 'huge_answer' => 0, 'drop_after_store' => false, 'store_late' => 0,
        'ignore_client_id' => false, 'hidden_is_403' => false, 'translated' => false, 'acl' => [], 'max_num_cap' => null,
        'text_bytes' => null,
        'csp_without_riverline' => false, 'page_origins' => [],
    ];

    private ?array $rows = null;

    public function __construct(private readonly Database $db)
    {
    }

    public function value(string $name): mixed
    {
        return $this->rows()[$name]['value'] ?? self::DEFAULTS[$name];
    }

    /** The value of a switch for one request, using it up when it counts. */
    public function use(string $name, string $path): mixed
    {
        $row = $this->rows()[$name] ?? null;
        if ($row === null || ($row['path'] !== null && !preg_match('#' . $row['path'] . '#', $path))) {
            return self::DEFAULTS[$name];
        }
        if ($row['chance'] !== null && mt_rand() / mt_getrandmax() >= $row['chance']) {
            return self::DEFAULTS[$name];
        }
        if ($row['times'] !== null) {
            $used = $this->db->run('UPDATE switches SET times = times - 1 WHERE name = ? AND times > 0', [$name]);
            if ($used->rowCount() === 0) {
                return self::DEFAULTS[$name];
            }
        }
        return $row['value'];
    }

    public function set(string $name, mixed $value, ?int $times = null, ?string $path = null, ?float $chance = null): void
    {
        if (!array_key_exists($name, self::DEFAULTS)) {
            throw new \InvalidArgumentException("There is no switch \"$name\". Known: " . implode(', ', array_keys(self::DEFAULTS)));
        }
        if ($path !== null && @preg_match('#' . $path . '#', '') === false) {
            throw new \InvalidArgumentException("The path \"$path\" is not a regular expression.");
        }
        if ($chance !== null && ($chance < 0 || $chance > 1)) {
            throw new \InvalidArgumentException('A chance is a number from 0 to 1.');
        }
        $this->db->run('DELETE FROM switches WHERE name = ?', [$name]);
        if ($value !== self::DEFAULTS[$name]) {
            $this->db->insert('switches', [
                'name' => $name, 'value' => json_encode($value), 'times' => $times, 'path' => $path, 'chance' => $chance,
            ]);
        }
        $this->rows = null;
    }

    /** Reads again: a request that hangs must notice when the test turns the switch off. */
    public function refresh(): void
    {
        $this->rows = null;
    }

    public function all(): array
    {
        $values = [];
        foreach (array_keys(self::DEFAULTS) as $name) {
            $values[$name] = $this->value($name);
        }
        return $values;
    }

    private function rows(): array
    {
        if ($this->rows === null) {
            $this->rows = [];
            foreach ($this->db->rows('SELECT * FROM switches') as $row) {
                $row['value'] = json_decode($row['value'], true);
                $this->rows[$row['name']] = $row;
            }
        }
        return $this->rows;
    }
}
