"""The decision of several limits: the strictest counts, each as far as it is enforced."""

from dataclasses import replace
from datetime import date

import pytest

from bot.books.allowances import Around, Lender, allowance_of
from bot.books.gatekeeping.calls import Call, belongs
from bot.books.gatekeeping.limits import Limit, verdict
from bot.books.gatekeeping.team_budgets import TeamBudget, lender_of
from bot.money import NANOS
from bot.org.tools import Tools
from bot.periods import day_number, period_of
from tests.bot.acme import SEARCH, balance

NOVEMBER = period_of(day_number(date(2026, 11, 1)))
WHOLE = Limit(
    key="team", name="Search", allocated_nanos=1_000 * NANOS, spent_nanos=0, left_nanos=1_000 * NANOS, warns_at=80
)
USED = replace(WHOLE, key="workflow:evals", name="evals", spent_nanos=1_000 * NANOS, left_nanos=0)


@pytest.mark.parametrize(("enforce", "decision"), [("absolute", "deny"), ("warn", "warn"), ("advisory", "allow")])
def test_a_used_limit_decides_as_far_as_it_is_enforced(enforce: str, decision: str) -> None:
    found = verdict([WHOLE, replace(USED, enforce=enforce)])  # type: ignore[arg-type]  # a word of the table

    assert (found.decision, found.would_be) == (decision, "deny")
    assert found.limit.key == "workflow:evals"
    assert ("the call may go on" in found.reason) == (enforce != "absolute")


@pytest.mark.parametrize(("need", "decision"), [(0, "allow"), (1_000 * NANOS, "allow"), (1_000 * NANOS + 1, "deny")])
def test_a_reservation_fits_to_the_nano_dollar(need: int, decision: str) -> None:
    assert verdict([WHOLE], need_nanos=need).decision == decision


def test_what_to_use_instead_is_named_from_the_warning_on_and_calls_to_it_go_on() -> None:
    near = replace(WHOLE, spent_nanos=800 * NANOS, left_nanos=200 * NANOS, degrade_to="claude-haiku-4-5")
    used = replace(near, spent_nanos=1_000 * NANOS, left_nanos=0)

    assert (verdict([near]).decision, verdict([near]).degrade_to) == ("warn", "claude-haiku-4-5")
    assert (verdict([used]).decision, verdict([used]).degrade_to) == ("deny", "claude-haiku-4-5")
    assert verdict([used]).reason.endswith("Use claude-haiku-4-5 instead.")
    degraded = verdict([replace(used, is_degraded=True)])
    assert (degraded.decision, degraded.degrade_to) == ("warn", "")


def decided(call: Call, *, charged: int, lender: Lender | None = None, need: int = 0) -> str:
    found = allowance_of(
        replace(SEARCH, budget_nanos=1_000 * NANOS),
        balance(1_000, charged=charged),
        period=NOVEMBER,
        zone="UTC",
        call=call,
        around=Around(lender=lender),
        need_nanos=need,
    )
    return found.decision


DEFERRABLE, PROTECTED = Call(workflow="evals", priority="deferrable"), Call(workflow="oncall", priority="protected")


def test_deferrable_calls_stop_at_ninety_percent_and_others_at_all() -> None:
    assert [decided(DEFERRABLE, charged=c) for c in (899, 900, 1_000)] == ["warn", "deny", "deny"]
    assert [decided(Call(), charged=c) for c in (899, 900, 1_000)] == ["warn", "warn", "deny"]
    assert decided(DEFERRABLE, charged=800, need=101 * NANOS) == "deny"
    assert decided(DEFERRABLE, charged=800, need=100 * NANOS) == "warn"


def test_protected_calls_go_on_as_long_as_the_parent_has_money() -> None:
    rich, poor = Lender(name="Product", left_nanos=50 * NANOS), Lender(name="Product", left_nanos=-NANOS)

    assert [decided(PROTECTED, charged=c, lender=rich) for c in (1_000, 1_049, 1_050)] == ["warn", "warn", "deny"]
    assert decided(PROTECTED, charged=1_000, lender=rich, need=50 * NANOS) == "warn"
    assert decided(PROTECTED, charged=1_000, lender=rich, need=50 * NANOS + 1) == "deny"
    assert decided(PROTECTED, charged=999, lender=poor) == "warn"
    assert decided(PROTECTED, charged=1_000, lender=poor) == "deny"
    assert decided(Call(), charged=1_000, lender=rich) == "deny"


@pytest.mark.parametrize(
    ("kind", "pattern", "call", "is_part"),
    [
        ("tool", "claude*", Call(tool="Claude Code"), True),
        ("tool", "claude*", Call(model="claude-opus-4-5"), False),
        ("tool_kind", "in_house", Call(tool_kind="in_house"), True),
        ("tool_kind", "in_house", Call(), False),
        ("model", "claude-opus*", Call(model="anthropic/claude-opus-4-5"), True),
        ("model", "Claude-Opus-4-5", Call(model="claude-opus-4-5"), True),
        ("model", "claude-opus", Call(model="claude-opus-4-5"), False),
        ("workflow", "research", Call(workflow="Research"), True),
        ("workflow", "*", Call(), False),
        ("person", "anna@acme.test", Call(spelling="anna"), True),
        ("person", "anna@acme.test", Call(spelling="emi"), False),
        ("person", "anna@acme.test", Call(), False),
    ],
)
def test_a_call_belongs_to_a_part_by_what_is_known_of_it(kind: str, pattern: str, call: Call, is_part: bool) -> None:
    spellings = frozenset({"anna@acme.test", "anna"})

    assert belongs(kind, pattern, call, spellings=spellings) is is_part  # type: ignore[arg-type]  # a word of the table


def test_a_parent_lends_what_its_other_teams_are_not_short_of() -> None:
    def budget(charged: int, reserved: int = 0) -> TeamBudget:
        stands = balance(1_000, charged=charged)
        nanos = reserved * NANOS
        return TeamBudget(
            team=SEARCH, balance=stands, period=NOVEMBER, zone="UTC", tools=Tools([]), reserved_nanos=nanos
        )

    parent = budget(400, reserved=100)
    assert lender_of(parent, [budget(900), budget(1_200), budget(950, reserved=80)]).left_nanos == 270 * NANOS
    assert lender_of(parent, []).left_nanos == 500 * NANOS
