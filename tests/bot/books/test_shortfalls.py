"""Entries that would leave a team with less than it promised."""

from dataclasses import replace

import pytest

from bot.books.ledger import Account, Balance, Entry, EntryKind
from bot.books.shortfalls import Shortfall, shortfall_line, shortfalls
from bot.money import NANOS
from bot.org.teams import Team
from tests.bot.acme import ACME, PRODUCT, SEARCH, balance, directory

PERIOD = "2026-11"


def moved(kind: EntryKind, payer: Team, payee: Team, dollars: int) -> Entry:
    back = kind == "correction"
    source = Account(team_id=payer.id, period=PERIOD, bucket="funding" if payer is payee and not back else "available")
    target = Account(team_id=payee.id, period=PERIOD, bucket="funding" if payer is payee and back else "available")
    return Entry(
        kind=kind,
        dedupe_key=f"{kind}:{payer.id}:{payee.id}",
        period=PERIOD,
        effective_at=0,
        from_account=source,
        to_account=target,
        amount_nanos=dollars * NANOS,
        actor_id=None,
        reason="a test",
        document="test",
    )


def holds(kept: int, *, handed: int = 0, held: int = 0, charged: int = 0) -> Balance:
    return replace(balance(kept, charged=charged, held=held), handed_nanos=handed * NANOS)


def short(balances: dict[Team, Balance], *entries: Entry) -> list[tuple[str, int]]:
    found = shortfalls({team.id: b for team, b in balances.items()}, entries, period=PERIOD)
    slugs = {team.id: team.slug for team in (ACME, PRODUCT, SEARCH)}
    return [(slugs[one.team_id], one.short_nanos // NANOS) for one in found]


@pytest.mark.parametrize(
    ("dollars", "missing"), [(1_000, []), (1_001, [("organisation", 1)]), (3_000, [("organisation", 2_000)])]
)
def test_what_is_held_is_not_given_to_a_team(dollars: int, missing: list[tuple[str, int]]) -> None:
    before = {ACME: holds(4_000, handed=10_000, held=3_000), PRODUCT: holds(10_000)}

    assert short(before, moved("allocation", ACME, PRODUCT, dollars)) == missing


def test_changes_of_one_file_that_balance_each_other_leave_nobody_short() -> None:
    before = {ACME: holds(0, handed=1_000), PRODUCT: holds(400, handed=600), SEARCH: holds(600)}

    assert short(before, moved("allocation", ACME, PRODUCT, 200), moved("appropriation", ACME, ACME, 200)) == []
    assert short(before, moved("correction", PRODUCT, ACME, 500), moved("correction", SEARCH, PRODUCT, 100)) == []
    assert short(before, moved("correction", PRODUCT, ACME, 501), moved("correction", SEARCH, PRODUCT, 100)) == [
        ("product", 1)
    ]


def test_a_budget_may_be_lowered_below_what_is_spent() -> None:
    before = {ACME: holds(0, handed=50), PRODUCT: holds(50, charged=30)}

    assert short(before, moved("correction", PRODUCT, ACME, 50), moved("correction", ACME, ACME, 50)) == []


def test_a_team_that_is_short_may_get_its_money_back_step_by_step() -> None:
    before = {ACME: holds(-2_000, handed=16_000)}

    assert short(before, moved("appropriation", ACME, ACME, 500)) == []
    assert short(before, moved("correction", ACME, ACME, 1)) == [("organisation", 2_001)]


def test_the_line_names_the_field_the_amount_its_causes_and_what_to_do() -> None:
    acme = directory()
    fault = Shortfall(
        team_id=ACME.id, period=PERIOD, has_nanos=14 * NANOS, handed_nanos=13 * NANOS, held_nanos=3 * NANOS
    )

    assert shortfall_line(fault, acme) == (
        "organisation.funding: $2.00 short in 2026-11. Acme would have $14.00, but $13.00 is given to its teams and $3.00 "
        "is held for requests. Raise it, lower its teams' budgets or decide the waiting requests first."
    )
    assert shortfall_line(replace(fault, team_id=PRODUCT.id, handed_nanos=0, has_nanos=0), acme) == (
        "teams[product].budget.amount: $3.00 short in 2026-11. Product would have $0.00, but $3.00 is held for requests. "
        "Raise it or decide the waiting requests first."
    )
    assert shortfall_line(replace(fault, held_nanos=0, has_nanos=12 * NANOS), acme).endswith(
        "but $13.00 is given to its teams. Raise it or lower its teams' budgets."
    )
