"""Rows of a company that has used Tokens for a while, made by the database itself in a second."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.engine import Connection

from bot.periods import DAY_MICROS, day_number

DAY = day_number(date(2026, 11, 20))
TEAM_IDS = tuple(range(101, 121))
_AT = DAY * DAY_MICROS
_DAYS = 60

_ROWS: tuple[tuple[str, str, int, str], ...] = (
    (
        "teams",
        "id, slug, name, kind, timezone",
        20,
        "100 + n, 'team-' || n, 'Team', CASE n WHEN 1 THEN 'organisation' WHEN 3 THEN 'unattributed' ELSE 'team' END, 'UTC'",
    ),
    ("people", "id, email, slack_id", 3_000, "n, 'p' || n || '@acme.test', CASE WHEN mod(n, 20) > 0 THEN 'U' || n END"),
    ("person_looks", "person_id, looked_by, team_id, at", 3_000, "n, 1, 101, n"),
    ("sources", "id, name, format, role, created_at", 5, "n, 'source-' || n, 'cloudevents', 'meter', 0"),
    (
        "usage_series",
        "id, team_id, tool, provider, model, workflow, person_id, credential, basis",
        3_000,
        "n, 101 + mod(n, 20), 'tool', 'p', 'm' || mod(n, 7), 'w' || n, n, 'k' || n, "
        "CASE WHEN mod(n, 50) = 0 THEN 'unpriced' ELSE 'book' END",
    ),
    (
        "usage_days",
        "team_id, local_day, series_id, calls, cost_nanos",
        30_000,
        f"101 + mod(n, 20), {DAY - _DAYS} + n / 500, 20 * mod(n / 20, 25) + mod(n, 20) + 20, 1, 1",
    ),
    (
        "usage_hours",
        "team_id, hour, series_id, calls, cost_nanos",
        30_000,
        f"101 + mod(n, 20), {DAY * 24 - _DAYS * 24} + n / 20, mod(n, 20) + 20, 1, 1",
    ),
    ("team_changes", "team_id, version, newest_hour, oldest_hour", 20, f"100 + n, 1, {DAY * 24}, 0"),
    (
        "accounts",
        "id, team_id, period, bucket",
        959,
        "n, 101 + mod(n, 20), '2026-' || (mod(n / 20, 12) + 1), CASE n / 240 WHEN 0 THEN 'available' WHEN 1 THEN 'spent' "
        "WHEN 2 THEN 'held' ELSE 'funding' END",
    ),
    (
        "entries",
        "dedupe_key, kind, period, posted_at, effective_at, usage_day, from_account_id, to_account_id, amount_nanos, "
        "currency, reason, document",
        20_000,
        f"'e' || n, 'charge', '2026-11', {_AT}, {_AT}, {DAY} - mod(n, 300), mod(n, 950) + 1, mod(n, 950) + 2, 1, 'USD', '', "
        "'charge:' || n",
    ),
    (
        "alerts",
        "id, dedupe_key, team_id, kind, state, opened_at, closed_at, facts",
        5_000,
        f"n, 'spike:' || n, 101 + mod(n, 20), CASE WHEN mod(n, 2) = 0 THEN 'spike' ELSE 'budget' END, 'open', "
        f"{_AT} - (5000 - n) * 6000000000, CASE WHEN mod(n, 500) > 0 THEN {_AT} - (5000 - n) * 6000000000 END, '{{}}'",
    ),
    (
        "alert_turns",
        "alert_id, team_id, way, severity, said_at, said_day",
        5_000,
        f"n, 101 + mod(n, 20), 'said', 'low', {_AT}, {DAY}",
    ),
    ("alert_opinions", "alert_id, person_id, reason, at", 1_000, f"5 * n, n, 'late', {_AT}"),
    (
        "outbox",
        "dedupe_key, to_person_id, body, wanted_version, delivered_version, channel, next_at, given_up, created_at",
        20_000,
        "'message:' || n, mod(n, 3000) + 1, '{}', 1, CASE WHEN mod(n, 1000) = 0 THEN 0 ELSE 1 END, 'D1', 0, "
        "CASE WHEN mod(n, 2000) = 0 THEN 1 ELSE 0 END, 0",
    ),
    (
        "budget_requests",
        "team_id, person_id, amount_nanos, reason, period, state, held_nanos, revision, created_at",
        3_000,
        "101 + mod(n, 20), n, 1, '', '2026-11', CASE WHEN mod(n, 300) = 0 THEN 'pending' ELSE 'approved' END, 0, 1, 0",
    ),
    ("source_hours", "source_id, hour", 20_000, f"mod(n, 5) + 1, {DAY * 24} - n / 5"),
    (
        "observed_days",
        "source_id, day, provider, model, calls, tokens, reported_nanos",
        5_000,
        f"mod(n, 5) + 1, {DAY} - n / 50, 'p', 'm' || mod(n / 5, 10), 1, 1, 1",
    ),
)
"""(table, columns, rows, the values of row n)."""


def fill(connection: Connection) -> None:
    """Adds the rows to an empty database."""
    if connection.dialect.name == "postgresql":
        numbers = "generate_series(1, {rows}) AS numbers(n)"
    else:
        counted = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) SELECT n FROM c"
        numbers = f"({counted})"
    for table, columns, rows, values in _ROWS:
        of = numbers.format(rows=rows)
        connection.execute(text(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {of}"))
