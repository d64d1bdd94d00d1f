"""What a key costs to write on SQLite: in one table of random keys, and in runs. `python -m tests.bench.key_writes`."""

import os
import sqlite3
import tempfile
import time
from pathlib import Path

from bot.intake.known_keys import KeySizes

_GROUP, _GROUPS = 4_000, 24
_STEPS = (0, 1_000_000, 10_000_000)
_COLUMNS = "source_id INTEGER NOT NULL, key_hash BLOB NOT NULL, fingerprint BLOB NOT NULL"
_TABLES = {
    "one table": f"CREATE TABLE event_keys ({_COLUMNS}, PRIMARY KEY (source_id, key_hash)) STRICT, WITHOUT ROWID",
    "runs": (
        f"CREATE TABLE run_keys (run INTEGER NOT NULL, {_COLUMNS}, occurred_at INTEGER NOT NULL, id_hash INTEGER NOT NULL,"
        " PRIMARY KEY (run, source_id, key_hash)) STRICT, WITHOUT ROWID"
    ),
}
_INTO = {
    "one table": "INSERT INTO event_keys SELECT 1, ?2, ?2 WHERE ?1 IS NOT NULL ON CONFLICT DO NOTHING",
    "runs": "INSERT INTO run_keys VALUES (?1, 1, ?2, ?2, 1, 1) ON CONFLICT DO NOTHING",
}
_RUN_KEYS = KeySizes().run_keys


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "keys.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in _TABLES.values():
            connection.execute(statement)
        have = 0
        for wanted in _STEPS:
            _fill(connection, have, wanted)
            have = wanted
            for kind in _TABLES:
                micros, size = _measured(connection, kind, first_run=10**6 + have)
                line = f"{have:>10,} keys, {kind}: {micros:.1f} µs CPU and {size:,.0f} bytes written a key"
                print(line, flush=True)  # noqa: T201
        connection.close()


def _fill(connection: sqlite3.Connection, have: int, wanted: int) -> None:
    connection.execute("PRAGMA cache_size=-1500000")
    connection.execute("BEGIN")
    for kind, size in (("one table", max(wanted - have, 1)), ("runs", _RUN_KEYS)):
        for start in range(have, wanted, size):
            _insert(connection, kind, run=start // _RUN_KEYS + 1, count=min(size, wanted - start))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA cache_size=-65536")


def _insert(connection: sqlite3.Connection, kind: str, *, run: int, count: int) -> None:
    connection.executemany(_INTO[kind], ((run, key) for key in sorted(os.urandom(16) for _ in range(count))))


def _measured(connection: sqlite3.Connection, kind: str, *, first_run: int) -> tuple[float, float]:
    """Returns the CPU time in microseconds and the bytes that a key costs."""
    wrote, began = _written(), time.process_time()
    for group in range(_GROUPS):
        connection.execute("BEGIN IMMEDIATE")
        _insert(connection, kind, run=first_run + group * _GROUP // _RUN_KEYS, count=_GROUP)
        connection.execute("COMMIT")
    keys = _GROUP * _GROUPS
    return (time.process_time() - began) / keys * 1e6, (_written() - wrote) / keys


def _written() -> int:
    """Returns the bytes that this process has had written to disk, as Linux counts them."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


if __name__ == "__main__":
    main()
