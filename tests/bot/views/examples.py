"""Teams, figures and requests for the tests of views, and the rules that every view obeys."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from bot.alerting.alerts import Contributor, SpikeAlert
from bot.books.budgets import Standing
from bot.books.forecasts import forecast
from bot.books.ledger import Balance, BudgetState
from bot.charts.values import SpikeHours, encode
from bot.money import NANOS
from bot.org.teams import Team
from bot.periods import MICROS, Calendar, day_number, hour_of, micros, period_of
from bot.reporting.causes.candidates import Cause
from bot.reporting.causes.choosing import WeekChange
from bot.reporting.digests import Digest, Driver
from bot.reporting.figures import Share, Spend
from bot.reporting.mix import ToolKindTotals, ToolMix
from bot.reporting.reports import (
    PendingRequest,
    PersonUse,
)
from bot.reporting.spans import span_of, week_span
from bot.requests.budget_requests import BudgetRequest

ANNA, BEN, CHLOE = "<@U0ANNA001>", "<@U0BEN0001>", "<@U0CHLOE01>"
COMMAND = "/tokens"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TODAY = day_number(date(2026, 11, 23))
MONDAY = day_number(date(2026, 11, 16))
PERIOD = period_of(TODAY)
HOSTILE = "<!channel> & <@U0BEN0001> *bold*\n" + "very long " * 30


def dollars(amount: float) -> int:
    return round(amount * 100) * NANOS // 100


SEARCH = Team(
    id=3,
    slug="search",
    name="Search",
    kind="team",
    parent_id=2,
    channel_ref="#team-search",
    channel_id="C0SEARCH1",
    channel_state="linked",
    timezone="Europe/London",
    next_timezone="",
    next_timezone_day=None,
    cost_center="CC-110",
    budget_nanos=dollars(12_000),
    thresholds=(80, 100),
    starts_day=None,
    mode="govern",
)
ACME = replace(SEARCH, id=1, slug="organisation", name="Acme", kind="organisation", parent_id=None, channel_id="")
WEEKDAYS = (412.10, 530.40, 498.75, 610.00, 655.20, 90.05, 60.00)


def balance(allocated: float, charged: float, held: float = 0) -> Balance:
    return Balance(allocated_nanos=dollars(allocated), charged_nanos=dollars(charged), held_nanos=dollars(held))


def standing(
    team: Team = SEARCH,
    *,
    allocated: float = 12_000,
    charged: float = 9_400,
    held: float = 0,
    handed: float = 0,
    budget: BudgetState = "set",
    is_idle: bool = False,
) -> Standing:
    """Returns the standing on Monday 23 November, after two weeks of which the second cost more, or after none."""
    by_day = {}
    if not is_idle:
        by_day = {TODAY - 14 + at: dollars(cost) for at, cost in enumerate(WEEKDAYS)}
        by_day |= {TODAY - 7 + at: dollars(cost * 1.18) for at, cost in enumerate(WEEKDAYS)}
        by_day[TODAY] = dollars(120.5)
    stands = replace(balance(allocated, 0 if is_idle else charged, held), budget=budget, handed_nanos=dollars(handed))
    return Standing(
        team=team,
        period=PERIOD,
        today=TODAY,
        zone=team.timezone,
        balance=stands,
        forecast=forecast(stands, spent_by_day=by_day, today=TODAY, period=PERIOD, day_left=14 / 24),
        day_left=14 / 24,
        spent_by_day=tuple(sorted(by_day.items())),
        week_nanos=sum(by_day.get(day, 0) for day in range(TODAY - 7, TODAY)),
        week_before_nanos=sum(by_day.get(day, 0) for day in range(TODAY - 14, TODAY - 7)),
    )


def share(name: str, cost: float, before: float = 0, tokens: int = 1_000_000) -> Share:
    return Share(name=name, cost_nanos=dollars(cost), before_nanos=dollars(before), tokens=tokens)


TOOLS = (
    share("Claude Code", 2_612.67, 1_836, 812_000_000),
    share("Codex", 640, 900.50, 205_000_000),
    share("MetaCode", 72.90, 80, 160_400_000),
    share("", 45.10, 40, 9_000_000),
)
HOSTILE_TEAM = replace(SEARCH, name=HOSTILE)
HOSTILE_TOOLS = tuple(share(f"{n} {HOSTILE}", 100 - n, 10) for n in range(12))


def request(**changed: Any) -> BudgetRequest:
    asked = BudgetRequest(
        id=41,
        team_id=SEARCH.id,
        person_id=7,
        amount_nanos=dollars(750),
        reason="Load test of the new ranker before the holidays.\nTwo nights, then it ends.",
        period="2026-11",
        state="pending",
        payer_id=2,
        held_nanos=dollars(750),
        revision=1,
        created_at=micros(NOW),
        decided_at=None,
        decided_by=None,
        decision_reason="",
    )
    return replace(asked, **changed)


def pending(team: Team = SEARCH, *, payer: str = "Product", **changed: Any) -> PendingRequest:
    return PendingRequest(request=request(**changed), team=team, asker_mention=ANNA, payer_name=payer)


def decided(state: str, **changed: Any) -> PendingRequest:
    ended: dict[str, Any] = {"state": state, "decided_at": micros(NOW) + 3_600 * MICROS, "decided_by": 8}
    return pending(**(ended | changed))


def mix(**changed: Any) -> ToolMix:
    """Returns Search's tools of that week; nine million of the tokens are unpriced."""
    built = ToolMix(
        in_house=ToolKindTotals(
            cost_nanos=dollars(72.90), before_nanos=dollars(80), tokens=160_400_000, priced_tokens=160_400_000
        ),
        third_party=ToolKindTotals(
            cost_nanos=dollars(3_297.77),
            before_nanos=dollars(2_776.50),
            tokens=1_026_000_000,
            priced_tokens=1_017_000_000,
        ),
    )
    return replace(built, **changed)


