"""Whether an ended grant was worth it: one answer per person, which they may change for a week."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from bot.periods import DAY_MICROS
from bot.refusals import Refusal

WorthAnswer = Literal["yes", "partly", "no"]
WORTH_ANSWERS: tuple[WorthAnswer, ...] = get_args(WorthAnswer)
CHANGE_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What somebody says of the grant that came of a request. `answer` is None until they have answered."""

    request_id: int
    person_id: int
    asked_at: int
    answer: WorthAnswer | None = None
    answered_at: int | None = None

    @property
    def changeable_until(self) -> int | None:
        """Returns until when the answer may be changed; None before there is one."""
        return None if self.answered_at is None else self.answered_at + CHANGE_DAYS * DAY_MICROS


def require_changeable(worth: Worth, *, at: int) -> None:
    """Raises Refusal once a week has passed since the first answer."""
    until = worth.changeable_until
    if until is not None and at >= until:
        raise Refusal(f"You answered more than {CHANGE_DAYS} days ago, so the answer stays as it is.")


@dataclass(frozen=True, kw_only=True)
class WorthCounts:
    """How many ended grants were worth it, by what was said of each; never by whom."""

    yes: int
    partly: int
    no: int

    @property
    def grants(self) -> int:
        return self.yes + self.partly + self.no


def worth_counts(answers: Iterable[tuple[int, WorthAnswer]]) -> WorthCounts:
    """Counts (request, answer) pairs by grant. One on which people differ was partly worth it."""
    said: dict[int, set[WorthAnswer]] = {}
    for request_id, answer in answers:
        said.setdefault(request_id, set()).add(answer)
    together = [next(iter(all_of_it)) if len(all_of_it) == 1 else "partly" for all_of_it in said.values()]
    return WorthCounts(yes=together.count("yes"), partly=together.count("partly"), no=together.count("no"))
