"""A target's cap as Tokens keeps it: what is wanted, what was written and read back, and whether somebody else changed it."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.crosschecks.caps import CENT_NANOS, Cap, CapTarget, whole_cents
from bot.org.gateways import GatewayKind
from bot.periods import MICROS

CapState = Literal["new", "set", "sent", "waiting", "refused", "conflict", "kept", "dry_run", "idle"]
"""new: not looked at yet. set: written and read back. sent: written to a gateway that can't be asked. waiting: it is tried
again. refused: the gateway said no. conflict: somebody changed the cap there. kept: a person kept that change. dry_run: only
shown. idle: the team's budget has no cap, and `sentence` says why.
"""
UNLIMITED = -1
"""A cap that a gateway does not limit, as a stored amount."""
LOOK_MICROS = 300 * MICROS
"""How often a gateway is looked at without a change in the books: usage elsewhere, its own resets, and hand-made changes."""
_FIRST_RETRY_MICROS, _LONGEST_RETRY_MICROS = 2 * MICROS, 300 * MICROS
_AFTER_RESET_MICROS = 60 * MICROS
_AFTER_LOST_MICROS = 30 * MICROS
_LATE_MICROS = 120 * MICROS
"""A write without an answer may take effect at a slow gateway until then."""
_MOST_ATTEMPTS = 19


@dataclass(frozen=True, kw_only=True)
class CapMark:
    """The version of a team's budget, and the one at which a person last decided about it: who, and by which document."""

    version: int = 0
    decided_version: int = 0
    decided_by: int | None = None
    document: str = ""

    @property
    def is_decided(self) -> bool:
        """Returns whether the newest change is a person's."""
        return self.version > 0 and self.decided_version == self.version


@dataclass(frozen=True, kw_only=True)
class GatewayCap:
    """One target of a gateway.

    `followed_version` is the version of the team's budget that the cap follows. `attempts` are (version, amount, moment) of
    writes whose outcome is unknown: reading one of these amounts is finding our own write. `accepted_nanos` is a hand-made
    cap that a person chose about, and `kept_version` the decision at which they kept it. Amounts read may be `UNLIMITED`.
    `base_nanos` is the cap of a person or key before it was raised.
    """

    id: int
    gateway: str
    target: CapTarget
    team_id: int
    state: CapState = "new"
    sentence: str = ""
    followed_version: int = -1
    wanted_nanos: int | None = None
    wanted_version: int = 0
    set_nanos: int | None = None
    set_version: int = 0
    set_at: int | None = None
    attempts: tuple[tuple[int, int, int], ...] = ()
    accepted_nanos: int | None = None
    base_nanos: int | None = None
    seen_nanos: int | None = None
    spent_nanos: int | None = None
    resets_at: int | None = None
    seen_at: int | None = None
    conflict: int = 0
    kept_version: int | None = None
    kept_by: int | None = None
    tries: int = 0
    next_at: int = 0
    not_before: int = 0

    @property
    def known_nanos(self) -> int | None:
        """Returns the highest amount that the cap may have now, as far as is known; None if nobody looked yet."""
        known = [amount for _, amount, _ in self.attempts]
        known += [amount for amount in (self.seen_nanos,) if amount is not None]
        return UNLIMITED if UNLIMITED in known else max(known, default=None)

    @property
    def is_ours_alone(self) -> bool:
        """Returns whether we never wrote this cap: then whatever it is, it is taken over."""
        return self.set_nanos is None and not self.attempts and self.accepted_nanos is None


def with_reading(row: GatewayCap, cap: Cap, *, at: int) -> GatewayCap:
    """Returns a row with what its gateway says now. A write whose answer was lost is found by its amount. A gateway that can't
    be asked has what it was told last, unless the outcome of a later write is unknown.
    """
    amount = UNLIMITED if cap.cap_nanos is None else cap.cap_nanos
    if not cap.confirmed and row.set_nanos is not None and not row.attempts:
        amount = row.set_nanos
    row = replace(row, seen_nanos=amount, spent_nanos=cap.spent_nanos, resets_at=cap.resets_at, seen_at=at)
    for version, attempted, _ in reversed(row.attempts):
        if cap.confirmed and attempted == amount:
            return replace(row, set_nanos=amount, set_version=max(version, row.set_version), set_at=at)
    return row


