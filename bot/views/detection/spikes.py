"""The message of a spike: how far a team's spend is above its usual, and what drives it."""

from typing import Any

from bot.alerting.alerts import Contributor, SpikeAlert
from bot.detection.histories import PART_NOUNS, PartKind
from bot.detection.shared_rises import MAX_HOURS, SharedRise
from bot.messages import Block, Message
from bot.money import percent, usd, usd_round
from bot.org.teams import Team
from bot.periods import HOUR_MICROS
from bot.text import plain
from bot.views.alerting.alerts import answer_blocks
from bot.views.blocks import chart_placeholder, context, name, section
from bot.views.books.budgets import team_may_request
from bot.views.detection.data_gaps import silence_words
from bot.views.spoken import with_figures
from bot.views.wording import counted, local_moment_words, part_name, times_words

_MAX_CONTRIBUTORS = 5
_MAX_SILENCES = 3


def spike_message(
    alert: SpikeAlert,
    *,
    team: Team,
    alert_id: int,
    command: str,
    zone: str,
    answered: str | None,
    closed: bool,
    is_planned: bool = False,
    chart: dict[str, Any] | None,
) -> Message:
    """Returns an incident's message, which is edited until it ends; it never names people.

    `answered` is a sentence in mrkdwn in place of the buttons, `chart` an encoded SpikeHours.
    """
    key = f"alert-{alert_id}"
    if answered:
        key += "-answered"
    if closed:
        key += "-closed"
    shown = name(team.name)
    if alert.part is not None:
        shown = f"{_part_words(*alert.part)} in {shown}"
    hours = counted(alert.window_hours, "hour")
    amount, usual = usd_round(alert.observed_nanos), usd_round(alert.usual_nanos)
    compared = f"Usual peak: {usual}" if alert.usual_nanos > 0 else "Usually nothing"
    found = f"{shown} spent {amount} in {hours}. {compared}"
    since = local_moment_words(alert.from_hour * HOUR_MICROS, zone=zone)
    above = f" · {times_words(alert.observed_nanos, alert.usual_nanos)} usual" if alert.usual_nanos > 0 else ""
    ended = " The spike has ended." if closed else ""
    if alert.shared:
        ended = " Most teams rose at the same time: this is likely a provider that catches up, and no spike."
    lead = f"*{found}.*{ended}\nSince {since} · severity {alert.severity}{above}"
    blocks: list[Block] = [section(lead, block_id=f"{key}-headline")]
    if alert.contributors:
        drivers = f"*What drives it*\n{_contributors(alert, zone=zone)}"
        blocks.append(section(drivers, block_id=f"{key}-drivers"))
    silent = [silence_words(silence, zone=zone) for silence in alert.silences[:_MAX_SILENCES]]
    if silent:
        blocks.append(context(*silent, block_id=f"{key}-silences"))
    if chart is not None:
        blocks.append(chart_placeholder(0, block_id=f"{key}-chart"))
    if closed:
        if answered:
            blocks.append(context(answered, block_id=f"{key}-answered"))
    else:
        what = f"the spike of {plain(team.name, limit=40)}"
        blocks += answer_blocks(
            key,
            alert_id,
            answered,
            what=what,
            others=(),
            expectable=True,
            may_request=team_may_request(team),
            is_planned=is_planned,
        )
    blocks.append(context(f"`{command}` here shows how the team stands now.", block_id=f"{key}-notes"))
    driver = f" Most of it: {_contributor(alert, alert.contributors[0], zone=zone)}." if alert.contributors else ""
    said = f" {answered}" if answered else ""
    gaps = "".join(f" {words}." for words in silent)
    text = f"{found} · severity {alert.severity}{above}.{driver}{gaps}{ended}{said}"
    parts = [f"Since {since}", *(_contributors(alert, zone=zone).splitlines()[1:] if alert.contributors else [])]
    return Message(text=with_figures(text, parts), blocks=tuple(blocks), charts=(chart,) if chart is not None else ())


def _part_words(kind: PartKind, typed: str) -> str:
    """Returns `key ci-7` in mrkdwn."""
    noun = PART_NOUNS[kind]
    return f"{noun} {part_name(typed, kind=noun)}"


def _contributors(alert: SpikeAlert, *, zone: str) -> str:
    shown = [_contributor(alert, part, zone=zone) for part in alert.contributors[:_MAX_CONTRIBUTORS]]
    return "\n".join(f"{rank}. {words}" for rank, words in enumerate(shown, 1))


def _contributor(alert: SpikeAlert, part: Contributor, *, zone: str) -> str:
    """Returns `key ci-4 $900.00 (85% of it), new, first seen 23 Nov`; the share is of the excess."""
    if part.first_hour is not None:
        usual = f"new, first seen {local_moment_words(part.first_hour * HOUR_MICROS, zone=zone)}"
    else:
        usual = f"usually {usd(part.usual_nanos)}" if part.usual_nanos else "usually nothing"
    share = percent(min(part.rise_nanos, alert.excess_nanos), alert.excess_nanos)
    return f"{_part_words(part.dimension, part.name)} {usd(part.cost_nanos)} ({share} of it), {usual}"


def shared_rise_message(rise: SharedRise, *, zone: str) -> Message:
    """Returns the message to finance about a rise that most teams share; no team gets one."""
    first = min(rise.hours)
    start = local_moment_words(first * HOUR_MICROS, zone=zone)
    lead = (
        f"{counted(rise.teams, 'team')} rose together at {start}: {usd_round(rise.rise_nanos)} more than a week before"
    )
    why = "So many at once is likely a provider or gateway that catches up with its reports, so no team is told of a spike."
    then = f"If it goes on for more than {counted(MAX_HOURS, 'hour')}, each team is."
    return Message(
        text=f"{lead}. {why} {then}",
        blocks=(section(f"*{lead}.*\n{why} {then}", block_id=f"shared-rise-{first}"),),
    )
