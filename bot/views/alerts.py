"""What a channel sees of an alert: a threshold that was crossed, a spike and what drives it."""

from typing import Any

from bot.alerts import SpikeAlert
from bot.budgets import Standing
from bot.messages import Block, Message
from bot.money import percent, usd, usd_round
from bot.periods import HOUR_MICROS
from bot.teams import Team
from bot.views.blocks import Element, actions, button, context, date_mark, name, overflow, picture, plain, section
from bot.views.budget_requests import REQUEST_BUDGET
from bot.views.budgets import figures, headline, outlook
from bot.views.wording import counted, part_name

ACKNOWLEDGE_ALERT = "acknowledge_alert"
EXPECT_ALERT = "expect_alert"
ALERT_MENU = "alert_menu"
"""Buttons carry the alert's id; the menu's options say which of them it is, then the alert's id."""
ASK_FOR_BUDGET = "request"
SHOW_THE_TEAM = "standing"

_MOST_CONTRIBUTORS = 5
_DIMENSIONS = {"credential": "key", "model": "model", "tool": "tool", "workflow": "workflow"}


def threshold_message(
    standing: Standing, percent: int, *, alert_id: int, command: str, answered: str | None
) -> Message:
    """A team's spend crossed a share of its budget. `answered` is a sentence in mrkdwn that says who is on it."""
    team, key = standing.team, f"alert-{alert_id}{'-answered' if answered else ''}"
    crossed = f"{name(team.name)} has used up its budget"
    if percent != 100:
        crossed = f"{name(team.name)} has passed {percent} % of its budget"
    now = f"{headline(standing)} {outlook(standing)}"
    shown = plain(team.name, limit=40)
    label = f"Request budget for {shown}"
    request = button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label)
    blocks: list[Block] = [
        section(f"*{crossed}.* {now}", block_id=f"{key}-headline", fields=figures(standing)),
        *_answers(key, alert_id, answered, what=f"the budget alert of {shown}", others=(request,), expectable=False),
        context(f"`{command}` here shows how the team stands now.", block_id=f"{key}-notes"),
    ]
    said = f" {answered}" if answered else ""
    return Message(text=f"{crossed}. {now}{said}", blocks=tuple(blocks))


def threshold_resolved_message(standing: Standing, percent: int, *, alert_id: int, because: str) -> Message:
    """What becomes of a budget alert once more budget was granted. `because` is a sentence in mrkdwn."""
    line = "100 %" if percent == 100 else f"{percent} %"
    text = f"{name(standing.team.name)} is below {line} of its budget again: {because} {headline(standing)}"
    return Message(text=text, blocks=(section(text, block_id=f"alert-{alert_id}-resolved"),))


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
    menu = overflow(
        ("Request budget", f"{ASK_FOR_BUDGET}:{alert_id}"),
        ("How the team stands", f"{SHOW_THE_TEAM}:{alert_id}"),
        action_id=ALERT_MENU,
    )
    if closed:
        if answered:
            blocks.append(context(answered, block_id=f"{key}-answered"))
    else:
        what = f"the spike of {plain(team.name, limit=40)}"
        blocks += _answers(key, alert_id, answered, what=what, others=(menu,), expectable=True)
    blocks.append(context(f"`{command}` here shows how the team stands now.", block_id=f"{key}-notes"))
    first = alert.contributors[0] if alert.contributors else None
    driver = f" Most of it: {_contributor(alert, 0)}." if first else ""
    said = f" {answered}" if answered else ""
    text = f"{found}: {excess}, severity {alert.severity}.{driver}{ended}{said}"
    return Message(text=text, blocks=tuple(blocks), charts=(chart,) if chart is not None else ())


def _answers(
    key: str, alert_id: int, answered: str | None, *, what: str, others: tuple[Element, ...], expectable: bool
) -> list[Block]:
    """The two answers and what else one can do; once somebody answered, their sentence and what else one can do."""
    if answered:
        return [
            context(answered, block_id=f"{key}-answer"),
            actions(*others, block_id=f"{key}-after"),
        ]
    given = [button("I'm on it", action_id=ACKNOWLEDGE_ALERT, value=alert_id, label=f"I'm on it: {what}")]
    if expectable:
        planned = f"This was planned: {what}"
        given.append(button("This was planned", action_id=EXPECT_ALERT, value=alert_id, label=planned))
    return [actions(*given, *others, block_id=f"{key}-actions")]


def _contributors(alert: SpikeAlert) -> str:
    shown = [f"{rank}. {_contributor(alert, rank - 1)}" for rank in range(1, len(alert.contributors) + 1)]
    return "\n".join(shown[:_MOST_CONTRIBUTORS])


def _contributor(alert: SpikeAlert, at: int) -> str:
    part = alert.contributors[at]
    kind = _DIMENSIONS[part.dimension]
    new = ", new" if part.is_new else ""
    share = percent(part.cost_nanos, alert.observed_nanos)
    return f"{kind} {part_name(part.name, kind=kind)} {usd(part.cost_nanos)} ({share}{new})"