def with_intent(row: GatewayCap, *, nanos: int, at: int) -> GatewayCap:
    """Returns a row whose write begins: until its outcome is known, this amount may be found at the gateway. It is due, so that
    another worker goes on as soon as the lease of one that was killed ends. Trying the same amount again keeps its version, by
    which a receiver acts once.
    """
    is_again = bool(row.attempts) and row.attempts[-1][:2] == (row.wanted_version, nanos)
    version = row.wanted_version if is_again else row.wanted_version + 1
    if row.is_ours_alone:  # the first write takes over what is there: finding that again is finding no change
        row = replace(row, accepted_nanos=row.seen_nanos)
    earlier = row.attempts[:-1] if is_again else row.attempts
    attempts = (*earlier[-_MOST_ATTEMPTS:], (version, nanos, at))
    return replace(
        row, wanted_nanos=nanos, wanted_version=version, attempts=attempts, state="waiting", sentence="", next_at=at
    )


def with_written(row: GatewayCap, cap: Cap, *, at: int) -> GatewayCap:
    """Returns a row after a write, with what was read back. Earlier writes without an outcome may still arrive at the gateway,
    so they stay known until a look has found nothing of them.
    """
    wanted = row.wanted_nanos or 0
    row = replace(with_reading(row, cap, at=at), tries=0, not_before=0)
    if not cap.confirmed:
        sent = replace(row, set_nanos=wanted, set_version=row.wanted_version, set_at=at, attempts=())
        return replace(sent, state="sent", sentence="", next_at=at + LOOK_MICROS)
    if cap.cap_nanos is None or not -CENT_NANOS <= wanted - cap.cap_nanos <= cap.unit_nanos:
        return replace(row, state="refused", sentence="", next_at=at + LOOK_MICROS)
    lost = tuple(attempt for attempt in row.attempts if attempt[0] != row.wanted_version)
    done = replace(
        row, set_nanos=cap.cap_nanos, set_version=row.wanted_version, set_at=at, attempts=lost, accepted_nanos=None
    )
    return replace(done, state="set", sentence="", next_at=at + _AFTER_LOST_MICROS if lost else look_at(done, at=at))


def with_fault(
    row: GatewayCap, sentence: str, *, at: int, refused: bool, retry_after_seconds: float | None = None
) -> GatewayCap:
    """Returns a row after a read or write that failed: refused, or to be tried again with back-off."""
    if refused:
        return replace(row, state="refused", sentence=sentence, tries=0, next_at=at + LOOK_MICROS, not_before=0)
    next_at, not_before = retry_at(row.tries + 1, at=at, retry_after_seconds=retry_after_seconds)
    return replace(row, state="waiting", sentence=sentence, tries=row.tries + 1, next_at=next_at, not_before=not_before)


def is_made_by_hand(row: GatewayCap, cap: Cap, *, wanted_nanos: int) -> bool:
    """Returns whether somebody else changed the cap: it is none that we wrote or may have written, none that a person chose
    about, and not what the books want anyway.
    """
    if not cap.confirmed or row.is_ours_alone or cap.cap_nanos == wanted_nanos:
        return False
    amount = UNLIMITED if cap.cap_nanos is None else cap.cap_nanos
    ours = {row.set_nanos, row.accepted_nanos, *(attempted for _, attempted, _ in row.attempts)}
    return amount not in ours


def in_conflict(row: GatewayCap, *, before: GatewayCap, wanted_nanos: int, at: int) -> GatewayCap:
    """Returns a row whose cap somebody changed at the gateway: a new conflict, unless it is about the same amount still."""
    is_same = before.state == "conflict" and before.seen_nanos == row.seen_nanos
    return replace(
        row,
        state="conflict",
        sentence="",
        conflict=row.conflict if is_same else row.conflict + 1,
        wanted_nanos=wanted_nanos,
        kept_version=None,
        kept_by=None,
        tries=0,
        next_at=at + LOOK_MICROS,
        not_before=0,
    )


