"""Caps at gateways: marks of changed budgets, and each target with its lease. Marks are written in the transaction that
changes a budget; a worker only reads them, so that neither waits for the other.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update

from bot.books.ledger import Entry
from bot.crosschecks.caps import CapTarget
from bot.crosschecks.gateway_caps import CapMark, GatewayCap
from bot.org.gateways import PERSONAL_KINDS
from storage import bulk
from storage.tables.caps import cap_marks, gateway_caps
from storage.transaction import OpenTransaction

_MARK = ("team_id", "version", "decided_version", "decided_by", "document", "marked_at")
_DECIDED = "excluded.decided_version > 0"
_AGAIN = (
    "ON CONFLICT (team_id) DO UPDATE SET version = cap_marks.version + 1, marked_at = excluded.marked_at, "
    f"decided_version = CASE WHEN {_DECIDED} THEN cap_marks.version + 1 ELSE cap_marks.decided_version END, "
    f"decided_by = CASE WHEN {_DECIDED} THEN excluded.decided_by ELSE cap_marks.decided_by END, "
    f"document = CASE WHEN {_DECIDED} THEN excluded.document ELSE cap_marks.document END"
)
_NOT_STORED = ("id", "target", "attempts")
_ANEW = {
    "followed_version": -1,
    "next_at": 0,
    "not_before": 0,
    "tries": 0,
    "state": "new",
    "sentence": "",
    "kept_version": None,
    "kept_by": None,
    "accepted_nanos": None,
    "lease_owner": "",
    "lease_until": 0,
}
"""What a target has that another team shall follow."""


class CapMarks:
    """The marks of teams' budgets within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def entries_posted(self, posted: Sequence[Entry], *, at: int) -> None:
        """Marks every team whose accounts new entries touch, whatever their kind. The newest entry by a person names who."""
        last: dict[int, Entry] = {}
        for entry in posted:
            for account in (entry.from_account, entry.to_account):
                known = last.get(account.team_id)
                if known is None or entry.actor_id is not None or known.actor_id is None:
                    last[account.team_id] = entry
        rows = [
            (team, 1, int(entry.actor_id is not None), entry.actor_id, entry.document, at)
            for team, entry in sorted(last.items())
        ]
        await bulk.upsert(self._connection, "cap_marks", _MARK, rows, _AGAIN)

    async def mark(
        self, team_ids: Iterable[int], *, at: int, decided_by: int | None = None, document: str = ""
    ) -> None:
        """Marks teams whose budget changed without an entry, as by an import. A document says that people decided it."""
        rows = [(team, 1, int(bool(document)), decided_by, document, at) for team in sorted(set(team_ids))]
        await bulk.upsert(self._connection, "cap_marks", _MARK, rows, _AGAIN)

    async def of(self, team_id: int) -> CapMark:
        """Returns a team's mark."""
        row = (await self._connection.execute(select(cap_marks).where(cap_marks.c.team_id == team_id))).one_or_none()
        if row is None:
            return CapMark()
        return CapMark(
            version=row.version,
            decided_version=row.decided_version,
            decided_by=row.decided_by,
            document=row.document,
        )


