"""The company's figures and Home that views are shown with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.books.budgets import Standing
from bot.costs.comparisons import PriceDisagreement
from bot.costs.prices import Repricing, UnpricedModel
from bot.crosschecks.observations import CallTotals, CrossCheck
from bot.intake.quarantine import QuarantineShare
from bot.org.attribution import UnattributedKey
from bot.periods import day_number, micros
from bot.reporting.reports import (
    CompanyView,
    Home,
    OverlapView,
    PricesView,
    UnattributedView,
)
from tests.bot.views.examples import ACME, COMMAND, NOW, SEARCH, TODAY, company_spend, dollars, mix, standing, use


def many_standings(count: int, name: str = "Team") -> tuple[Standing, ...]:
    teams = [replace(SEARCH, id=100 + n, slug=f"team-{n}", name=f"{name} {n}") for n in range(count)]
    return tuple(standing(team, charged=14_000 - 300 * n) for n, team in enumerate(teams))


CROSS_CHECK = CrossCheck(
    source_id=4,
    source="otlp-laptops",
    day=TODAY - 1,
    model="claude-opus-4-5",
    observed=CallTotals(calls=4_810, tokens=61_200_000),
    booked=CallTotals(calls=3_902, tokens=48_750_000),
)
OVERLAP = OverlapView(
    smaller="sdk-checkout",
    larger="gateway-eu",
    twins=812,
    calls=1_020,
    cost_nanos=dollars(37.25),
    minutes=171,
)
NOBODY = UnattributedView(keys=(), people=(), may_claim=True, hides_people=True)


def unpriced(number: int = 1, **changed: Any) -> UnpricedModel:
    day = day_number(NOW.date()) - 12
    model = UnpricedModel(id=number, provider="acme", model="metacode-9", calls=100, tokens=3_100_000, first_day=day)
    return replace(model, **changed)


def repricing(**changed: Any) -> Repricing:
    line = Repricing(
        id=5,
        provider="acme",
        model="metacode-9",
        from_day=day_number(NOW.date()) - 12,
        actor_id=3,
        wanted_at=micros(NOW),
        done_at=None,
        calls=0,
        difference_nanos=0,
    )
    return replace(line, **changed)


def disagreement(**changed: Any) -> PriceDisagreement:
    line = PriceDisagreement(
        provider="openai", model="gpt-4o", calls=40, ours_nanos=dollars(120), theirs_nanos=dollars(100)
    )
    return replace(line, **changed)


def prices(**changed: Any) -> PricesView:
    """Two models without a price, one with a hostile name."""
    listed = (unpriced(), unpriced(2, provider="", model="<!channel>", calls=20))
    return replace(PricesView(unpriced=listed, repricings=(), disagreements=()), **changed)


def company(standings: Sequence[Standing] = (), **changed: Any) -> CompanyView:
    view = CompanyView(
        organisation=standing(ACME, allocated=250_000, charged=310),
        teams=tuple(standings) or (standing(), *many_standings(2)),
        spend=company_spend(),
        unattributed_nanos=dollars(310),
        prices=prices(),
        quarantined=(
            QuarantineShare(source="gateway-eu", kind="unreadable", rows=12, bytes=4_000, retryable=11),
            QuarantineShare(source="otlp-laptops", kind="conflict", rows=2, bytes=900, retryable=0),
        ),
        not_kept=0,
        cross_checks=(CROSS_CHECK,),
        overlaps=(OVERLAP,),
        broken_routes=("Mobile: #team-mobile (broken)",),
        silent_messages=1,
        unattributed=NOBODY,
        mix=mix(),
    )
    return replace(view, **changed)


def quiet_company(**changed: Any) -> CompanyView:
    """Returns a company in which nothing needs anybody: Mobile is far from its budget, and all sources report."""
    calm = standing(replace(SEARCH, id=9, slug="mobile", name="Mobile", parent_id=1), charged=2_000)
    quiet = company(
        (calm,),
        organisation=standing(ACME, allocated=250_000, charged=0, is_idle=True),
        unattributed_nanos=0,
        prices=prices(unpriced=()),
        quarantined=(),
        cross_checks=(),
        overlaps=(),
        broken_routes=(),
        silent_messages=0,
    )
    return replace(quiet, **changed)


def unattributed_key(number: int = 1, credential: str = "ci-7", cost: float = 310, calls: int = 42) -> UnattributedKey:
    return UnattributedKey(number, credential, calls, dollars(cost), TODAY - 1)


def home(**changed: Any) -> Home:
    shown = Home(
        is_outsider=False,
        use=use(),
        standings=(standing(),),
        approvals=(),
        own_requests=(),
        company=None,
        in_preview=False,
        now=micros(NOW),
        command=COMMAND,
    )
    return replace(shown, **changed)
