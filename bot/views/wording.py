"""Figures in words: counts, periods, changes, shares, and a text progress bar."""

import calendar
from collections.abc import Sequence

from bot.books.ledger import Balance
from bot.money import percent, tokens_short, usd, usd_round
from bot.org.teams import Team
from bot.periods import Period, date_of, day_number, day_text, local_day, moment, short_day_text
from bot.periods import zone as zone_of
from bot.reporting.figures import Share, Spend
from bot.reporting.spans import Span
from bot.views.blocks import date_mark, name

_BAR_CELLS = 10
_LONG_DAYS = 183
_MANY_TIMES = 4
"""From this factor on, "five times" reads better than "400% more"."""


def counted(count: int, noun: str) -> str:
    """Formats `1 call` or `2,300 calls`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def requests_waiting(count: int, whom: str) -> str:
    """Formats `1 request is waiting for you`, with whom they wait for."""
    return f"{counted(count, 'request')} {'is' if count == 1 else 'are'} waiting for {whom}"


def period_words(period_name: str) -> str:
    """Formats `2026-11` as `November 2026`, `2026-Q4` as `Q4 2026`, and `2026` as itself."""
    year, _, part = period_name.partition("-")
    if not part:
        return year
    return f"{part} {year}" if part.startswith("Q") else f"{calendar.month_name[int(part)]} {year}"


def month_words(period_name: str) -> str:
    """Formats `2026-10` as `October`."""
    return period_words(period_name).partition(" ")[0]


def last_day_text(period: Period) -> str:
    """Formats the last day of a period, `30 Nov`."""
    return short_day_text(period.end_day - 1)


def week_words(monday: int) -> str:
    """Formats the seven days from a Monday: `16–22 Nov` or `30 Nov – 6 Dec`."""
    return days_words(monday, monday + 7)


def days_words(first_day: int, end_day: int) -> str:
    """Formats days by their first and last: `16–22 Nov`, `30 Nov – 6 Dec`, or one day as `16 Nov`. Years are named where
    the days could be mistaken for fewer, as in `1 Nov 2025 – 30 Nov 2026`.
    """
    first, last = date_of(first_day), date_of(end_day - 1)
    if first == last:
        return short_day_text(first_day)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{short_day_text(end_day - 1)}"
    is_long = first.year != last.year and end_day - first_day > _LONG_DAYS
    first_year, last_year = (f" {first.year}", f" {last.year}") if is_long else ("", "")
    return f"{short_day_text(first_day)}{first_year} – {short_day_text(end_day - 1)}{last_year}"


def span_words(span: Span) -> str:
    """Formats the days of a figure: `last 7 full days`, `last week`, `November 2026 so far`, `16–22 Nov`."""
    if span.kind in ("7d", "30d"):
        return f"last {span.days} full days"
    if span.kind in ("period", "month"):
        return f"{period_words(span.name)} so far"
    if span.name:
        return period_words(span.name)
    named = {"today": "today so far", "this_week": "this week so far", "last_week": "last week"}
    return named.get(span.kind) or days_words(span.first_day, span.end_day)


def in_span_words(span: Span) -> str:
    """Formats the same after a verb: `in the last 7 full days`, `last week`, `in November 2026 so far`."""
    words = span_words(span)
    if span.kind in ("7d", "30d"):
        return f"in the {words}"
    return words if span.kind in ("today", "this_week", "last_week") else f"in {words}"


def before_words(span: Span) -> str:
    """Formats the days that a span is compared with: `the 7 days before`, `the week before`, `the same days of October`."""
    if span.kind in ("week", "last_week"):
        return "the week before"
    if span.kind in ("period", "month"):
        return f"the same days of {period_words(span.before_name)}"
    if span.before_name:
        whole = period_words(span.before_name)
        return whole if span.name else f"the same days of {whole}"  # a quarter or year that still runs has no name
    if span.kind == "this_week":
        return "the same days of last week"
    return "the day before" if span.days == 1 else f"the {span.days} days before"


def whose(team: Team, teams_below: int) -> str:
    """Returns a team's name, escaped, with how many teams below its figures include."""
    return f"{name(team.name)} with its {counted(teams_below, 'team')}" if teams_below else name(team.name)


def zone_words(zone: str) -> str:
    """Formats a zone as its place: `London time`, `New York time`, `UTC`."""
    place = zone.rpartition("/")[2].replace("_", " ")
    return "UTC" if zone.upper() in ("UTC", "ETC/UTC", "GMT") else f"{place} time"


def local_moment(at: int, *, zone: str) -> str:
    """Formats a moment in a zone that the message names: `Mon 23 Nov 05:00`."""
    local = moment(at).astimezone(zone_of(zone))
    return f"{day_text(day_number(local.date()))} {local:%H:%M}"


def local_moment_words(at: int, *, zone: str) -> str:
    """Formats the same with the zone: `Mon 23 Nov 05:00 London time`. A picture beside it has the same times."""
    return f"{local_moment(at, zone=zone)} {zone_words(zone)}"


NO_PRICE = "no price yet"


def unpriced_words(tokens: int) -> str:
    """Formats usage that has no cost yet: `21.4M tokens with no price yet`."""
    return f"{tokens_short(tokens)} tokens with {NO_PRICE}"


def cost_words(nanos: int, *, has_no_price: bool) -> str:
    """Formats a cost to the cent, or that all of it lacks a price: that is never $0.00."""
    return NO_PRICE if has_no_price else usd(nanos)


