"""The times of decisions in words: for managers and finance, by team, never by person."""

from bot.requests.waiting.decision_times import DECISION_DAYS, DecisionTimes
from bot.views.blocks import date_mark, name
from bot.views.requests.waiting.reminders import worked_words
from bot.views.wording import counted


def times_words(times: DecisionTimes) -> str:
    """Returns one line: `Median time to decide: 40 working minutes (12 decisions in 30 days); 75% within 15 minutes`."""
    said = []
    if times.median_micros is not None and times.quick_share is not None:
        median = worked_words(times.median_micros)
        of = f"{counted(times.decided, 'decision')} in {DECISION_DAYS} days"
        said.append(f"Median time to decide: {median} ({of}), {times.quick_share:.0%} within 15 working minutes.")
    if times.automatic:
        verb = "was" if times.automatic == 1 else "were"
        said.append(f"{counted(times.automatic, 'more request')} {verb} approved by policy.")
    if times.expired:
        said.append(f"{times.expired} expired.")
    if times.oldest_at is not None:
        said.append(f"Oldest of {times.waiting} waiting: since {date_mark(times.oldest_at)}.")
    return " ".join(said)


def team_line(team: str, times: DecisionTimes) -> str:
    """Returns `Search: 40 working minutes, 75% within 15 (12 decisions)`."""
    assert times.median_micros is not None
    assert times.quick_share is not None
    median = worked_words(times.median_micros)
    return f"{name(team)}: {median}, {times.quick_share:.0%} within 15 ({counted(times.decided, 'decision')})"
