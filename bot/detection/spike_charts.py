"""The chart of an incident: its hours beside their usual band."""

from bot.charts.values import SpikeHours
from bot.detection.detector.spike_bands import usual_band
from bot.detection.histories import PART_NOUNS, Ints, SpendPart
from bot.detection.incidents import Incident
from bot.money import usd_round
from bot.org.teams import Team
from bot.periods import HOUR_MICROS
from bot.text import plain

CHART_HOURS, MAX_CHART_HOURS = 48, 168
AFTER_HOURS = 12
"""The hours shown before and after a spike: one that ended days ago is still in its chart."""
_NAME_CHARACTERS = 40


def spike_chart(team: Team, incident: Incident, costs: Ints, *, first_hour: int, this_hour: int) -> SpikeHours:
    """Returns an incident's chart; `costs` are nano-dollars by hour from `first_hour` on, to `this_hour` at most."""
    over = incident.from_hour + incident.window_hours
    end = min(first_hour + len(costs), over + AFTER_HOURS)
    costs = costs[: end - first_hour]
    lead = end - incident.from_hour + AFTER_HOURS
    shown = min(max(CHART_HOURS, lead), MAX_CHART_HOURS, len(costs))
    low, high = usual_band(costs, shown)
    subject = team.name if incident.part is None else f"{team.name}, {_part_label(incident.part)}"
    amount, usual = usd_round(incident.observed_nanos), usd_round(incident.usual_nanos)
    title = f"{subject}: {amount} in {incident.window_hours} h, usually {usual}"
    return SpikeHours(
        title=title,
        subtitle="Cost per hour, with the usual band",
        hours=tuple(range(end - shown, end)),
        observed_nanos=tuple(costs[-shown:].tolist()),
        usual_low_nanos=tuple(low.tolist()),
        usual_high_nanos=tuple(high.tolist()),
        marked_from=incident.from_hour,
        silent=tuple((s.from_hour, s.end_hour or this_hour) for s in incident.silences),
        timezone=team.zone_on(incident.from_hour * HOUR_MICROS),
        marked_until=over if over < end - 1 else None,
        alt=title + ". Hours above the band are marked.",
    )


def _part_label(part: SpendPart) -> str:
    """Returns `key ci-7`."""
    return f"{PART_NOUNS[part.kind]} {plain(part.name, limit=_NAME_CHARACTERS)}"
