"""Reserve, settle and release: requests of the same moment share one transaction, and each is answered after its commit."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import structlog

from bot.books.gatekeeping.reservations import (
    Ask,
    Change,
    Conflict,
    Reservation,
    ReservationFault,
    released,
    settled,
)
from bot.org.attribution import Source
from handlers.books.gatekeeping.deciding import Deciding
from handlers.context import Context
from handlers.rulebooks import KeyRevoked
from storage.books.gatekeeping.reservations import SumKey, sum_key
from storage.faults import database_fault, is_away, is_data_error, retry_conflicts
from storage.store import Transaction

log = structlog.get_logger()


class UnknownReservation(ReservationFault):
    """No reservation has this id, or it is of another team than the key's."""

    status, sentence = 404, "id: no reservation of this key has it. Finished ones are kept for a day."


class NotYours(ReservationFault):
    """The key is bound to another team."""

    status, sentence = 403, "team: this key is bound to another team, and reserves only there."


class NotStored(ReservationFault):
    """The request could not be committed now."""

    status = 503
    sentence = "It could not be stored now. Send it again; with the same Idempotency-Key it counts once."


class TooManyWait(ReservationFault):
    """Too many requests wait for a transaction."""

    status, sentence = 503, "More requests wait to be stored than may. Send it again in a second."


@dataclass(eq=False)
class Request:
    """One request that waits for a transaction: an ask, or what becomes of a reservation."""

    key: bytes
    kind: Literal["reserve", "settle", "release"]
    answered: "asyncio.Future[Any]"
    ask: Ask | None = None
    id: str = ""
    cost_nanos: int = 0


@dataclass
class Changes:
    """What one transaction changes."""

    new: list[Reservation] = field(default_factory=list)
    changed: dict[str, tuple[Reservation, Change]] = field(default_factory=dict)
    sums: dict[SumKey, int] = field(default_factory=dict)

    def add_sum(self, key: SumKey, nanos: int) -> None:
        self.sums[key] = self.sums.get(key, 0) + nanos


class ReservationDesk:
    """Answers the requests of one process, in groups. Each group is one transaction, which locks the accounts of the teams
    that reserve, so no two decisions count on the same money.
    """

    MOST = 256
    """The most requests of one transaction."""
    MOST_WAITING = 10_000

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: list[Request] = []
        self._writer: asyncio.Task[None] | None = None

    async def reserve(self, ask: Ask, *, key: bytes) -> tuple[Reservation | None, dict[str, Any]]:
        """Returns the reservation, None if it is denied, and the answer. Raises NotYours, Conflict, KeyRevoked, NotStored."""
        return await self._ask(Request(key, "reserve", _future(), ask=ask))  # type: ignore[no-any-return]

    async def settle(self, reservation_id: str, cost_nanos: int, *, key: bytes) -> Reservation:
        """Returns the settled reservation. Raises UnknownReservation, Conflict, BadField, KeyRevoked, NotStored."""
        return await self._ask(Request(key, "settle", _future(), id=reservation_id, cost_nanos=cost_nanos))  # type: ignore[no-any-return]

    async def release(self, reservation_id: str, *, key: bytes) -> Reservation:
        """Returns the released reservation. Raises UnknownReservation, Conflict, KeyRevoked, NotStored."""
        return await self._ask(Request(key, "release", _future(), id=reservation_id))  # type: ignore[no-any-return]

    async def _ask(self, request: Request) -> Any:
        if len(self._waiting) >= self.MOST_WAITING:
            raise TooManyWait
        self._waiting.append(request)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="reservations")
        try:
            async with asyncio.timeout(self._context.settings.answer_seconds):
                return await request.answered
        except TimeoutError as error:
            raise NotStored from error

    async def _write(self) -> None:
        """Answers all that waits, and ends."""
        while self._waiting:
            group = [request for request in self._waiting[: self.MOST] if not request.answered.done()]
            del self._waiting[: self.MOST]
            try:
                await self._commit(group)
            except asyncio.CancelledError:
                _fail(group, NotStored())
                raise
            except Exception as error:  # the next group must be answered all the same
                if is_away(error):
                    log.warning("reservations not stored", error=database_fault(error) or repr(error))
                else:
                    log.error("reservations not stored", error=repr(error), exc_info=error)
                _fail(group, NotStored())

    async def _commit(self, group: Sequence[Request]) -> None:
        """Commits a group, and answers it. A group that the database refuses is done one by one, once."""
        if not group:
            return
        try:
            async with asyncio.timeout(self._context.settings.answer_seconds):
                answers = await retry_conflicts(lambda: self._transaction(group))
        except Exception as error:
            if not is_data_error(error):
                raise
            if len(group) == 1:  # another process stored the same idempotency key meanwhile: now it is found
                answers = await retry_conflicts(lambda: self._transaction(group))
            else:
                for request in group:
                    await self._commit([request])
                return
        for request, answer in zip(group, answers, strict=True):
            if request.answered.done():
                continue
            if isinstance(answer, Exception):
                request.answered.set_exception(answer)
            else:
                request.answered.set_result(answer)

    async def _transaction(self, group: Sequence[Request]) -> list[Any]:
        """Does a group's requests in their order; returns an answer or an expected exception for each."""
        return await self._context.store.run(lambda tx: self._decide(tx, group))

    async def _decide(self, tx: Transaction, group: Sequence[Request]) -> list[Any]:
        scope = await self._context.scope(tx)
        asks = [request.ask for request in group if request.ask is not None]
        deciding = Deciding(scope)
        if asks:
            await deciding.lock(asks)
        found = await tx.reservations.for_change(request.id for request in group if request.id)
        if asks:
            await deciding.read()
        known = await self._known(tx, scope.rulebook.sources, group)
        changes = Changes()
        answers: list[Any] = []
        for request in group:
            source = scope.rulebook.sources.get(request.key)
            if source is None:
                answers.append(KeyRevoked())
                continue
            try:
                if request.ask is not None:
                    answers.append(_reserve(deciding, request.ask, source, known, changes))
                else:
                    answers.append(_change(deciding, request, source, found, changes))
            except ReservationFault as error:
                answers.append(error)
        await tx.reservations.add(changes.new)
        await tx.reservations.change(list(changes.changed.values()))
        if changes.new or changes.changed:
            await tx.reservations.add_sums(changes.sums)
        return answers

    async def _known(
        self, tx: Transaction, sources: Any, group: Sequence[Request]
    ) -> dict[tuple[int, str], Reservation]:
        """Returns the reservations whose idempotency keys come again."""
        keys = {
            (sources[request.key].id, request.ask.idempotency_key)
            for request in group
            if request.ask is not None and request.ask.idempotency_key and request.key in sources
        }
        return await tx.reservations.by_keys(keys) if keys else {}


