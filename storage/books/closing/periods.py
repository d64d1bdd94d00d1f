"""The periods that the books have opened, with their states."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import func, literal, select, union_all, update

from bot.books.closing.period_states import BudgetPeriod, PeriodState
from bot.periods import Period
from storage import bulk
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries, periods
from storage.transaction import OpenTransaction

_COLUMNS = ("name", "first_day", "end_day", "state")


class Periods:
    """The periods within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def known(self) -> dict[str, BudgetPeriod]:
        """Returns every period that the books have opened, by name."""
        rows = await self._connection.execute(select(periods).order_by(periods.c.first_day, periods.c.name))
        return {str(row.name): _period(row) for row in rows}

    async def add(self, opened: Iterable[Period], *, state: PeriodState = "open") -> None:
        """Adds periods that are not there yet."""
        rows = [(one.name, one.first_day, one.end_day, state) for one in opened]
        await bulk.insert_missing(self._connection, "periods", _COLUMNS, ("name",), rows)

    async def start_close(self, name: str) -> None:
        """Makes an open period `closing`, so that charges of its days go to the next one.

        Call it in a transaction that locks no account: whoever posts holds its accounts, and waits for the period.
        """
        changed = update(periods).where(periods.c.name == name, periods.c.state == "open")
        await self._connection.execute(changed.values(state="closing"))

    async def end_close(self, name: str, *, at: int) -> bool:
        """Makes a closing period `closed` and returns whether this did it."""
        changed = update(periods).where(periods.c.name == name, periods.c.state == "closing")
        return (await self._connection.execute(changed.values(state="closed", closed_at=at))).rowcount == 1

    async def set_end(self, name: str, *, end_day: int, by: int | None) -> None:
        """Ends an open period before its calendar's end, and closes it at once."""
        changed = update(periods).where(periods.c.name == name, periods.c.state == "open")
        await self._connection.execute(changed.values(end_day=end_day, is_early=1, close_after_days=0, closed_by=by))

    async def set_wait(self, name: str, *, days: int, by: int | None) -> None:
        """Closes an open period so many days after its end."""
        changed = update(periods).where(periods.c.name == name, periods.c.state == "open")
        await self._connection.execute(changed.values(close_after_days=days, closed_by=by))

    async def left(self, name: str, team_ids: Sequence[int] | None = None) -> dict[tuple[int, str], int]:
        """Returns the nano-dollars that are left in a period's accounts `available` and `held`, by team and bucket; none
        for an empty account. Of some teams or of all."""
        ours = [accounts.c.period == name, accounts.c.bucket.in_(("available", "held"))]
        if team_ids is not None:
            ours.append(accounts.c.team_id.in_(list(team_ids)))
        sides = (
            select(
                accounts.c.team_id, accounts.c.bucket, literal(sign).label("sign"), *nano_sums(entries.c.amount_nanos)
            )
            .join(entries, column == accounts.c.id)
            .where(*ours)
            .group_by(accounts.c.team_id, accounts.c.bucket)
            for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id))
        )
        sums: dict[tuple[int, str], int] = {}
        for team_id, bucket, sign, dollars, rest in await self._connection.execute(union_all(*sides)):
            at = (int(team_id), str(bucket))
            sums[at] = sums.get(at, 0) + int(sign) * whole(dollars, rest)
        return {at: nanos for at, nanos in sums.items() if nanos}

    async def close_entries(self, documents: Iterable[str]) -> dict[str, int]:
        """Returns the number of entries that each of these documents of closes has posted."""
        query = select(entries.c.document, func.count()).where(entries.c.document.in_(list(documents)))
        rows = await self._connection.execute(query.group_by(entries.c.document))
        return {str(document): int(count) for document, count in rows}

    async def budgeted(self) -> list[str]:
        """Returns the names of all periods that ever had funding, opened or not."""
        found = select(accounts.c.period).where(accounts.c.bucket == "funding").distinct().order_by(accounts.c.period)
        return [str(name) for name in (await self._connection.execute(found)).scalars()]


def _period(row: Any) -> BudgetPeriod:
    return BudgetPeriod(
        name=str(row.name),
        first_day=int(row.first_day),
        end_day=int(row.end_day),
        state=cast(PeriodState, row.state),
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        close_after_days=row.close_after_days,
    )
