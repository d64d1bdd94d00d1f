"""Acme's teams.yml: divisions, departments and teams, with budgets that fit the usage made for it.

Search is just over its own, Checkout close to it. A division that begins next year has its budget already.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from string import Template

from bot.demo.people import DEMO_PEOPLE, DEMO_TEAM_ZONES
from bot.demo.usage import HISTORY, AttributedEvent, Event
from bot.money import NANOS, nanos_from_decimal, usd_exact
from bot.periods import local_day, micros, period_of

RESERVE_NANOS = 6_000 * NANOS
"""What of Product's budget no team below it has: requests are granted from it."""
DIVISION_RESERVE_NANOS = 4_000 * NANOS
"""What of a division's budget no department has."""
NEXT_YEAR_NANOS = 12_000 * NANOS
"""A month's budget of the division that begins next year, in teams.yml below."""
MIN_BUDGET_NANOS = 50 * NANOS
METACODE_INPUT_PER_MTOK, METACODE_OUTPUT_PER_MTOK = "0.40", "1.60"

_TEMPLATE = Template("""\
organisation:
  name: Acme
  currency: USD
  timezone: Europe/London
  period: month
  funding: $funding
  mode: govern
  people: self
  finance: [chloe@acme.test]
  admins: [dan@acme.test]
teams:
  - slug: technology
    name: Technology
    managers: [ben@acme.test]
    budget: {amount: $technology}
  - slug: product
    name: Product
    parent: technology
    channel: "#team-product"
    managers: [ben@acme.test]
    timezone: Europe/London
    cost_center: CC-100
    budget: {amount: $product}
$teams
  - slug: operations
    name: Operations
    managers: [meera@acme.test]
    budget: {amount: $operations}
  - slug: customer-care
    name: Customer Care
    parent: operations
    managers: [meera@acme.test]
    budget: {amount: $support}
  - slug: new-products
    name: New Products
    managers: [ruth@acme.test]
    budget: {amount: 12000, starts: $next_year}
  - slug: assistants
    name: Assistants
    parent: new-products
    managers: [ruth@acme.test]
    budget: {amount: 9000, starts: $next_year}
  - slug: concierge
    name: Concierge
    parent: assistants
    managers: [ruth@acme.test]
    cost_center: CC-310
    budget: {amount: 5000, starts: $next_year}
attribution:
$rules
tools:
  - {name: MetaCode, kind: in_house, match: {model: "metacode*"}}
  - {name: Claude Code, kind: third_party, match: {user_agent: "claude-cli*"}}
  - {name: Codex, kind: third_party, match: {user_agent: "codex*"}}
  - {name: GitHub Copilot, kind: third_party, match: {user_agent: "GithubCopilot*"}}
  - {name: Gateway API, kind: third_party, match: {user_agent: "*sdk*"}}
prices:
  - {model: "metacode*", from: $prices_from, input_per_mtok: $metacode_input, output_per_mtok: $metacode_output}
policy:
  approvals:
    - {up_to: 5000, by: team_manager}
    - {by: finance}
""")

_TEAM = Template("""\
  - slug: $slug
    name: $name
    parent: $parent
    channel: "#team-$slug"
    managers: [$managers]
    members: [$members]
    timezone: $timezone
    cost_center: $cost_center
    budget: {amount: $amount}""")

_TEAMS = (
    ("search", "Search", "CC-110"),
    ("checkout", "Checkout", "CC-120"),
    ("data-platform", "Data Platform", "CC-130"),
    ("mobile", "Mobile", "CC-140"),
    ("support", "Support", "CC-200"),
)
SLUGS = tuple(slug for slug, _, _ in _TEAMS)
_CREDENTIALS = {
    "search": ("key-search-*",),
    "checkout": ("key-checkout-*", "ci-7"),
    "data-platform": ("key-data-*", "ci-4"),
    "mobile": ("key-mobile-*",),
    "support": ("key-support-*",),
}


