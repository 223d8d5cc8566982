<?php

/** SQLite behind the few calls that the stand-in needs. Eight server processes share one file, hence WAL and the wait. */

declare(strict_types=1);

namespace Standin\Data;

use PDO;
use PDOStatement;

final class Database
{
    private PDO $pdo;
    private int $depth = 0;

    public function __construct(string $file)
    {
        $this->pdo = new PDO('sqlite:' . $file, null, null, [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        ]);
        $this->pdo->exec('PRAGMA busy_timeout = 20000');
        $this->pdo->exec('PRAGMA journal_mode = WAL');
        $this->pdo->exec('PRAGMA synchronous = NORMAL');
    }

    public function rows(string $sql, array $params = []): array
    {
        return $this->run($sql, $params)->fetchAll();
    }

    public function row(string $sql, array $params = []): ?array
    {
        return $this->run($sql, $params)->fetch() ?: null;
    }

    public function value(string $sql, array $params = []): mixed
    {
        $row = $this->run($sql, $params)->fetch(PDO::FETCH_NUM);
        return $row === false ? null : $row[0];
    }

    public function column(string $sql, array $params = []): array
    {
        return $this->run($sql, $params)->fetchAll(PDO::FETCH_COLUMN);
    }

    public function run(string $sql, array $params = []): PDOStatement
    {
        $statement = $this->pdo->prepare($sql);
        foreach (array_values($params) as $i => $value) {
            $type = match (true) {
                is_int($value), is_bool($value) => PDO::PARAM_INT,
                $value === null => PDO::PARAM_NULL,
                default => PDO::PARAM_STR,
            };
            $statement->bindValue($i + 1, is_bool($value) ? (int) $value : $value, $type);
        }
        $statement->execute();
        return $statement;
    }

    public function insert(string $table, array $values): void
    {
        $columns = implode(', ', array_keys($values));
        $marks = implode(', ', array_fill(0, count($values), '?'));
        $this->run("INSERT INTO $table ($columns) VALUES ($marks)", array_values($values));
    }

    public function update(string $table, array $values, string $id): void
    {
        $set = implode(', ', array_map(static fn (string $column): string => "$column = ?", array_keys($values)));
        $this->run("UPDATE $table SET $set WHERE id = ?", [...array_values($values), $id]);
    }

    /** Takes the write lock at once, so that nobody fails half-way because another process wrote in between. */
    public function transaction(callable $work): mixed
    {
        if ($this->depth > 0) {
            return $work();
        }
        $this->pdo->exec('BEGIN IMMEDIATE');
        $this->depth++;
        try {
            $result = $work();
            $this->pdo->exec('COMMIT');
            return $result;
        } catch (\Throwable $e) {
            $this->pdo->exec('ROLLBACK');
            throw $e;
        } finally {
            $this->depth--;
        }
    }
}
