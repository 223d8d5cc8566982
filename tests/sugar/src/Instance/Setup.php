<?php

/** Creates a fresh instance: tables, seed data, version, and the caches that a Sugar has after its own installation. */

declare(strict_types=1);

namespace Standin\Instance;

use Standin\Data\Modules;
use Standin\Data\Seed;
use Standin\Loader\Repair;

final class Setup
{
    private const TABLES = [
        'CREATE TABLE config (category TEXT, name TEXT, platform TEXT, value TEXT, PRIMARY KEY (category, name, platform))',
        // One row per (user, platform): a second login takes the place of the first.
        'CREATE TABLE sessions (
            user_id TEXT, platform TEXT, access_token TEXT UNIQUE, access_expires INTEGER,
            refresh_token TEXT UNIQUE, refresh_expires INTEGER, download_token TEXT, session_ends INTEGER,
            client_ip TEXT, user_agent TEXT, PRIMARY KEY (user_id, platform))',
        'CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT, name_2 TEXT, private INTEGER)',
        'CREATE TABLE team_members (team_id TEXT, user_id TEXT, PRIMARY KEY (team_id, user_id))',
        'CREATE TABLE team_sets (id TEXT PRIMARY KEY, team_ids TEXT UNIQUE)',
        'CREATE TABLE team_sets_teams (team_set_id TEXT, team_id TEXT, PRIMARY KEY (team_set_id, team_id))',
        'CREATE TABLE files (
            record_id TEXT, field TEXT, name TEXT, mime TEXT, content BLOB, PRIMARY KEY (record_id, field))',
        'CREATE TABLE packages (
            id TEXT PRIMARY KEY, id_name TEXT, name TEXT, version TEXT, status TEXT, enabled INTEGER,
            manifest TEXT, installdefs TEXT, files TEXT, installed_at TEXT)',
        'CREATE TABLE switches (name TEXT PRIMARY KEY, value TEXT, times INTEGER, path TEXT, chance REAL)',
        'CREATE TABLE refused (id INTEGER PRIMARY KEY, at TEXT, method TEXT, path TEXT, reason TEXT)',
        'CREATE TABLE late_writes (id INTEGER PRIMARY KEY, due INTEGER, user_id TEXT, request TEXT)',
        'CREATE TABLE hook_queue (id INTEGER PRIMARY KEY, hook_id TEXT, url TEXT, method TEXT, payload TEXT)',
        'CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER)',
    ];

    private const INDEXES = [
        'CREATE INDEX notes_parent ON notes (parent_id)',
        'CREATE INDEX notes_contact ON notes (contact_id)',
        'CREATE INDEX contacts_modified ON contacts (date_modified)',
        'CREATE INDEX users_name ON users (user_name)',
    ];

    public function __construct(private readonly Instance $instance)
    {
    }

    public function run(string $version, string $flavor): void
    {
        $db = $this->instance->db();
        $db->transaction(function () use ($db, $version, $flavor): void {
            foreach (self::TABLES as $sql) {
                $db->run($sql);
            }
            foreach (Modules::names() as $name) {
                $db->run(Modules::get($name)->createTableSql());
            }
            foreach (self::INDEXES as $sql) {
                $db->run($sql);
            }
            $this->instance->saveSetting('info', 'sugar_version', $version);
            $this->instance->saveSetting('info', 'sugar_flavor', $flavor);
            (new Seed($db))->fill();
        });
        file_put_contents($this->instance->path('config_override.php'), "<?php\n");
        Repair::everything($this->instance);
    }

    /** Back to the seed: records, sessions and switches go, installed packages and settings stay. */
    public function reset(): void
    {
        $db = $this->instance->db();
        $db->transaction(function () use ($db): void {
            $tables = ['sessions', 'teams', 'team_members', 'team_sets', 'team_sets_teams', 'files', 'switches', 'refused',
                'late_writes', 'hook_queue', 'counters'];
            foreach (Modules::names() as $name) {
                $tables[] = Modules::get($name)->table;
            }
            foreach ($tables as $table) {
                $db->run("DELETE FROM $table");
            }
            (new Seed($db))->fill();
        });
    }
}
