"""Charts to draw: ordinary and awkward ones."""

from dataclasses import replace
from datetime import date

from bot.charts.values import (
    BudgetChange,
    Chart,
    ChartSpan,
    MixByWeek,
    SpendAgainstPlan,
    SpendByDay,
    SpikeHours,
    TeamsAgainstBudget,
)
from bot.money import NANOS
from bot.periods import day_number

MONDAY = day_number(date(2026, 11, 16))


def spend(
    *tools: tuple[str, tuple[float, ...]],
    days: int = 7,
    budget: float | None = 400,
    closed_through: int | None = None,
    title: str = "Search spent $3,120 last week",
) -> SpendByDay:
    return SpendByDay(
        title=title,
        subtitle="Mon 16 Nov – Sun 22 Nov · cost by tool",
        days=tuple(range(MONDAY, MONDAY + days)),
        tools=tuple((name, tuple(int(amount * NANOS) for amount in amounts)) for name, amounts in tools),
        budget_line_nanos=None if budget is None else int(budget * NANOS),
        closed_through=closed_through,
        alt="Cost per day of Search, by tool.",
    )


def spike(hours: int = 24, *, timezone: str = "Europe/London", marked: int = 3, usual: float = 10) -> SpikeHours:
    first = MONDAY * 24
    amounts = [usual * (5 if at >= hours - marked else 1) for at in range(hours)]
    return SpikeHours(
        title="Search is spending 5 times its usual rate",
        subtitle="Mostly Claude Code",
        hours=tuple(range(first, first + hours)),
        observed_nanos=tuple(int(amount * NANOS) for amount in amounts),
        usual_low_nanos=(int(usual * NANOS * 0.5),) * hours,
        usual_high_nanos=(int(usual * NANOS * 1.5),) * hours,
        marked_from=first + hours - marked,
        alt="Cost per hour of Search.",
        timezone=timezone,
    )


WEEK = ("Claude Code", (210, 260, 310, 280, 240, 30, 22))

