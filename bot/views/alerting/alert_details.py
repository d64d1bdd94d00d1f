"""The details of a spike as a modal: why it alerted, its hours, and its parts."""

from typing import Any

from bot.alerting.alert_details import AlertDetails
from bot.messages import Block
from bot.money import percent, usd, usd_round
from bot.periods import HOUR_MICROS, moment, zone
from bot.text import plain
from bot.views.blocks import actions, button, context, name, page, section
from bot.views.books.budgets import REQUEST_BUDGET
from bot.views.wording import counted, local_moment_words, part_name, times_words

_MAX_HOURS = 30
_MAX_PARTS = 12
_MAX_PEOPLE = 15
_MAX_CHARACTERS = 2_800
_KINDS = {"credential": "key"}


def details_view(details: AlertDetails) -> dict[str, Any]:
    """Returns the modal."""
    team = details.team
    clock = team.zone_on(details.from_hour * HOUR_MICROS)
    since = local_moment_words(details.from_hour * HOUR_MICROS, zone=clock)
    amount, hours = usd_round(details.observed_nanos), counted(details.window_hours, "hour")
    rule = f"{amount} in {hours}; this team normally spends nothing then."
    if details.usual_nanos > 0:
        above = times_words(details.observed_nanos, details.usual_nanos)
        rule = (
            f"{amount} in {hours}, {above} the {usd_round(details.usual_nanos)} that this team normally spends at most."
        )
    lead = f"*Spike of {name(team.name)}*\nSince {since} · severity {details.severity}\nWhy this alerted: {rule}"
    blocks: list[Block] = [section(lead, block_id="details-lead")]
    if details.answered:
        blocks.append(context(details.answered, block_id="details-answer"))
    if details.hours:
        blocks.append(section(f"*Hour by hour*, {clock}\n```{_hours(details, clock)}```", block_id="details-hours"))
    if details.parts:
        blocks.append(section(f"*What drives it*\n{_parts(details)}", block_id="details-parts"))
    if details.people is not None:
        blocks.append(section(f"*People*\n{_people(details)}", block_id="details-people"))
    notes = []
    if details.own_nanos > 0:
        notes.append(f"{usd(details.own_nanos)} of it is your own use; only you see that.")
    if details.people_note:
        notes.append(details.people_note)
    if notes:
        blocks.append(context(" ".join(notes), block_id="details-notes"))
    shown = plain(team.name, limit=40)
    if team.mode == "govern":
        label = f"Request budget for {shown}"
        request = button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label)
        blocks.append(actions(request, block_id="details-actions"))
    return page(title="Details of the spike", blocks=blocks)


def _hours(details: AlertDetails, clock: str) -> str:
    """Returns one line per hour: time, cost, usual band, and whether the cost is above it."""
    lines = []
    for line in details.hours[-_MAX_HOURS:]:
        local = moment(line.hour * HOUR_MICROS).astimezone(zone(clock))
        band = f"{usd_round(line.low_nanos)} to {usd_round(line.high_nanos)}"
        above = ", above it" if line.cost_nanos > line.high_nanos else ""
        lines.append(f"{local:%a %d %b %H:%M}  {usd_round(line.cost_nanos):>8}  usual {band}{above}")
    return "\n".join(lines)


def _parts(details: AlertDetails) -> str:
    lines: list[str] = []
    for part in details.parts[:_MAX_PARTS]:
        kind = _KINDS.get(part.dimension, part.dimension)
        usual = f"usually {usd(part.usual_nanos)}" if part.usual_nanos > 0 else "usually nothing"
        share = percent(part.cost_nanos, details.observed_nanos)
        line = f"• {kind} {part_name(part.name, kind=kind)}: {usd(part.cost_nanos)} ({share} of the spend), {usual}"
        if sum(map(len, lines)) + len(line) > _MAX_CHARACTERS:  # escaping may lengthen names
            break
        lines.append(line)
    return "\n".join(lines)


def _people(details: AlertDetails) -> str:
    assert details.people is not None
    lines = [f"• {who}: {usd(nanos)}" for who, nanos in details.people[:_MAX_PEOPLE]]
    rest = details.people[_MAX_PEOPLE:]
    if rest:
        lines.append(f"• {counted(len(rest), 'other')}: {usd(sum(nanos for _, nanos in rest))}")
    return "\n".join(lines)
