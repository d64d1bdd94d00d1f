"""Why people find an alert not useful."""

from typing import Literal, get_args

from bot.refusals import FieldRefusal

OpinionReason = Literal["small", "planned", "wrong", "late", "known", "other"]
OPINION_REASONS: tuple[OpinionReason, ...] = get_args(OpinionReason)


def opinion_reason(chosen: str, *, field: str) -> OpinionReason:
    """Returns a chosen reason. Raises FieldRefusal at `field` for any other text."""
    reason = next((known for known in OPINION_REASONS if known == chosen), None)
    if reason is None:
        raise FieldRefusal(field, "Choose why.")
    return reason
