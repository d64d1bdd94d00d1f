"""The request form while somebody fills it in: what they typed, and what it shows of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.books.grant_ends import TypedEnd
from bot.money import usd
from bot.org.teams import Team
from bot.periods import DAY_MICROS, date_of, local_day
from bot.refusals import FieldRefusal, FieldRefusals
from bot.requests.asking.asks import TEAM_CAP, CapChoice
from bot.requests.asking.typed_asks import (
    AMOUNT_FIELD,
    CAP_FIELD,
    GIVER_FIELD,
    PERIOD_ONLY,
    REASON_FIELD,
    TypedAsk,
    ask_of,
    parse_choices,
)
from bot.requests.budget_requests import Ask, BudgetRequest, Origin
from bot.views.requests import ask_forms as views
from handlers.books.granting.grant_ends import end_for, typed_end
from handlers.requests.asking.ask_figures import caps_of, givers_of, read_figures
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest
from storage.faults import DatabaseError

log = structlog.get_logger()

DRAFT_MICROS = 7 * DAY_MICROS
"""How long what was typed is kept, if it was not sent."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What a form carries with it: where it was opened and from what, and the request that it changes."""

    team_id: int
    channel: str
    origin: Origin
    origin_ref: str = ""
    turn: int = 0
    request_id: int | None = None
    revision: int | None = None
    is_second: bool = False

    @classmethod
    def of(cls, asked: SlackRequest) -> "Carried":
        found = asked.metadata
        request_id, revision, turn = (found.get(key) for key in ("id", "revision", "turn"))
        return cls(
            team_id=asked.carried_id("team"),
            channel=str(found.get("channel") or ""),
            origin=found.get("origin") or "command",
            origin_ref=str(found.get("ref") or ""),
            turn=turn if type(turn) is int else 0,
            request_id=request_id if type(request_id) is int else None,
            revision=revision if type(revision) is int else None,
            is_second=bool(found.get("second")),
        )

    def metadata(self) -> str:
        carried = {"team": self.team_id, "channel": self.channel, "origin": self.origin, "turn": self.turn}
        carried |= {"ref": self.origin_ref} if self.origin_ref else {}
        if self.request_id is not None:
            carried |= {"id": self.request_id, "revision": self.revision, "second": self.is_second}
        return json.dumps(carried)


def typed_ask(asked: SlackRequest, carried: Carried) -> TypedAsk:
    """Returns what is typed and chosen in a form now."""
    giver, end = asked.field(GIVER_FIELD), typed_end(asked)
    return TypedAsk(
        amount=asked.field(views.amount_block(carried.turn)),
        reason=asked.field(REASON_FIELD),
        end=replace(end, kind=end.kind or PERIOD_ONLY.kind),  # forms of earlier versions have no such field
        cap=asked.field(CAP_FIELD) or TEAM_CAP.id,
        giver_id=int(giver) if giver.isdigit() else None,
    )


async def make_form(
    scope: TeamScope,
    teams: Sequence[Team],
    typed: TypedAsk | None,
    carried: Carried,
    *,
    person_id: int,
    note: str = "",
    changes: BudgetRequest | None = None,
) -> dict[str, Any]:
    """Returns the form for a team, with what is typed, or with the cap that blocks if nothing is yet."""
    figures, kept = await read_figures(scope, teams, typed, person_id=person_id, message=_link(carried))
    shown = replace(carried, team_id=scope.team.id)
    return views.ask_form(
        figures,
        kept,
        metadata=shown.metadata(),
        turn=shown.turn,
        note=note,
        changes=changes,
        is_second=shown.is_second,
    )


def _link(carried: Carried) -> str:
    return carried.origin_ref if carried.origin == "message" else ""


async def read_ask(scope: TeamScope, typed: TypedAsk, carried: Carried, *, person_id: int) -> Ask:
    """Returns the ask of a submitted form. Raises FieldRefusals with every fault, each at its field."""
    caps = await caps_of(scope, person_id=person_id)
    givers = await givers_of(scope, person_id=person_id)
    amount, reason, choice, cap = parse_choices(typed, caps=caps, givers=givers)
    return ask_of(
        amount,
        reason,
        choice=choice,
        end=end_for(scope, scope.team, choice),
        cap=cap,
        giver_id=typed.giver_id,
        now=scope.at,
        origin=carried.origin,
        origin_ref=carried.origin_ref,
    )


def typed_of(request: BudgetRequest, team: Team, *, at: int, amount: str = "", reason: str = "") -> TypedAsk:
    """Returns the fields of the form that changes a request. Typed `amount` and `reason` replace the old ones."""
    day = ""
    if request.ends_at is not None:
        day = date_of(local_day(request.ends_at - 1, team.zone_on(at))).isoformat()
    return TypedAsk(
        amount=amount or usd(request.amount_nanos),
        reason=reason or request.reason,
        end=TypedEnd(kind=request.end_kind, day=day),
        cap=CapChoice(kind=request.cap_kind, ref=request.cap_ref).id,
        giver_id=request.giver_id,
    )


def at_blocks(carried: Carried, refusal: FieldRefusal | FieldRefusals) -> FieldRefusals:
    """Returns a refusal at the blocks of the form: that of the amount has another id after a button filled it in."""
    fields = refusal.fields if isinstance(refusal, FieldRefusals) else {refusal.field: refusal.sentence}
    names = {AMOUNT_FIELD: views.amount_block(carried.turn)}
    return FieldRefusals({names.get(field, field): sentence for field, sentence in fields.items()})


async def keep_draft(asked: SlackRequest, team_id: int, typed: TypedAsk) -> None:
    """Keeps what was typed for the next time that the person opens the form. Without a database it is not kept."""
    if not (typed.amount or typed.reason):
        return
    try:
        async with asked.context.store.begin() as tx:
            at = asked.context.now_micros()
            await tx.request_drafts.save(asked.person.id, team_id, typed, at=at)
    except (DatabaseError, OSError) as error:
        log.warning("draft not kept", error=repr(error))


async def draft_of(scope: Scope, person_id: int, team_id: int) -> TypedAsk | None:
    """Returns what a person typed for a team and did not send."""
    found = await scope.tx.request_drafts.of(person_id, since=scope.at - DRAFT_MICROS)
    return found[1] if found is not None and found[0] == team_id else None
