"""What a channel sees of a spike: how far above its usual a team's spend is, and what drives it."""

from typing import Any

from bot.alerts import SpikeAlert
from bot.messages import Block, Message
from bot.money import percent, usd, usd_round
from bot.periods import HOUR_MICROS
from bot.teams import Team
from bot.views.alerts import answer_blocks
from bot.views.blocks import context, date_mark, name, picture, plain, section
from bot.views.wording import counted, part_name

_MOST_CONTRIBUTORS = 5
_DIMENSIONS = {"credential": "key", "model": "model", "tool": "tool", "workflow": "workflow"}


def spike_message(
    alert: SpikeAlert,
    *,
    team: Team,
    alert_id: int,
    command: str,
    zone: str,
    answered: str | None,
    closed: bool,
    chart: dict[str, Any] | None,
) -> Message:
    """A team's spend is far above its usual, and what it is made of; the same message is updated until it ends.

    `answered` is a sentence in mrkdwn that takes the place of the buttons. `chart` is an encoded SpikeHours. People are
    never named.
    """
    key = f"alert-{alert_id}"
    if answered:
        key += "-answered"
    if closed:
        key += "-closed"
    shown = name(team.name)
    hours = counted(alert.window_hours, "hour")
    amount, usual = usd_round(alert.observed_nanos), usd_round(alert.usual_nanos)
    compared = f"{usual} is a usual peak" if alert.usual_nanos > 0 else "usually there is nothing"
    verb = "was" if closed or not alert.ongoing else "is"
    found = f"Spend of {shown} {verb} far above its usual: {amount} in {hours}, where {compared}"
    since = date_mark(alert.from_hour * HOUR_MICROS, timezone=zone)
    times = f", {alert.observed_nanos / alert.usual_nanos:,.1f} times" if alert.usual_nanos > 0 else ""
    excess = f"{usd(alert.excess_nanos)} more than usual{times}"
    ended = " The spike has ended." if closed else ""
    lead = f"*{found}.*{ended}\nSince {since} · severity {alert.severity} · {excess}"
    blocks: list[Block] = [section(lead, block_id=f"{key}-headline")]
    if alert.contributors:
        blocks.append(section(f"*What drives it*\n{_contributors(alert)}", block_id=f"{key}-drivers"))
    if chart is not None:
        blocks.append(picture(0, block_id=f"{key}-chart"))
    if closed:
        if answered:
            blocks.append(context(answered, block_id=f"{key}-answered"))
    else:
        what = f"the spike of {plain(team.name, limit=40)}"
        blocks += answer_blocks(key, alert_id, answered, what=what, others=(), expectable=True)
    blocks.append(context(f"`{command}` here shows how the team stands now.", block_id=f"{key}-notes"))
    first = alert.contributors[0] if alert.contributors else None
    driver = f" Most of it: {_contributor(alert, 0)}." if first else ""
    said = f" {answered}" if answered else ""
    text = f"{found}: {excess}, severity {alert.severity}.{driver}{ended}{said}"
    return Message(text=text, blocks=tuple(blocks), charts=(chart,) if chart is not None else ())


def _contributors(alert: SpikeAlert) -> str:
    shown = [f"{rank}. {_contributor(alert, rank - 1)}" for rank in range(1, len(alert.contributors) + 1)]
    return "\n".join(shown[:_MOST_CONTRIBUTORS])


def _contributor(alert: SpikeAlert, at: int) -> str:
    part = alert.contributors[at]
    kind = _DIMENSIONS[part.dimension]
    new = ", new" if part.is_new else ""
    share = percent(part.cost_nanos, alert.observed_nanos)
    return f"{kind} {part_name(part.name, kind=kind)} {usd(part.cost_nanos)} ({share}{new})"