def round_cost_words(nanos: int, *, has_no_price: bool) -> str:
    """Formats the same in whole dollars from a hundred on, as in tables and forecasts."""
    return NO_PRICE if has_no_price else usd_round(nanos)


def no_comparison_words(first_day: int) -> str:
    """Formats why there is no change: the days before are incomplete."""
    return f"no full comparison yet: first usage {short_day_text(first_day)}"


def spend_change_words(spend: Spend) -> str:
    """Formats the change of a spend: `18% more than the week before`, or why there is none yet."""
    if spend.first_day is not None:
        return no_comparison_words(spend.first_day)
    if spend.before_has_no_price:
        return f"with {NO_PRICE} for {before_words(spend.span)}"
    return change_words(spend.cost_nanos, spend.before_nanos, before=before_words(spend.span))


def until_words(at: int, *, zone: str, today: int | None = None) -> str:
    """Formats the end of a half-open span of time: `until 30 Nov` where a day ends with it, else the moment. The year is
    named if it is not that of `today`."""
    last = local_day(at - 1, zone)
    if local_day(at, zone) == last:
        return f"until {date_mark(at, timezone=zone)}"
    is_other_year = today is not None and date_of(last).year != date_of(today).year
    return f"until {short_day_text(last)}{f' {date_of(last).year}' if is_other_year else ''}"


def range_words(low_nanos: int, high_nanos: int) -> str:
    """Formats ` ($5,120–$5,860)`, the range of a forecast; nothing if both ends read the same."""
    low, high = usd_round(low_nanos), usd_round(high_nanos)
    return f" ({low}–{high})" if low != high else ""


def change_words(now_nanos: int, before_nanos: int, *, before: str) -> str:
    """Formats a change, `18% more than the week before`; `before` names the compared days."""
    if before_nanos <= 0:
        return f"after nothing {before}" if now_nanos > 0 else f"as in {before}"
    if now_nanos == before_nanos:
        return f"the same as {before}"
    if now_nanos >= before_nanos * _MANY_TIMES:
        return f"{now_nanos / before_nanos:.3g} times {before}"
    difference = abs(now_nanos - before_nanos)
    share = percent(difference, before_nanos)
    shown = f"less than {percent(1, 100)}" if share == "0%" else share
    return f"{shown} {'more' if now_nanos > before_nanos else 'less'} than {before}"


def times_words(now_nanos: int, usual_nanos: int) -> str:
    """Formats `177×` or `2.4×`, with one decimal below ten; `usual_nanos` is above zero."""
    times = now_nanos / usual_nanos
    return f"{times:,.0f}×" if times >= 10 else f"{times:.1f}×"


def signed_usd(nanos: int) -> str:
    """Formats `+$120.00` or `-$5.00`."""
    return f"+{usd(nanos)}" if nanos > 0 else usd(nanos)


def part_name(typed: str, *, kind: str = "tool") -> str:
    """Returns a tool's, model's or key's name, escaped, or words for a missing name."""
    return name(typed) if typed.strip() else f"unnamed {kind}"


def rest_cost_words(rest: Sequence[Share]) -> str:
    """Formats the cost of what a list leaves out, or that all of it lacks a price."""
    cost = sum(share.cost_nanos for share in rest)
    return cost_words(cost, has_no_price=cost == 0 and any(share.has_no_price for share in rest))


def share_lines(shares: Sequence[Share], *, total_nanos: int, most: int = 5, kind: str = "tool") -> str:
    """Returns one line per large part with dollars, share and tokens, and one line for the rest."""
    shares = [s for s in shares if s.cost_nanos or s.tokens]
    lines = [f"• {part_name(s.name, kind=kind)}: {share_words(s, total_nanos=total_nanos)}" for s in shares[:most]]
    rest = shares[most:]
    if rest:
        lines.append(f"• {counted(len(rest), 'other')}: {rest_cost_words(rest)}")
    return "\n".join(lines)


def share_words(share: Share, *, total_nanos: int) -> str:
    """Formats `$4.00 (6%), 10M tokens`, with the tokens that lack a price, or `no price yet, 10M tokens`."""
    tokens = f"{tokens_short(share.tokens)} tokens"
    if share.has_no_price:
        return f"{NO_PRICE}, {tokens}"
    lacking = f" ({tokens_short(share.unpriced_tokens)} with {NO_PRICE})" if share.unpriced_tokens else ""
    return f"{usd(share.cost_nanos)} ({percent(share.cost_nanos, total_nanos)}), {tokens}{lacking}"


def progress_bar(part: int, whole: int) -> str:
    """Returns `▰▰▰▱▱▱▱▱▱▱ 31%`. The bar is full only from 100% on; above it, the number shows the excess."""
    if whole <= 0:
        return "▱" * _BAR_CELLS + " no budget"
    filled = min(_BAR_CELLS, max(0, part * _BAR_CELLS // whole))
    if part > 0 and filled == 0:
        filled = 1
    return "▰" * filled + "▱" * (_BAR_CELLS - filled) + f" {percent(part, whole)}"


def budget_words(balance: Balance) -> str:
    """Formats what is left of a budget, such as `$340.00 available of $1,000.00`, or that there is none."""
    if balance.budget != "set":
        return "no budget now"
    return f"{usd(balance.available_nanos)} available of {usd(balance.allocated_nanos)}"


def a_day(nanos: int) -> str:
    """Formats `$1,670 a day`."""
    return f"{usd_round(nanos)} a day"


def an_hour(nanos: int) -> str:
    """Formats `$460 an hour`."""
    return f"{usd_round(nanos)} an hour"