def raised_target(row: GatewayCap, raised_nanos: int) -> tuple[GatewayCap, int | None]:
    """Returns the row of a person's or key's cap, and the cap it shall have: what the gateway had, and what was approved on top.
    None where nothing is to be done: nothing is approved, or the gateway has no cap to raise.
    """
    if raised_nanos:
        if row.base_nanos is None and row.seen_nanos not in (None, UNLIMITED):
            row = replace(row, base_nanos=row.seen_nanos, set_nanos=None, accepted_nanos=None)
        return row, None if row.base_nanos is None else whole_cents(row.base_nanos + raised_nanos)
    if row.base_nanos is None:
        return row, None
    was_ours = row.seen_nanos in {row.set_nanos, *(amount for _, amount, _ in row.attempts)}
    if was_ours and row.seen_nanos != row.base_nanos:
        return row, row.base_nanos
    return replace(
        row, base_nanos=None, set_nanos=None, accepted_nanos=None, attempts=()
    ), None  # it is back, or another's


def after_look(row: GatewayCap, *, wanted_nanos: int | None, at: int, confirmed: bool = True) -> GatewayCap:
    """Returns a row that was read: its cap is right, or its write comes next. A look that finds the last cap that we set ends
    the doubt about writes that are so old that they can't arrive any more. A gateway that can't be asked stays as it was told.
    """
    is_right = row.seen_nanos is not None and row.seen_nanos == row.set_nanos
    done = replace(row, wanted_nanos=wanted_nanos, tries=0, not_before=0, kept_version=None, kept_by=None)
    if not is_right:
        if row.seen_nanos is not None and row.seen_nanos == wanted_nanos:  # it is so already, whoever wrote it
            return replace(
                done, state="set", sentence="", set_nanos=wanted_nanos, set_at=at, next_at=look_at(done, at=at)
            )
        return replace(done, next_at=look_at(done, at=at))
    doubtful = tuple(attempt for attempt in row.attempts if at - attempt[2] < _LATE_MICROS)
    next_at = at + _AFTER_LOST_MICROS if doubtful else look_at(done, at=at)
    state: CapState = "set" if confirmed else "sent"
    return replace(done, state=state, sentence="", attempts=doubtful, accepted_nanos=None, next_at=next_at)


def is_kept(row: GatewayCap, mark: CapMark) -> bool:
    """Returns whether a person kept the gateway's cap, and nobody has decided about the team's budget since."""
    return row.kept_version is not None and mark.decided_version <= row.kept_version


def with_choice(row: GatewayCap, *, keep: bool, by: int, mark: CapMark, at: int) -> GatewayCap:
    """Returns a row in conflict after a person's choice: the gateway's cap stays until the next decision, or the books' is
    written at once, unless somebody changes the cap again before."""
    chosen = replace(
        row, accepted_nanos=row.seen_nanos, state="waiting", sentence="", tries=0, next_at=at, not_before=0
    )
    if not keep:
        return replace(chosen, kept_version=None, kept_by=None, followed_version=-1)
    return replace(chosen, state="kept", kept_version=mark.decided_version, kept_by=by, next_at=at + LOOK_MICROS)


def retry_at(tries: int, *, at: int, retry_after_seconds: float | None) -> tuple[int, int]:
    """Returns (the next try, the moment before which even a new decision waits) after a number of failed tries."""
    wait = min(_FIRST_RETRY_MICROS << min(max(tries - 1, 0), 20), _LONGEST_RETRY_MICROS)
    asked = int((retry_after_seconds or 0) * MICROS)
    return at + max(wait, asked), at + asked


def look_at(row: GatewayCap, *, at: int) -> int:
    """Returns when a gateway is looked at again: in a while, or once it has reset its spend, if that is sooner."""
    after_reset = (row.resets_at or 0) + _AFTER_RESET_MICROS
    return after_reset if at < after_reset < at + LOOK_MICROS else at + LOOK_MICROS


@dataclass(frozen=True, kw_only=True)
class ShownCap:
    """A target to show: its gateway's kind, the mark of its team's budget, and who kept its cap, as a mention."""

    row: GatewayCap
    kind: GatewayKind | None
    mark: CapMark
    is_one_of_several: bool = False
    kept_by: str = ""
