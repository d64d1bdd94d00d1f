"""How long others wait for SQLite's one writer: a process that asks for it all the time, until it is told to stop.

`python -m tests.bench.year.measures.held FILE` prints the longest time for which it was refused, in seconds.
"""

import select
import sqlite3
import sys
import time

_PAUSE_SECONDS = 0.0003


def longest_hold(file: str) -> float:
    """Asks for the writer until standard input ends. Returns the longest time between a refusal and a grant."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=0)
    longest, refused_at = 0.0, 0.0
    while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        now = time.perf_counter()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            refused_at = refused_at or now
            continue
        connection.execute("ROLLBACK")
        longest = max(longest, now - refused_at) if refused_at else longest
        refused_at = 0.0
    connection.close()
    return longest


if __name__ == "__main__":
    sys.stdout.write(f"{longest_hold(sys.argv[1])}\n")
