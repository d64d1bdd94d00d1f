"""The messages of delivery rules: the day's summary of alerts, and escalations."""

import re
from collections.abc import Sequence

from bot.messages import Block, Message
from bot.org.teams import Team
from bot.text import plain
from bot.views.alerting.alerts import ACKNOWLEDGE_ALERT
from bot.views.blocks import Element, actions, button, context, mention_of_channel, name, section, select
from bot.views.wording import counted

POST_SUMMARIZED_ALERT = "say_summed_alert"
OPEN_ALERT_SETTINGS = "open_alert_settings"
"""The button carries the team's id."""

_MAX_LINES = 10
_LINE_CHARACTERS = 180
_TOKENS = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)


def grouped_alerts_message(team: Team, *, lines: Sequence[tuple[int, str]], day: int) -> Message:
    """Returns the summary of a day's alerts beyond the team's daily cap. `lines` are (alert id, its text in mrkdwn),
    oldest first; a menu posts one of the newest alone."""
    key = f"more-alerts-{team.id}-{day}-{len(lines)}"
    lead = f"{counted(len(lines), 'more alert')} of {name(team.name)} today"
    numbered = [f"{number}. {one_line(text)}" for number, (_, text) in enumerate(lines, start=1)]
    shown = numbered[-_MAX_LINES:]
    rest = len(numbered) - len(shown)
    earlier = [f"and {counted(rest, 'earlier one')}"] if rest else []
    cap = (
        f"{name(team.name)} wants {counted(team.alerts.daily_cap, 'alert')} a day one by one; critical ones always are."
    )
    choices = list(enumerate(lines, start=1))[-_MAX_LINES:]
    options = [(f"Say alert {number} by itself", alert) for number, (alert, _) in choices]
    menu = select(options, action_id=POST_SUMMARIZED_ALERT, chosen=None, placeholder="Say one by itself")
    body = "\n".join([*shown, *earlier])
    blocks = (
        section(f"*{lead}*\n{body}", block_id=f"{key}-lines"),
        actions(settings_button(team), menu, block_id=f"{key}-actions"),
        context(cap, block_id=f"{key}-notes"),
    )
    return Message(text=f"{lead}: {'; '.join(shown[:3])}", blocks=blocks)


def escalation_message(
    team: Team, *, alert_id: int, text: str, minutes: int, channel_id: str, ended: str | None
) -> Message:
    """Returns the message that escalates an unanswered critical alert after `minutes`; 0 leaves out the time. `ended`
    is a sentence in mrkdwn once the alert was answered or ended."""
    key = f"escalation-{alert_id}{'-ended' if ended else ''}"
    where = f" It is in {mention_of_channel(channel_id)}." if channel_id else ""
    waited = f"for {counted(minutes, 'minute')}" if minutes else "yet"
    lead = ended or f"Nobody has answered a critical alert of {name(team.name)} {waited}."
    blocks: list[Block] = [section(f"*{lead}*{where}\n{one_line(text, limit=600)}", block_id=f"{key}-headline")]
    if ended is None:
        what = f"the critical alert of {plain(team.name, limit=40)}"
        answer: Element = button("I'm on it", action_id=ACKNOWLEDGE_ALERT, value=alert_id, label=f"I'm on it: {what}")
        blocks.append(actions(answer, block_id=f"{key}-actions"))
    return Message(text=f"{lead} {one_line(text, limit=600)}", blocks=tuple(blocks))


def settings_button(team: Team) -> Element:
    label = f"Alert settings of {plain(team.name, limit=40)}"
    return button("Alert settings", action_id=OPEN_ALERT_SETTINGS, value=team.id, label=label)


def one_line(mrkdwn: str, *, limit: int = _LINE_CHARACTERS) -> str:
    """Returns mrkdwn on one line, shortened without cutting a mention, a date or an entity."""
    parts: list[str] = []
    length = 0
    for token in _TOKENS.findall(" ".join(mrkdwn.split())):
        length += len(token)
        if length > limit:
            return "".join(parts).rstrip() + "…"
        parts.append(token)
    return "".join(parts)
