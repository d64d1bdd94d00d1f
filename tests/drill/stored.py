"""What the database holds at the end of a drill, and how much of it still waits."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from bot.sandbox.workspace import Workspace
from storage.store import Store, Transaction
from storage.tables.books import accounts, audit, entries
from storage.tables.intake import usage_adjustments, usage_days, usage_events, usage_hours
from storage.tables.org import people
from storage.tables.outbox import outbox
from storage.tables.requests import budget_requests

Sums = tuple[int, int, int, int]
"""Calls, uncached input, output and nano-dollars."""


@dataclass(frozen=True, kw_only=True)
class StoredRequest:
    """A budget request; people are Slack ids."""

    id: int
    team_id: int
    reason: str
    state: str
    amount_nanos: int
    held_nanos: int
    decided_by: str


@dataclass(frozen=True, kw_only=True)
class StoredEntry:
    """A ledger entry of a document."""

    kind: str
    document: str
    amount_nanos: int
    to_team_id: int
    to_bucket: str


@dataclass(frozen=True, kw_only=True)
class StoredDecision:
    """A line of the audit log about a request."""

    action: str
    document: str
    actor: str
    amount_nanos: int


@dataclass(frozen=True, kw_only=True)
class StoredMessage:
    """A message of the outbox. `is_held` is one that is not to be posted yet."""

    id: int
    dedupe_key: str
    text: str
    channel: str
    ts: str
    is_delivered: bool
    is_given_up: bool
    is_held: bool
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The database and the stand-in's rooms, as they are when nothing waits any more."""

    times_booked: Counter[str] = field(default_factory=Counter)
    sums: Mapping[str, Sums] = field(default_factory=dict)
    """The sums of `events` with their adjustments, of `hours` and of `days`."""
    requests: tuple[StoredRequest, ...] = ()
    entries: tuple[StoredEntry, ...] = ()
    decisions: tuple[StoredDecision, ...] = ()
    messages: tuple[StoredMessage, ...] = ()
    shown: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The text of each message in the stand-in, by channel and moment."""


async def read_stored(store: Store, workspace: Workspace, *, now_micros: int) -> Stored:
    """Returns everything that the judge needs."""
    async with store.read() as tx:
        slack_ids = {row.id: str(row.slack_id or "") for row in await tx.connection.execute(select(people))}
        return Stored(
            times_booked=await _times_booked(tx),
            sums={
                "events": await _event_sums(tx),
                "hours": await _sums(tx, usage_hours),
                "days": await _sums(tx, usage_days),
            },
            requests=await _requests(tx, slack_ids),
            entries=await _entries(tx),
            decisions=await _decisions(tx, slack_ids),
            messages=await _messages(tx, now_micros),
            shown={(room.id, m.ts): m.text for room in workspace.rooms.values() for m in room.messages},
        )


async def waiting(store: Store, *, now_micros: int) -> int:
    """Returns how many messages wait that may be posted now."""
    async with store.read() as tx:
        return sum(not (m.is_delivered or m.is_given_up or m.is_held) for m in await _messages(tx, now_micros))


async def _times_booked(tx: Transaction) -> Counter[str]:
    counted = select(usage_events.c.event_id, func.count().label("times")).group_by(usage_events.c.event_id)
    return Counter({str(row.event_id): int(row.times) for row in await tx.connection.execute(counted)})


async def _sums(tx: Transaction, table: Any) -> Sums:
    calls = func.sum(table.c.calls) if "calls" in table.c else func.count()
    columns = (table.c.uncached_input, table.c.output, table.c.cost_nanos)
    row = (await tx.connection.execute(select(calls, *(func.sum(column) for column in columns)))).one()
    first, second, third, fourth = (int(value or 0) for value in row)
    return first, second, third, fourth


async def _event_sums(tx: Transaction) -> Sums:
    booked, adjusted = await _sums(tx, usage_events), await _sums(tx, usage_adjustments)
    first, second, third, fourth = (one + other for one, other in zip(booked, adjusted, strict=True))
    return first, second, third, fourth


async def _requests(tx: Transaction, slack_ids: Mapping[int, str]) -> tuple[StoredRequest, ...]:
    rows = await tx.connection.execute(select(budget_requests).order_by(budget_requests.c.id))
    return tuple(
        StoredRequest(
            id=row.id,
            team_id=row.team_id,
            reason=row.reason,
            state=row.state,
            amount_nanos=row.amount_nanos,
            held_nanos=row.held_nanos,
            decided_by=slack_ids.get(row.decided_by, ""),
        )
        for row in rows
    )


async def _entries(tx: Transaction) -> tuple[StoredEntry, ...]:
    of_requests = (
        select(entries, accounts.c.team_id, accounts.c.bucket)
        .join(accounts, accounts.c.id == entries.c.to_account_id)
        .where(entries.c.document.startswith("request:"))
    )
    return tuple(
        StoredEntry(
            kind=row.kind,
            document=row.document,
            amount_nanos=row.amount_nanos,
            to_team_id=row.team_id,
            to_bucket=row.bucket,
        )
        for row in await tx.connection.execute(of_requests)
    )


async def _decisions(tx: Transaction, slack_ids: Mapping[int, str]) -> tuple[StoredDecision, ...]:
    rows = await tx.connection.execute(select(audit).where(audit.c.subject.startswith("request:")))
    return tuple(
        StoredDecision(
            action=row.action,
            document=row.subject,
            actor=slack_ids.get(row.actor_id, ""),
            amount_nanos=int(json.loads(row.detail).get("amount_nanos") or 0),
        )
        for row in rows
    )


async def _messages(tx: Transaction, now_micros: int) -> tuple[StoredMessage, ...]:
    rows = await tx.connection.execute(select(outbox).order_by(outbox.c.id))
    return tuple(
        StoredMessage(
            id=row.id,
            dedupe_key=row.dedupe_key,
            text=str(json.loads(row.body)["text"]),
            channel=row.channel,
            ts=row.ts,
            is_delivered=row.delivered_version >= row.wanted_version,
            is_given_up=bool(row.given_up),
            is_held=row.held_until > now_micros,
            fault=row.fault,
        )
        for row in rows
    )
