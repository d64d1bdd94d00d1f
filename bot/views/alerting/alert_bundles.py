"""The message that bundles several budget alerts for one person."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import Block, Message
from bot.text import plain
from bot.views.alerting.alerts import ACKNOWLEDGE_ALERT
from bot.views.blocks import button, context, section
from bot.views.wording import counted

_MOST = 20
_MAX_CHARACTERS = 3_500
"""The most characters of alert texts in the message. Alerts beyond either limit are counted."""


@dataclass(frozen=True, kw_only=True)
class BundledAlert:
    """One alert of a bundle: its own text in mrkdwn, and whether it waits for an answer."""

    alert_id: int
    team_name: str
    text: str
    is_open: bool


def bundle_message(bundled: Sequence[BundledAlert], *, command: str) -> Message:
    """Returns one message with a paragraph per alert, and a button for each alert that waits for an answer."""
    lead = f"{counted(len(bundled), 'budget')} of your teams need a look."
    shown = _that_fit(bundled)
    blocks: list[Block] = [section(f"*{lead}*", block_id="bundle-title")]
    for alert in shown:
        label = f"I'm on it: the budget alert of {plain(alert.team_name, limit=40)}"
        answer = button("I'm on it", action_id=ACKNOWLEDGE_ALERT, value=alert.alert_id, label=label)
        key = f"bundle-{alert.alert_id}{'' if alert.is_open else '-answered'}"
        blocks.append(section(alert.text, block_id=key, accessory=answer if alert.is_open else None))
    rest = len(bundled) - len(shown)
    more = [f"And {rest:,} more: your Home shows all your teams."] if rest > 0 else []
    asks = f"`{command} request` in a team's channel asks for more budget; your Home has a button for each team."
    blocks.append(context(*more, asks, block_id="bundle-notes"))
    return Message(text="\n".join([lead, *(alert.text for alert in shown), *more]), blocks=tuple(blocks))


def _that_fit(bundled: Sequence[BundledAlert]) -> list[BundledAlert]:
    shown, left = [], _MAX_CHARACTERS
    for alert in bundled[:_MOST]:
        left -= len(alert.text)
        if left < 0:
            break
        shown.append(alert)
    return shown
