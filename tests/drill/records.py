"""What the drill writes down while it runs: requests, posts, kills and sent usage. Moments are seconds of one clock."""

from bisect import bisect_left
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Deed = Literal["ask", "change", "withdraw", "approve", "deny", "other"]
Loss = Literal["", "dropped", "died"]


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What a person wants with a request to the bot. `subject` is a request's id, or the token of a new request."""

    deed: Deed = "other"
    subject: str = ""
    amount_nanos: int = 0


OTHER = Intent()
INTENT: ContextVar[Intent] = ContextVar("INTENT", default=OTHER)
"""The intent of the person whose task runs."""


@dataclass(kw_only=True)
class Exchange:
    """One signed request to the bot and its answer. `response_id` names its response URL, if it has one."""

    person: str
    intent: Intent
    process: str
    began: float
    ended: float = 0.0
    status: int | None = None
    body: str = ""
    error: str | None = None
    response_id: str = ""
    in_home: bool = False
    repeats: bool = False

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True, kw_only=True)
class Post:
    """A message that the stand-in took. `loss` says why the bot may not know."""

    outbox_id: int
    process: str
    at: float
    loss: Loss = ""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A `kill -9` of a process, or of a command while it ran."""

    process: str
    at: float


@dataclass(frozen=True, kw_only=True)
class SentEvent:
    """The amounts of a usage event. `reported_nanos` is None if the price of the model decides."""

    reported_nanos: int | None
    uncached_input: int
    output: int


@dataclass(frozen=True, kw_only=True)
class CommandRun:
    """One run of the command line."""

    words: str
    code: int | None
    output: str
    killed: bool


@dataclass(kw_only=True)
class Records:
    """Everything that the drill saw from the outside."""

    exchanges: list[Exchange] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    """The texts that were sent to each response URL."""
    posts: list[Post] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    """The faults of the stand-in, by kind."""
    went_wrong: list[str] = field(default_factory=list)
    """Texts of the bot that say that something went wrong."""
    kills: list[Kill] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """Processes that ended although nobody ended them."""
    sent: dict[str, SentEvent] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    statuses: Counter[str] = field(default_factory=Counter)
    """The statuses that senders got."""
    unexpected: list[str] = field(default_factory=list)
    """Answers that no sender and no client of Slack should get."""
    commands: list[CommandRun] = field(default_factory=list)
    slowness: list[tuple[float, float]] = field(default_factory=list)
    """(moment, factor): how much longer work took then than on a machine that does nothing else."""
    log_faults: list[str] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    orphans: list[str] = field(default_factory=list)

    def note_words(self, text: str, *, where: str) -> None:
        """Keeps a text of the bot if it says that something went wrong."""
        if "something went wrong" in text.casefold():
            self.went_wrong.append(f"{where}: {text[:300]}")

    def noise(self, began: float, ended: float) -> float:
        """Returns how many of the seconds between two moments this machine spent on other processes."""
        first = max(0, bisect_left(self.slowness, (began, 0.0)) - 1)
        last = bisect_left(self.slowness, (ended, 0.0)) + 1
        factors = [factor for _, factor in self.slowness[first:last]]
        return (ended - began) * (1 - len(factors) / sum(factors)) if factors else 0.0

    def died(self, process: str, began: float, ended: float) -> bool:
        """Returns whether a process was killed between two moments."""
        return any(kill.process == process and began <= kill.at <= ended for kill in self.kills)
