"""The line at the top of Home: what needs the person first, or that all is well."""

from collections.abc import Callable

from bot.books.budgets import Standing
from bot.periods import day_text
from bot.reporting.concerns import Concern, concerns_of, run_out_day
from bot.reporting.reports import Home
from bot.views.blocks import date_mark, name
from bot.views.books.budgets import has_budget, headline
from bot.views.wording import counted, requests_waiting

_SENTENCES = 3


def status_words(shown: Home) -> str:
    """Returns the most urgent concerns, and how many more there are; if there are none, the best news."""
    concerns = concerns_of(shown)
    if not concerns:
        return _all_is_well(shown)
    told = [_WORDS[concern.kind](concern) for concern in concerns[:_SENTENCES]]
    rest = len(concerns) - _SENTENCES
    return " ".join([*told, f"{counted(rest, 'more thing')} to look at below."] if rest > 0 else told)


def _all_is_well(shown: Home) -> str:
    budgets = [s for s in shown.standings if has_budget(s)]
    if shown.company is not None:
        return "All is well: nothing is waiting, every budget lasts, and all sources report."
    if len(shown.standings) == 1:
        return headline(shown.standings[0])
    if budgets:
        return "All is well: nothing is waiting for you, and every budget of your teams lasts."
    return "Nothing is waiting for you."


def _names(standings: tuple[Standing, ...], most: int = 3) -> str:
    names = ", ".join(name(s.team.name, limit=40) for s in standings[:most])
    return f"{names} and {len(standings) - most} more" if len(standings) > most else names


def _running_out(concern: Concern) -> str:
    first, rest = concern.standings[0], len(concern.standings) - 1
    pace, day = first.forecast.pace, run_out_day(first)
    more = f", and {counted(rest, 'other team')} after it" if rest else ""
    if pace is not None and pace.run_out_at is not None:
        when = f"{date_mark(pace.run_out_at, timezone=first.zone)} at the current pace"
    else:
        assert day is not None, "a budget that runs out has its day"
        when = f"on {day_text(day)}"
    return f"{name(first.team.name, limit=40)} runs out {when}{more}."


def _is(count: int, noun: str, words: str) -> str:
    return f"{counted(count, noun)} {'is' if count == 1 else 'are'} {words}."


_WORDS: dict[str, Callable[[Concern], str]] = {
    "requests": lambda concern: f"{requests_waiting(concern.count, 'you')}.",
    "caps": lambda concern: f"{counted(concern.count, 'gateway cap')} changed by hand: choose below.",
    "alerts": lambda concern: _is(concern.count, "alert", "unanswered"),
    "spent_out": lambda concern: f"Nothing is left for {_names(concern.standings)}.",
    "running_out": _running_out,
    "silent": lambda concern: _is(concern.count, "source", "silent"),
    "routes": lambda concern: f"{counted(concern.count, 'channel')} can't be reached.",
    "unread": lambda concern: f"{counted(concern.count, 'source')} sent usage that no rule books.",
    "quarantine": lambda concern: _is(concern.count, "row", "in quarantine"),
    "overlaps": lambda concern: f"{counted(concern.count, 'pair')} of sources may report the same calls.",
    "cross_checks": lambda concern: f"{counted(concern.count, 'model')} had calls that nobody booked.",
    "failed_caps": lambda concern: (
        f"{counted(concern.count, 'gateway cap')} needs a look."
        if concern.count == 1
        else f"{counted(concern.count, 'gateway cap')} need a look."
    ),
    "unattributed": lambda _: "More than 1% of the spend is unattributed.",
    "unpriced": lambda concern: f"{counted(concern.count, 'model')} without a price.",
    "disagreements": lambda _: "Our prices differ from what senders report.",
    "lost_managers": lambda concern: f"{counted(concern.count, 'team')} without a manager in Slack.",
    "drifts": lambda concern: f"Gateways count {counted(concern.count, 'team')} differently.",
    "undelivered": lambda concern: f"{counted(concern.count, 'message')} could not be delivered.",
}
