"""A period's declared budgets, and the entries that post them."""

from dataclasses import replace
from datetime import date

import pytest

from bot.books.budgets import (
    PostedTotal,
    budget_entries_due,
    check_budgets_fit,
    counted_balance,
    target_budget,
    target_funding,
)
from bot.books.ledger import EMPTY_BALANCE, Account, Balance, Entry
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.teams import Directory, Team
from bot.periods import day_number, period_of
from bot.refusals import ConfigError
from tests.bot.acme import ACME, PRODUCT, SEARCH, directory

NOVEMBER = period_of(day_number(date(2026, 11, 1)))


def company(*, product: int = 0, search: int = 0, funding: int | None = None) -> Directory:
    """Returns Acme with budgets in whole dollars."""
    acme = directory(funding_nanos=None if funding is None else funding * NANOS)
    teams = (ACME, replace(PRODUCT, budget_nanos=product * NANOS), replace(SEARCH, budget_nanos=search * NANOS))
    return replace(acme, teams=teams)


def due(acme: Directory, posted: dict[tuple[int, str], PostedTotal] | None = None) -> list[Entry]:
    return budget_entries_due(acme, posted=posted or {}, period=NOVEMBER, at=99, actor_id=3)


def moves(entries: list[Entry]) -> list[tuple[str, str, int]]:
    """Returns the kind, the accounts and the dollars of entries."""
    return [
        (
            e.kind,
            f"{e.from_account.team_id} {e.from_account.bucket} > {e.to_account.team_id} {e.to_account.bucket}",
            e.amount_nanos // NANOS,
        )
        for e in entries
    ]


@pytest.mark.parametrize(
    ("starts_day", "dollars"),
    [
        (None, 500),
        (NOVEMBER.first_day - 1, 500),
        (NOVEMBER.end_day - 1, 500),
        (NOVEMBER.end_day, 0),
        (NOVEMBER.end_day + 1, 0),
    ],
)
def test_a_team_has_a_budget_from_the_period_in_which_it_starts(starts_day: int | None, dollars: int) -> None:
    team = replace(PRODUCT, budget_nanos=500 * NANOS, starts_day=starts_day)

    assert target_budget(team, NOVEMBER) == dollars * NANOS


@pytest.mark.parametrize(
    ("budget", "starts", "granted", "state", "allocated"),
    [
        (0, None, 0, "set", 500),
        (500, 0, 0, "set", 500),
        (500, 1, 0, "later", 0),
        (500, 1, 50, "set", 50),
        (None, None, 0, "none", 0),
        (None, None, 50, "set", 50),
    ],
)
def test_a_budget_is_there_once_it_is_declared_and_begun_or_granted(
    budget: int | None, starts: int | None, granted: int, state: str, allocated: int
) -> None:
    """On the tenth of November; `starts` is in days from then. The period's allocation is posted ahead."""
    today = NOVEMBER.first_day + 9
    team = replace(
        PRODUCT,
        budget_nanos=None if budget is None else budget * NANOS,
        starts_day=None if starts is None else today + starts,
    )
    base = 0 if budget is None else 500
    ledger = Balance(allocated_nanos=(base + granted) * NANOS, charged_nanos=7, held_nanos=0, base_nanos=base * NANOS)

    found = counted_balance(ledger, directory=company(), team=team, period=NOVEMBER, today=today, is_open=True)

    assert (found.budget, found.allocated_nanos) == (state, allocated * NANOS)
    assert found.available_nanos == (allocated * NANOS - 7 if state == "set" else 0)


def test_a_budget_counts_before_its_entries_are_posted() -> None:
    """At the first moment of a month, until the scheduled job comes round."""
    acme = company(product=500, search=300)

    found = counted_balance(
        EMPTY_BALANCE, directory=acme, team=acme.teams[1], period=NOVEMBER, today=NOVEMBER.first_day, is_open=False
    )

    assert (found.allocated_nanos, found.handed_nanos) == (200 * NANOS, 300 * NANOS)


def test_a_parent_without_a_budget_has_nothing_to_hand_down() -> None:
    acme = company(product=500, search=300)
    acme = replace(acme, teams=(ACME, replace(PRODUCT, budget_nanos=None), acme.teams[2]))

    with pytest.raises(
        ConfigError, match=r"teams\[product\].budget: is missing, but its teams' budgets together are \$300.00"
    ):
        check_budgets_fit(acme)


