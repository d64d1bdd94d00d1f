"""The triggers that make tables append-only in both databases, and the check that they exist."""

from collections.abc import Sequence

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from storage.tables.base import APPEND_ONLY, SUMS_OF_REMOVED

MESSAGE = "this table only grows: post a correction instead"
_NOT_REMOVED = (
    "WHEN NOT EXISTS (SELECT 1 FROM removals WHERE is_deleting = 1 AND OLD.occurred_at >= first_at "
    "AND OLD.occurred_at < before_at AND OLD.rowid <= last_row)"
)
"""SQLite's events may go only in a transaction of a removal (storage/books/removals.py), which stores their sums."""
_DOES_NOT_GROW = "NEW.calls <= OLD.calls"


def create_triggers(connection: Connection) -> None:
    """Creates missing triggers. Call it again after a migration that rebuilds a table, as Alembic's batch mode does."""
    there = set(inspect(connection).get_table_names())  # an early migration creates only some of the tables
    tables = [table for table in APPEND_ONLY if table in there]
    sums = [table for table in SUMS_OF_REMOVED if table in there]
    is_postgresql = connection.dialect.name == "postgresql"
    for statement in _postgresql(tables, sums) if is_postgresql else _sqlite(tables, sums):
        connection.execute(text(statement))


def missing_triggers(connection: Connection) -> list[str]:
    """Returns the names of missing append-only triggers."""
    if connection.dialect.name == "postgresql":
        there = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        kinds = ("change", "truncate")
    else:
        there = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        kinds = ("update", "delete")
    found = set(connection.execute(text(there)).scalars())
    return [
        name
        for table in (*APPEND_ONLY, *SUMS_OF_REMOVED)
        for kind in kinds
        if (name := f"{table}_no_{kind}") not in found
    ]


def _sqlite(tables: Sequence[str], sums: Sequence[str]) -> list[str]:
    conditions = {("usage_events", "delete"): _NOT_REMOVED} if sums else {}
    conditions |= {(table, "update"): f"WHEN {_DOES_NOT_GROW}" for table in sums}
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"{conditions.get((table, verb), '')} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for table in (*tables, *sums)
        for verb in ("update", "delete")
    ]


def _postgresql(tables: Sequence[str], sums: Sequence[str]) -> list[str]:
    refuse = f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'"
    statements = [
        f"CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse}; END $$",
        "CREATE OR REPLACE FUNCTION refuse_smaller() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF TG_OP = 'DELETE' OR {_DOES_NOT_GROW} THEN {refuse}; END IF; RETURN NEW; END $$",
    ]
    for table in (*tables, *sums):
        refused_by = "refuse_smaller" if table in sums else "refuse_change"
        statements += [
            f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {refused_by}()",
            f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ]
    return statements


CLOSED = "event_keys is closed, a newer release of Tokens books events, stop this one"


def close_event_keys(connection: Connection) -> None:
    """Closes the table of keys before the runs: an older release that still runs then answers 503, and its senders
    send again. On PostgreSQL it waits for the transactions that have written keys.
    """
    if connection.dialect.name != "postgresql":
        # RAISE would be a constraint's fault, for which the release before quarantines rows. A bad JSON path is none.
        begin = "CREATE TRIGGER IF NOT EXISTS event_keys_no_insert BEFORE INSERT ON event_keys BEGIN"
        connection.execute(text(f"{begin} SELECT json_extract('{{}}', '{CLOSED}'); END"))
        return
    # The class of a server that is not ready: for 23xxx the release before quarantines rows.
    raised = f"RAISE EXCEPTION '{CLOSED}' USING ERRCODE = 'object_not_in_prerequisite_state'"
    connection.execute(
        text(
            f"CREATE OR REPLACE FUNCTION refuse_old_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raised}; END $$"
        )
    )
    connection.execute(
        text(
            "CREATE OR REPLACE TRIGGER event_keys_no_insert BEFORE INSERT ON event_keys "
            "FOR EACH ROW EXECUTE FUNCTION refuse_old_key()"
        )
    )
