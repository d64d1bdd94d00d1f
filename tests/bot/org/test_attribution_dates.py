"""Attribution over time: dated rules, dated memberships, explanations, bounded caches."""

import itertools
import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.org.attribution import Membership
from bot.org.attribution_rules import AttributionRule, Placement, RuleKind
from tests.bot.org.attribution_examples import (
    ANY_TEAM,
    DATA,
    MOBILE,
    OPS,
    SEARCH,
    UNATTRIBUTED,
    attribution,
    event,
    rule,
)

HANDED_OVER = (rule("credential", "key-12", SEARCH, until_at=100), rule("credential", "key-12", MOBILE, from_at=100))


@pytest.mark.parametrize(("at", "team"), [(0, SEARCH), (99, SEARCH), (100, MOBILE), (10**15, MOBILE)])
def test_an_event_is_placed_by_the_rules_of_its_own_time(at: int, team: int) -> None:
    assert attribution(*HANDED_OVER).place(event(credential="key-12", occurred_at=at), ANY_TEAM).team_id == team


def test_a_cached_placement_is_not_shared_between_times() -> None:
    rules = attribution(*HANDED_OVER)

    told = [rules.place(event(credential="key-12", occurred_at=at), ANY_TEAM).team_id for at in (50, 150, 51, 151)]
    assert told == [SEARCH, MOBILE, SEARCH, MOBILE]
    assert len(rules._memory) == 2


@pytest.mark.parametrize(
    ("rules", "user", "expected"),
    [
        ((rule("credential", "key-12", MOBILE, from_at=100),), "", (MOBILE, "credential:key-12")),
        ((rule("credential", "key-12", MOBILE, from_at=100, dated=True),), "", (UNATTRIBUTED, "unattributed")),
        ((rule("credential", "key-12", MOBILE, from_at=100),), "anna@acme.test", (SEARCH, "user's team")),
        (
            (
                rule("credential", "key-12", DATA, from_at=70, until_at=100, dated=True),
                rule("credential", "key-12", MOBILE, from_at=100),
            ),
            "",
            (UNATTRIBUTED, "unattributed"),
        ),
        (
            (
                rule("credential", "key-12", DATA, from_at=70, until_at=100),
                rule("credential", "key-12", MOBILE, from_at=100),
            ),
            "",
            (DATA, "credential:key-12"),
        ),
    ],
    ids=["undated", "dated", "another rule of its time", "after a dated one", "the first one"],
)
def test_where_no_rule_of_its_time_knows_an_event_the_first_undated_rule_does(
    rules: tuple[AttributionRule, ...], user: str, expected: tuple[int, str]
) -> None:
    assert attribution(*rules).place(event(credential="key-12", user=user, occurred_at=50), ANY_TEAM) == expected


@pytest.mark.parametrize(("at", "team"), [(10, MOBILE), (50, MOBILE), (99, MOBILE), (100, DATA), (200, DATA)])
def test_somebody_who_changed_teams_brings_each_day_to_the_team_of_that_day(at: int, team: int) -> None:
    rules = attribution(emi=[Membership(50, MOBILE), Membership(100, DATA)])

    assert rules.place(event(user="Emi@acme.test", occurred_at=at), ANY_TEAM) == Placement(team, "user's team")


def test_before_a_dated_team_begins_a_person_is_where_the_file_has_them() -> None:
    rules = attribution(anna=[Membership(50, MOBILE)])

    assert rules.place(event(user="anna@acme.test", occurred_at=49), ANY_TEAM).team_id == SEARCH
    assert rules.place(event(user="anna@acme.test", occurred_at=50), ANY_TEAM).team_id == MOBILE


def test_a_line_goes_before_a_claim_of_the_same_credential() -> None:
    claim = rule("credential", "key-12", OPS, origin="claim", dated=True)
    line = rule("credential", "key-12", SEARCH, from_at=100)

    told = [
        attribution(line, claim).place(event(credential="key-12", occurred_at=at), ANY_TEAM).team_id for at in (50, 100)
    ]
    assert told == [OPS, SEARCH]


def test_an_explanation_names_what_was_asked_up_to_the_answer() -> None:
    rules = attribution(rule("workflow", "evals", DATA, from_at=20, until_at=90), rule("user", "x", OPS))

    steps = rules.explain(event(credential="key-12", workflow="evals", occurred_at=30), ANY_TEAM)
    assert [(s.kind, s.checked_value, s.placement and s.placement.team_id) for s in steps] == [
        ("key", "gateway", None),
        ("credential", "key-12", None),
        ("gateway_team", "", None),
        ("workflow", "evals", DATA),
    ]
    assert (steps[-1].since, steps[-1].until, steps[-1].early) == (20, 90, False)
    late = rules.explain(event(workflow="evals", occurred_at=3), ANY_TEAM)[-1]
    assert (late.placement, late.early) == (Placement(DATA, "workflow:evals"), True)
    nobody = rules.explain(event(occurred_at=3), ANY_TEAM)[-1]
    assert (nobody.kind, nobody.placement) == ("unattributed", Placement(UNATTRIBUTED, "unattributed"))


