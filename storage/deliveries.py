"""Deliveries: whose turn it is in the outbox, who holds which message, and what came of each attempt."""

import json
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update

from bot.messages import Message
from bot.org.alert_settings import MessageRoute
from bot.outbox import worth_until
from bot.periods import MICROS
from storage.outbox import NEVER
from storage.tables.outbox import WAITS_CONDITION, outbox
from storage.transaction import OpenTransaction

_CLAIM_LOCK = 0x70C1A1
"""PostgreSQL's advisory lock of a claim, so that two workers never judge the same moment. SQLite has one writer."""


class Line(NamedTuple):
    """The messages that are posted one after the other: those for one channel of a team, or for one person."""

    to_team_id: int | None
    to_person_id: int | None
    route: MessageRoute


@dataclass(frozen=True, kw_only=True)
class OutboxItem:
    """A message to post, or to update if it has a `ts`, at its `version`.

    `posting_since` is the start of a post whose outcome nobody knows, or 0.
    """

    id: int
    dedupe_key: str
    to_team_id: int | None
    to_person_id: int | None
    about_team_id: int | None
    route: MessageRoute
    message: Message
    version: int
    channel: str
    ts: str
    file_ids: tuple[str, ...]
    attempts: int
    worth_until: int
    posting_since: int


def lines_in_turn(now: int) -> Select[Any]:
    """Returns the query for each line's first message that is due or holds the line, and the end of its last lease."""
    in_turn = or_(outbox.c.next_at <= now, outbox.c.holds_line == 1)
    columns = (outbox.c.to_team_id, outbox.c.to_person_id, outbox.c.route)
    lines = select(*columns, func.min(outbox.c.id), func.max(outbox.c.lease_until))
    return lines.where(WAITS_CONDITION, outbox.c.held_until <= now, in_turn).group_by(*columns)


