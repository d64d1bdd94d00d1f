"""The policy: which line fits, what counts against its limit, and what a file of the first versions means."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.money import NANOS
from bot.requests.policies import (
    DEFAULT_APPROVAL_RULES,
    DEFAULT_RULE,
    FINANCE_RULE,
    ApprovalRule,
    AutoTerms,
    RequestTerms,
    StoredPolicy,
    approvals_of,
    rule_for,
    stored_policy,
)
from bot.requests.policy_words import rule_text
from bot.requests.splits import Earlier, EarlierRequest
from tests.bot.acme import PRODUCT, SEARCH, directory

TEAM = replace(SEARCH, budget_nanos=1_000 * NANOS)
AUTO = ApprovalRule(up_to_nanos=200 * NANOS, auto=AutoTerms(per_period=2))
MANAGERS = ApprovalRule(up_to_nanos=1_000 * NANOS, by="team_manager")
ABOVE = ApprovalRule(up_to_nanos=5_000 * NANOS, by="parent_manager")
POLICY = (AUTO, MANAGERS, ABOVE, FINANCE_RULE)


def line(
    dollars: int, *earlier: EarlierRequest, rules: tuple[ApprovalRule, ...] = POLICY, is_paid: bool = True, **terms: Any
) -> ApprovalRule:
    return rule_for(
        rules,
        directory=directory(),
        team=TEAM,
        amount_nanos=dollars * NANOS,
        is_paid=is_paid,
        terms=RequestTerms(**terms),
        earlier=Earlier(requests=earlier),
    )


def before(dollars: int, rule: ApprovalRule = MANAGERS, *, state: Any = "approved", by: str = "both") -> EarlierRequest:
    return EarlierRequest(
        id=1,
        state=state,
        amount_nanos=dollars * NANOS,
        limit_nanos=rule.limit_nanos(TEAM),
        is_auto=rule.auto is not None and state == "approved",
        of_team=by in ("both", "team"),
        of_person=by in ("both", "person"),
    )


@pytest.mark.parametrize(
    ("dollars", "rule"),
    [(200, AUTO), (201, MANAGERS), (1_000, MANAGERS), (1_001, ABOVE), (5_000, ABOVE), (5_001, FINANCE_RULE)],
)
def test_the_first_line_that_fits_decides(dollars: int, rule: ApprovalRule) -> None:
    assert line(dollars) == rule


@pytest.mark.parametrize("by", ["person", "team"])
def test_requests_of_a_person_and_of_their_friends_count_together(by: str) -> None:
    four = [before(200, by=by, state=state) for state in ("approved", "approved", "pending", "approved")]

    assert line(250, *four) == ABOVE
    assert line(1_000, before(1, by=by)) == ABOVE
    assert line(999, before(1, by=by)) == MANAGERS
    assert line(4_000, *[before(600, by=by) for _ in range(2)]) == FINANCE_RULE


def test_what_a_higher_line_gave_takes_nothing_from_a_lower_one() -> None:
    assert line(500, before(4_000, ABOVE), before(90_000, FINANCE_RULE)) == MANAGERS


def test_automatic_approvals_count_against_the_limits_above_them() -> None:
    assert line(100, before(1_000), rules=POLICY) == ABOVE
    assert line(900, before(150, AUTO)) == ABOVE


@pytest.mark.parametrize(
    "earlier",
    [
        [before(150, AUTO)],
        [before(20, AUTO), before(20, AUTO)],
        [before(50, state="denied")],
    ],
    ids=["the sum", "the number", "a denial"],
)
def test_small_requests_are_not_approved_again_and_again(earlier: list[EarlierRequest]) -> None:
    assert line(100, *earlier) == MANAGERS


def test_a_denial_of_somebody_else_stops_nobody() -> None:
    assert line(100, before(50, state="denied", by="team")) == AUTO


def test_nothing_is_approved_automatically_without_money_or_for_good() -> None:
    assert line(100, is_paid=False) == MANAGERS
    assert line(100, lasts_days=None, is_within_period=False) == MANAGERS


def test_a_share_limits_what_a_team_gets_automatically() -> None:
    shared = replace(AUTO, share_percent=30)

    assert line(200, before(100, shared, by="team"), rules=(shared, MANAGERS)) == shared
    assert line(200, before(101, shared, by="team"), rules=(shared, MANAGERS)) == MANAGERS
    per_team = replace(AUTO, auto=AutoTerms(per_team_nanos=250 * NANOS))
    assert line(200, before(100, per_team, by="team"), rules=(per_team, MANAGERS)) == MANAGERS


def test_a_share_of_the_budget_limits_a_line() -> None:
    fifth = ApprovalRule(share_percent=20, by="team_manager")

    assert line(200, rules=(fifth,)) == fifth
    assert line(201, rules=(fifth,)) == FINANCE_RULE
    assert fifth.limit_nanos(replace(TEAM, budget_nanos=None)) == 0
    assert replace(fifth, up_to_nanos=50 * NANOS).limit_nanos(TEAM) == 50 * NANOS


@pytest.mark.parametrize(
    ("condition", "terms", "fits"),
    [
        ({"lasts": "period"}, {"is_within_period": True}, True),
        ({"lasts": "period"}, {"is_within_period": False}, False),
        ({"lasts": "open"}, {"lasts_days": None}, True),
        ({"lasts": "open"}, {"lasts_days": 7}, False),
        ({"lasts": 7}, {"lasts_days": 7}, True),
        ({"lasts": 7}, {"lasts_days": 8}, False),
        ({"lasts": 7}, {"lasts_days": None}, False),
        ({"tool_kind": "third_party"}, {"tool_kind": "third_party"}, True),
        ({"tool_kind": "third_party"}, {"tool_kind": None}, False),
        ({"cap_kinds": frozenset({"key"})}, {"cap_kind": "key"}, True),
        ({"cap_kinds": frozenset({"key"})}, {"cap_kind": "team"}, False),
        ({"team_ids": frozenset({PRODUCT.id})}, {}, True),
        ({"team_ids": frozenset({99})}, {}, False),
    ],
)
def test_conditions(condition: dict[str, Any], terms: dict[str, Any], fits: bool) -> None:
    rule = ApprovalRule(by="admins", **condition)

    assert (line(10, rules=(rule, DEFAULT_RULE), **terms) == rule) is fits


def read(*lines: dict[str, Any]) -> tuple[ApprovalRule, ...]:
    return approvals_of(
        {"approvals": list(lines)}, people={"ben@acme.test": 2, "mia@acme.test": 5}, team_ids={"search": 30}
    )


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        ([], DEFAULT_APPROVAL_RULES),
        ([{"by": "team_manager", "up_to": 5}], (replace(DEFAULT_RULE, up_to_nanos=5), FINANCE_RULE)),
        (
            [{"by": "team_manager", "up_to": 5}, {"by": "team_manager", "up_to": 50}, {"by": "finance"}],
            (replace(DEFAULT_RULE, up_to_nanos=50), FINANCE_RULE),
        ),
        ([{"by": "finance"}, {"by": "team_manager", "up_to": 5}], (replace(DEFAULT_RULE, up_to_nanos=5), FINANCE_RULE)),
        ([{"by": "finance"}, {"by": "team_manager"}], (DEFAULT_RULE,)),
        ([{"by": "finance"}], (FINANCE_RULE,)),
    ],
)
def test_a_file_of_the_first_versions_means_what_it_meant(
    lines: list[dict[str, Any]], rules: tuple[ApprovalRule, ...]
) -> None:
    assert read(*lines) == rules


def test_a_line_names_people_teams_and_several_roles() -> None:
    found = read(
        {"by": ["ben@acme.test", "mia@acme.test", "gone@acme.test"], "quorum": 2, "team": ["search"]},
        {"auto": True, "up_to": 9, "by": "parent_manager"},
        {"all_of": ["team_manager", "finance"]},
        {"by": "finance", "team": ["gone"]},
    )

    assert found[0] == ApprovalRule(by="people", people=frozenset({2, 5}), quorum=2, team_ids=frozenset({30}))
    assert found[1:3] == (
        ApprovalRule(up_to_nanos=9, auto=AutoTerms()),
        ApprovalRule(up_to_nanos=9, by="parent_manager"),
    )
    assert found[3] == ApprovalRule(all_of=("team_manager", "finance"))
    assert found[3].approvers == (("team_manager", 1), ("finance", 1))


@pytest.mark.parametrize(
    "rule", [*POLICY, *read({"by": ["ben@acme.test"], "team": ["search"], "lasts": 3, "cap": ["key"]})]
)
def test_a_line_stands_with_a_request_as_it_was(rule: ApprovalRule) -> None:
    stored = StoredPolicy(
        rule=rule, sentence=rule_text(rule), limit_nanos=7, text=("One.", "Two."), passed_over=((3, 4),)
    )

    assert stored_policy(stored.json()) == stored
    assert stored_policy("") is None
    assert stored_policy("managers decide any amount") is None
    assert "acme.test" not in json.dumps(stored.json())


@given(
    asks=st.lists(
        st.tuples(st.integers(1, 6_000), st.sampled_from(["team", "person", "both"]), st.booleans()), max_size=25
    )
)
@settings(max_examples=60, deadline=None)
def test_no_split_passes_a_limit(asks: list[tuple[int, str, bool]]) -> None:
    """However a team asks, what lines up to a limit decide together is within that limit."""
    earlier: list[EarlierRequest] = []
    for dollars, by, is_pending in asks:
        rule = line(dollars, *earlier)
        earlier.append(
            before(dollars, rule, state="pending" if is_pending and rule.auto is None else "approved", by=by)
        )
    for limit in (1_000 * NANOS, 5_000 * NANOS):
        within = [r for r in earlier if r.limit_nanos is not None and r.limit_nanos <= limit]
        assert sum(r.amount_nanos for r in within if r.of_team) <= limit
        assert sum(r.amount_nanos for r in within if r.of_person) <= limit


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (DEFAULT_RULE, "A manager of the team approves any amount."),
        (MANAGERS, "A manager of the team approves up to $1,000.00 a period."),
        (AUTO, "Approved automatically: up to $200.00, twice a period per person."),
        (
            ApprovalRule(all_of=("team_manager", "finance")),
            "A manager of the team and finance together approve any amount.",
        ),
        (
            ApprovalRule(by="people", people=frozenset({1, 2, 3}), quorum=2, share_percent=20),
            "2 of 3 named people approve up to 20% of the team's budget a period.",
        ),
        (
            ApprovalRule(by="finance", quorum=2, lasts="open", team_ids=frozenset({30})),
            "2 people in finance approve any amount from now on in search and the teams below.",
        ),
        (
            ApprovalRule(by="admins", tool_kind="third_party", lasts=7, cap_kinds=frozenset({"tool"})),
            "An admin approves any amount for third-party tools for the cap of a tool for at most 7 days.",
        ),
    ],
)
def test_a_line_as_a_sentence(rule: ApprovalRule, sentence: str) -> None:
    assert rule_text(rule, {30: "search"}) == sentence
