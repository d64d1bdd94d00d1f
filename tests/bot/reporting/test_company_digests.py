"""Who gets the digest of what they manage, and at whose nine."""

from dataclasses import replace
from typing import Any

from bot.org.teams import Directory, Role
from bot.reporting.company_digests import managed_nodes, manager_readers
from tests.bot.acme import ACME, ANNA, BEN, CHLOE, EMI, MIA, PRODUCT, SEARCH, directory

SALES = replace(PRODUCT, id=40, slug="sales", name="Sales", timezone="Asia/Kolkata")
SHOP = replace(PRODUCT, id=50, slug="shop", name="Shop", parent_id=SALES.id, timezone="Asia/Kolkata")


def company(*roles: tuple[int, int, Role], **changed: Any) -> Directory:
    """Product above Search, and Sales above Shop."""
    found = directory(roles=roles)
    return replace(found, **({"teams": (ACME, PRODUCT, SEARCH, SALES, SHOP)} | changed))


def readers(found: Directory, *, without: frozenset[int] = frozenset()) -> dict[int, tuple[list[str], str]]:
    return {r.person_id: ([n.name for n in r.nodes], r.zone) for r in manager_readers(found, at=0, without=without)}


def test_a_department_or_several_teams_make_a_reader_and_one_team_does_not() -> None:
    found = company(
        (PRODUCT.id, BEN, "manager"),
        (SEARCH.id, EMI, "manager"),
        (SEARCH.id, MIA, "manager"),
        (SHOP.id, MIA, "manager"),
        (SHOP.id, ANNA, "member"),
    )

    assert readers(found) == {BEN: (["Product"], "UTC"), MIA: (["Search", "Shop"], "UTC")}


def test_a_team_below_another_that_one_manages_is_a_part_of_it() -> None:
    found = company((SALES.id, BEN, "manager"), (SHOP.id, BEN, "manager"))

    assert readers(found) == {BEN: (["Sales"], "Asia/Kolkata")}
    assert [team.name for team in managed_nodes(found, BEN)] == ["Sales"]


def test_nodes_of_different_zones_follow_the_organisations() -> None:
    root = replace(ACME, timezone="Europe/London")
    found = company(
        (PRODUCT.id, BEN, "manager"), (SALES.id, BEN, "manager"), teams=(root, PRODUCT, SEARCH, SALES, SHOP)
    )

    assert readers(found) == {BEN: (["Product", "Sales"], "Europe/London")}


def test_a_zone_that_begins_later_counts_from_then() -> None:
    later = replace(SALES, next_timezone="Asia/Tokyo", next_timezone_day=10)
    found = company((SALES.id, BEN, "manager"), teams=(ACME, PRODUCT, SEARCH, later, SHOP))

    assert [reader.zone for reader in manager_readers(found, at=0, without=frozenset())] == ["Asia/Kolkata"]
    assert [reader.zone for reader in manager_readers(found, at=20 * 86_400 * 10**6, without=frozenset())] == [
        "Asia/Tokyo"
    ]


def test_ended_hidden_and_unreachable_make_no_reader() -> None:
    managed: tuple[int, int, Role] = (PRODUCT.id, BEN, "manager")
    hidden = tuple(replace(team, mode="preview") for team in (PRODUCT, SEARCH))
    ended = replace(SEARCH, has_ended=True)

    assert readers(company(managed, teams=(ACME, *hidden))) == {}
    assert readers(company(managed, teams=(ACME, PRODUCT, ended))) == {}
    assert readers(company(managed, unreachable=frozenset({BEN}))) == {}
    assert readers(company(managed), without=frozenset({BEN})) == {}
    assert readers(company(managed, (ACME.id, CHLOE, "finance"))) == {BEN: (["Product"], "UTC")}
    assert readers(company(managed, teams=(ACME, PRODUCT, hidden[1]))) == {BEN: (["Product"], "UTC")}
