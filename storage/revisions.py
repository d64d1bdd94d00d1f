"""The revisions of the tables that this release knows, and the one that a database is at.

They are read from the migrations' own lines: importing Alembic takes longer than a command that has nothing to migrate.
"""

import re
import sqlite3
from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from bot.refusals import ConfigError
from storage.engine import create_engines
from storage.faults import is_busy
from storage.triggers import missing_triggers

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_LINE = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = "([^"]+)"', re.MULTILINE)


@cache
def _parents() -> dict[str, str]:
    """Returns the revision before each revision; empty for the first."""
    found = [dict(_LINE.findall(file.read_text(encoding="utf-8"))) for file in sorted(_VERSIONS.glob("*.py"))]
    return {lines["revision"]: lines.get("down_revision", "") for lines in found if "revision" in lines}


@cache
def newest() -> str:
    """Returns the newest revision's name. Raises ValueError if there is not exactly one."""
    parents = _parents()
    (head,) = parents.keys() - set(parents.values())
    return head


def known() -> frozenset[str]:
    """Returns the names of all revisions."""
    return frozenset(_parents())


def current_revision(connection: Connection) -> str | None:
    """Returns the database's revision; None if it has none. Raises ConfigError if only a newer release knows it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    there = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    unknown = sorted(set(there) - known())
    if unknown:
        raise ConfigError(
            f"The database is at {', '.join(unknown)}, but this release of Tokens only knows revisions up to {newest()}: "
            "run the newer release that migrated it, or restore a backup from before."
        )
    return there[0] if there else None


def _is_up_to_date(connection: Connection) -> bool:
    return current_revision(connection) == newest() and not missing_triggers(connection)


async def is_migrated(url: str) -> bool:
    """Looks without a lock, so that a start waits for nobody's writes. A SQLite file that is locked is not known to be."""
    writer, reader = create_engines(url)
    try:
        async with reader.connect() as connection:
            return await connection.run_sync(_is_up_to_date)
    except (OperationalError, sqlite3.OperationalError) as error:
        if not is_busy(error):
            raise
        return False
    finally:
        await writer.dispose()
        await reader.dispose()
