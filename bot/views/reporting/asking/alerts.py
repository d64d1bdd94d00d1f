"""`/tokens alerts`: the alerts of a team that run or ran lately, with their answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerting.budget_facts import ForecastFacts, ThresholdFacts
from bot.alerting.facts import AlertFacts
from bot.alerting.part_alerts import PartFacts
from bot.alerting.spike_facts import SpikeFacts
from bot.messages import Block, Message
from bot.money import usd
from bot.org.teams import Team
from bot.periods import day_text
from bot.views.blocks import context, date_mark, name, section
from bot.views.wording import counted, part_name

MOST_LISTED = 12
_PART_KINDS = {"credential": "key"}


@dataclass(frozen=True, kw_only=True)
class ListedAlert:
    """An alert of the list: its figures, since when, until when, and its answer in mrkdwn."""

    alert_id: int
    facts: SpikeFacts | AlertFacts
    opened_at: int
    closed_at: int | None
    answer: str | None


def alerts_message(
    team: Team, listed: Sequence[ListedAlert], *, running: int, ended: int, days_words: str, zone: str
) -> Message:
    """Returns the alerts of a team, those that run first, each in a line with its answer. `listed` may be the first of
    them; `days_words` says of which days they are."""
    key = f"alerts-{team.id}"
    if not listed:
        text = f"No alert of {name(team.name)} runs, and none was posted {days_words}."
        return Message(text=text, blocks=(section(text, block_id=key),))
    counts = [(running, "running"), (ended, f"ended {days_words}")]
    said_counts = [f"{counted(number, 'alert')} {what}" for number, what in counts if number]
    lead = f"{name(team.name)}: {', '.join(said_counts)}."
    blocks: list[Block] = [section(f"*{lead}*", block_id=key)]
    said = [lead]
    for alert in listed[:MOST_LISTED]:
        what, when = alert_words(alert.facts), _when(alert, zone)
        answer = alert.answer or ("No answer yet" if alert.closed_at is None else "Nobody answered")
        blocks.append(section(f"{what} · {when}", block_id=f"{key}-{alert.alert_id}"))
        blocks.append(context(answer, block_id=f"{key}-{alert.alert_id}-answer"))
        said.append(f"{what}, {when}: {answer}.")
    if (rest := running + ended - len(listed[:MOST_LISTED])) > 0:
        more = f"And {counted(rest, 'older alert')}."
        blocks.append(context(more, block_id=f"{key}-more"))
        said.append(more)
    return Message(text=" ".join(said), blocks=tuple(blocks))


def alert_words(facts: SpikeFacts | AlertFacts) -> str:
    """Returns an alert in a few words, with its figures."""
    if isinstance(facts, SpikeFacts):
        part = ""
        if facts.part is not None:
            kind = _PART_KINDS.get(facts.part[0], facts.part[0])
            part = f" of {kind} {part_name(facts.part[1], kind=kind)}"
        usual = f"; usual peak {usd(facts.usual_nanos)}" if facts.usual_nanos > 0 else ""
        return f"Spike{part}: {usd(facts.observed_nanos)} in {counted(facts.window_hours, 'hour')}{usual}"
    if isinstance(facts, ThresholdFacts):
        return f"Budget: {facts.percent}% used{' or held' if facts.by_holds else ''}"
    if isinstance(facts, PartFacts):
        spent = f"{usd(facts.spent_nanos)} of {usd(facts.amount_nanos)}"
        return f"Budget of {name(facts.pattern)}: {facts.percent}% used, {spent}"
    if isinstance(facts, ForecastFacts):
        return f"Forecast: the budget runs out on {day_text(facts.forecast.shown_day)}"
    return "Alert"


def _when(alert: ListedAlert, zone: str) -> str:
    since = date_mark(alert.opened_at, timezone=zone)
    return (
        f"since {since}" if alert.closed_at is None else f"{since}, ended {date_mark(alert.closed_at, timezone=zone)}"
    )
