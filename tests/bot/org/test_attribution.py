"""The team of a call: the order of rules, their matching, and the rule stored with the event."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.org.attribution import Source
from bot.org.attribution_rules import Placement, RuleKind
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

MOBILES_OWN = Source(id=2, name="mobile-ci", format="cloudevents", role="meter", team_id=MOBILE)


def test_the_first_hit_wins_from_the_keys_team_down_to_nobody() -> None:
    rules = attribution(
        rule("user", "anna@*", OPS),
        rule("tag", "repo:search-*", DATA),
        rule("workflow", "evals", MOBILE),
        rule("gateway_team", "team-abc", OPS),
        rule("credential", "key-12", SEARCH),
    )
    said: dict[str, Any] = {
        "credential": "key-12",
        "gateway_team": "team-abc",
        "workflow": "evals",
        "tags": ("env:prod", "repo:search-api"),
        "declared_team": "search",
        "user": "anna@acme.test",
    }
    assert rules.place(event(**said), MOBILES_OWN) == Placement(MOBILE, "key:mobile-ci")
    placed = []
    while said:
        placed.append(rules.place(event(**said), ANY_TEAM))
        said.pop(next(iter(said)))

    assert placed == [
        Placement(SEARCH, "credential:key-12"),
        Placement(OPS, "gateway_team:team-abc"),
        Placement(MOBILE, "workflow:evals"),
        Placement(DATA, "tag:repo:search-*"),
        Placement(SEARCH, "declared team"),
        Placement(OPS, "user:anna@*"),
    ]
    assert rules.place(event(), ANY_TEAM) == Placement(UNATTRIBUTED, "unattributed")


def test_without_a_rule_for_them_people_belong_to_their_team() -> None:
    for spelled in ("anna@acme.test", "Anna@ACME.test"):
        assert attribution().place(event(user=spelled), ANY_TEAM) == Placement(SEARCH, "user's team")
    assert attribution().place(event(user="stranger@other.test"), ANY_TEAM).team_id == UNATTRIBUTED


def test_a_declared_team_that_does_not_exist_is_no_team_and_the_next_rule_decides() -> None:
    assert attribution().place(event(declared_team="made-up"), ANY_TEAM) == Placement(UNATTRIBUTED, "unattributed")
    assert attribution().place(event(declared_team="made-up", user="anna@acme.test"), ANY_TEAM).rule == "user's team"
    assert attribution().place(event(declared_team="SEARCH"), ANY_TEAM) == Placement(SEARCH, "declared team")


def test_an_exact_rule_goes_before_a_pattern_and_patterns_go_in_the_order_of_the_file() -> None:
    rules = attribution(
        rule("credential", "key-*", OPS),
        rule("credential", "key-1*", MOBILE),
        rule("credential", "key-12", SEARCH),
        rule("credential", "key-12", DATA),
    )

    assert rules.place(event(credential="key-12"), ANY_TEAM).team_id == SEARCH
    assert rules.place(event(credential="KEY-13"), ANY_TEAM) == Placement(OPS, "credential:key-*")
    assert rules.place(event(credential="other"), ANY_TEAM).team_id == UNATTRIBUTED


def test_of_several_tags_the_senders_first_that_any_rule_knows_decides() -> None:
    rules = attribution(rule("tag", "env:*", OPS), rule("tag", "repo:search-api", SEARCH))

    assert rules.place(event(tags=("x", "repo:search-api", "env:prod")), ANY_TEAM).team_id == SEARCH
    assert rules.place(event(tags=("env:prod", "repo:search-api")), ANY_TEAM).team_id == OPS


@pytest.mark.parametrize("kind", ["credential", "gateway_team", "workflow", "user"])
def test_a_rule_of_one_kind_never_matches_another_field(kind: RuleKind) -> None:
    rules = attribution(rule(kind, "*", DATA))

    for field in ("credential", "gateway_team", "workflow", "user", "tool", "model", "provider", "user_agent"):
        expected = DATA if field == kind else UNATTRIBUTED
        assert rules.place(event(**{field: "value"}), ANY_TEAM).team_id == expected, field
    assert rules.place(event(**{kind: ""}), ANY_TEAM).team_id == UNATTRIBUTED


def test_a_cached_placement_is_not_shared_between_keys() -> None:
    rules = attribution(rule("credential", "key-12", SEARCH))
    call = event(credential="key-12")

    told = [rules.place(call, source).team_id for source in (ANY_TEAM, MOBILES_OWN, ANY_TEAM)]
    assert told == [SEARCH, MOBILE, SEARCH]


_words = st.text(st.sampled_from("aAbß*?[]!-é\x1f "), max_size=6)


@given(_words, st.lists(st.tuples(_words, st.sampled_from([SEARCH, MOBILE, DATA])), max_size=4))
def test_every_call_gets_a_team_and_the_same_one_when_asked_again(
    credential: str, lines: list[tuple[str, int]]
) -> None:
    """Checks odd patterns too, and compares with an uncached result."""
    listed = [rule("credential", pattern, team) for pattern, team in lines]
    rules = attribution(*listed)

    first = rules.place(event(credential=credential), ANY_TEAM)

    assert first == rules.place(event(credential=credential), ANY_TEAM)
    assert first == attribution(*listed).place(event(credential=credential), ANY_TEAM)
    assert first.rule in {"unattributed", *(f"credential:{pattern}" for pattern, _ in lines)}
    assert (first.team_id == UNATTRIBUTED) == (first.rule == "unattributed")


def test_unattributed_usage_goes_to_its_own_sources_default_team() -> None:
    rules = attribution(rule("credential", "key-12", SEARCH))
    with_default = Source(id=3, name="laptops", format="cloudevents", role="meter", team_id=None, default_team_id=OPS)

    told = [rules.place(event(credential="x"), source) for source in (ANY_TEAM, with_default, ANY_TEAM)]
    assert told == [
        Placement(UNATTRIBUTED, "unattributed"),
        Placement(OPS, "source:laptops"),
        Placement(UNATTRIBUTED, "unattributed"),
    ]
    assert rules.place(event(credential="key-12"), with_default).team_id == SEARCH
