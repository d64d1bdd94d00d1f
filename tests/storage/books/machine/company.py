"""The small company whose books the machines try, and what is used there."""

from dataclasses import dataclass

PRICED = "acme-odd"
"""A model whose calls cost what the price says."""


@dataclass(kw_only=True)
class Used:
    """A call that came in: the team that it counts for, and its cost. Without a cost of its own the price decides."""

    team: str
    at: int
    dollars: int | None
    credential: str | None


def teams_yml(product: int, search: int, mobile: int, price: int | None = None) -> str:
    prices = "" if price is None else f"prices: [{{model: {PRICED}, input_per_mtok: {price}}}]"
    return f"""
organisation: {{name: Acme, funding: 3000, timezone: Europe/London, finance: [chloe@acme.test]}}
teams:
  - {{slug: product, name: Product, managers: [ben@acme.test], budget: {{amount: {product}}}}}
  - slug: search
    name: Search
    parent: product
    managers: [ben@acme.test]
    members: [anna@acme.test]
    timezone: Australia/Sydney
    budget: {{amount: {search}, carry_forward: {{max: "30%"}}}}
  - slug: mobile
    name: Mobile
    parent: product
    managers: [ben@acme.test]
    members: [emi@acme.test]
    timezone: America/New_York
    budget: {{amount: {mobile}, top_up_to: 400, release: weekly}}
{prices}
"""
