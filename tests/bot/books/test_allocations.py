"""Handing out budget: who may, what was typed, and what can't be."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.books.allocations import (
    Allocator,
    TeamShare,
    allocating_teams,
    check_allocation,
    may_allocate,
    open_children,
    pages_of,
    parse_typed,
)
from bot.books.closing.releases import Released
from bot.books.grant_ends import EndKind
from bot.books.ledger import Balance
from bot.money import NANOS, parse_budget
from bot.org.teams import Directory, Team
from bot.periods import Calendar
from bot.refusals import FieldRefusals, Refusal
from tests.bot.acme import ACME, ANNA, BEN, CHLOE, EMI, PRODUCT, SEARCH, directory

ADS = replace(SEARCH, id=31, slug="ads", name="Ads")
NEW = replace(SEARCH, id=32, slug="new", name="New")


def share(team: Team, base: int | None, *, extra: int = 0, handed: int = 0, held: int = 0, below: int = 0) -> TeamShare:
    """A team's share in dollars: `handed` went to its teams, whose budgets are `below`."""
    budget = base or 0
    balance = Balance(
        allocated_nanos=(budget + extra - handed) * NANOS,
        charged_nanos=0,
        held_nanos=held * NANOS,
        handed_nanos=handed * NANOS,
        base_nanos=budget * NANOS,
    )
    declared = None if base is None else base * NANOS
    return TeamShare(team=replace(team, budget_nanos=declared), balance=balance, handed_base_nanos=below * NANOS)


def allocator(
    *shares: TeamShare, left: int = 1_000, base: int | None = 4_000, team: Team = PRODUCT, withheld: int = 0
) -> Allocator:
    released = Released(budget_nanos=withheld * NANOS, released_nanos=0) if withheld else None
    return Allocator(
        team=team,
        period=Calendar().named("2026-11"),
        balance=Balance(allocated_nanos=left * NANOS, charged_nanos=0, held_nanos=0, released=released),
        shares=shares or (share(SEARCH, 1_000), share(ADS, 2_000), share(NEW, None)),
        kind="month",
        base_nanos=None if base is None else base * NANOS,
    )


def faults(found: Allocator, amounts: Mapping[Team, int], lasting: EndKind = "open") -> dict[int, str]:
    try:
        check_allocation(found, {team.id: dollars * NANOS for team, dollars in amounts.items()}, lasting=lasting)
    except FieldRefusals as refusal:
        return {int(team_id): sentence for team_id, sentence in refusal.fields.items()}
    return {}


def with_teams(*teams: Team) -> Directory:
    return replace(directory(), teams=(ACME, PRODUCT, SEARCH, *teams))


def test_managers_of_the_team_or_above_may_and_finance_alone_the_organisations() -> None:
    company = directory()

    assert [p for p in (ANNA, BEN, CHLOE, EMI) if may_allocate(company, p, PRODUCT)] == [BEN, CHLOE]
    assert [p for p in (ANNA, BEN, CHLOE, EMI) if may_allocate(company, p, SEARCH)] == [BEN, CHLOE, EMI]
    assert [p for p in (ANNA, BEN, CHLOE, EMI) if may_allocate(company, p, company.root)] == [CHLOE]
    hidden = replace(PRODUCT, mode="preview")
    assert [p for p in (BEN, CHLOE) if may_allocate(company, p, hidden)] == [CHLOE]
    assert not may_allocate(company, CHLOE, replace(PRODUCT, has_ended=True))


def test_a_persons_departments_are_those_they_manage_by_name_that_have_teams() -> None:
    company = with_teams(replace(ADS, parent_id=SEARCH.id))

    assert [t.slug for t in allocating_teams(company, BEN)] == ["product"]
    assert [t.slug for t in allocating_teams(company, EMI)] == ["search"]
    assert [t.slug for t in allocating_teams(company, CHLOE)] == ["organisation"]
    assert allocating_teams(company, ANNA) == ()
    closed = with_teams(replace(ADS, parent_id=SEARCH.id, has_ended=True))
    assert allocating_teams(closed, EMI) == ()
    assert open_children(closed, SEARCH) == ()
    assert [t.slug for t in open_children(company, SEARCH)] == ["ads"]


@pytest.mark.parametrize(("text", "dollars"), [("0", 0), ("$0.00", 0), ("2k", 2_000), (" 1,250.50 ", 1_250.5)])
def test_a_budget_is_an_amount_or_zero(text: str, dollars: float) -> None:
    assert parse_budget(text) == int(dollars * NANOS)