TWO_WEEKS = SpendByDay(
    title="Search spent $5,702 last week, as much as in the week before: Opus on code-review",
    subtitle="Cost per day by tool, 9–22 Nov",
    days=tuple(range(MONDAY - 7, MONDAY + 7)),
    tools=tuple(
        (name, tuple(daily * NANOS * (10 + at * 3 % 7) // (10 if at % 7 < 5 else 90) for at in range(14)))
        for name, daily in (
            ("Claude Code", 400), ("Cursor", 180), ("Codex", 120), ("MetaCode", 60), ("Gemini CLI", 40), ("Aider", 20),
            ("Own", 9),
        )
    ),
    budget_line_nanos=900 * NANOS,
    closed_through=MONDAY + 6,
    spans=(ChartSpan("last week", MONDAY, MONDAY + 6), ChartSpan("week before", MONDAY - 7, MONDAY - 1)),
    alt="Cost per day of Search.",
)  # fmt: skip
PERIOD_PLAN = SpendAgainstPlan(
    title="Search is heading for $13,100 of $12,000 in November",
    subtitle="Spend added up by day",
    first_day=MONDAY - 15,
    end_day=MONDAY + 15,
    spent_nanos=tuple((480 if at % 7 < 5 else 40) * NANOS for at in range(20)),
    budget_nanos=12_000 * NANOS,
    end_nanos=13_100 * NANOS,
    low_nanos=12_300 * NANOS,
    high_nanos=14_200 * NANOS,
    run_out_day=MONDAY + 12,
    alt="Spend of Search against its budget.",
)
TEAMS = TeamsAgainstBudget(
    title="Search and Ads will pass their budgets this month",
    subtitle="Spend so far in November",
    teams=(
        ("Search", 8_412 * NANOS, 12_000 * NANOS, 13_100 * NANOS),
        ("Ads", 6_100 * NANOS, 6_000 * NANOS, 9_000 * NANOS),
        ("Mobile", 2_210 * NANOS, 5_000 * NANOS, None),
        ("Data Platform", 1_900 * NANOS, None, 2_900 * NANOS),
        ("Nothing yet", 0, 0, None),
    ),
    alt="Teams against their budgets.",
)
MIX = MixByWeek(
    title="In-house grew from 8% to 23% in eight weeks",
    subtitle="Company spend per week by kind of tool",
    mondays=tuple(MONDAY - 7 * week for week in range(7, -1, -1)),
    in_house_nanos=tuple(NANOS * n for n in (400, 420, 500, 700, 900, 1_100, 1_300, 1_500)),
    third_party_nanos=tuple(NANOS * n for n in (4_600, 4_700, 4_900, 5_000, 5_100, 5_000, 4_900, 5_022)),
    alt="In-house against third-party spend.",
)
CHANGE = BudgetChange(
    title="$60 available now, $810 if approved",
    subtitle="Search: $11,940 spent, $15,671 expected by Mon 30 Nov",
    spent_nanos=11_940 * NANOS,
    held_nanos=0,
    forecast_nanos=15_671 * NANOS,
    budget_nanos=12_000 * NANOS,
    grown_nanos=12_750 * NANOS,
    alt="Budget of Search before and after.",
)
FAMILY: dict[str, Chart] = {
    "two weeks": TWO_WEEKS,
    "a week": spend(WEEK, ("Cursor", (90, 110, 130, 120, 90, 12, 8))),
    "two weeks against a plan by weekday": replace(
        TWO_WEEKS,
        budget_line_nanos=None,
        plan_nanos=(None,) * 7 + tuple(NANOS * n for n in (900, 900, 900, 900, 900, 90, 90)),
    ),
    "plan": PERIOD_PLAN,
    "plan by weekday": replace(PERIOD_PLAN, plan_nanos=tuple((500 if at % 7 < 5 else 60) * NANOS for at in range(30))),
    "plan without a budget": replace(PERIOD_PLAN, budget_nanos=None, run_out_day=None),
    "plan on its first day": replace(
        PERIOD_PLAN, spent_nanos=(3 * NANOS,), end_nanos=None, low_nanos=None, high_nanos=None, run_out_day=None
    ),
    "plan on its last day": replace(PERIOD_PLAN, spent_nanos=(400 * NANOS,) * 30, run_out_day=MONDAY + 14),
    "a plan of a quarter": replace(PERIOD_PLAN, end_day=MONDAY + 77),
    "spike": spike(),
    "spike that is over": replace(spike(48, marked=40), marked_until=MONDAY * 24 + 12),
    "teams": TEAMS,
    "mix": MIX,
    "request": CHANGE,
    "request above its budget": replace(CHANGE, spent_nanos=12_400 * NANOS, subtitle="$12,400 spent"),
    "request beside holds": replace(
        CHANGE, spent_nanos=9_000 * NANOS, held_nanos=2_000 * NANOS, title="$1,000 now", subtitle="$9,000 spent"
    ),
    "request without a budget": replace(CHANGE, budget_nanos=None, title="No budget now, $750 if approved"),
}
"""Each picture as people usually see it."""

AWKWARD: dict[str, Chart] = {
    "a week": spend(WEEK, ("Cursor", (90, 110, 130, 120, 90, 12, 8))),
    "no days": spend(days=0),
    "no tools": spend(),
    "one day": spend(("Claude Code", (812.5,)), days=1),
    "a quarter": spend(("Claude Code", (999.6,) * 92), days=92),
    "years": spend(("Claude Code", (1,) * 800), days=800),
    "nothing spent": spend(("Claude Code", (0,) * 7), budget=None),
    "corrections": spend(("Claude Code", (100, -120, 5, 0, 0, 0, 0)), ("Cursor", (-3, -9, 0, 0, 0, 0, 1))),
    "only corrections": spend(("Claude Code", (-1,) * 7), budget=None),
    "a budget of zero": spend(WEEK, budget=0),
    "a negative budget": spend(WEEK, budget=-50),
    "a budget far away": spend(WEEK, budget=1_000_000),
    "millions": spend(("Claude Code", (3.4e6,) * 7), budget=4e6),
    "a nano-dollar": spend(("Claude Code", (1e-9,) * 7), budget=None),
    "nine tools": spend(*((f"Tool {n}", (n,) * 7) for n in range(9))),
    "open days": spend(WEEK, closed_through=MONDAY + 3),
    "all open": spend(WEEK, closed_through=MONDAY - 1),
    "formulas": spend(("$\\frac{$ ^_{$", (1,) * 7), title="$\\frac{x$ cost $5 & <b>"),
    "other scripts": spend(("検索 🚀 \u202e\x00", (1,) * 7), title="検索 spent \U0001f680"),
    "long names": spend(("Claude Code " * 40, (1,) * 7), title="word " * 200),
    "one long word": spend(("", (1,) * 7), title="x" * 5_000),
    "no title": spend(WEEK, title=""),
    "a spike": spike(),
    "a week of hours": spike(168, timezone="America/Argentina/Buenos_Aires", usual=1_000_000),
    "one hour": spike(1, marked=1),
    "no hours": spike(0, marked=0),
    "a year of hours": spike(8_760),
    "half an hour off": spike(5, timezone="Asia/Kolkata"),
    "free": spike(usual=0),
}
