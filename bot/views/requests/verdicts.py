"""The verdict on a budget request: the asker's message about what changed, or why nothing did."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.messages import Message
from bot.reporting.reports import PendingRequest
from bot.views.blocks import context, quote, section
from bot.views.requests.cards import GATEWAY_NOTE, card_prefix, gateway_lines
from bot.views.requests.request_words import ask_words, cap_words, granted_words, typed_words
from bot.views.wording import budget_words


def verdict_message(
    *,
    pending: PendingRequest,
    decided_by_mention: str,
    standing: Standing | None,
    command: str,
    decided_for: str = "",
    caps: Sequence[str] = (),
) -> Message:
    """Returns the private message for the asker: what changed where, or the reason of the denial. `caps` has a line per
    gateway."""
    request, key = pending.request, card_prefix(pending)
    by = f"{decided_by_mention}, for {decided_for}," if decided_for else decided_by_mention
    if request.state == "approved":
        of = f" ({cap_words(pending)})" if cap_words(pending) else ""
        now = f" The team now has {budget_words(standing.balance)}." if standing is not None else ""
        text = f"{by} approved your request: {granted_words(pending)}{of}.{now}"
        lines = gateway_lines(request, caps)
        if lines == [GATEWAY_NOTE]:
            lines = [f"{GATEWAY_NOTE} If it blocks you, ask its admin to raise it."]
        blocks = (section(text, block_id=f"{key}-verdict"), context("\n".join(lines), block_id=f"{key}-note"))
        return Message(text=" ".join([text, *lines]), blocks=blocks)
    text = f"{by} denied your request of {ask_words(pending)}."
    reason = request.decision_reason
    note = f"Only you see this reason. You can ask again with `{command} request`."
    shown = [section(text, block_id=f"{key}-verdict"), context(note, block_id=f"{key}-note")]
    if reason:
        shown.insert(1, section(quote(reason), block_id=f"{key}-reason"))
    said = f" The reason: {typed_words(reason, limit=1_000)}" if reason else ""
    return Message(text=f"{text}{said}", blocks=tuple(shown))
