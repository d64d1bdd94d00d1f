"""Charts to draw: ordinary and awkward ones."""

from datetime import date

from bot.charts.values import SpendByDay, SpikeHours
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

AWKWARD: dict[str, SpendByDay | SpikeHours] = {
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
