"""A metered call: the common form of all senders' reports, and its limits."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Literal, NamedTuple, Protocol

import msgspec

from bot.money import NANOS
from bot.units import PARTS, UNITS, Parts, Units, parts_of, units_of
from bot.unread import MAX_UNREAD, MAX_UNREAD_KEPT, OTHERS, BudgetBlock, GatewayView, Producer, Unread, UnreadKind

__all__ = [
    "PARTS",
    "UNITS",
    "BudgetBlock",
    "GatewayView",
    "Parts",
    "Units",
    "parts_of",
    "units_of",
]  # beside what follows

COUNTERS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
"""The six counters. The first five are disjoint; `reasoning` is a part of `output`, kept for information."""
Counters = tuple[int, int, int, int, int, int]

MAX_TOKENS = 10**11
"""More tokens than any call can have. A larger figure is the sender's fault, and would overflow sums."""
MAX_COST_NANOS = 10**7 * NANOS
MAX_NAME_CHARACTERS = 256
MAX_TAGS = 64
_packed = msgspec.msgpack.Encoder().encode
_blake2b_of_16 = blake2b(digest_size=16).copy


class Labels(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """The text fields of a call; `""` is a missing one. Many calls share their labels, so team, tool and price are
    cached by them.

    `api_base` is the called address without its query. What may change the price: the processing tier (`batch`, `flex`,
    `priority`, `fast` or `provisioned`; `""` is the standard), `geo`, where the model runs by the caller's wish (`us`),
    and the cloud's `region`.
    """

    model: str
    provider: str = ""
    tool: str = ""
    workflow: str = ""
    user: str = ""
    credential: str = ""
    gateway_team: str = ""
    declared_team: str = ""
    user_agent: str = ""
    tags: tuple[str, ...] = ()
    api_base: str = ""
    tier: str = ""
    geo: str = ""
    region: str = ""

    @property
    def characters(self) -> int:
        """Returns an estimate of their memory, in characters: senders may invent any of them, and many short tags are
        many objects.
        """
        names = len(self.model) + len(self.provider) + len(self.tool) + len(self.workflow) + len(self.user)
        others = len(self.credential) + len(self.gateway_team) + len(self.declared_team) + len(self.user_agent)
        others += len(self.geo) + len(self.region)
        return names + others + len(self.api_base) + sum(map(len, self.tags)) + 50 * len(self.tags)


class Attributable(Protocol):
    """What belongs to a team: usage, or an outcome."""

    @property
    def occurred_at(self) -> int: ...

    @property
    def labels(self) -> Labels: ...


class TwinHint(msgspec.Struct, frozen=True, gc=False):
    """What tells that two records are of one call (`bot/intake/twins/`): where and when it was recorded. 0 is a missing
    value.

    `scope` is a hash of the instrumentation's name, `process` of what the sender says of its process, `response` of the
    response id (`bot/sources/twin_hints.py`). `trace` is the end of the trace id, `span` and `parent` are span ids;
    `start` and `end` are microseconds since 1970. All are signed numbers of 64 bits.
    """

    scope: int
    process: int = 0
    trace: int = 0
    span: int = 0
    parent: int = 0
    response: int = 0
    start: int = 0
    end: int = 0


class UsageEvent(msgspec.Struct, frozen=True, gc=False):
    """One metered call, with disjoint token counters; None is a missing value. Name its fields when you make one; only
    the hottest path gives them in order, which takes a fifth of the time.

    `key` identifies the event within its source, `fingerprint` its content: the same key with the same fingerprint is a
    duplicate, with another one a conflict. `occurred_at` is microseconds since 1970. An `unmetered` call has neither
    tokens nor cost from its sender: it counts as a call of unknown usage, not of zero. `parts` has the tokens of other
    kinds than text, by the names of `PARTS`, and `units` what is counted beside tokens. `cost_is_guess` marks a reported
    cost of a sender that prices models it doesn't know by a guess. `twin_hint` is None for senders that tell each
    call once. `older_fingerprint` is what the release before key runs gave an event with kinds of tokens, units or a
    place, which it did not read; empty for all others. `reservation` is the id of the reservation that the call settles.
    """

    key: bytes
    fingerprint: bytes
    event_id: str
    occurred_at: int
    labels: Labels
    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int
    reported_nanos: int | None
    failed: bool
    gateway_cache: bool
    notional: bool
    unmetered: bool = False
    parts: Parts = ()
    units: Units = ()
    cost_is_guess: bool = False
    twin_hint: TwinHint | None = None
    older_fingerprint: bytes = b""
    reservation: str = ""

    @property
    def tokens(self) -> int:
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.output


class UnusableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could not be used: its index in the body, the reason, and its kept content (never prompts or headers)."""

    index: int
    reason: str
    kept: bytes
    key: bytes


class Note(NamedTuple):
    """What was left out of a call that is booked all the same: the sender's field, and the reason. `is_cost` marks the
    reported cost, without which the call may have no price.
    """

    field: str
    fault: str
    is_cost: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.field} {self.fault}" + (", so it was left out" if self.is_cost else "")


class RunningSum(msgspec.Struct, frozen=True, kw_only=True):
    """A sender's counter of tokens since its program began: which one, its value at a time, and the event that a
    difference becomes. `stream` identifies the counter and its beginning, `counter` is its name in `COUNTERS`.
    """

    stream: bytes
    counter: str
    value: int
    at: int
    event: UsageEvent


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What work brought, such as a merged change: its kind, and how many. `key` and `fingerprint` are like those of a usage
    event. With `is_merge` the key names a repository and a number, so the merge counts once, whichever source tells it.
    """

    key: bytes
    fingerprint: bytes
    event_id: str
    occurred_at: int
    kind: str
    count: int
    labels: Labels
    is_merge: bool = False


class UnreadRows(msgspec.Struct):
    """The number of a body's rows of one producer and reason, and those that quarantine may keep."""

    rows: int = 0
    kept: list[UnusableRow] = []


class Parsed(msgspec.Struct, kw_only=True):
    """A parsed body: events with their index, unusable rows, the number of rows ignored on purpose (not counted in
    `rows`), and the gateway's views and blocks.

    `notes` has what was left out of events, with their index, `warnings` what else the sender should know.
    `unless_priced` has the row that goes to quarantine in an event's place if nothing but its unusable reported cost could
    price it.

    `sums` has running sums, whose differences become events when they are booked; they are not counted in `rows`.
    `outcomes` has the rows that are no usage, but what it brought.
    `producers` made the events, if their format says so. `unread` has the rows with usage that no rule books, and those
    that repeat booked calls; both are among the ignored.
    """

    rows: int
    events: list[tuple[int, UsageEvent]]
    unusable: list[UnusableRow]
    ignored: int = 0
    views: list[GatewayView] = []
    blocks: list[BudgetBlock] = []
    notes: list[tuple[int, Note]] = []
    warnings: list[tuple[int, str]] = []
    unless_priced: dict[int, UnusableRow] = {}
    sums: list[tuple[int, RunningSum]] = []
    outcomes: list[tuple[int, Outcome]] = []
    producers: set[Producer] = set()
    unread: dict[Unread, UnreadRows] = {}

    def leave_unread(
        self,
        index: int,
        producer: Producer,
        kind: UnreadKind,
        reason: str,
        quarantined: Callable[[int, str], UnusableRow],
    ) -> None:
        """Counts a row with usage that is not booked, in place of an event. `quarantined` makes the row that is kept for a
        retry; a repeat needs none.
        """
        self.ignored += 1
        key = Unread(producer, kind, reason)
        if key not in self.unread and len(self.unread) >= MAX_UNREAD:
            key = Unread(OTHERS, kind, reason if kind == "repeat" else "it comes from one producer too many")
        found = self.unread.setdefault(key, UnreadRows())
        found.rows += 1
        if kind != "repeat" and len(found.kept) < MAX_UNREAD_KEPT:
            found.kept.append(quarantined(index, reason))

    def book_with_notes(
        self, index: int, event: UsageEvent, notes: Sequence[Note], quarantined: Callable[[str], UnusableRow]
    ) -> None:
        """Adds an event and what was left out of it. `quarantined` makes the row that goes to quarantine for a reason."""
        self.events.append((index, event))
        self.notes += [(index, note) for note in notes]
        cost = next((note for note in notes if note.is_cost), None)
        if cost is not None:
            self.unless_priced[index] = quarantined(f"{cost.field} {cost.fault}, and nothing else prices this call")


def digest(parts: Sequence[object]) -> bytes:
    """Returns 16 bytes that identify a sequence of texts, bytes, integers, None and tuples of these.

    It hashes their MessagePack, which includes each part's kind and length, so that no two sequences collide.
    """
    hashed = _blake2b_of_16()  # a copy: a new one takes twice as long
    hashed.update(_packed(parts))
    return hashed.digest()


def digests(rows: Iterable[Sequence[object]]) -> list[bytes]:
    """Returns the digest of each sequence: a call for each takes a quarter longer."""
    found, blank, packed = list[bytes](), _blake2b_of_16, _packed
    for parts in rows:
        hashed = blank()
        hashed.update(packed(parts))
        found.append(hashed.digest())
    return found


class Booking(msgspec.Struct, frozen=True, gc=False):
    """An event with its attribution and price: its team and rule, its tool, its local day, its cost. Name its fields,
    as with UsageEvent. `cost_reason` says why the book alone did not price it.
    """

    source_id: int
    event: UsageEvent
    team_id: int
    rule: str
    local_day: int
    tool: str
    cost_nanos: int
    basis: str
    book: str
    book_nanos: int | None
    notional_nanos: int
    cost_reason: str = ""


BookingOutcome = Literal["accepted", "duplicate", "conflict"]
"""The outcome of an event: booked, known already, or known with different content."""
