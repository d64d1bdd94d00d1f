"""Votes: who counts for which place, and when a request is decided."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.money import NANOS
from bot.org.teams import Directory
from bot.requests.approvals import ApprovalRoute, may_overrule, route_by
from bot.requests.policies import ApprovalRule
from bot.requests.votes import Vote, can_be_decided, tally
from tests.bot.acme import ANNA, BEN, CHLOE, DAN, EMI, MIA, PRODUCT, ROLES, SEARCH, directory

TWO_OF_THREE = ApprovalRule(by="people", people=frozenset({BEN, EMI, MIA}), quorum=2)
BOTH = ApprovalRule(all_of=("team_manager", "finance"))


def route(rule: ApprovalRule, *, asker: int = ANNA, acme: Directory | None = None) -> ApprovalRoute:
    return route_by(rule, directory=acme or directory(), team=SEARCH, asker_id=asker, amount_nanos=NANOS, payer=PRODUCT)


def votes(*people: int) -> list[Vote]:
    return [Vote(person_id=person) for person in people]


def test_a_quorum_needs_so_many_different_people() -> None:
    found = route(TWO_OF_THREE)

    assert found.needed == 2
    assert not tally(found, votes(BEN), directory()).is_decided
    assert not tally(found, votes(BEN, BEN), directory()).is_decided
    assert tally(found, votes(BEN, MIA), directory()).is_decided
    assert not tally(found, votes(BEN, DAN), directory()).is_decided
    (missing,) = tally(found, votes(BEN), directory()).missing
    assert missing.needed == 1
    assert missing.people == frozenset({EMI, MIA})


def test_a_person_with_two_accounts_counts_once() -> None:
    acme = replace(directory(), same_people=(frozenset({BEN, MIA}),))

    assert not tally(route(TWO_OF_THREE, acme=acme), votes(BEN, MIA), acme).is_decided


def test_a_delegate_and_the_person_they_stand_in_for_count_once() -> None:
    found = route(TWO_OF_THREE)
    delegate = Vote(person_id=DAN, for_person_id=BEN)

    assert tally(found, [delegate], directory()).given == (delegate,)
    assert not tally(found, [delegate, Vote(person_id=BEN)], directory()).is_decided
    assert tally(found, [delegate, Vote(person_id=EMI)], directory()).is_decided


def test_one_of_each_role_and_a_person_of_both_fills_one_place() -> None:
    acme = directory(roles=(*ROLES, (SEARCH.id, CHLOE, "manager")))
    found = route(BOTH, acme=acme)

    assert not tally(found, votes(CHLOE), acme).is_decided
    assert tally(found, votes(CHLOE, EMI), acme).is_decided
    assert tally(found, votes(EMI, CHLOE), acme).is_decided
    assert not tally(found, votes(EMI, BEN), acme).is_decided


def test_the_asker_is_no_part_of_a_quorum_in_any_account() -> None:
    acme = replace(directory(), same_people=(frozenset({ANNA, MIA}),))

    assert route(TWO_OF_THREE, acme=acme).deciders >= {BEN, EMI}
    assert MIA not in route(TWO_OF_THREE, acme=acme).deciders
    assert CHLOE not in route(replace(BOTH, all_of=("finance",)), asker=CHLOE).deciders


def test_finance_stands_in_for_missing_members_of_a_quorum_and_too_few_can_decide_nothing() -> None:
    found = route(TWO_OF_THREE, asker=EMI, acme=replace(directory(), unreachable=frozenset({MIA})))

    assert found.deciders == {BEN, CHLOE}
    assert can_be_decided(found, directory())
    alone = directory(roles=tuple(r for r in ROLES if r[2] != "finance"))
    assert not can_be_decided(route(BOTH, acme=alone), alone)


def test_finance_overrules_a_manager_but_no_named_people_and_no_quorum() -> None:
    assert may_overrule(route(ApprovalRule(by="team_manager")))
    assert may_overrule(route(ApprovalRule(by="parent_manager")))
    assert not may_overrule(route(ApprovalRule(by="team_manager", quorum=2)))
    assert not may_overrule(route(TWO_OF_THREE))
    assert not may_overrule(route(ApprovalRule(by="admins")))


def test_the_managers_above_decide_and_those_of_the_team_do_not() -> None:
    assert route(ApprovalRule(by="parent_manager")).deciders == {BEN}
    assert route(ApprovalRule(by="parent_manager"), asker=BEN).deciders == {CHLOE}
    assert route(ApprovalRule(by="admins")).deciders == {DAN}


@given(st.lists(st.integers(1, 6), max_size=12), st.sampled_from([TWO_OF_THREE, BOTH]))
@settings(max_examples=50, deadline=None)
def test_as_many_different_deciders_as_needed_voted_where_it_is_decided(people: list[int], rule: ApprovalRule) -> None:
    found = route(rule)
    counted = tally(found, votes(*people), directory())

    assert len({vote.person_id for vote in counted.given}) == len(counted.given) <= found.needed
    assert ANNA not in {vote.person_id for vote in counted.given}
    if counted.is_decided:
        assert len(counted.given) == found.needed
