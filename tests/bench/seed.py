"""Fills Riverline's database for a scenario: the same SQL for SQLite and PostgreSQL, columns by their names."""

import hashlib
import sqlite3
import subprocess
import time
from dataclasses import dataclass

TEXT = "the quick brown fox jumps over the lazy dog and runs far away from here to the next hill where it waits for the others"
DAY_MS = 86_400_000


@dataclass
class Layout:
    """Members u0, u1, ... with the tokens rls_bench_0, ..., a conversation c{j} of each pair (j, j^1), and more on request."""

    members: int
    wide: int = 0  # conversations fan-0, ... that hold all members
    away: int = 0  # conversations away-0, ... of u{j} and one of the writers, who come after u{away}
    writers: int = 0
    history: int = 0  # messages in c0, c1, ... and their rows of the log


def series(count, sql):
    """An INSERT of `count` rows, `i` counting from 0."""
    head, rows = sql.split(" SELECT ", 1)
    return (
        f"{head} WITH RECURSIVE series(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM series WHERE i + 1 < {count})"
        f" SELECT {rows} FROM series"
    )


def statements(layout):
    """The SQL of a layout, one statement after the other."""
    now = int(time.time() * 1000)
    n = layout.members
    yield series(
        n,
        "INSERT INTO member (id, name, active, presence_choice) SELECT 'u' || i, 'User ' || i, TRUE, 'available'",
    )
    for start in range(0, n, 500):
        rows = []
        for i in range(start, min(start + 500, n)):
            token_hash = hashlib.sha256(f"rls_bench_{i}".encode()).hexdigest()
            rows.append(f"('{token_hash}', 'u{i}', 'b{i}', FALSE, {now + DAY_MS})")
        yield "INSERT INTO sign_in (token_hash, member_id, browser_id, admin, expires_at) VALUES " + ", ".join(rows)
    pairs = n - n % 2
    yield from conversations("c", pairs, now)
    yield from participants(pairs, "'c' || i", "'u' || i")
    yield from participants(pairs, "'c' || i", "'u' || (i + 1 - 2 * (i % 2))")
    if layout.wide:
        yield from conversations("fan-", layout.wide, now)
        yield from participants(layout.wide * n, f"'fan-' || (i / {n})", f"'u' || (i % {n})")
    if layout.away:
        yield from conversations("away-", layout.away, now)
        yield from participants(layout.away, "'away-' || i", "'u' || i")
        writer = f"'u' || ({layout.away} + i % {layout.writers})"
        yield from participants(layout.away, "'away-' || i", writer)
    if layout.history:
        yield from history(layout.history, pairs, now)


def conversations(prefix, count, now):
    """Chats prefix0, prefix1, ..."""
    yield series(
        count,
        "INSERT INTO conversation (id, kind, chat_key, created_at)"
        f" SELECT '{prefix}' || i, 'chat', 'key-{prefix}' || i, {now}",
    )


def participants(count, conversation, member):
    """Who is in which."""
    yield series(
        count,
        f"INSERT INTO participant (conversation_id, member_id, read_seq) SELECT {conversation}, {member}, 0",
    )


def history(count, conversations_count, now):
    """Messages of the last five days, with their rows of the log."""
    step = 5 * DAY_MS // count
    at = f"{now - 5 * DAY_MS} + i * {step}"
    message = "'01890000-0000-7000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2, 12)"
    own, other = f"'u' || (i % {conversations_count})", f"'u' || (i % {conversations_count} + 1 - 2 * (i % 2))"
    yield series(
        count,
        "INSERT INTO message (id, conversation_id, sender_kind, sender_id, text, state, created_at)"
        f" SELECT {message}, 'c' || (i % {conversations_count}), 'member', {own}, '{TEXT}', 'stored', {at}",
    )
    event = (
        "'{\"kind\":\"message.created\",\"message\":{\"id\":\"' || " + message + " || '\",\"conversation_id\":\"c' || "
        f"(i % {conversations_count}) || '\",\"sender\":{{\"kind\":\"member\",\"id\":\"' || {own} || "
        f"'\"}},\"text\":\"{TEXT}\",\"state\":\"stored\",\"reason\":null,\"created_at\":\"2026-01-01T00:00:00Z\"}}}}'"
    )
    yield series(
        count,
        f"INSERT INTO log (id, audience, event, created_at) SELECT i + 1, {own} || ' ' || {other}, {event}, {at}",
    )
    yield f"UPDATE log_counter SET value = {count} WHERE id = 1"


def fill_sqlite(path, layout):
    """Fills a migrated SQLite file."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -256000")
    for statement in statements(layout):
        database.execute(statement)
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def fill_postgres(psql, layout):
    """Fills a migrated PostgreSQL database; `psql` is the command that reaches it."""
    script = "BEGIN;\n" + ";\n".join(statements(layout)) + ";\nCOMMIT;\nVACUUM ANALYZE;\n"
    subprocess.run(
        [*psql, "--quiet", "--set", "ON_ERROR_STOP=1"], input=script, text=True, check=True, timeout=600
    )