class GatewayCaps:
    """The targets of gateways within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._insert = transaction.insert

    async def sync(
        self, wanted: Mapping[tuple[str, CapTarget], int], *, gateways: Collection[str], now: int
    ) -> tuple[list[GatewayCap], bool]:
        """Makes the targets those of the settings: (gateway, target) with the id of the team. Returns the targets that left
        their team, as they were, and whether all is done: a worker keeps a target until its lease ends.

        A target that moves to another team is looked at anew, without the choices of the old one; one that is named no more is
        forgotten. Those of raises stay while their gateway does.
        """
        known = {(row.gateway, row.target): row for row in await self.all()}
        left: list[GatewayCap] = []
        is_done, is_free = True, gateway_caps.c.lease_until <= now
        for key, team_id in wanted.items():
            if key not in known:
                await self.add_missing([key], team_id=team_id)
        for (gateway, target), row in known.items():
            if (gateway, target) not in wanted:
                if target.kind in PERSONAL_KINDS and gateway in gateways:
                    continue
                gone = delete(gateway_caps).where(gateway_caps.c.id == row.id, is_free)
                is_changed = bool((await self._connection.execute(gone)).rowcount)
            elif wanted[gateway, target] != row.team_id:
                moved = update(gateway_caps).where(gateway_caps.c.id == row.id, is_free)
                values = {"team_id": wanted[gateway, target], **_ANEW}
                is_changed = bool((await self._connection.execute(moved.values(**values))).rowcount)
            else:
                continue
            left += [row] if is_changed else []
            is_done = is_done and is_changed
        return left, is_done

    async def add_missing(self, keys: Iterable[tuple[str, CapTarget]], *, team_id: int) -> int:
        """Adds targets of a team, which are due at once; those that are known stay. Returns the number of new ones."""
        added = 0
        for gateway, target in sorted(keys, key=lambda key: (key[0], key[1].kind, key[1].ref, key[1].member_of)):
            values = _stored(GatewayCap(id=0, gateway=gateway, target=target, team_id=team_id))
            new = self._insert(gateway_caps).values(**values, lease_owner="", lease_until=0)
            stored = new.on_conflict_do_nothing(index_elements=["gateway", "kind", "ref", "member_of"])
            added += (await self._connection.execute(stored.returning(gateway_caps.c.id))).scalar() is not None
        return added

    async def due_teams(self, *, now: int, limit: int) -> list[int]:
        """Returns teams with a target that is due: first those whose budget has a newer version, then those whose time has come,
        longest due first. So a gateway that does not answer keeps no decision waiting behind its retries.
        """
        is_newer = func.coalesce(cap_marks.c.version, 0) > gateway_caps.c.followed_version
        query = (
            select(gateway_caps.c.team_id)
            .outerjoin(cap_marks, cap_marks.c.team_id == gateway_caps.c.team_id)
            .where(or_(gateway_caps.c.next_at <= now, is_newer), gateway_caps.c.not_before <= now)
            .group_by(gateway_caps.c.team_id)
            .having(func.max(gateway_caps.c.lease_until) <= now)
            .order_by(
                func.max(case((is_newer, 1), else_=0)).desc(), func.min(gateway_caps.c.next_at), gateway_caps.c.team_id
            )
        )
        return list((await self._connection.execute(query.limit(limit))).scalars())

    async def next_due(self, *, now: int) -> int | None:
        """Returns the next moment at which a target's time comes."""
        query = select(func.min(gateway_caps.c.next_at)).where(gateway_caps.c.next_at > now)
        found = (await self._connection.execute(query)).scalar()
        return None if found is None else int(found)

    async def claim(self, team_id: int, *, owner: str, now: int, until: int) -> list[GatewayCap]:
        """Leases all of a team's targets together; none if another worker has one of them."""
        query = select(gateway_caps).where(gateway_caps.c.team_id == team_id).order_by(gateway_caps.c.id)
        rows = (await self._connection.execute(query.with_for_update())).all()
        if not rows or any(row.lease_until > now for row in rows):
            return []
        ids = [row.id for row in rows]
        leased = update(gateway_caps).where(gateway_caps.c.id.in_(ids)).values(lease_owner=owner, lease_until=until)
        await self._connection.execute(leased)
        return [_row(row) for row in rows]

    async def held(self, ids: Collection[int], *, owner: str, until: int) -> dict[int, GatewayCap]:
        """Returns targets that this worker still leases, locked and with a longer lease; none if any was lost."""
        query = select(gateway_caps).where(gateway_caps.c.id.in_(list(ids))).order_by(gateway_caps.c.id)
        rows = (await self._connection.execute(query.with_for_update())).all()
        if len(rows) != len(ids) or any(row.lease_owner != owner for row in rows):
            return {}
        extended = update(gateway_caps).where(gateway_caps.c.id.in_(list(ids)))
        await self._connection.execute(extended.values(lease_until=until))
        return {row.id: _row(row) for row in rows}

    async def save(self, row: GatewayCap) -> None:
        """Stores a target that this transaction has locked."""
        changed = update(gateway_caps).where(gateway_caps.c.id == row.id)
        await self._connection.execute(changed.values(**_stored(row)))

    async def release(self, ids: Collection[int], *, owner: str) -> None:
        """Ends the leases of a worker."""
        ours = and_(gateway_caps.c.id.in_(list(ids)), gateway_caps.c.lease_owner == owner)
        await self._connection.execute(update(gateway_caps).where(ours).values(lease_owner="", lease_until=0))

    async def is_leased(self, cap_id: int, *, now: int) -> bool:
        """Returns whether a worker has a target at the moment."""
        query = select(gateway_caps.c.lease_until).where(gateway_caps.c.id == cap_id)
        return int((await self._connection.execute(query)).scalar() or 0) > now

    async def end_lease(self, cap_id: int) -> None:
        """Takes a target from a worker whose lease has ended: what it still does to it is not stored."""
        changed = update(gateway_caps).where(gateway_caps.c.id == cap_id)
        await self._connection.execute(changed.values(lease_owner="", lease_until=0))

    async def for_change(self, cap_id: int) -> GatewayCap | None:
        """Returns a target, locked; None if there is none."""
        query = select(gateway_caps).where(gateway_caps.c.id == cap_id).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return _row(row) if row is not None else None

    async def of_teams(self, team_ids: Collection[int]) -> list[GatewayCap]:
        """Returns the targets of teams, by gateway and in the order in which they were named."""
        return await self._listed(gateway_caps.c.team_id.in_(list(team_ids)))

    async def all(self) -> list[GatewayCap]:
        return await self._listed()

    async def make_due(self, gateway: str, *, at: int) -> int:
        """Makes a gateway's targets due now, whatever came of them before. Returns their number."""
        due = update(gateway_caps).where(gateway_caps.c.gateway == gateway)
        return (await self._connection.execute(due.values(next_at=at, not_before=0, tries=0))).rowcount

    async def _listed(self, *conditions: ColumnElement[bool]) -> list[GatewayCap]:
        query = select(gateway_caps).where(*conditions).order_by(gateway_caps.c.gateway, gateway_caps.c.id)
        return [_row(row) for row in await self._connection.execute(query)]


def _row(row: Any) -> GatewayCap:
    values = {field.name: getattr(row, field.name) for field in fields(GatewayCap) if field.name not in _NOT_STORED}
    return GatewayCap(
        id=row.id,
        target=CapTarget(kind=row.kind, ref=row.ref, member_of=row.member_of),
        attempts=tuple((int(version), int(amount), int(at)) for version, amount, at in json.loads(row.attempts)),
        **values,
    )


def _stored(row: GatewayCap) -> dict[str, Any]:
    values = {field.name: getattr(row, field.name) for field in fields(GatewayCap) if field.name not in _NOT_STORED}
    target = {"kind": row.target.kind, "ref": row.target.ref, "member_of": row.target.member_of}
    return {**values, **target, "attempts": json.dumps(row.attempts)}