_kinds: st.SearchStrategy[RuleKind] = st.sampled_from(["credential", "gateway_team", "workflow", "tag", "user"])

_moments = st.integers(0, 12)

_rules = st.builds(
    rule,
    _kinds,
    st.sampled_from(["a", "b", "a*", "*"]),
    st.sampled_from([SEARCH, MOBILE, DATA, OPS]),
    from_at=_moments,
    until_at=st.none() | _moments,
    dated=st.booleans(),
)

_calls = st.fixed_dictionaries(
    {
        "credential": st.sampled_from(["", "a", "b", "ab"]),
        "gateway_team": st.sampled_from(["", "a", "b"]),
        "workflow": st.sampled_from(["", "a", "c"]),
        "tags": st.sampled_from([(), ("a",), ("c", "b")]),
        "declared_team": st.sampled_from(["", "search", "made-up"]),
        "user": st.sampled_from(["", "a", "anna@acme.test", "emi@acme.test"]),
        "occurred_at": _moments,
    }
)

ORDER = ("credential", "gateway_team", "workflow", "tag", "declared team", "user", "user's team", "unattributed")


@given(st.lists(_rules, max_size=6), st.lists(_calls, min_size=1, max_size=8))
def test_explanations_and_answers_agree_and_keep_the_order(
    rules: list[AttributionRule], calls: list[dict[str, Any]]
) -> None:
    """With whatever was remembered before; an answer of a rule of the event's time goes before any earlier one's."""
    made = attribution(*rules, emi=[Membership(3, MOBILE), Membership(6, DATA)])
    for call in calls:
        steps = made.explain(event(**call), ANY_TEAM)
        placed = made.place(event(**call), ANY_TEAM)

        assert steps[-1].placement == placed
        assert all(step.placement is None for step in steps[:-1])
        asked = [ORDER.index(step.kind) for step in steps if step.kind in ORDER and not step.early]
        assert asked == sorted(asked)
        if steps[-1].early:
            in_force = [r for r in rules if r.is_in_force(call["occurred_at"])]
            alone = attribution(*in_force, emi=[Membership(3, MOBILE), Membership(6, DATA)])
            assert alone.explain(event(**call), ANY_TEAM)[-1].kind in ("unattributed", "user's team")


@pytest.mark.parametrize(
    ("told", "tags", "length", "named"),
    [
        (3_000, 64, 256, ()),
        (10_000, 64, 6, ()),
        (12_500, 0, 256, ("model", "provider", "tool", "api_base", "user", "workflow", "credential", "user_agent")),
    ],
)
@pytest.mark.timeless
def test_the_cache_is_bounded_against_made_up_labels(told: int, tags: int, length: int, named: Sequence[str]) -> None:
    rules = attribution()
    tracemalloc.start()
    for number in range(told):
        made_up = {field: f"{number}-{field}".ljust(length, "x") for field in named}
        tagged = tuple(f"{number:x}-{place}".ljust(length, "x") for place in range(tags))
        assert rules.place(event(**made_up, tags=tagged), ANY_TEAM).team_id == UNATTRIBUTED
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 20_000_000 < told * (tags + len(named)) * (length + 49)


def test_a_call_is_placed_by_the_last_step_that_explains_it() -> None:
    """Two ways through the same rules: the short one for every call, the long one for people who ask."""
    rules = attribution(
        rule("credential", "key-1", OPS, from_at=20),
        rule("gateway_team", "gw-*", DATA, from_at=10, until_at=30),
        rule("workflow", "evals", MOBILE, from_at=20),
        rule("tag", "repo:*", OPS),
        rule("user", "*@search.test", SEARCH, from_at=5),
        rule("user", "ben@acme.test", MOBILE, dated=True, from_at=15),
        cleo=[Membership(12, DATA), Membership(25, OPS)],
    )
    choices: dict[str, tuple[Any, ...]] = {
        "credential": ("", "key-1"),
        "gateway_team": ("", "gw-2"),
        "workflow": ("", "Evals"),
        "tags": ((), ("x", "repo:app")),
        "declared_team": ("", "Mobile", "nobody"),
        "user": ("", "anna@acme.test", "ben@acme.test", "cleo@acme.test", "dee@search.test"),
        "occurred_at": (3, 12, 22, 40),
    }
    seen = set()
    for values in itertools.product(*choices.values()):
        said = dict(zip(choices, values, strict=True))
        placed = rules.place(event(**said), ANY_TEAM)
        assert placed == rules.explain(event(**said), ANY_TEAM)[-1].placement, said
        seen.add(placed.rule.partition(":")[0])
    assert seen >= {"credential", "gateway_team", "workflow", "tag", "declared team", "user", "user's team"}
