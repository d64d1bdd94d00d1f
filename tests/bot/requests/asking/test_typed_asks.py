"""What is typed in the command and the form, and the ask that it makes."""

from dataclasses import replace
from datetime import date

import pytest

from bot.books.grant_ends import EndChoice, TypedEnd
from bot.books.grants import GrantEnd
from bot.money import NANOS
from bot.periods import DAY_MICROS, day_number
from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.requests.asking.asks import TEAM_CAP, CapChoice
from bot.requests.asking.typed_asks import (
    Giver,
    TypedAsk,
    TypedRequest,
    ask_of,
    parse_choices,
    parse_request,
    typed_from_json,
    typed_json,
    with_typed_end,
)
from bot.requests.budget_requests import RequestEnd
from tests.bot.acme import SEARCH

EVALS = CapChoice(kind="workflow", ref="workflow:evals")
OWN = CapChoice(kind="member", ref="7")
CAPS = [TEAM_CAP, EVALS, OWN]
GIVER = Giver(team=replace(SEARCH, id=9, name="Mobile"), available_nanos=100 * NANOS)
TYPED = TypedAsk(amount="$50", reason=" evals ")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("", ("", "", "")),
        ("500", ("500", "", "")),
        ("$1,250.50 eval run", ("$1,250.50", "", "eval run")),
        ("eval run 500", ("", "", "eval run 500")),
        ("500 team:search eval run", ("500", "search", "eval run")),
        ("team:search 500", ("500", "search", "")),
        ("TEAM:Search why", ("", "Search", "why")),
        ("500 why team:search", ("500", "", "why team:search")),
        ("500 600 why", ("500", "", "600 why")),
        ("team:a team:b", ("", "a", "team:b")),
    ],
)
def test_what_follows_the_command(text: str, typed: tuple[str, str, str]) -> None:
    amount, team, reason = typed

    assert parse_request(text) == TypedRequest(amount=amount, team=team, reason=reason)


@pytest.mark.parametrize(
    ("reason", "kept", "day"),
    [
        ("evals until friday", "evals", "2026-12-04"),
        ("until 31 dec", "", "2026-12-31"),
        ("wait until done until next week", "wait until done", "2026-12-11"),
        ("evals until they pass", "evals until they pass", ""),
        ("evals until 2026-11-29", "evals until 2026-11-29", ""),
        ("evals", "evals", ""),
    ],
)
def test_a_reason_may_end_with_the_last_day(reason: str, kept: str, day: str) -> None:
    monday = day_number(date(2026, 11, 30))
    typed = with_typed_end(replace(TYPED, reason=reason), today=monday)

    assert (typed.reason, typed.end.day) == (kept, day)
    assert typed.end.kind == ("date" if day else "period")


@pytest.mark.parametrize("text", ["-5", "0", "5x why", "team:search -5"])
def test_an_impossible_amount_is_refused_before_the_form_opens(text: str) -> None:
    with pytest.raises(Refusal):
        parse_request(text)


def test_choices_are_read() -> None:
    amount, reason, choice, cap = parse_choices(replace(TYPED, cap=EVALS.id), caps=CAPS, givers=[])

    assert (amount, reason, choice, cap) == (50 * NANOS, "evals", EndChoice(kind="period"), EVALS)


def test_every_fault_is_at_its_field() -> None:
    typed = TypedAsk(amount="x", reason=" ", end=TypedEnd(kind="date"), cap="key:gone", giver_id=4)
    with pytest.raises(FieldRefusals) as refused:
        parse_choices(typed, caps=CAPS, givers=[GIVER])

    assert refused.value.fields.keys() == {"amount", "reason", "end", "cap", "giver"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"cap": OWN.id}, "giver"),
        ({"end": TypedEnd(kind="open")}, "lasting"),
        ({"end": TypedEnd(kind="date", day="2026-12-24")}, "lasting"),
        ({"amount": "100.01"}, "amount"),
    ],
)
def test_another_teams_budget_moves_for_the_period_and_within_what_it_has(
    changed: dict[str, object], field: str
) -> None:
    parse_choices(replace(TYPED, giver_id=9, amount="100"), caps=CAPS, givers=[GIVER])
    with pytest.raises(FieldRefusals) as refused:
        parse_choices(replace(TYPED, giver_id=9, **changed), caps=CAPS, givers=[GIVER])  # type: ignore[arg-type]

    assert list(refused.value.fields) == [field]


def test_the_ask_of_each_end() -> None:
    def end_of(choice: EndChoice, end: GrantEnd | None) -> RequestEnd:
        return ask_of(
            NANOS, "r", choice=choice, end=end, cap=EVALS, giver_id=None, now=5, origin="home", origin_ref=""
        ).end

    assert end_of(EndChoice(kind="period"), GrantEnd(at=9)) == RequestEnd()
    assert end_of(EndChoice(kind="open"), None) == RequestEnd(kind="open")
    assert end_of(EndChoice(kind="date", last_day=1), GrantEnd(at=9)) == RequestEnd(kind="date", at=9)
    with pytest.raises(FieldRefusal, match="over"):
        end_of(EndChoice(kind="date", last_day=1), GrantEnd(at=4))
    with pytest.raises(FieldRefusal, match="year"):
        end_of(EndChoice(kind="date", last_day=1), GrantEnd(at=400 * DAY_MICROS))


def test_a_draft_comes_back_as_it_was_typed() -> None:
    typed = TypedAsk(amount="9", reason="ה\n& <b>", end=TypedEnd(kind="date", day="2026-12-24"), cap="x", giver_id=9)

    assert typed_from_json(typed_json(typed)) == typed
