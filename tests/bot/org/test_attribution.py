"""Which team a metered call belongs to: the order of the rules, how they match, and the name that stays with the event."""

import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.org.attribution import Attribution, Membership, Source
from bot.org.attribution_rules import AttributionRule, Placement, RuleKind
from bot.usage import Labels, UsageEvent

UNATTRIBUTED, SEARCH, MOBILE, DATA, OPS = 1, 2, 3, 4, 5
ANY_TEAM = Source(id=1, name="gateway", format="cloudevents", role="meter", team_id=None)
MOBILES_OWN = Source(id=2, name="mobile-ci", format="cloudevents", role="meter", team_id=MOBILE)


def rule(kind: RuleKind, pattern: str, team_id: int, **dates: Any) -> AttributionRule:
    return AttributionRule(kind=kind, pattern=pattern, team_id=team_id, **dates)


def attribution(*rules: AttributionRule, **teams: Sequence[Membership]) -> Attribution:
    return Attribution(
        memberships={f"{name}@acme.test": own for name, own in teams.items()},
        rules=rules,
        team_ids={"search": SEARCH, "mobile": MOBILE, "data": DATA, "ops": OPS},
        team_of_user={"anna@acme.test": SEARCH},
        unattributed_id=UNATTRIBUTED,
    )


def event(**said: Any) -> UsageEvent:
    return UsageEvent(
        key=b"k",
        fingerprint=b"f",
        event_id="",
        occurred_at=said.pop("occurred_at", 0),
        labels=Labels(**{"model": "", **said}),
        uncached_input=0,
        cache_read=0,
        cache_write_5m=0,
        cache_write_1h=0,
        output=0,
        reasoning=0,
        reported_nanos=None,
        failed=False,
        gateway_cache=False,
        notional=False,
    )


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


def test_what_is_remembered_of_one_key_is_not_told_to_another() -> None:
    rules = attribution(rule("credential", "key-12", SEARCH))
    call = event(credential="key-12")

    told = [rules.place(call, source).team_id for source in (ANY_TEAM, MOBILES_OWN, ANY_TEAM)]
    assert told == [SEARCH, MOBILE, SEARCH]


_words = st.text(st.sampled_from("aAbß*?[]!-é\x1f "), max_size=6)


@given(_words, st.lists(st.tuples(_words, st.sampled_from([SEARCH, MOBILE, DATA])), max_size=4))
def test_every_call_gets_a_team_and_the_same_one_when_asked_again(
    credential: str, lines: list[tuple[str, int]]
) -> None:
    """However odd the patterns are; a fresh look, without memory, agrees too."""
    listed = [rule("credential", pattern, team) for pattern, team in lines]
    rules = attribution(*listed)

    first = rules.place(event(credential=credential), ANY_TEAM)

    assert first == rules.place(event(credential=credential), ANY_TEAM)
    assert first == attribution(*listed).place(event(credential=credential), ANY_TEAM)
    assert first.rule in {"unattributed", *(f"credential:{pattern}" for pattern, _ in lines)}
    assert (first.team_id == UNATTRIBUTED) == (first.rule == "unattributed")


def test_what_nobody_could_place_is_the_sources_default_and_of_no_other_source() -> None:
    rules = attribution(rule("credential", "key-12", SEARCH))
    with_default = Source(id=3, name="laptops", format="cloudevents", role="meter", team_id=None, default_team_id=OPS)

    told = [rules.place(event(credential="x"), source) for source in (ANY_TEAM, with_default, ANY_TEAM)]
    assert told == [
        Placement(UNATTRIBUTED, "unattributed"),
        Placement(OPS, "source:laptops"),
        Placement(UNATTRIBUTED, "unattributed"),
    ]
    assert rules.place(event(credential="key-12"), with_default).team_id == SEARCH


HANDED_OVER = (rule("credential", "key-12", SEARCH, until_at=100), rule("credential", "key-12", MOBILE, from_at=100))


@pytest.mark.parametrize(("at", "team"), [(0, SEARCH), (99, SEARCH), (100, MOBILE), (10**15, MOBILE)])
def test_an_event_belongs_where_the_rules_of_its_own_time_say(at: int, team: int) -> None:
    assert attribution(*HANDED_OVER).place(event(credential="key-12", occurred_at=at), ANY_TEAM).team_id == team


def test_what_is_remembered_of_one_time_is_not_told_to_another() -> None:
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
        (25_000, 0, 256, ("model", "provider", "tool", "api_base")),
        (25_000, 0, 256, ("user", "workflow", "credential", "user_agent")),
    ],
)
@pytest.mark.timeless
def test_what_is_remembered_is_bounded_whatever_words_clients_make_up(
    told: int, tags: int, length: int, named: Sequence[str]
) -> None:
    rules = attribution()
    tracemalloc.start()
    for number in range(told):
        made_up = {field: f"{number}-{field}".ljust(length, "x") for field in named}
        tagged = tuple(f"{number:x}-{place}".ljust(length, "x") for place in range(tags))
        assert rules.place(event(**made_up, tags=tagged), ANY_TEAM).team_id == UNATTRIBUTED
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 20_000_000 < told * (tags + len(named)) * (length + 49)
