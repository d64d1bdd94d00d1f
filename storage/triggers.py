"""The triggers that make tables append-only in both databases, and the check that they exist."""

from collections.abc import Sequence

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from storage.tables.base import APPEND_ONLY

MESSAGE = "this table only grows: post a correction instead"


def create_triggers(connection: Connection) -> None:
    """Creates missing triggers. Call it again after a migration that rebuilds a table, as Alembic's batch mode does."""
    there = set(inspect(connection).get_table_names())  # an early migration creates only some of the tables
    tables = [table for table in APPEND_ONLY if table in there]
    for statement in _postgresql(tables) if connection.dialect.name == "postgresql" else _sqlite(tables):
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
    return [name for table in APPEND_ONLY for kind in kinds if (name := f"{table}_no_{kind}") not in found]


def _sqlite(tables: Sequence[str]) -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for table in tables
        for verb in ("update", "delete")
    ]


def _postgresql(tables: Sequence[str]) -> list[str]:
    statements = [
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$"
    ]
    for table in tables:
        statements += [
            f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
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
