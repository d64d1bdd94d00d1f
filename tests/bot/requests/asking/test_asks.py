"""The amounts that a form offers, what an amount buys, and the cap that blocks."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.tools import ToolRule, Tools
from bot.periods import day_number
from bot.requests.asking.asks import (
    TEAM_CAP,
    CapChoice,
    Offer,
    blocking_cap,
    bought,
    cap_words,
    offers,
    rounded_up,
    shortfall,
    tool_kind_of,
)
from bot.requests.budget_requests import CapKind
from tests.bot.views.examples import TODAY, dollars, standing


def amounts(found: list[Offer]) -> list[tuple[str, int]]:
    return [(offer.kind, offer.amount_nanos // NANOS) for offer in found]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        *((0, 0), (0.01, 1), (7.20, 8), (11.30, 12), (26, 30), (36.20, 40), (100, 100), (123, 130), (251, 275)),
        *((363, 375), (812, 850), (1_234, 1_300), (30_001, 32_500), (99_999, 100_000)),
    ],
)
def test_amounts_are_figures_that_people_use(typed: float, offered: int) -> None:
    assert rounded_up(dollars(typed)) == offered * NANOS


@given(st.integers(1, MAX_AMOUNT_NANOS))
def test_a_rounded_amount_is_enough_and_hardly_more(nanos: int) -> None:
    amount = rounded_up(nanos)

    assert nanos <= amount <= nanos + max(nanos // 5, 2 * NANOS)
    assert amount % NANOS == 0
    assert rounded_up(amount) == amount


def test_three_amounts_from_the_pace_the_period_and_the_budget() -> None:
    stands = standing()  # $2,600 left, $461 a day, seven and a half days to go

    assert shortfall(stands) == stands.forecast.end_nanos - dollars(12_000)
    assert amounts(offers(stands)) == [("period", 950), ("quarter", 3_000), ("week", 3_250)]


def test_a_team_over_its_budget_is_offered_what_it_owes_besides() -> None:
    offered = offers(standing(charged=12_500))

    assert amounts(offered) == [("quarter", 3_500), ("week", 3_750), ("period", 4_250)]


def test_a_team_that_keeps_within_its_budget_is_offered_no_rest_of_the_period() -> None:
    few = standing(charged=1_000)  # eight days are left

    assert [kind for kind, _ in amounts(offers(few))] == ["quarter", "week", "half"]
    assert [kind for kind, _ in amounts(offers(few, lasts_on=True))] == ["quarter", "week", "fortnight"]


def test_a_week_that_the_period_does_not_have_is_offered_only_for_longer() -> None:
    late = replace(standing(charged=11_000), today=TODAY + 7)

    assert "week" not in [offer.kind for offer in offers(late)]
    assert "week" in [offer.kind for offer in offers(late, lasts_on=True)]


def test_a_team_without_usage_and_budget_is_offered_plain_amounts() -> None:
    idle = standing(is_idle=True, allocated=0, budget="none")

    assert amounts(offers(idle)) == [("plain", 100), ("plain", 250), ("plain", 500)]


def test_without_a_budget_what_was_spent_before_does_not_count() -> None:
    none = standing(allocated=0, charged=9_400, budget="none")

    assert shortfall(none) == none.forecast.end_nanos - dollars(9_400)
    assert bought(none, dollars(10_000)).until_day is None


def test_equal_amounts_are_offered_once_and_others_take_their_place() -> None:
    found = offers(standing(allocated=400, charged=0, is_idle=True))

    assert amounts(found) == [("quarter", 100), ("half", 200), ("plain", 250)]


def test_no_offer_is_more_than_one_may_ask_for() -> None:
    huge = standing(allocated=3_900_000_000)

    assert all(offer.amount_nanos <= MAX_AMOUNT_NANOS for offer in offers(huge))
    assert len(offers(huge)) == 3


def test_an_amount_buys_days_and_a_later_run_out() -> None:
    stands = standing(charged=11_900)
    more = bought(stands, dollars(1_000))

    assert (more.days, more.lacking_nanos) == (2, 0)
    assert more.until_day == day_number(date(2026, 11, 25))


def test_an_amount_that_lasts_has_no_run_out() -> None:
    assert bought(standing(charged=11_900), dollars(9_000)).until_day is None


def test_what_the_team_is_over_by_is_paid_first() -> None:
    over = standing(charged=12_020)

    assert bought(over, dollars(10)).lacking_nanos == dollars(10)
    assert bought(over, dollars(10)).days == 0
    assert bought(over, dollars(20)).lacking_nanos == 0


def test_without_a_pace_there_are_no_days() -> None:
    assert bought(standing(is_idle=True), dollars(10)).days is None


def test_the_narrowest_used_cap_blocks_unless_the_team_has_nothing_left() -> None:
    team = replace(TEAM_CAP, left_nanos=dollars(3_000))
    part = CapChoice(kind="workflow", ref="workflow:evals", limit_nanos=dollars(500), left_nanos=dollars(-3))
    key = CapChoice(kind="key", ref="key-12", gateway="eu", limit_nanos=dollars(50), left_nanos=0)

    assert blocking_cap([team, part]) == part
    assert blocking_cap([team, part, key]) == key
    assert blocking_cap([replace(team, left_nanos=0), part, key]) == replace(team, left_nanos=0)
    assert blocking_cap([team, replace(part, left_nanos=1)]) is None
    assert blocking_cap([TEAM_CAP]) is None


def test_caps_have_an_id_for_menus() -> None:
    long = CapChoice(kind="key", ref="k" * 500)

    assert TEAM_CAP.id == "team"
    assert CapChoice(kind="key", ref="key-12").id != long.id
    assert len(long.id) <= 75


@pytest.mark.parametrize(
    ("kind", "ref", "words"),
    [
        ("team", "", ""),
        ("member", "7", "own limit"),
        ("key", "key-12", "key key-12"),
        ("workflow", "workflow:evals", "workflow evals"),
        ("tool", "tool:Claude Code", "tool Claude Code"),
        ("tool", "model:claude-*", "model claude-*"),
        ("tool", "tool_kind:in_house", "in-house tools"),
        ("tool", "Codex", "tool Codex"),
    ],
)
def test_a_cap_has_words(kind: CapKind, ref: str, words: str) -> None:
    assert cap_words(kind, ref) == CapChoice(kind=kind, ref=ref).words == words


def test_amounts_for_a_part_are_parts_of_its_cap() -> None:
    part = CapChoice(kind="workflow", ref="workflow:evals", limit_nanos=dollars(200), left_nanos=dollars(-10))

    assert amounts(offers(standing(), part)) == [("quarter", 60), ("half", 110), ("double", 210)]


@pytest.mark.parametrize(
    ("ref", "kind"),
    [
        ("tool:MetaCode", "in_house"),
        ("tool:Codex", "third_party"),
        ("tool_kind:in_house", "in_house"),
        ("model:claude-*", None),
        ("MetaCode", "in_house"),
    ],
)
def test_the_kind_of_the_tool_that_a_cap_is_of(ref: str, kind: str | None) -> None:
    tools = Tools([ToolRule(name="MetaCode", kind="in_house")])

    assert tool_kind_of(ref, tools) == kind
