"""The form that asks for the reason of a denial."""

from typing import Any

from bot.messages import Block
from bot.reporting.reports import PendingRequest
from bot.requests.asking.typed_asks import REASON_FIELD
from bot.requests.budget_requests import MAX_REASON_CHARACTERS
from bot.views.blocks import field, modal, quote, section, text_input
from bot.views.requests.request_words import ask_words
from bot.views.wording import period_words

__all__ = ["DENY_FORM", "REASON_FIELD", "deny_form"]

DENY_FORM = "deny_form"


def deny_form(*, pending: PendingRequest, metadata: str, reason: str = "", note: str = "") -> dict[str, Any]:
    """Returns the form that asks for the reason of a denial. `note` says what happened to the request meanwhile."""
    typed = text_input(
        action_id=REASON_FIELD,
        initial=reason,
        placeholder="What would have to be different, or what to do instead",
        max_length=MAX_REASON_CHARACTERS,
        multiline=True,
        focus=True,
    )
    asked = f"{pending.asker_mention} asks for {ask_words(pending)} ({period_words(pending.request.period)})."
    blocks = [
        *_noted(note),
        section(asked, block_id="denied-request"),
        section(quote(pending.request.reason), block_id="denied-reason"),
        field("Why not?", typed, block_id=REASON_FIELD, hint="Only the person who asked sees this."),
    ]
    return modal(
        title="Deny request",
        submit="Deny request",
        blocks=blocks,
        callback_id=DENY_FORM,
        metadata=metadata,
    )


def _noted(note: str) -> list[Block]:
    return [section(f"*{note}*", block_id="note")] if note else []
