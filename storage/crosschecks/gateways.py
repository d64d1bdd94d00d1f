"""Gateways' views of their own teams (spend and caps, to compare with the books), and the people a budget blocked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select, update

from bot.crosschecks.gateways import LAG_MICROS, BookedCall, GatewayTeam, ModelFigures, update_baseline
from bot.periods import moment
from bot.usage import BudgetBlock, GatewayView
from storage import bulk
from storage.intake.rollups import Insert
from storage.org.people import People
from storage.queries.sums import nano_sums, whole
from storage.tables.crosschecks import gateway_blocks, gateway_teams
from storage.tables.intake import usage_events, usage_series
from storage.transaction import OpenTransaction

_COLUMNS = tuple(column.name for column in gateway_teams.columns)
_SET = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
_IS_NEWER = "excluded.seen_at >= gateway_teams.seen_at AND excluded.spend_nanos >= gateway_teams.spend_nanos"
_IS_DUE = f"{_IS_NEWER} AND excluded.seen_at - gateway_teams.mark_at >= {LAG_MICROS}"
_IS_SAME = "gateway_teams.base_at = excluded.base_at"
_SUMS = ("booked_nanos", "cost_nanos")
_NEWER = ("alias", "spend_nanos", "cap_nanos", "resets_at", "seen_at")
_DUE = {
    "settled_nanos": "gateway_teams.mark_nanos",
    "mark_nanos": "gateway_teams.booked_nanos",
    "mark_at": "excluded.seen_at",
}
_ADD = ", ".join(
    (
        *(f"{name} = gateway_teams.{name} + CASE WHEN {_IS_SAME} THEN excluded.{name} ELSE 0 END" for name in _SUMS),
        f"edge_nanos = gateway_teams.edge_nanos + CASE WHEN {_IS_SAME} THEN excluded.edge_nanos ELSE excluded.booked_nanos END",
        *(f"{name} = CASE WHEN {_IS_NEWER} THEN excluded.{name} ELSE gateway_teams.{name} END" for name in _NEWER),
        *(f"{name} = CASE WHEN {_IS_DUE} THEN {new} ELSE gateway_teams.{name} END" for name, new in _DUE.items()),
    )
)
"""What `update_baseline` does unless the gateway may have reset its count, for a row that holds what to add and the view. If
another process has just started a new baseline, the calls form its edge.
"""


class BlockedPerson(NamedTuple):
    """A person whom a gateway's budget blocked and nobody has notified yet."""

    id: int
    source_id: int
    person_id: int
    block: BudgetBlock