def test_a_team_that_moves_takes_its_budget_from_the_new_parent_and_gives_it_back_to_the_old() -> None:
    acme = company(product=500, search=300)
    moved = replace(acme, teams=(*acme.teams[:2], replace(acme.teams[2], parent_id=ACME.id)))
    before = PostedTotal(nanos=250 * NANOS, entries=1, by_payer=((PRODUCT.id, 250 * NANOS),))
    entries = due(moved, posted(ACME, 800) | posted(PRODUCT, 500) | {(SEARCH.id, "2026-11"): before})

    assert moves(entries) == [
        ("correction", "30 available > 20 available", 250),
        ("allocation", "10 available > 30 available", 300),
    ]
    assert [e.dedupe_key for e in entries] == ["budget:30:2026-11:1", "budget:30:2026-11:2"]


def test_the_organisation_is_funded_as_declared_or_as_its_teams_budgets_need() -> None:
    assert target_funding(company(product=500, search=300, funding=900), NOVEMBER) == 900 * NANOS
    assert target_funding(company(product=500, search=300, funding=0), NOVEMBER) == 0
    assert target_funding(company(product=500, search=300), NOVEMBER) == 500 * NANOS


def test_budgets_are_handed_down_from_the_top() -> None:
    entries = due(company(product=500, search=300))

    assert moves(entries) == [
        ("appropriation", "10 funding > 10 available", 500),
        ("allocation", "10 available > 20 available", 500),
        ("allocation", "20 available > 30 available", 300),
    ]
    assert entries[1] == Entry(
        kind="allocation",
        dedupe_key="budget:20:2026-11:0",
        period="2026-11",
        effective_at=99,
        from_account=Account(team_id=10, period="2026-11", bucket="available"),
        to_account=Account(team_id=20, period="2026-11", bucket="available"),
        amount_nanos=500 * NANOS,
        actor_id=3,
        reason="declared budget",
        document="budget:20:2026-11",
    )


def posted(team: Team, dollars: int, *, entries: int = 1) -> dict[tuple[int, str], PostedTotal]:
    return {(team.id, "2026-11"): PostedTotal(nanos=dollars * NANOS, entries=entries)}


def test_nothing_is_due_where_budgets_are_as_declared() -> None:
    assert due(company(product=500), posted(ACME, 500) | posted(PRODUCT, 500)) == []


def test_a_budget_that_grew_is_allocated_by_the_difference() -> None:
    entries = due(company(product=700), posted(ACME, 700) | posted(PRODUCT, 500, entries=2))

    assert moves(entries) == [("allocation", "10 available > 20 available", 200)]
    assert entries[0].dedupe_key == "budget:20:2026-11:2"


def test_a_budget_that_shrank_is_corrected_the_other_way() -> None:
    entries = due(company(product=400), posted(ACME, 500) | posted(PRODUCT, 500))

    assert moves(entries) == [
        ("correction", "10 available > 10 funding", 100),
        ("correction", "20 available > 10 available", 100),
    ]


def test_a_difference_above_a_billion_dollars_takes_several_entries() -> None:
    entries = due(company(product=2_000_000_001))
    allocated = [e for e in entries if e.kind == "allocation"]

    assert [e.amount_nanos for e in allocated] == [MAX_AMOUNT_NANOS, MAX_AMOUNT_NANOS, NANOS]
    assert [e.dedupe_key for e in allocated] == [f"budget:20:2026-11:{n}" for n in range(3)]


@pytest.mark.parametrize(
    ("product", "search", "funding", "faults"),
    [
        (500, 500, 500, []),
        (500, 500, None, []),
        (0, 0, 0, []),
        (500, 501, 500, ["teams[product].budget.amount: $500.00 is less than its teams' budgets together, $501.00"]),
        (501, 0, 500, ["organisation.funding: $500.00 is less than its teams' budgets together, $501.00"]),
        (
            2,
            3,
            1,
            [
                "organisation.funding: $1.00 is less than its teams' budgets together, $2.00",
                "teams[product].budget.amount: $2.00 is less than its teams' budgets together, $3.00",
            ],
        ),
    ],
)
def test_children_get_at_most_what_their_parent_has(
    product: int, search: int, funding: int | None, faults: list[str]
) -> None:
    acme = company(product=product, search=search, funding=funding)

    if not faults:
        check_budgets_fit(acme)
        return
    with pytest.raises(ConfigError) as raised:
        check_budgets_fit(acme)
    assert str(raised.value) == "\n".join(faults)


def test_a_difference_of_a_nano_dollar_is_due_either_way() -> None:
    acme = company(product=500)
    less, more = (
        {key: PostedTotal(nanos=500 * NANOS + by, entries=1) for key in ((ACME.id, "2026-11"), (PRODUCT.id, "2026-11"))}
        for by in (-1, 1)
    )

    assert [(e.kind, e.amount_nanos) for e in due(acme, less)] == [("appropriation", 1), ("allocation", 1)]
    assert [(e.kind, e.amount_nanos) for e in due(acme, more)] == [("correction", 1), ("correction", 1)]