class Deliveries:
    """The deliveries within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def claim(
        self,
        *,
        owner: str,
        now: int,
        lease_seconds: int,
        limit: int = 20,
        place_of: Callable[[Line], Hashable] = lambda line: line,
        without: Collection[int] = (),
    ) -> list[OutboxItem]:
        """Leases the first due message of each place, up to `limit` and without the ids `without`.

        A place with a leased message gets no second one, so messages arrive in order and nobody waits behind another
        place. `place_of` maps a line to its place: two lines may share a channel.
        """
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(select(func.pg_advisory_xact_lock(_CLAIM_LOCK)))
        first: dict[Hashable, int] = {}
        leased: set[Hashable] = set()
        for team_id, person_id, route, message_id, lease_until in await self._connection.execute(lines_in_turn(now)):
            place = place_of(Line(team_id, person_id, route))
            first[place] = min(message_id, first.get(place, message_id))
            if lease_until > now:
                leased.add(place)
        heads = [message_id for place, message_id in first.items() if place not in leased]
        return await self._lease(
            sorted(set(heads) - set(without)), owner=owner, now=now, until=lease_seconds, limit=limit
        )

    async def _lease(self, heads: Sequence[int], *, owner: str, now: int, until: int, limit: int) -> list[OutboxItem]:
        if not heads:
            return []
        free = and_(outbox.c.next_at <= now, outbox.c.lease_until <= now)
        ids = select(outbox.c.id).where(outbox.c.id.in_(heads), free).order_by(outbox.c.id).limit(limit)
        due = list((await self._connection.execute(ids.with_for_update())).scalars())
        if not due:
            return []
        claimed = (
            update(outbox).where(outbox.c.id.in_(due), free).values(lease_owner=owner, lease_until=now + until * MICROS)
        )
        rows = (await self._connection.execute(claimed.returning(outbox))).all()
        return sorted((_item(row) for row in rows), key=lambda item: item.id)

    async def renew(self, item: OutboxItem, *, owner: str, now: int, lease_seconds: int, posts: bool = False) -> bool:
        """Extends a lease; returns False if another worker has claimed the message. `posts` notes that a post begins."""
        values: dict[str, Any] = {"lease_until": now + lease_seconds * MICROS}
        if posts:
            values["posting_since"] = case((outbox.c.posting_since == 0, now), else_=outbox.c.posting_since)
        result = await self._connection.execute(update(outbox).where(_held(item, owner)).values(**values))
        return result.rowcount > 0

    async def delivered(
        self, item: OutboxItem, *, owner: str, channel: str, ts: str, file_ids: tuple[str, ...], repeated: bool = False
    ) -> bool:
        """Marks a version as delivered; returns False, and marks nothing, if another worker holds the lease.

        `repeated` counts a post whose earlier attempt may have arrived too. After a failure, whatever waits for the same
        place is due at once.
        """
        done = update(outbox).where(_held(item, owner))
        result = await self._connection.execute(
            done.values(
                delivered_version=item.version,
                channel=channel,
                ts=ts,
                file_ids=json.dumps(file_ids),
                repeats=outbox.c.repeats + int(repeated),
                fault="",
                **_free(attempts=0),
            )
        )
        if result.rowcount > 0 and item.attempts > 0:
            others = and_(WAITS_CONDITION, _line_of(item))
            await self._connection.execute(update(outbox).where(others, outbox.c.attempts > 0).values(next_at=0))
        return result.rowcount > 0

    async def retry_later(
        self, item: OutboxItem, *, owner: str, fault: str, next_at: int, holds_line: bool, may_be_posted: bool
    ) -> None:
        """Schedules a message's next attempt."""
        values = _free(attempts=item.attempts + 1, holds_line=int(holds_line))
        if may_be_posted:
            del values["posting_since"]
        await self._connection.execute(
            update(outbox).where(_held(item, owner)).values(fault=fault[:300], next_at=next_at, **values)
        )

    async def end(self, item: OutboxItem, *, owner: str, fault: str, given_up: int) -> bool:
        """Gives a message up, or closes it (`CLOSED`), unless its version was replaced: the newer one is due at once.

        Returns True if it ended.
        """
        ours = update(outbox).where(_held(item, owner))
        values = {"fault": fault[:300], **_free(attempts=item.attempts + 1)}
        newest = ours.where(outbox.c.wanted_version == item.version)
        ended = await self._connection.execute(newest.values(given_up=given_up, **values))
        if ended.rowcount == 0:
            await self._connection.execute(ours.values(**values | {"attempts": 0}))
        return ended.rowcount > 0

    async def remember_files(self, item: OutboxItem, *, owner: str, file_ids: tuple[str, ...]) -> None:
        """Stores the ids of uploaded files before the post, so that a retry does not upload them again."""
        kept = update(outbox).where(_held(item, owner))
        await self._connection.execute(kept.values(file_ids=json.dumps(file_ids)))

    async def remember_post(self, item: OutboxItem, *, owner: str, channel: str, ts: str) -> None:
        """Stores where a message was found after its post's outcome was lost, so that it is updated from now on."""
        found = update(outbox).where(_held(item, owner))
        await self._connection.execute(found.values(channel=channel, ts=ts, posting_since=0))

    async def direct_channel(self, person_id: int) -> str:
        """Returns the channel of a person's direct messages, from an earlier message; empty if there is none."""
        known = select(outbox.c.channel).where(outbox.c.to_person_id == person_id, outbox.c.channel != "")
        return str((await self._connection.execute(known.order_by(outbox.c.id.desc()).limit(1))).scalar() or "")

    async def waiting(self) -> int:
        """Returns the number of messages that wait for delivery."""
        counted = select(func.count()).select_from(outbox).where(WAITS_CONDITION, outbox.c.held_until < NEVER)
        return int((await self._connection.execute(counted)).scalar_one())


def _held(item: OutboxItem, owner: str) -> ColumnElement[bool]:
    """Matches a message while this worker holds it."""
    return and_(outbox.c.id == item.id, outbox.c.lease_owner == owner)


def _line_of(item: OutboxItem) -> ColumnElement[bool]:
    return and_(
        outbox.c.to_team_id.is_(None) if item.to_team_id is None else outbox.c.to_team_id == item.to_team_id,
        outbox.c.to_person_id.is_(None) if item.to_person_id is None else outbox.c.to_person_id == item.to_person_id,
        outbox.c.route == item.route,
    )


def _free(*, attempts: int, holds_line: int = 0) -> dict[str, Any]:
    """Returns the columns of a message that nobody holds any more."""
    free = {"lease_owner": "", "lease_until": 0, "posting_since": 0}
    return {**free, "attempts": attempts, "holds_line": holds_line}


def _item(row: Any) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        dedupe_key=row.dedupe_key,
        to_team_id=row.to_team_id,
        to_person_id=row.to_person_id,
        about_team_id=row.to_team_id if row.to_team_id is not None else row.about_team_id,
        route=row.route,
        message=Message.from_json(json.loads(row.body)),
        version=row.wanted_version,
        channel=row.channel,
        ts=row.ts,
        file_ids=tuple(json.loads(row.file_ids)),
        attempts=row.attempts,
        worth_until=row.worth_until or worth_until(row.dedupe_key, row.created_at),
        posting_since=row.posting_since,
    )
