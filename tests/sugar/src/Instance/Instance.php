<?php

/**
 * One stand-in instance: where its files and its database are. A process serves exactly one, which is why
 * the look-alikes of Sugar's global classes may ask for `Instance::current()`.
 *
 *   DATA/sugar.sqlite   records, sessions, settings, switches
 *   DATA/instance/      the Sugar tree: custom/, cache/, upload/, config_override.php
 */

declare(strict_types=1);

namespace Standin\Instance;

use Standin\Data\Database;

final class Instance
{
    private static ?self $current = null;
    private ?Database $database = null;

    private function __construct(public readonly string $dataDir)
    {
    }

    /** Opens the instance in $dataDir and makes it the current one; creates it when there is none. */
    public static function open(string $dataDir, string $version = '14.0.0', string $flavor = 'ENT'): self
    {
        $fresh = !is_file($dataDir . '/ready');
        foreach (['instance/custom', 'instance/cache', 'instance/upload'] as $folder) {
            if (!is_dir("$dataDir/$folder")) {
                mkdir("$dataDir/$folder", 0777, true);
            }
        }
        self::$current = new self((string) realpath($dataDir));
        if ($fresh) {
            (new Setup(self::$current))->run($version, $flavor);
            touch("$dataDir/ready");
        }
        return self::$current;
    }

    public static function current(): self
    {
        return self::$current ?? throw new \LogicException('No instance is open.');
    }

    public function db(): Database
    {
        return $this->database ??= new Database($this->dataDir . '/sugar.sqlite');
    }

    /** A path in the Sugar tree, for example path('custom/modules'). */
    public function path(string $relative = ''): string
    {
        return rtrim($this->dataDir . '/instance/' . $relative, '/');
    }

    /** The files that come with "Sugar" itself (written by us, see tests/sugar/stock). */
    public function stock(string $relative = ''): string
    {
        return rtrim(dirname(__DIR__, 2) . '/stock/' . $relative, '/');
    }

    public function version(): string
    {
        return (string) $this->setting('info', 'sugar_version');
    }

    public function flavor(): string
    {
        return (string) $this->setting('info', 'sugar_flavor');
    }

    /** A value of Sugar's `config` table. */
    public function setting(string $category, string $name): ?string
    {
        $value = $this->db()->value('SELECT value FROM config WHERE category = ? AND name = ?', [$category, $name]);
        return $value === null ? null : (string) $value;
    }

    public function saveSetting(string $category, string $name, string $value, string $platform = 'base'): void
    {
        $this->db()->run(
            'INSERT INTO config (category, name, platform, value) VALUES (?, ?, ?, ?)
             ON CONFLICT (category, name, platform) DO UPDATE SET value = excluded.value',
            [$category, $name, $platform, $value]
        );
    }
}
