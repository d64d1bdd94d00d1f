"""What is asked for a member who asked at Claude Enterprise, and the limit that answers."""

from dataclasses import replace

import pytest

from bot.money import NANOS
from bot.org.gateways import CapTarget, GatewaySettings
from bot.requests.budget_requests import BudgetRequest
from bot.requests.increases.increase_requests import (
    IncreaseRequest,
    agrees,
    answer_cap,
    ask_of,
    reason_of,
    suggested_nanos,
    team_slug_of,
    who_words,
)

FOUND = IncreaseRequest(
    ref="slir_1",
    user_id="user_anna",
    email="Anna@acme.test",
    name="Anna Ito",
    state="pending",
    period="monthly",
    cap_nanos=50 * NANOS,
    spent_nanos=50_120_000_000,
)
REQUEST = BudgetRequest(
    id=1,
    team_id=2,
    person_id=7,
    amount_nanos=25 * NANOS,
    reason="",
    period="2026-11",
    state="approved",
    payer_id=None,
    held_nanos=0,
    revision=1,
    created_at=0,
    decided_at=1,
    decided_by=3,
    decision_reason="",
    cap_kind="member",
    cap_ref="7",
    granted_nanos=40 * NANOS,
)


def gateway(*targets: CapTarget) -> GatewaySettings:
    return GatewaySettings(name="claude", kind="claude_enterprise", url="https://x", teams={"search": targets})


@pytest.mark.parametrize(
    ("cap", "dollars"), [(None, 10), (0, 10), (5, 10), (20, 10), (50, 25), (99, 50), (100, 50), (1_000, 500)]
)
def test_half_of_the_limit_more_is_suggested_and_at_least_ten_dollars(cap: int | None, dollars: int) -> None:
    found = replace(FOUND, cap_nanos=None if cap is None else cap * NANOS)

    assert suggested_nanos(found) == dollars * NANOS


@pytest.mark.parametrize("ref", ["anna@acme.test", "ANNA@acme.test", "user_anna"])
def test_the_team_is_the_one_below_which_the_member_is_named(ref: str) -> None:
    place = gateway(CapTarget(kind="group", ref="user_anna"), CapTarget(kind="user", ref=ref))

    assert team_slug_of(FOUND, place) == "search"
    assert team_slug_of(FOUND, gateway(CapTarget(kind="group", ref="user_anna"))) == ""
    assert team_slug_of(replace(FOUND, user_id="", email=""), gateway(CapTarget(kind="user", ref=""))) == ""


def test_a_member_asks_for_a_cap_of_their_own_that_lasts_and_moves_no_budget() -> None:
    ask = ask_of(FOUND, person_id=7)

    assert (ask.cap_kind, ask.cap_ref, ask.end.kind) == ("member", "7", "open")
    assert (ask.origin, ask.origin_ref) == ("gateway", "slir_1")
    assert not ask.moves_budget


def test_the_reason_says_that_the_amount_is_a_suggestion() -> None:
    assert reason_of(FOUND) == (
        "Asked for in Claude: $50.12 used of a limit of $50.00 this month. "
        "Claude's request names no amount, so this one is a suggestion."
    )
    assert "without a limit today" in reason_of(replace(FOUND, cap_nanos=None, period="daily"))


def test_a_members_cap_goes_up_by_what_was_granted_from_what_is_used_or_allowed_now() -> None:
    assert answer_cap(FOUND, REQUEST) == 90_120_000_000
    assert answer_cap(replace(FOUND, spent_nanos=None), REQUEST) == 90 * NANOS


@pytest.mark.parametrize(
    ("name", "email", "words"),
    [("Anna", "a@b.c", "Anna (a@b.c)"), ("", "a@b.c", "a@b.c"), ("Anna", "", "Anna"), ("", "", "member user_anna")],
)
def test_a_member_is_named_by_what_the_gateway_knows(name: str, email: str, words: str) -> None:
    assert who_words(replace(FOUND, name=name, email=email)) == words


def test_only_an_approval_agrees_with_an_approval() -> None:
    assert agrees("approved", "approved")
    assert agrees("withdrawn", "denied")
    assert agrees("expired", "denied")
    assert not agrees("denied", "approved")