def teams_yml(booked: Iterable[AttributedEvent], *, now: datetime) -> str:
    """teams.yml for the usage given, all of it up to `now`."""
    budgets = _budgets(booked, now)
    product_nanos = RESERVE_NANOS + sum(amount for slug, amount in budgets.items() if slug != "support")
    technology_nanos, operations_nanos = (
        nanos + DIVISION_RESERVE_NANOS for nanos in (product_nanos, budgets["support"])
    )
    divisions_nanos = technology_nanos + operations_nanos + NEXT_YEAR_NANOS
    funding_nanos = _rounded(divisions_nanos * 120 // 100, step=1_000 * NANOS)
    rules = [f"  - {{credential: {c}, team: {slug}}}" for slug, keys in _CREDENTIALS.items() for c in keys]
    rules += [f'  - {{tag: "repo:{slug}-*", team: {slug}}}' for slug in _CREDENTIALS]
    return _TEMPLATE.substitute(
        funding=_dollars(funding_nanos),
        technology=_dollars(technology_nanos),
        product=_dollars(product_nanos),
        operations=_dollars(operations_nanos),
        support=_dollars(budgets["support"]),
        next_year=f"{now.year + 1}-01-01",
        teams="\n".join(_team(slug, name, cost_center, budgets[slug]) for slug, name, cost_center in _TEAMS),
        rules="\n".join(rules),
        prices_from=f"{now - HISTORY - timedelta(days=1):%Y-%m}-01",
        metacode_input=METACODE_INPUT_PER_MTOK,
        metacode_output=METACODE_OUTPUT_PER_MTOK,
    )


def cost_nanos(data: Event) -> int:
    """What an event's `data` costs, rounded down; 0 for a model without a price.

    A reported cost as it is (only tools without token counts report one), MetaCode at Acme's own price, all others at
    genai-prices' price for turns below the size from which some models cost more.
    """
    if "cost_usd" in data:
        return nanos_from_decimal(data["cost_usd"])
    rates = _picos_per_token(data["provider"], data["model"])
    picos = sum(int(data[counter]) * rate for counter, rate in rates.items())
    return picos // 1_000


@lru_cache(maxsize=64)
def _picos_per_token(provider: str, model: str) -> dict[str, int]:
    """Pico-dollars for one token of each priced counter; none for a model without a price."""
    from genai_prices import Usage, calc_price

    if model.startswith("metacode"):
        return {
            "uncached_input_tokens": nanos_from_decimal(METACODE_INPUT_PER_MTOK) // 1_000,
            "output_tokens": nanos_from_decimal(METACODE_OUTPUT_PER_MTOK) // 1_000,
        }

    def rate(**tokens: int) -> int:
        total = calc_price(Usage(**tokens), model, provider_id=provider).total_price
        return int(total * 10**9)  # dollars for a thousand tokens

    try:
        return {
            "uncached_input_tokens": rate(input_tokens=1_000),
            "cache_read_tokens": rate(input_tokens=1_000, cache_read_tokens=1_000),
            "cache_write_5m_tokens": rate(input_tokens=1_000, cache_write_tokens=1_000),
            "output_tokens": rate(output_tokens=1_000),
        }
    except LookupError:
        return {}


def _budgets(booked: Iterable[AttributedEvent], now: datetime) -> dict[str, int]:
    """Nano-dollars a month for every team but Product."""
    this_month: dict[str, int] = defaultdict(int)
    four_weeks: dict[str, int] = defaultdict(int)
    today = {slug: local_day(micros(now), zone) for slug, zone in DEMO_TEAM_ZONES.items()}
    for team, event in booked:
        if not team:
            continue
        day = local_day(micros(datetime.fromisoformat(event["time"])), DEMO_TEAM_ZONES[team])
        cost = cost_nanos(event["data"])
        if day >= period_of(today[team]).first_day:
            this_month[team] += cost
        if day > today[team] - 28:
            four_weeks[team] += cost
    return {
        slug: _budget(slug, spent=this_month[slug], month=four_weeks[slug] * period_of(today[slug]).days // 28)
        for slug, _, _ in _TEAMS
    }


def _budget(slug: str, *, spent: int, month: int) -> int:
    """A team's budget from what it spent this month and what a whole month costs at its rate, all in nano-dollars."""
    # Steps a person would write down: tens of dollars, or cents where ten dollars is a lot.
    step = 10 * NANOS if spent >= 2_000 * NANOS else NANOS if spent >= 200 * NANOS else NANOS // 100
    if slug == "search":
        # A little less than what is spent already: the next call is refused until someone approves more. Near midnight
        # on the first there may be no spend yet, and no budget below it.
        return max(NANOS, _rounded(spent * 995 // 1_000, step=step))
    if slug == "checkout":
        return max(MIN_BUDGET_NANOS, _rounded(spent * 100 // 86, step=step))
    return max(MIN_BUDGET_NANOS, _rounded(max(month * 120 // 100, spent * 145 // 100), step=100 * NANOS))


def _rounded(nanos: int, *, step: int) -> int:
    return (nanos + step // 2) // step * step


def _team(slug: str, name: str, cost_center: str, budget_nanos: int) -> str:
    own = [p for p in DEMO_PEOPLE if p.team == slug]
    managers = [p.email for p in own if p.title.startswith("Manager")] or ["ben@acme.test"]
    return _TEAM.substitute(
        slug=slug,
        name=name,
        parent="customer-care" if slug == "support" else "product",
        managers=", ".join(managers),
        members=", ".join(p.email for p in own),
        timezone=DEMO_TEAM_ZONES[slug],
        cost_center=cost_center,
        amount=_dollars(budget_nanos),
    )


def _dollars(nanos: int) -> str:
    return usd_exact(nanos)[:-7].removesuffix(".00")