@pytest.mark.parametrize("text", ["-5", "−5", "$-5", "1e99", "NaN", "inf", "much", "", "5,00", "2000m", "1.234"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(Refusal):
        parse_budget(text)


def test_only_what_differs_from_the_budget_is_a_change() -> None:
    typed = {SEARCH.id: "$1,000.00", ADS.id: "2000", NEW.id: ""}

    assert parse_typed(typed, allocator()) == {}
    assert parse_typed({SEARCH.id: "0", NEW.id: "7"}, allocator()) == {SEARCH.id: 0, NEW.id: 7 * NANOS}


def test_a_budget_with_more_places_than_its_field_shows_stays_as_it_is() -> None:
    odd = replace(share(SEARCH, 1_000), team=replace(SEARCH, budget_nanos=1_000 * NANOS + 4_000_001))

    assert parse_typed({SEARCH.id: "$1,000.00"}, allocator(odd)) == {}
    tiny = replace(share(SEARCH, 0), team=replace(SEARCH, budget_nanos=3))
    assert parse_typed({SEARCH.id: "under $0.01"}, allocator(tiny)) == {}


def test_each_wrong_field_has_its_sentence() -> None:
    with pytest.raises(FieldRefusals) as refused:
        parse_typed({SEARCH.id: "x", ADS.id: " ", NEW.id: "5", 99: "5"}, allocator())

    assert {int(team) for team in refused.value.fields} == {SEARCH.id, ADS.id, 99}
    assert "With 0 the team has a budget of $0" in refused.value.fields[str(ADS.id)]
    assert "not below Product any more" in refused.value.fields["99"]


def test_budgets_may_grow_by_what_is_left_and_what_others_give_back() -> None:
    assert faults(allocator(), {SEARCH: 2_000}) == {}
    assert faults(allocator(), {SEARCH: 2_500, ADS: 1_500}) == {}
    over = faults(allocator(), {SEARCH: 2_000, NEW: 1, ADS: 2_000})
    assert over == dict.fromkeys(
        (SEARCH.id, NEW.id), "Product has $1,000.00 left to hand out. These budgets grow by $1,001.00 together."
    )
    assert faults(allocator(left=-50), {SEARCH: 900}) == {}, "less is always there"
    assert SEARCH.id in faults(allocator(left=-50), {SEARCH: 1_001})


def test_what_is_not_released_to_the_department_yet_may_be_handed_out() -> None:
    assert faults(allocator(withheld=900), {SEARCH: 2_000}) == {}


def test_a_budget_for_good_must_fit_the_periods_to_come() -> None:
    granted = allocator(left=3_000, base=3_500)  # a grant of this month is no money of the next
    said = faults(granted, {SEARCH: 2_000})
    assert said[SEARCH.id] == (
        "Product has $3,500.00 in each month to come, and its teams would have $4,000.00 together. "
        "Type less, or choose “This month only”."
    )
    assert faults(granted, {SEARCH: 2_000}, "period") == {}
    assert faults(granted, {SEARCH: 1_500}) == {}
    assert "$0.00 in each month" in faults(allocator(base=None), {SEARCH: 1_500})[SEARCH.id]


def test_an_organisation_without_declared_funding_has_no_limit() -> None:
    assert faults(allocator(team=ACME, base=None, left=0), {SEARCH: 2_000_000}) == {}
    assert SEARCH.id in faults(allocator(team=ACME, base=3_000, left=0), {SEARCH: 2_000})


def test_a_team_keeps_what_it_promised() -> None:
    department = share(SEARCH, 1_000, handed=600, held=50, below=600)
    assert faults(allocator(department), {SEARCH: 650}) == {}
    assert faults(allocator(department), {SEARCH: 649}) == {
        SEARCH.id: "Search gave $600.00 to its teams and holds $50.00. Its budget can't be less than $650.00."
    }
    with_grant = share(SEARCH, 1_000, extra=200, handed=900, below=700)
    assert faults(allocator(with_grant), {SEARCH: 700}) == {}
    assert "can't be less than $700.00" in faults(allocator(with_grant), {SEARCH: 699})[SEARCH.id]
    short = share(SEARCH, 1_000, handed=1_300, below=1_300)
    assert faults(allocator(short), {SEARCH: 1_100}) == {}, "more helps, even if it is not enough yet"


@pytest.mark.parametrize("lasting", ["period", "days", "date", "spent"])
def test_for_a_while_a_budget_can_only_grow(lasting: EndKind) -> None:
    assert faults(allocator(), {SEARCH: 1_500}, lasting) == {}
    assert faults(allocator(), {SEARCH: 999}, lasting) == {
        SEARCH.id: "For a while a budget can only grow. Type more than $1,000.00, or choose “From this month on”."
    }


def test_what_was_seen_is_another_after_any_change() -> None:
    before = allocator()
    shares = list(before.shares)
    others = [
        replace(before, shares=(replace(shares[0], team=replace(SEARCH, budget_nanos=1)), *shares[1:])),
        replace(before, shares=(share(SEARCH, 1_000, extra=1), *shares[1:])),
        replace(before, shares=tuple(shares[:2])),
        replace(before, period=Calendar().named("2026-12")),
    ]

    assert before.seen == allocator().seen
    assert len({before.seen, *(other.seen for other in others)}) == 5
    spent = replace(before, balance=replace(before.balance, charged_nanos=5))
    assert spent.seen == before.seen, "usage goes on while a form is open"


def test_pages_hold_all_teams_in_order() -> None:
    shares = [share(replace(SEARCH, id=n), 1) for n in range(60)]
    pages = pages_of(shares, 25)

    assert [len(page) for page in pages] == [25, 25, 10]
    assert [s.team.id for page in pages for s in page] == list(range(60))
    assert pages_of([], 25) == [()]
