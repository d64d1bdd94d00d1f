"""Acme's people and teams as rules see them: no database, ids that are easy to read."""

from dataclasses import replace
from typing import Any

from bot.books.ledger import Balance
from bot.money import NANOS
from bot.org.teams import Directory, Organisation, Role, Team

ANNA, BEN, CHLOE, DAN, MIA, EMI = 1, 2, 3, 4, 5, 6

ACME = Team(
    id=10,
    slug="organisation",
    name="Acme",
    kind="organisation",
    parent_id=None,
    channel_ref="",
    channel_id="",
    channel_state="none",
    timezone="UTC",
    next_timezone="",
    next_timezone_day=None,
    cost_center="",
    budget_nanos=0,
    thresholds=(80, 100),
    starts_day=None,
    mode="govern",
)
PRODUCT = replace(ACME, id=20, slug="product", name="Product", kind="team", parent_id=10)
SEARCH = replace(PRODUCT, id=30, slug="search", name="Search", parent_id=20)
ROLES: tuple[tuple[int, int, Role], ...] = (
    (SEARCH.id, ANNA, "member"),
    (SEARCH.id, EMI, "manager"),
    (PRODUCT.id, BEN, "manager"),
    (ACME.id, CHLOE, "finance"),
    (ACME.id, DAN, "admin"),
)


def directory(*, roles: tuple[tuple[int, int, Role], ...] = ROLES, **organisation: Any) -> Directory:
    """Acme above Product (Ben) above Search (managed by Emi, with Anna)."""
    facts: dict[str, Any] = {"name": "Acme", "currency": "USD", "period": "month", "funding_nanos": None}
    facts |= {"mode": "govern", "people": "self"} | organisation
    return Directory(organisation=Organisation(**facts), teams=(ACME, PRODUCT, SEARCH), roles=frozenset(roles))


def balance(allocated: int, charged: int = 0, held: int = 0) -> Balance:
    """A balance in whole dollars."""
    return Balance(allocated_nanos=allocated * NANOS, charged_nanos=charged * NANOS, held_nanos=held * NANOS)
