"""Attribution rules and the dates between which they apply, from teams.yml and from claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from bot.org.attribution import UnattributedKey
from bot.org.attribution_rules import AttributionRule, Origin, RuleKind, literal_pattern
from storage.config import Config
from storage.queries.sums import nano_sums, whole
from storage.tables.intake import event_keys, run_keys, usage_days, usage_series
from storage.tables.org import attribution_rules
from storage.transaction import OpenTransaction

_SINCE_EVER = 0


@dataclass(frozen=True, kw_only=True)
class DeclaredRule:
    """A line of `attribution:` in a file; `from_at` is None without a date."""

    kind: RuleKind
    pattern: str
    team_id: int
    from_at: int | None


class AttributionRules:
    """The attribution rules within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def rules(self) -> list[AttributionRule]:
        """Returns every past, present and future rule: the file's in its order, then claims. A line goes before a
        claim.
        """
        order = (attribution_rules.c.origin.desc(), attribution_rules.c.position, attribution_rules.c.id.desc())
        rows = await self._connection.execute(select(attribution_rules).order_by(*order))
        return [_rule(row) for row in rows if row.until_at is None or row.from_at < row.until_at]

    async def save_lines(self, lines: Sequence[DeclaredRule], *, at: int) -> None:
        """Stores a file's lines. A removed line ends now, a new one without a date starts now, all others keep their
        dates.

        Before the first usage, a new line applies to all times: no past can contradict it. A dated line replaces
        earlier lines from its date on, past or future. Claims stay.
        """
        begin_at = at if await self.has_usage() else _SINCE_EVER
        query = select(attribution_rules).where(attribution_rules.c.origin == "file").order_by(attribution_rules.c.id)
        kept: dict[tuple[str, str], list[Any]] = {}
        for row in await self._connection.execute(query):
            kept.setdefault((row.kind, row.pattern), []).append(row)
        given: dict[tuple[str, str], dict[int | None, tuple[int, DeclaredRule]]] = {}
        for position, line in enumerate(lines):  # the first of two identical lines applies
            given.setdefault((line.kind, line.pattern), {}).setdefault(line.from_at, (position, line))
        for key in sorted(kept.keys() | given.keys()):
            placed = sorted(given.get(key, {}).values(), key=lambda found: found[1].from_at or _SINCE_EVER)
            await self._save_pattern(placed, kept.get(key, []), at=at, begin_at=begin_at)

    async def _save_pattern(
        self, lines: Sequence[tuple[int, DeclaredRule]], rows: Sequence[Any], *, at: int, begin_at: int
    ) -> None:
        """Stores one pattern's lines, ordered by date, over its stored rows."""
        used: set[int] = set()
        for place, (position, line) in enumerate(lines):
            until_at = lines[place + 1][1].from_at if place + 1 < len(lines) else None
            found = [row for row in rows if _is_of(row, line) and _may_go_on(row, line, until_at, at)]
            if found:
                used.add(found[-1].id)
                await self._change(found[-1], position=position, until_at=until_at)
                continue
            from_at = begin_at if line.from_at is None else line.from_at
            if until_at is not None and until_at <= from_at:
                from_at = _SINCE_EVER  # the line before a dated one applies until then
            values = {"position": position, "kind": line.kind, "pattern": line.pattern, "team_id": line.team_id}
            dates = {"from_at": from_at, "until_at": until_at, "dated": int(line.from_at is not None)}
            await self._connection.execute(insert(attribution_rules).values(**values, **dates))
        dated = [line.from_at for _, line in lines if line.from_at is not None]
        ends = min(at, *dated) if dated else at
        if dated and len(dated) == len(lines):
            ends = min(dated)  # the earlier line applies until then
        for row in rows:
            if row.id not in used and (row.until_at is None or row.until_at > max(ends, row.from_at)):
                await self._change(row, position=row.position, until_at=max(ends, row.from_at))

    async def _change(self, row: Any, *, position: int, until_at: int | None) -> None:
        if (row.position, row.until_at) != (position, until_at):
            changed = update(attribution_rules).where(attribution_rules.c.id == row.id)
            await self._connection.execute(changed.values(position=position, until_at=until_at))

    async def has_usage(self) -> bool:
        """Returns whether any usage was ever booked."""
        for keys in (run_keys, event_keys):
            if (await self._connection.execute(select(keys.c.source_id).limit(1))).scalar() is not None:
                return True
        return False

    async def claim(self, credential: str, team_id: int, *, from_at: int) -> None:
        """Stores that a credential belongs to a team from a moment on. Imports of teams.yml keep it."""
        pattern = literal_pattern(credential)
        values = {"position": 0, "kind": "credential", "pattern": pattern, "team_id": team_id, "from_at": from_at}
        await self._connection.execute(insert(attribution_rules).values(**values, origin="claim", dated=1))
        await Config(self._tx).changed()

    async def unattributed_keys(self, unattributed_id: int, *, first_day: int, end_day: int) -> list[UnattributedKey]:
        """Returns credentials with unattributed usage on some days, the most expensive first."""
        calls, last = func.sum(usage_days.c.calls), func.max(usage_days.c.local_day)
        rows = await self._connection.execute(
            select(
                func.min(usage_series.c.id), usage_series.c.credential, calls, last, *nano_sums(usage_days.c.cost_nanos)
            )
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id == unattributed_id)
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_series.c.credential)
            .having(calls > 0)
        )
        found = [
            UnattributedKey(int(series), str(credential), int(n), whole(dollars, rest), int(day))
            for series, credential, n, day, dollars, rest in rows
        ]
        return sorted(found, key=lambda key: (-key.cost_nanos, -key.calls, key.credential))

    async def credential_of(self, series_id: int) -> str | None:
        """Returns the credential of a series; None if there is no such series."""
        query = select(usage_series.c.credential).where(usage_series.c.id == series_id)
        return (await self._connection.execute(query)).scalar()


def _is_of(row: Any, line: DeclaredRule) -> bool:
    if row.team_id != line.team_id or bool(row.dated) != (line.from_at is not None):
        return False
    return line.from_at is None or line.from_at == row.from_at


def _may_go_on(row: Any, line: DeclaredRule, until_at: int | None, at: int) -> bool:
    """Returns True if a stored row still is the file's line. An undated line that ended is history, and starts anew."""
    return line.from_at is not None or row.until_at is None or row.until_at > at or row.until_at == until_at


def _rule(row: Any) -> AttributionRule:
    kind: RuleKind = row.kind
    origin: Origin = row.origin
    return AttributionRule(
        kind=kind,
        pattern=row.pattern,
        team_id=row.team_id,
        from_at=row.from_at,
        until_at=row.until_at,
        dated=bool(row.dated),
        origin=origin,
    )
