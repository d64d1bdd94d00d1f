"""Chargeback's rules: who bears what, exact to the nano-dollar."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.chargeback import (
    PostedSpread,
    chargeback_rows,
    cost_centres,
    reversing_entries,
    split,
    spread_entries,
    spreads_due,
)
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.spread_rules import NOT_SPREAD, SpreadRule
from bot.org.teams import Directory
from bot.refusals import Refusal
from tests.bot.acme import ACME, PRODUCT, SEARCH, directory

EVEN, PROPORTIONAL = SpreadRule(how="even"), SpreadRule(how="proportional")
UNATTRIBUTED = replace(ACME, id=15, slug="unattributed", name="Unattributed", kind="unattributed")
MOBILE = replace(PRODUCT, id=40, slug="mobile", name="Mobile", cost_center="CC-2")
PLATFORM = replace(PRODUCT, id=50, slug="platform", name="Platform", cost_center="CC-2")
COST = {UNATTRIBUTED.id: 100, SEARCH.id: 300, MOBILE.id: 600, PRODUCT.id: 0, PLATFORM.id: 10}


def company(unattributed: SpreadRule = NOT_SPREAD, platform: SpreadRule = NOT_SPREAD) -> Directory:
    teams = (ACME, UNATTRIBUTED, PRODUCT, SEARCH, MOBILE, replace(PLATFORM, shared=platform))
    return replace(directory(chargeback=unattributed), teams=teams)


def spread(unattributed: SpreadRule = NOT_SPREAD, platform: SpreadRule = NOT_SPREAD) -> list[tuple[int, int, int]]:
    due = spreads_due(COST, company(unattributed, platform))
    return [(one.giver_id, one.taker_id, one.nanos) for one in due]


def test_without_a_rule_nothing_is_spread() -> None:
    assert spread() == []


def test_in_proportion_is_by_what_teams_spent() -> None:
    """A team that spent nothing bears nothing. Of 100 by 300 : 600 : 10 the two largest remainders get what is left."""
    assert spread(PROPORTIONAL) == [(15, 30, 33), (15, 40, 66), (15, 50, 1)]


def test_even_is_over_the_teams_that_spent_anything() -> None:
    assert spread(EVEN) == [(15, 30, 34), (15, 40, 33), (15, 50, 33)]


def test_fixed_shares_are_percents_whoever_spent() -> None:
    fixed = SpreadRule(how="fixed", shares=(("search", 75), ("product", 25)))

    assert sorted(spread(fixed)) == [(15, 20, 25), (15, 30, 75)]


def test_a_shared_team_gives_its_own_cost_and_takes_no_other() -> None:
    assert spread(PROPORTIONAL, EVEN) == [(15, 30, 33), (15, 40, 67), (50, 30, 5), (50, 40, 5)]


def test_a_rule_that_names_a_team_which_is_gone_is_a_sentence() -> None:
    with pytest.raises(Refusal, match="names gone, which is no team any more"):
        spread(SpreadRule(how="fixed", shares=(("gone", 100),)))


def test_credits_beyond_the_cost_are_not_spread() -> None:
    assert spreads_due({**COST, UNATTRIBUTED.id: -5}, company(PROPORTIONAL)) == []


def test_nobody_to_take_it_leaves_the_cost_where_it_is() -> None:
    assert spreads_due({UNATTRIBUTED.id: 100}, company(PROPORTIONAL)) == []
    assert split(100, {}) == {}


@given(st.integers(0, 10**19), st.dictionaries(st.integers(1, 50), st.integers(0, 10**19), min_size=1))
def test_parts_sum_to_the_whole_and_none_is_off_by_a_nano_dollar(nanos: int, weights: dict[int, int]) -> None:
    parts = split(nanos, weights)
    whole = sum(weights.values())

    assert sum(parts.values()) == (nanos if whole else 0)
    assert all(abs(part * whole - nanos * weights[taker]) < whole for taker, part in parts.items())


def test_an_amount_above_an_entrys_maximum_is_several_entries() -> None:
    nanos = 2 * MAX_AMOUNT_NANOS + 7
    due = spreads_due({UNATTRIBUTED.id: nanos, SEARCH.id: 1}, company(PROPORTIONAL))
    entries = spread_entries(due, period="2026-10", run=1, at=1, actor_id=None)

    assert [entry.amount_nanos for entry in entries] == [MAX_AMOUNT_NANOS, MAX_AMOUNT_NANOS, 7]
    assert len({entry.dedupe_key for entry in entries}) == 3
    assert {(e.from_account.bucket, e.to_account.bucket, e.document) for e in entries} == {
        ("spread", "shared", "spread:2026-10:1")
    }


def test_a_reversal_undoes_each_entry() -> None:
    posted = PostedSpread(entry_id=9, giver_id=15, taker_id=30, nanos=5, document="spread:2026-10:1")
    (undone,) = reversing_entries([posted], period="2026-10", at=1, actor_id=3)

    assert (undone.from_account.team_id, undone.from_account.bucket) == (30, "shared")
    assert (undone.to_account.team_id, undone.to_account.bucket) == (15, "spread")
    assert (undone.kind, undone.reverses_id, undone.amount_nanos) == ("reversal", 9, 5)


@pytest.mark.parametrize("rule", [NOT_SPREAD, PROPORTIONAL, EVEN], ids=lambda rule: rule.how)
def test_the_sum_is_the_cost_of_the_period_whatever_is_spread(rule: SpreadRule) -> None:
    cost = {team: nanos * NANOS + 1 for team, nanos in COST.items()}
    found = company(rule, rule)
    rows = chargeback_rows(cost, -7, spreads_due(cost, found), found)
    centres = cost_centres(rows)

    assert sum(row.total_nanos for row in rows) == sum(cost.values()) - 7
    assert sum(centre.total_nanos for centre in centres) == sum(cost.values()) - 7
    assert centres[0].name == "CC-2"