def _reserve(
    deciding: Deciding,
    ask: Ask,
    source: Source,
    known: dict[tuple[int, str], Reservation],
    changes: Changes,
) -> tuple[Reservation | None, dict[str, Any]]:
    team_id, now, source_id = deciding.team_id(ask), deciding.now, source.id
    if source.team_id is not None and team_id != source.team_id:
        raise NotYours
    repeated = known.get((source_id, ask.idempotency_key)) if ask.idempotency_key else None
    if repeated is not None:
        if repeated.asked != ask.content:
            raise Conflict("Idempotency-Key was used for another request: send a new key, or the same body.")
        return repeated, deciding.repeated(ask, repeated)
    decided = deciding.decide(ask)
    if decided.decision == "deny":
        return None, decided.to_json()
    labels = deciding.labels(ask)
    reservation = Reservation(
        id=f"rsv_{now:x}{secrets.token_hex(8)}",
        source_id=source_id,
        idempotency_key=ask.idempotency_key,
        asked=ask.content,
        team_id=team_id,
        period=decided.period,
        **labels._asdict(),
        max_nanos=ask.max_nanos,
        counted_nanos=ask.max_nanos,
        cost_nanos=None,
        state="open",
        decision=decided.decision,
        reserved_at=now,
        counts_until=deciding.until(ask),
    )
    deciding.count(reservation, ask.max_nanos)
    changes.new.append(reservation)
    changes.add_sum(sum_key(reservation), ask.max_nanos)
    if ask.idempotency_key:
        known[source_id, ask.idempotency_key] = reservation
    return reservation, {**decided.to_json(), **deciding.after(ask)}


def _change(
    deciding: Deciding,
    request: Request,
    source: Source,
    found: dict[str, Reservation],
    changes: Changes,
) -> Reservation:
    reservation, now = found.get(request.id), deciding.now
    if reservation is None or (source.team_id is not None and reservation.team_id != source.team_id):
        raise UnknownReservation
    is_settle = request.kind == "settle"
    change = settled(reservation, request.cost_nanos, now=now) if is_settle else released(reservation, now=now)
    if change is None:
        return reservation
    changes.changed[reservation.id] = (reservation, change)
    changes.add_sum(sum_key(reservation), change.counted_nanos - reservation.counted_nanos)
    counted = reservation.counted_nanos if reservation.counts_until > now else 0  # what has run out is left out already
    deciding.count(reservation, change.counted_nanos - counted)
    found[reservation.id] = replace(
        reservation,
        state=change.state,
        counted_nanos=change.counted_nanos,
        cost_nanos=change.cost_nanos,
        counts_until=change.counts_until,
    )
    return found[reservation.id]


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


def _fail(group: Sequence[Request], error: Exception) -> None:
    for request in group:
        if not request.answered.done():
            request.answered.set_exception(error)
