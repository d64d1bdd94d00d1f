"""Routes of requests: payer, deciders, and never the asker."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.ledger import Balance
from bot.money import NANOS
from bot.org.teams import Team
from bot.requests.approvals import ApprovalRoute, may_decide, payer_of, route_request
from bot.requests.policies import DEFAULT_APPROVAL_RULES, ApprovalRule
from tests.bot.acme import ACME, ANNA, BEN, CHLOE, DAN, EMI, MIA, PRODUCT, ROLES, SEARCH, balance, directory

UP_TO_500 = (ApprovalRule(up_to_nanos=500 * NANOS, by="team_manager"), ApprovalRule(up_to_nanos=None, by="finance"))


def routed(
    *,
    asker: int = ANNA,
    dollars: int = 100,
    payer: Team | None = PRODUCT,
    rules: tuple[ApprovalRule, ...] = DEFAULT_APPROVAL_RULES,
    roles: tuple[tuple[int, int, str], ...] = ROLES,
) -> ApprovalRoute:
    return route_request(
        directory(roles=roles),  # type: ignore[arg-type]  # roles are plain text in the tables of these tests
        team=SEARCH,
        asker_id=asker,
        amount_nanos=dollars * NANOS,
        payer=payer,
        rules=rules,
    )


@pytest.mark.parametrize(
    ("product", "acme", "payer"),
    [
        (balance(100), balance(1_000), "product"),
        (balance(99), balance(1_000), "organisation"),
        (balance(500, held=401), balance(1_000), "organisation"),
        (balance(500, charged=401), balance(1_000), "organisation"),
        (balance(500, charged=400), balance(0), "product"),
        (balance(99), balance(99), None),
        (balance(50), balance(50), None),
    ],
)
def test_the_nearest_one_above_with_the_whole_amount_available_pays(
    product: Balance, acme: Balance, payer: str | None
) -> None:
    found = payer_of(directory(), team=SEARCH, amount_nanos=100 * NANOS, balances={PRODUCT.id: product, ACME.id: acme})

    assert (found.slug if found else None) == payer


def test_the_asking_teams_managers_and_the_payers_decide() -> None:
    assert routed(payer=PRODUCT) == ApprovalRoute(
        deciders=frozenset({EMI, BEN}), payer=PRODUCT, held_nanos=100 * NANOS, by_finance=False
    )


def test_managers_between_the_team_and_the_payer_have_no_say() -> None:
    assert routed(payer=ACME).deciders == {EMI}


def test_a_manager_who_asks_is_left_out() -> None:
    assert routed(asker=EMI).deciders == {BEN}
    assert routed(asker=BEN, payer=PRODUCT).deciders == {EMI}


def test_where_no_manager_is_left_finance_decides_and_the_amount_is_held_all_the_same() -> None:
    assert routed(asker=EMI, payer=ACME) == ApprovalRoute(
        deciders=frozenset({CHLOE}), payer=ACME, held_nanos=100 * NANOS, by_finance=True
    )


def _routed_without(*gone: int, dollars: int = 100) -> ApprovalRoute:
    return route_request(
        replace(directory(), unreachable=frozenset(gone)),
        team=SEARCH,
        asker_id=ANNA,
        amount_nanos=dollars * NANOS,
        payer=PRODUCT,
        rules=UP_TO_500,
    )


def test_where_no_message_reaches_anybody_the_request_waits_for_those_who_are_named() -> None:
    named = routed(rules=UP_TO_500)
    found = _routed_without(*named.deciders, CHLOE)

    assert (found.deciders, found.by_finance, found.is_unreached) == (named.deciders, False, True)
    assert found.held_nanos == 100 * NANOS
    assert ANNA not in found.deciders


def test_where_a_message_reaches_finance_alone_finance_decides() -> None:
    found = _routed_without(*routed(rules=UP_TO_500).deciders)

    assert (found.deciders, found.by_finance, found.is_unreached) == (frozenset({CHLOE}), True, False)


def test_a_large_amount_waits_for_finance_though_no_message_reaches_it() -> None:
    found = _routed_without(CHLOE, dollars=501)

    assert (found.deciders, found.by_finance, found.is_unreached) == (frozenset({CHLOE}), True, True)


def test_where_nobody_has_the_money_nothing_is_held_and_finance_decides() -> None:
    assert routed(payer=None) == ApprovalRoute(deciders=frozenset({CHLOE}), payer=None, held_nanos=0, by_finance=True)


@pytest.mark.parametrize(("dollars", "by_finance"), [(1, False), (500, False), (501, True)])
def test_the_policy_leaves_managers_amounts_up_to_its_limit(dollars: int, by_finance: bool) -> None:
    found = routed(dollars=dollars, rules=UP_TO_500)

    assert found.by_finance is by_finance
    assert found.deciders == ({CHLOE} if by_finance else {EMI, BEN})
    assert found.held_nanos == dollars * NANOS


def test_finance_may_decide_any_request_and_an_admin_or_a_member_none() -> None:
    deciders = routed().deciders
    who = {p for p in (ANNA, BEN, CHLOE, DAN, MIA, EMI) if _may(p, asker=ANNA, deciders=deciders)}

    assert who == {BEN, EMI, CHLOE}


def test_finance_does_not_decide_what_it_asked_for_itself() -> None:
    found = routed(asker=CHLOE, payer=None)

    assert found.deciders == frozenset()
    assert not _may(CHLOE, asker=CHLOE, deciders=frozenset({CHLOE}))


@given(
    asker=st.integers(1, 6),
    dollars=st.integers(1, 1_000),
    payer=st.sampled_from([None, PRODUCT, ACME]),
    roles=st.frozensets(
        st.tuples(st.sampled_from([10, 20, 30]), st.integers(1, 6), st.sampled_from(["manager", "member", "finance"]))
    ),
    rules=st.sampled_from([DEFAULT_APPROVAL_RULES, UP_TO_500, ()]),
)
def test_whatever_the_roles_nobody_decides_their_own_request(
    asker: int,
    dollars: int,
    payer: Team | None,
    roles: frozenset[tuple[int, int, str]],
    rules: tuple[ApprovalRule, ...],
) -> None:
    found = routed(asker=asker, dollars=dollars, payer=payer, roles=tuple(roles), rules=rules)

    assert asker not in found.deciders
    assert not _may(asker, asker=asker, deciders=found.deciders)
    assert found.held_nanos == (dollars * NANOS if payer else 0)


def _may(person: int, *, asker: int, deciders: frozenset[int]) -> bool:
    return may_decide(person, asker_id=asker, deciders=deciders, directory=directory())
