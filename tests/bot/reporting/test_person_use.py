"""A person's use from one read: spans that every figure is made of, and parts that adjusting rows emptied."""

from datetime import date

from bot.periods import day_number
from bot.reporting.figures import Share
from bot.reporting.person_use import UseDays, UseSum, person_use
from bot.reporting.reports import PersonUse


def days(today: str) -> UseDays:
    return UseDays(today=day_number(date.fromisoformat(today)))


def use(of: UseDays, *sums: tuple[int, str, str, int]) -> PersonUse:
    """The use of (first day, tool, model, nanos) with a call and ten tokens each."""
    return person_use(
        [UseSum(day, tool, model, 1, 10, nanos, 0) for day, tool, model, nanos in sums], of, teams=(), looks=()
    )


def test_spans_part_where_any_figure_does() -> None:
    for today in ("2026-11-23", "2026-11-03", "2026-11-01", "2027-03-31"):
        of = days(today)
        wanted = {of.month - 28, of.last_month, of.last_month_so_far_end, of.month, of.week, of.today}

        assert wanted.union(of.curve) == set(of.starts)
        assert of.starts == tuple(sorted(of.starts))
    assert days("2026-11-01").month == days("2026-11-01").today


def test_the_last_month_is_compared_by_the_same_days() -> None:
    of = days("2026-11-03")
    found = use(of, (of.last_month, "A", "m", 5), (of.last_month_so_far_end, "A", "m", 60), (of.month, "A", "m", 700))

    assert of.last_month_so_far_end == of.last_month + 3
    assert (found.last_month_so_far_nanos, found.last_month_nanos, found.month_nanos) == (5, 65, 700)
    assert found.last_month == "2026-10"


def test_a_month_longer_than_the_last_one_is_compared_with_all_of_that() -> None:
    of = days("2027-03-31")

    assert of.last_month_so_far_end == of.month


def test_the_curve_has_a_figure_for_each_of_two_weeks() -> None:
    of = days("2026-11-23")
    found = use(of, (of.today, "A", "m", 7), (of.today - 13, "A", "m", 4), (of.today - 14, "A", "m", 9_000))

    assert found.days == (4, *(0,) * 12, 7)


def test_the_week_counts_days_of_the_month_before() -> None:
    of = days("2026-11-03")
    found = use(
        of,
        (of.month - 28, "A", "m", 1),
        (of.week, "A", "m", 20),
        (of.month, "A", "m", 300),
        (of.today, "B", "m", 4_000),
    )

    assert (found.today_nanos, found.week_nanos, found.month_nanos) == (4_000, 320, 4_300)
    assert (found.month_calls, found.month_tokens) == (2, 20)
    assert found.tools == (
        Share(name="B", cost_nanos=4_000, before_nanos=0, tokens=10),
        Share(name="A", cost_nanos=300, before_nanos=21, tokens=10),
    )
    assert found.models == (Share(name="m", cost_nanos=4_300, before_nanos=21, tokens=20),)


def test_a_part_without_use_this_month_or_that_was_emptied_is_left_out() -> None:
    of = days("2026-11-23")
    emptied = [UseSum(of.month, "moved", "m", sign, 10 * sign, 5 * sign, 0) for sign in (1, -1)]
    earlier = UseSum(of.month - 28, "old", "m", 1, 10, 7, 0)
    found = person_use([*emptied, earlier], of, teams=("Search",), looks=(("<@U1>", 5),))

    assert (found.tools, found.models) == ((), ())
    assert (found.month_calls, found.month_nanos, found.teams, found.looks) == (0, 0, ("Search",), (("<@U1>", 5),))
