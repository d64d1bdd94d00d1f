"""The days of a value: the last full weeks, or asked days, with the days to compare them with."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.periods import week_of
from bot.reporting.spans import Span

WEEKS = 8
_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class ValueSpan:
    """The days [first_day, end_day), compared with [before_day, before_end), in parts that begin on `starts`.

    `weeks` is the number of whole weeks; with 0 they are the `asked` days.
    """

    before_day: int
    before_end: int
    first_day: int
    end_day: int
    starts: tuple[int, ...]
    weeks: int = 0
    asked: Span | None = None

    def start_of(self, day: int) -> int:
        """Returns the start of the part that a day is in."""
        return self.starts[bisect_right(self.starts, day) - 1]


def last_weeks(today: int) -> ValueSpan:
    """Returns the last eight full weeks, with the eight before them."""
    end = week_of(today)[0]
    starts = tuple(range(end - 2 * WEEKS * _WEEK, end, _WEEK))
    first = starts[WEEKS]
    return ValueSpan(before_day=starts[0], before_end=first, first_day=first, end_day=end, starts=starts, weeks=WEEKS)


def asked_days(span: Span) -> ValueSpan:
    """Returns asked days, with those that they are compared with. Days between the two belong to neither."""
    starts = sorted({span.before_day, span.before_end, span.first_day})
    return ValueSpan(
        before_day=span.before_day,
        before_end=span.before_end,
        first_day=span.first_day,
        end_day=span.end_day,
        starts=tuple(starts),
        asked=span,
    )


def since_first(span: ValueSpan, starts: Iterable[int]) -> ValueSpan:
    """Returns a span of weeks without those before the first usage or outcome, so that a young team has figures of its own."""
    first = min(starts, default=span.first_day)
    if not span.weeks or first <= span.first_day:
        return span
    weeks = (span.end_day - first) // _WEEK
    return replace(span, first_day=first, before_day=first - weeks * _WEEK, before_end=first, weeks=weeks)
