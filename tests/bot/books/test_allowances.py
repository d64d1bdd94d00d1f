"""A gateway's allowance on both sides of each threshold."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.books.allowances import Allowance, allowance_of
from bot.books.ledger import Balance
from bot.books.subtrees import SubtreeFigures
from bot.money import NANOS
from bot.org.teams import Team
from bot.periods import day_number, period_of
from tests.bot.acme import SEARCH, balance

NOVEMBER = period_of(day_number(date(2026, 11, 1)))
BUDGETED = replace(SEARCH, budget_nanos=1_000 * NANOS)


def allowed(stands: Balance, *, team: Team = BUDGETED, zone: str = "UTC") -> Allowance:
    return allowance_of(team, stands, period=NOVEMBER, zone=zone)


def test_figures_with_the_teams_below_stand_apart_and_decide_nothing() -> None:
    below = SubtreeFigures(
        teams=2, allocated_nanos=5_000 * NANOS, charged_nanos=NANOS // 2, held_nanos=0, available_nanos=4_999 * NANOS
    )
    own = allowed(balance(1_000, charged=1_000))
    found = replace(own, subtree=below).to_json()

    assert found.pop("with_teams") == {
        "teams": 2,
        "available_usd": "4999.000000000",
        "allocated_usd": "5000.000000000",
        "spent_usd": "0.500000000",
        "held_usd": "0.000000000",
    }
    assert found == own.to_json()
    assert found["decision"] == "deny"


@pytest.mark.parametrize(
    ("stands", "decision", "reason"),
    [
        (balance(1_000), "allow", "Search has $1,000.00 available."),
        (balance(1_000, charged=799), "allow", "Search has $201.00 available."),
        (balance(1_000, charged=800), "warn", "Search has $200.00 of $1,000.00 left."),
        (balance(1_000, charged=999), "warn", "Search has $1.00 of $1,000.00 left."),
        (balance(1_000, charged=700, held=200), "allow", "Search has $100.00 available."),
        (
            balance(1_000, charged=1_000),
            "deny",
            "Search has used its budget: $0.00 available. Ask for more in Slack with /tokens request.",
        ),
        (
            balance(1_000, charged=1_001),
            "deny",
            "Search has used its budget: -$1.00 available. Ask for more in Slack with /tokens request.",
        ),
        (
            balance(1_000, charged=700, held=300),
            "deny",
            "Nothing is left of the $1,000.00 of Search: $300.00 is held for requests, $700.00 is spent; $0.00 available. "
            "Ask for more in Slack with /tokens request.",
        ),
    ],
)
def test_calls_are_allowed_then_warned_of_then_denied(stands: Balance, decision: str, reason: str) -> None:
    found = allowed(stands)

    assert (found.decision, found.reason) == (decision, reason)


def test_the_first_threshold_warns_whichever_order_they_come_in() -> None:
    team = replace(BUDGETED, thresholds=(90, 50))

    assert allowed(balance(1_000, charged=499), team=team).decision == "allow"
    assert allowed(balance(1_000, charged=500), team=team).decision == "warn"


def test_without_thresholds_nothing_is_warned_of_before_all_is_used() -> None:
    team = replace(BUDGETED, thresholds=())

    assert allowed(balance(1_000, charged=999), team=team).decision == "allow"
    assert allowed(balance(1_000, charged=1_000), team=team).decision == "deny"


@pytest.mark.parametrize("mode", ["preview", "announce"])
def test_budgets_bind_in_mode_govern_alone(mode: str) -> None:
    found = allowed(balance(1_000, charged=2_000), team=replace(BUDGETED, mode=mode))  # type: ignore[arg-type]  # a word of the table

    assert found.decision == "allow"
    assert found.reason == f"Search is in mode {mode}: budgets have no consequences yet."


def test_without_a_budget_nothing_is_denied_and_nothing_used() -> None:
    found = allowed(replace(balance(0, charged=5), budget="none"), team=replace(SEARCH, budget_nanos=None))

    assert (found.decision, found.reason) == ("allow", "Search has no budget, so none is enforced.")
    assert (found.available_nanos, found.budget) == (0, "none")


def test_before_a_budgets_first_day_nothing_is_denied() -> None:
    team = replace(BUDGETED, starts_day=day_number(date(2027, 3, 15)))
    found = allowed(replace(balance(0, charged=5), budget="later"), team=team)

    assert found.decision == "allow"
    assert found.reason == "The budget of Search begins on 15 March 2027: none is enforced before."
    assert (found.available_nanos, found.budget) == (0, "later")


@pytest.mark.parametrize(
    ("stands", "reason"),
    [
        (balance(0), "The budget of Search is $0: $0.00 available."),
        (balance(0, charged=25), "The budget of Search is $0: -$25.00 available and $25.00 spent."),
        (
            replace(balance(0), handed_nanos=1_000 * NANOS),
            "Nothing is left of the $1,000.00 of Search: $1,000.00 went to its teams; $0.00 available.",
        ),
        (
            replace(balance(300, charged=301, held=20), handed_nanos=700 * NANOS),
            "Nothing is left of the $1,000.00 of Search: $700.00 went to its teams, $20.00 is held for requests, $301.00 is "
            "spent; -$21.00 available.",
        ),
        (
            balance(10, held=10),
            "Nothing is left of the $10.00 of Search: $10.00 is held for requests; $0.00 available.",
        ),
    ],
)
def test_a_budget_of_nothing_denies_with_the_reason_of_it(stands: Balance, reason: str) -> None:
    found = allowed(stands, team=replace(SEARCH, budget_nanos=0))

    assert found.decision == "deny"
    assert found.reason == f"{reason} Ask for more in Slack with /tokens request."


def test_the_answer_has_exact_decimals_and_the_end_of_the_period_in_the_teams_zone() -> None:
    found = allowed(balance(1_000, charged=100, held=50), zone="America/New_York")

    assert found == Allowance(
        decision="allow",
        team="search",
        reason="Search has $850.00 available.",
        available_nanos=850 * NANOS,
        allocated_nanos=1_000 * NANOS,
        charged_nanos=100 * NANOS,
        held_nanos=50 * NANOS,
        period="2026-11",
        period_ends_at=datetime(2026, 12, 1, 5, tzinfo=UTC),
    )
    assert found.to_json() == {
        "decision": "allow",
        "team": "search",
        "reason": "Search has $850.00 available.",
        "available_usd": "850.000000000",
        "allocated_usd": "1000.000000000",
        "spent_usd": "100.000000000",
        "held_usd": "50.000000000",
        "reserved_usd": "0.000000000",
        "withheld_usd": "0.000000000",
        "period": "2026-11",
        "period_ends_at": "2026-12-01T05:00:00Z",
        "budget": "set",
        "would_be": "allow",
        "limit": "team",
    }


@pytest.mark.parametrize(("left", "decision"), [(1, "warn"), (0, "deny"), (-1, "deny")])
def test_the_last_nano_dollar_is_still_there(left: int, decision: str) -> None:
    stands = Balance(allocated_nanos=1_000, charged_nanos=1_000 - left, held_nanos=0)

    assert allowed(stands).decision == decision
