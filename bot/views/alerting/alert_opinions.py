"""The form that asks why an alert is not useful."""

from typing import Any

from bot.alerting.reactions.alert_opinions import OPINION_REASONS
from bot.views.alerting.alert_quality import REASON_WORDS
from bot.views.alerting.alerts import NOT_USEFUL_FORM, REASON_FIELD
from bot.views.blocks import context, field, modal, section, select


def opinion_form(*, title: str, metadata: str) -> dict[str, Any]:
    """Returns the form. `title` names the alert in mrkdwn."""
    choices = [(REASON_WORDS[reason].capitalize(), reason) for reason in OPINION_REASONS]
    menu = select(choices, action_id=REASON_FIELD, chosen=choices[0][1], placeholder="Why")
    blocks = [
        section(f"Why isn't it useful?\n{title} keeps its buttons, and nobody sees your answer.", block_id="opinion"),
        field("Reason", menu, block_id=REASON_FIELD, hint="If it was planned, “This was planned” also mutes it."),
        context(
            "Managers and finance see how many alerts were not useful, and why. They don't see who.",
            block_id="opinion-notes",
        ),
    ]
    return modal(title="Not useful", submit="Send", blocks=blocks, callback_id=NOT_USEFUL_FORM, metadata=metadata)
