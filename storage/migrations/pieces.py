"""Work of a migration that commits piece by piece: a killed process goes on where it was, and others work meanwhile.

A migration's file may define `prepare(pieces)`. It runs before `upgrade()`, outside its transaction, so it may only add to
the tables: the release before still works with them. `upgrade()` then switches in one short transaction.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import Connection


class Progress(NamedTuple):
    """How far a migration's work is: `done` of about `total` rows."""

    what: str
    done: int
    total: int


Watch = Callable[[Progress], None]
Step = Callable[[Connection, Any], tuple[Any, int] | None]
"""Does the next piece after a place (None at first). Returns the new place, of JSON's types, and the number of rows done;
None if nothing is left.
"""


class MovedOnError(Exception):
    """Another process finished this migration meanwhile."""


class Pieces:
    """The pieces of one migration. `at` is the database's revision; a new database does all in the caller's transaction."""

    def __init__(self, connection: Connection, *, at: str | None, watch: Watch) -> None:
        self.connection = connection
        self._at = at
        self._watch = watch

    def run(self, what: str, step: Step, *, total: Callable[[Connection], int] | None = None) -> None:
        """Repeats a step until nothing is left. Each is one transaction, which also stores the place after it.

        `what` names the work for people and must be unique among migrations. Takes less than a second a piece, so that
        nobody waits for it: some 20,000 rows.
        """
        if self._at is None:
            place = None
            while (found := step(self.connection, place)) is not None:
                place = found[0]
            return
        done, whole = self._started(what, total)
        self._watch(Progress(what, done, whole))
        while self._goes_on(what, step):
            done, whole = self._started(what, total)
            self._watch(Progress(what, done, whole))

    def once(self, what: str, work: Callable[[Connection], object]) -> None:
        """Does something in one transaction, such as making a table, unless it is done."""

        def step(connection: Connection, place: Any) -> tuple[Any, int] | None:
            if place is not None:
                return None
            work(connection)
            return 1, 1

        self.run(what, step)

    def _started(self, what: str, total: Callable[[Connection], int] | None) -> tuple[int, int]:
        """Returns (rows done, rows in all), which are counted once."""
        with self._transaction():
            query = text("SELECT rows_done, rows_total FROM migration_pieces WHERE what = :what")
            found = self.connection.execute(query, {"what": what}).one_or_none()
            if found is not None:
                return int(found[0]), max(int(found[1]), int(found[0]))
            counted = total(self.connection) if total is not None else 1
            self.connection.execute(
                text(
                    "INSERT INTO migration_pieces (what, place, rows_done, rows_total) VALUES (:what, 'null', 0, :total)"
                ),
                {"what": what, "total": counted},
            )
            return 0, counted

    def _goes_on(self, what: str, step: Step) -> bool:
        with self._transaction():
            query = text("SELECT place FROM migration_pieces WHERE what = :what")
            place = json.loads(str(self.connection.execute(query, {"what": what}).scalar_one()))
            found = step(self.connection, place)
            if found is None:
                return False
            self.connection.execute(
                text("UPDATE migration_pieces SET place = :place, rows_done = rows_done + :done WHERE what = :what"),
                {"what": what, "place": json.dumps(found[0]), "done": found[1]},
            )
            return True

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self.connection.begin():
            if MigrationContext.configure(self.connection).get_current_heads() != (self._at,):
                raise MovedOnError
            self.connection.execute(
                text(
                    "CREATE TABLE IF NOT EXISTS migration_pieces (what TEXT PRIMARY KEY, place TEXT NOT NULL, "
                    "rows_done BIGINT NOT NULL, rows_total BIGINT NOT NULL)"
                )
            )
            yield


def forget_pieces(connection: Connection) -> None:
    """Drops the places of a migration that is done."""
    connection.execute(text("DROP TABLE IF EXISTS migration_pieces"))
