"""What people saw of a request when they clicked: a decision is about that, and about nothing else."""

import re
from dataclasses import dataclass

from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest

_VALUE = re.compile(r"(?:(?:change|withdraw|nudge):)?(?:r([0-9]{1,18}):)?([0-9]{1,18})")


class NotAsSeen(Refusal):
    """The request is another than the person saw. They see it as it is now, and nothing was done."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as a button or form shows it; `revision` is None on cards of earlier versions."""

    request_id: int
    revision: int | None


def button_value(request: BudgetRequest) -> str:
    """Returns the value of a request's buttons, `r2:41`. The id comes last, where earlier versions look for it."""
    return f"r{request.revision}:{request.id}"


def parse_seen(value: str) -> Seen | None:
    """Parses the value of a button, or of a menu's option, which has its choice before it; None if it is not one of a
    request's."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    return Seen(request_id=int(match[2]), revision=None if match[1] is None else int(match[1]))


def is_as_seen(request: BudgetRequest, seen: Seen, *, was_changed: bool, period: str) -> bool:
    """Returns whether a request is still what somebody saw.

    A card without a revision shows the first one, so it counts unless the asker has changed the request since. It is
    decided with the figures of `period`, the present one; another card shows them first.
    """
    if seen.revision is None:
        return not was_changed
    return seen.revision == request.revision and request.period == period