class Gateways:
    """The gateways' views within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def record_views(
        self, source_id: int, newest: Mapping[str, GatewayView], booked: Mapping[str, Sequence[BookedCall]]
    ) -> dict[str, GatewayTeam | None]:
        """Stores the newest view of each team, and adds the calls `booked` now to its sum since the baseline. Returns the teams
        as they are now.
        """
        teams = sorted(newest.keys() | booked.keys())
        query = (
            select(gateway_teams)
            .where(gateway_teams.c.source_id == source_id, gateway_teams.c.gateway_team.in_(teams))
            .order_by(gateway_teams.c.gateway_team)  # the order in which all writers lock them
        )
        known = {row.gateway_team: _watched(row) for row in await self._connection.execute(query.with_for_update())}
        rows, after = [], dict[str, GatewayTeam | None]()
        for team in teams:
            found = update_baseline(known.get(team), newest.get(team), source_id=source_id, booked=booked.get(team, ()))
            after[team] = found
            if found is not None and found != known.get(team):
                rows.append(tuple(getattr(found, name) for name in _COLUMNS))
        if rows:
            tail = f"ON CONFLICT (source_id, gateway_team) DO UPDATE SET {_SET}"
            await bulk.upsert(self._connection, "gateway_teams", _COLUMNS, rows, tail)
        return after

    async def all(self) -> list[GatewayTeam]:
        """Returns every known gateway team."""
        rows = await self._connection.execute(
            select(gateway_teams).order_by(gateway_teams.c.source_id, gateway_teams.c.gateway_team)
        )
        return [_watched(row) for row in rows]

    async def mark_over(self, watched: GatewayTeam) -> None:
        """Stores the moment since which a team's drift is too large; None ends it."""
        row = update(gateway_teams).where(
            gateway_teams.c.source_id == watched.source_id, gateway_teams.c.gateway_team == watched.gateway_team
        )
        await self._connection.execute(row.values(over_since=watched.over_since))

    async def by_model(self, watched: GatewayTeam, *, since: int) -> list[ModelFigures]:
        """Returns a gateway team's calls by model from a moment on, at the gateway's prices and at ours."""
        reported = func.coalesce(usage_events.c.reported_nanos, 0)
        rows = await self._connection.execute(
            select(usage_series.c.model, func.count(), *nano_sums(reported), *nano_sums(usage_events.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_events.c.series_id)
            .where(usage_events.c.occurred_at >= since, usage_events.c.source_id == watched.source_id)
            .where(usage_events.c.gateway_team == watched.gateway_team)
            .group_by(usage_series.c.model)
        )
        return [ModelFigures(str(m), int(n), whole(a, b), whole(c, d)) for m, n, a, b, c, d in rows]

    async def alias(self, source_id: int, gateway_team: str) -> str:
        """Returns a gateway's name of its team; "" if it never sent one."""
        query = select(gateway_teams.c.alias).where(
            gateway_teams.c.source_id == source_id, gateway_teams.c.gateway_team == gateway_team
        )
        return str((await self._connection.execute(query)).scalar() or "")

    async def expire_blocks(self, *, before: int) -> None:
        """Marks blocks of calls before a moment as notified, so that nobody is notified of them any more."""
        old = update(gateway_blocks).where(gateway_blocks.c.told_at.is_(None), gateway_blocks.c.occurred_at < before)
        await self._connection.execute(old.values(told_at=before))

    async def record_blocks(self, source_id: int, blocks: Sequence[BudgetBlock]) -> None:
        """Stores blocked people, once per person, budget, cap and reset; once per month where the gateway sends no
        reset.
        """
        named = [block for block in blocks if block.user]
        people = await People(self._tx).ids_of({block.user for block in named})
        rows: dict[str, tuple[Any, ...]] = {}
        for block in named:
            what = (block.entity, block.entity_id, block.limit_nanos, block.resets_at or f"{moment(block.at):%Y-%m}")
            key = ":".join(map(str, (source_id, people[block.user], *what)))
            rows[key] = (
                *(key, source_id, people[block.user], block.credential, block.gateway_team, block.entity),
                *(block.entity_id, block.limit_nanos, block.spend_nanos, block.resets_at, block.at),
            )
        columns = (
            *("dedupe_key", "source_id", "person_id", "credential", "gateway_team", "entity"),
            *("entity_id", "limit_nanos", "spend_nanos", "resets_at", "occurred_at"),
        )
        new = [rows[key] for key in sorted(rows)]
        await bulk.insert_missing(self._connection, "gateway_blocks", columns, ("dedupe_key",), new)

    async def unnotified(self) -> list[BlockedPerson]:
        """Returns blocks without a notification, oldest first."""
        rows = await self._connection.execute(
            select(gateway_blocks).where(gateway_blocks.c.told_at.is_(None)).order_by(gateway_blocks.c.id).limit(500)
        )
        return [_blocked(row) for row in rows]

    async def blocks_of(self, person_ids: Iterable[int], *, since: int) -> list[BlockedPerson]:
        """Returns the blocks of a person's calls from a moment on, newest first, at most a hundred."""
        query = (
            select(gateway_blocks)
            .where(gateway_blocks.c.person_id.in_(sorted(person_ids)), gateway_blocks.c.occurred_at >= since)
            .order_by(gateway_blocks.c.occurred_at.desc())
        )
        return [_blocked(row) for row in await self._connection.execute(query.limit(100))]

    async def mark_notified(self, block_id: int, *, at: int) -> None:
        changed = update(gateway_blocks).where(gateway_blocks.c.id == block_id)
        await self._connection.execute(changed.values(told_at=at))


AddedRow = tuple[int | str | None, ...]


def added_row(known: GatewayTeam, after: GatewayTeam, *, seen_at: int) -> AddedRow:
    """Returns the row that adds to a stored team what it has more than it was known to have. One that is seen before the stored
    one changes sums alone.
    """
    return (  # in the order of the columns: this runs for every team of every commit
        *(after.source_id, after.gateway_team, after.alias, after.spend_nanos, after.cap_nanos, after.resets_at),
        *(seen_at, after.base_nanos, after.base_at, after.booked_nanos - known.booked_nanos),
        *(after.cost_nanos - known.cost_nanos, after.edge_nanos - known.edge_nanos),
        *(after.settled_nanos, after.mark_at, after.mark_nanos, after.over_since),
    )


def views_insert(rows: Sequence[AddedRow]) -> Insert:
    """Returns the insert that adds to stored teams, in the order in which all writers lock them."""
    return Insert("gateway_teams", _COLUMNS, rows, f"ON CONFLICT (source_id, gateway_team) DO UPDATE SET {_ADD}")


def _blocked(row: Any) -> BlockedPerson:
    block = BudgetBlock(
        user="",
        credential=row.credential,
        gateway_team=row.gateway_team,
        entity=row.entity,
        entity_id=row.entity_id,
        limit_nanos=row.limit_nanos,
        spend_nanos=row.spend_nanos,
        resets_at=row.resets_at,
        at=row.occurred_at,
    )
    return BlockedPerson(row.id, row.source_id, row.person_id, block)


def _watched(row: Any) -> GatewayTeam:
    return GatewayTeam(**{name: getattr(row, name) for name in _COLUMNS})