NO_MIX = ToolMix(
    in_house=ToolKindTotals(cost_nanos=0, before_nanos=0, tokens=0, priced_tokens=0),
    third_party=ToolKindTotals(cost_nanos=0, before_nanos=0, tokens=0, priced_tokens=0),
)


def week_spend(cost: int, before: int, **changed: Any) -> Spend:
    """Returns what Search spent in the week of 16 November, and in the week before."""
    spent = Spend(
        span=week_span(MONDAY, zone=SEARCH.timezone),
        cost_nanos=cost,
        before_nanos=before,
        calls=18_204,
        tokens=1_186_400_000,
        unpriced_calls=120,
        unpriced_tokens=9_000_000,
    )
    return replace(spent, **changed)


def company_spend(cost: float = 29_300, before: float = 25_000, **changed: Any) -> Spend:
    """Returns what the company spent in November so far."""
    span = span_of("period", today=TODAY, period=PERIOD, calendar=Calendar(), zone=ACME.timezone)
    spent = Spend(span=span, cost_nanos=dollars(cost), before_nanos=dollars(before), calls=60_000, tokens=4_000_000_000)
    return replace(spent, **changed)


def digest(**changed: Any) -> Digest:
    """Returns Search's week of 16 November."""
    days = tuple(range(MONDAY - 7, MONDAY + 7))
    costs = [dollars(cost) for cost in WEEKDAYS] + [dollars(cost * 1.18) for cost in WEEKDAYS]
    built = Digest(
        standing=standing(),
        monday=MONDAY,
        week=week_spend(sum(costs[7:]), sum(costs[:7])),
        change=WeekChange(
            kind="changed",
            usual_nanos=dollars(2_790),
            cause=Cause(
                kind="part",
                named=(("model", "claude-opus-4-5"), ("workflow", "nightly-evals")),
                effect_nanos=dollars(520),
            ),
        ),
        tools=TOOLS,
        models=(share("claude-opus-4-5", 1_930.67, 1_410), share("gpt-5.1", 1_440, 1_446.50)),
        workflows=(share("nightly-evals", 1_260, 540), share("", 2_110.67, 2_316.50)),
        drivers=(
            Driver(dimension="workflow", share=share("nightly-evals", 1_260, 540)),
            Driver(dimension="model", share=share("claude-opus-4-5", 310, 0)),
        ),
        mix=mix(),
        tool_days=(("Claude Code", tuple(c * 3 // 4 for c in costs)), ("", tuple(c - c * 3 // 4 for c in costs))),
        chart_days=days,
        open_requests=1,
        alerts=0,
    )
    return replace(built, **changed)


def spike(**changed: Any) -> SpikeAlert:
    alert = SpikeAlert(
        severity="high",
        part=None,
        from_hour=hour_of(micros(NOW)) - 5,
        window_hours=6,
        observed_nanos=dollars(1_240),
        usual_nanos=dollars(180),
        excess_nanos=dollars(1_060),
        contributors=(
            Contributor(
                dimension="credential",
                name="ci-4",
                cost_nanos=dollars(900),
                usual_nanos=0,
                first_hour=hour_of(micros(NOW)) - 5,
            ),
            Contributor(
                dimension="model",
                name="claude-opus-4-5",
                cost_nanos=dollars(820),
                usual_nanos=dollars(120),
                first_hour=None,
            ),
        ),
        silences=(),
        shared=False,
        ongoing=True,
    )
    return replace(alert, **changed)


def spike_chart() -> dict[str, Any]:
    hours = tuple(range(hour_of(micros(NOW)) - 11, hour_of(micros(NOW)) + 1))
    return encode(
        SpikeHours(
            title="Search: $1,240 in 6 h, usually $180",
            subtitle="Cost per hour, with the usual band",
            hours=hours,
            observed_nanos=tuple(dollars(20 + 30 * at) for at in range(12)),
            usual_low_nanos=(dollars(10),) * 12,
            usual_high_nanos=(dollars(40),) * 12,
            marked_from=hours[6],
            alt="Cost per hour of Search: above its usual band since 05:00.",
        )
    )


def use(**changed: Any) -> PersonUse:
    used = PersonUse(
        today_nanos=dollars(3.2),
        week_nanos=dollars(41.75),
        month_nanos=dollars(180.2),
        month_tokens=64_200_000,
        month_calls=2_310,
        notional_nanos=dollars(22.4),
        tools=(share("Claude Code", 160.2, tokens=60_000_000), share("", 20, tokens=4_200_000)),
        models=(share("claude-opus-4-5", 150.2, tokens=50_000_000), share("gpt-5.1", 30, tokens=14_200_000)),
        teams=("Search",),
    )
    return replace(used, **changed)


NO_USE = PersonUse(
    today_nanos=0,
    week_nanos=0,
    month_nanos=0,
    month_tokens=0,
    month_calls=0,
    notional_nanos=0,
    tools=(),
    models=(),
    teams=(),
)
