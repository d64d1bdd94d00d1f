"""What somebody has typed and chosen in a request form, and the ask that it makes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.books.grant_ends import KIND_FIELD, EndChoice, EndKind, TypedEnd, parse_end
from bot.books.grants import GrantEnd, check_end
from bot.books.typed_days import read_day
from bot.money import parse_amount, usd
from bot.org.teams import Team
from bot.periods import date_of, day_number
from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.requests.asking.asks import TEAM_CAP, CapChoice
from bot.requests.budget_requests import Ask, Origin, RequestEnd, checked_reason
from bot.text import first_word

ENDS: tuple[EndKind, ...] = ("period", "date", "open")
"""How long more budget may be asked for; the first is the default."""
PERIOD_ONLY = TypedEnd(kind=ENDS[0])
TEAM_FIELD, AMOUNT_FIELD, REASON_FIELD, CAP_FIELD, GIVER_FIELD = "team", "amount", "reason", "cap", "giver"


@dataclass(frozen=True, kw_only=True)
class TypedAsk:
    """The fields of a request form as they are. `cap` is a cap's id, `giver_id` None for the teams above."""

    amount: str = ""
    reason: str = ""
    end: TypedEnd = PERIOD_ONLY
    cap: str = TEAM_CAP.id
    giver_id: int | None = None

    def amount_nanos(self) -> int | None:
        """Returns the typed amount; None if it is not one yet."""
        try:
            return parse_amount(self.amount)
        except Refusal:
            return None


def typed_json(typed: TypedAsk) -> dict[str, Any]:
    """Returns what is typed as it is stored."""
    return asdict(typed)


def typed_from_json(stored: Mapping[str, Any]) -> TypedAsk:
    """Returns what is typed of a stored draft."""
    return TypedAsk(**{**stored, "end": TypedEnd(**stored["end"])})


@dataclass(frozen=True, kw_only=True)
class Giver:
    """Another team of the asker's that could give budget."""

    team: Team
    available_nanos: int


@dataclass(frozen=True, kw_only=True)
class TypedRequest:
    """What follows `/tokens request`: an amount, `team:name` and why, each possibly empty."""

    amount: str
    team: str
    reason: str


def parse_request(text: str) -> TypedRequest:
    """Returns what was typed after the command. Raises Refusal for an impossible amount."""
    found, rest = {"amount": "", "team": ""}, text
    for _ in found:
        word, after = first_word(rest)
        if word.casefold().startswith(_TEAM_WORD) and not found["team"]:
            found["team"], rest = word[len(_TEAM_WORD) :], after
        elif word and (word[0].isdigit() or word[0] in "$-+.−") and not found["amount"]:
            parse_amount(word)
            found["amount"], rest = word, after
    return TypedRequest(**found, reason=rest)


_TEAM_WORD = "team:"
_UNTIL = re.compile(r"(?:(?P<reason>.*\S)\s+)?(?:until|till|through)\s+(?P<day>\S.*)", re.IGNORECASE | re.DOTALL)


def with_typed_end(typed: TypedAsk, *, today: int) -> TypedAsk:
    """Returns what is typed with the end that its reason names: `evals until friday` asks for evals, until that day. The form
    shows the day, so a vague one is filled in too."""
    found = _UNTIL.fullmatch(typed.reason)
    day = None if found is None else read_day(found["day"], date_of(today), is_end=True)
    if found is None or day is None or day_number(day.day) < today:
        return typed
    return replace(typed, reason=found["reason"] or "", end=TypedEnd(kind="date", day=day.day.isoformat()))


def parse_choices(
    typed: TypedAsk, *, caps: Sequence[CapChoice], givers: Sequence[Giver]
) -> tuple[int, str, EndChoice, CapChoice]:
    """Returns the amount, the reason, the end and the cap. Raises FieldRefusals with every fault, each at its field."""
    faults: dict[str, str] = {}
    amount, reason, choice, cap = 0, "", EndChoice(kind="period"), TEAM_CAP
    with _at_field(faults, AMOUNT_FIELD):
        amount = parse_amount(typed.amount)
    with _at_field(faults, REASON_FIELD):
        reason = checked_reason(typed.reason)
    with _at_field(faults, KIND_FIELD):
        choice = parse_end(typed.end, offered=ENDS)
    found = next((one for one in caps if one.id == typed.cap), None)
    if found is None:
        faults[CAP_FIELD] = "This limit is not there any more. Choose another one."
    else:
        cap = found
    giver = next((one for one in givers if one.team.id == typed.giver_id), None)
    if typed.giver_id is not None:
        faults |= _giver_faults(giver, amount, choice, cap)
    if faults:
        raise FieldRefusals(faults)
    return amount, reason, choice, cap


def _giver_faults(giver: Giver | None, amount: int, choice: EndChoice, cap: CapChoice) -> dict[str, str]:
    if giver is None:
        return {GIVER_FIELD: "This team has nothing left to give. Choose another one."}
    if cap.kind in ("member", "key"):
        return {GIVER_FIELD: "The limit of a person or a key takes no budget from another team."}
    if choice.kind != "period":
        return {KIND_FIELD: f"Budget of {giver.team.name} moves for this period only."}
    if amount > giver.available_nanos:
        return {AMOUNT_FIELD: f"{giver.team.name} has {usd(giver.available_nanos)} left. Ask for less."}
    return {}


@contextmanager
def _at_field(faults: dict[str, str], field: str) -> Iterator[None]:
    try:
        yield
    except FieldRefusal as refusal:
        faults[refusal.field] = refusal.sentence
    except Refusal as refusal:
        faults[field] = refusal.sentence


def ask_of(
    amount_nanos: int,
    reason: str,
    *,
    choice: EndChoice,
    end: GrantEnd | None,
    cap: CapChoice,
    giver_id: int | None,
    now: int,
    origin: Origin,
    origin_ref: str = "",
) -> Ask:
    """Returns the ask. `end` is the moment of the choice for its team. Raises FieldRefusal for an impossible one."""
    until = RequestEnd(kind="open" if choice.kind == "open" else "period")
    if choice.kind == "date" and end is not None:
        check_end(end, now=now, amount_nanos=amount_nanos)
        until = RequestEnd(kind="date", at=end.at)
    return Ask(
        amount_nanos=amount_nanos,
        reason=reason,
        end=until,
        cap_kind=cap.kind,
        cap_ref=cap.ref,
        giver_id=giver_id,
        origin=origin,
        origin_ref=origin_ref,
    )
