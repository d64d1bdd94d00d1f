"""Reports of a department and of the company that views are shown with."""

from dataclasses import replace
from typing import Any

from bot.alerting.alert_quality import AlertQuality
from bot.books.forecasts import Forecast
from bot.org.teams import Team
from bot.periods import HOUR_MICROS, MICROS
from bot.reporting.digests import Driver
from bot.reporting.spans import week_span
from bot.reporting.subtree_reports import (
    BudgetRisk,
    MixWeek,
    Mover,
    SubtreeBudget,
    SubtreeReport,
    TeamSpend,
    cost_centres_of,
)
from bot.requests.waiting.decision_times import DecisionTimes
from tests.bot.views.examples import (
    ACME,
    HOSTILE,
    MONDAY,
    PERIOD,
    SEARCH,
    TODAY,
    TOOLS,
    dollars,
    mix,
    request,
    share,
    standing,
)

PRODUCT = replace(SEARCH, id=2, slug="product", name="Product", parent_id=1, cost_center="CC-100")
MOBILE = replace(SEARCH, id=4, slug="mobile", name="Mobile", cost_center="CC-140")
SUPPORT = replace(SEARCH, id=5, slug="support", name="Support", cost_center="", timezone="Asia/Kolkata")
WEEK = week_span(MONDAY, zone="Europe/London")
QUALITY = AlertQuality(alerts=12, answered=9, acknowledged=3, expected=4, not_useful=2, median_seconds=600)
TIMES = DecisionTimes(
    decided=12,
    median_micros=40 * 60 * MICROS,
    quick_share=0.75,
    automatic=2,
    expired=1,
    waiting=2,
    oldest_at=request().created_at,
)
NO_TIMES = replace(
    TIMES, decided=0, median_micros=None, quick_share=None, automatic=0, expired=0, waiting=0, oldest_at=None
)
NO_ALERTS = AlertQuality(alerts=0, answered=0, acknowledged=0, expected=0, not_useful=0, median_seconds=None)


def spend(team: Team, cost: float, before: float = 0) -> TeamSpend:
    return TeamSpend(team=team, cost_nanos=dollars(cost), before_nanos=dollars(before))


def week(number: int, cost: float, in_house: float) -> MixWeek:
    """A week by its distance from the reported one."""
    return MixWeek(MONDAY - 7 * number, dollars(in_house), dollars(cost - in_house))


TEAMS = (spend(SEARCH, 3_370.67, 2_856.50), spend(SUPPORT, 640, 900.50), spend(MOBILE, 89.33, 43))
WEEKS = tuple(week(7 - n, 2_730 + 200 * n, 83 + 0.01 * n) for n in range(8))
SEARCH_MOVED = Mover(TEAMS[0], Driver(dimension="workflow", share=share("nightly-evals", 1_260, 540)))


def report(**changed: Any) -> SubtreeReport:
    """Returns the company's week of 16 November: up 8%, because of Search."""
    built = SubtreeReport(
        nodes=(ACME,),
        span=WEEK,
        teams=TEAMS,
        team_count=3,
        hidden_teams=0,
        cost_nanos=dollars(4_130),
        before_nanos=dollars(3_810),
        calls=31_002,
        tokens=1_400_000_000,
        first_day=None,
        unattributed_nanos=dollars(30),
        unpriced_calls=120,
        unpriced_tokens=9_000_000,
        period=PERIOD,
        budget=SubtreeBudget(
            allocated_nanos=dollars(54_000),
            charged_nanos=dollars(15_392.14),
            held_nanos=dollars(750),
            available_nanos=dollars(37_857.86),
            unallocated_nanos=dollars(21_259.26),
        ),
        forecast=FORECAST,
        movers=(SEARCH_MOVED, Mover(TEAMS[1], None)),
        risks=(BudgetRisk(SEARCH, None, dollars(900)), BudgetRisk(MOBILE, TODAY + 3, dollars(40))),
        tools=TOOLS,
        mix=mix(),
        weeks=WEEKS,
        cost_centres=cost_centres_of(TEAMS),
        waiting=(request(), request(id=42, created_at=request().created_at + HOUR_MICROS)),
        times=TIMES,
        team_times=((SEARCH, TIMES),),
        alerts=QUALITY,
        noisy=((SEARCH, QUALITY),),
    )
    return replace(built, **changed)


FORECAST: Forecast = replace(
    standing().forecast, end_nanos=dollars(22_300), low_nanos=dollars(20_100), high_nanos=dollars(24_600), is_known=True
)


def department(**changed: Any) -> SubtreeReport:
    """Returns the week of Product with Search and Mobile below."""
    own = (TEAMS[0], TEAMS[2])
    facts: dict[str, Any] = {"nodes": (PRODUCT,), "teams": own, "team_count": 2, "cost_centres": cost_centres_of(own)}
    facts |= {"cost_nanos": dollars(3_460), "before_nanos": dollars(2_899.50), "unattributed_nanos": 0}
    return report(**(facts | changed))


def quiet() -> SubtreeReport:
    """Returns a week in which nothing moved, is at risk or waits."""
    same = (spend(SEARCH, 1_000, 1_000),)
    facts: dict[str, Any] = {"movers": (), "risks": (), "waiting": (), "times": NO_TIMES, "team_times": (), "noisy": ()}
    facts |= {"alerts": NO_ALERTS, "unpriced_calls": 0, "unpriced_tokens": 0, "budget": None, "teams": same}
    facts |= {"cost_nanos": dollars(1_000), "before_nanos": dollars(1_000), "unattributed_nanos": 0}
    facts |= {"weeks": tuple(week(7 - n, 1_000, 0) for n in range(8)), "mix": replace(mix(), in_house=_NOTHING)}
    return report(**(facts | {"cost_centres": cost_centres_of(same)}))


_NOTHING = replace(mix().in_house, cost_nanos=0, before_nanos=0, tokens=0, priced_tokens=0)


def longest(count: int = 300) -> SubtreeReport:
    """Returns a company of many departments with the worst names."""
    teams = tuple(
        replace(SEARCH, id=100 + n, name=f"{n} {HOSTILE}", cost_center=f"{n} {HOSTILE}", timezone="Asia/Kolkata")
        for n in range(count)
    )
    spends = tuple(spend(team, 10_000_000 - n, 1) for n, team in enumerate(teams))
    driver = Driver(dimension="workflow", share=share(HOSTILE, 9_999_999))
    return report(
        nodes=(replace(ACME, name=HOSTILE),),
        teams=(*spends, spend(SEARCH, 1)),
        team_count=count,
        hidden_teams=count,
        movers=tuple(Mover(one, driver) for one in spends[:3]),
        risks=tuple(BudgetRisk(team, TODAY + 1, dollars(9)) for team in teams),
        cost_centres=cost_centres_of(spends),
        waiting=tuple(request(id=n) for n in range(count)),
        team_times=tuple((team, TIMES) for team in teams),
        noisy=tuple((team, QUALITY) for team in teams),
        unfinished=teams,
    )
