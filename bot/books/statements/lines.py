"""The lines of a statement: what each kind of entry means for a team's budget of a period."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from bot.books.ledger import Account, EntryKind
from bot.periods import Period

Line = Literal[
    "opening",
    "funding",
    "budget",
    "granted",
    "handed",
    "lowered",
    "transfers_in",
    "transfers_out",
    "credits",
    "charges",
    "corrections",
    "prior_period",
    "variance",
    "reversals",
    "other",
    "unposted",
    "lapse_received",
    "cover_given",
    "cover_received",
    "carried_forward",
    "lapsed",
    "held",
    "released",
]
"""The lines in their order. `unposted` is of a preliminary statement alone: usage without entries."""
LINES: tuple[Line, ...] = get_args(Line)
LABELS: dict[Line, str] = {
    "opening": "Opening: carried forward from the period before",
    "funding": "Funding",
    "budget": "Budget",
    "granted": "Granted on top",
    "handed": "Handed to teams below",
    "lowered": "Budgets lowered or returned",
    "transfers_in": "Transfers received",
    "transfers_out": "Transfers given",
    "credits": "Credits",
    "charges": "Charges",
    "corrections": "Corrections of charges",
    "prior_period": "Charges of earlier periods",
    "variance": "Differences from providers' bills",
    "reversals": "Reversals",
    "other": "Other",
    "unposted": "Usage without entries yet",
    "lapse_received": "Returned by teams below",
    "cover_given": "Covered for teams below",
    "cover_received": "Covered by the parent",
    "carried_forward": "Carried forward to the next period",
    "lapsed": "Lapsed to the parent",
    "held": "Held",
    "released": "Released from holds",
}
CLOSE_LINES: frozenset[Line] = frozenset(
    {"lapse_received", "cover_given", "cover_received", "carried_forward", "lapsed"}
)
"""What the close and the end of a grant move."""
CHARGE_LINES: frozenset[Line] = frozenset({"charges", "corrections", "unposted"})
"""What a day of the period cost."""
_INTERNAL: frozenset[Line] = frozenset({"held", "released"})
SPREAD_DOCUMENT = "spread:"
"""How documents of chargeback begin. Its entries are on no statement: they come after the close and change no budget."""


@dataclass(frozen=True, kw_only=True)
class PostedEntry:
    """An entry as it stands in the ledger. Moments are in microseconds since 1970."""

    id: int
    kind: EntryKind
    period: str
    posted_at: int
    effective_at: int
    usage_day: int | None
    from_account: Account
    to_account: Account
    amount_nanos: int
    currency: str
    actor_id: int | None
    reason: str
    document: str
    reverses_id: int | None


@dataclass(frozen=True, kw_only=True)
class StatementEntry:
    """An entry on a team's statement: its line, and what it changes in available and held together."""

    entry: PostedEntry
    line: Line
    effect_nanos: int


def is_on(entry: PostedEntry, *, team_id: int, period: str) -> bool:
    """Returns whether an entry is on a team's statement of a period."""
    ours = any(a.team_id == team_id and a.period == period for a in (entry.from_account, entry.to_account))
    return ours and not entry.document.startswith(SPREAD_DOCUMENT)


def statement_entries(entries: Iterable[PostedEntry], *, team_id: int, period: Period) -> tuple[StatementEntry, ...]:
    """Returns the entries of a team's statement in the order of their ids, each on one line."""
    found = []
    for entry in sorted(entries, key=lambda one: one.id):
        if is_on(entry, team_id=team_id, period=period.name):
            effect = _effect(entry, team_id=team_id, period=period.name)
            line = _line_of(entry, team_id=team_id, period=period, effect=effect)
            found.append(StatementEntry(entry=entry, line=line, effect_nanos=effect))
    return tuple(found)


def _effect(entry: PostedEntry, *, team_id: int, period: str) -> int:
    """Returns what an entry adds to the team's available and held amounts of a period."""
    effect = 0
    for account, nanos in ((entry.to_account, entry.amount_nanos), (entry.from_account, -entry.amount_nanos)):
        if (account.team_id, account.period) == (team_id, period) and account.bucket in ("available", "held"):
            effect += nanos
    return effect


def _line_of(entry: PostedEntry, *, team_id: int, period: Period, effect: int) -> Line:
    gains = effect > 0
    if effect == 0:
        return {"hold": "held", "release": "released"}.get(entry.kind, "other")  # type: ignore[return-value]
    if entry.usage_day is not None and entry.kind in ("charge", "correction"):
        if entry.usage_day < period.first_day:
            return "prior_period"
        return "charges" if entry.kind == "charge" else "corrections"
    by_kind: dict[str, tuple[Line, Line]] = {  # what a gain is, and what a loss is
        "appropriation": ("funding", "other"),
        "allocation": ("budget" if entry.document.startswith("budget:") else "granted", "handed"),
        "transfer": ("transfers_in", "transfers_out"),
        "charge": ("other", "charges"),
        "credit": ("credits", "other"),
        "correction": ("lowered", "lowered"),
        "reversal": ("reversals", "reversals"),
        "lapse": ("lapse_received", "lapsed"),
        "carry_forward": ("opening", "carried_forward"),
        "cover": ("cover_received", "cover_given"),
        "variance": ("variance", "variance"),
    }
    gain, loss = by_kind.get(entry.kind, ("other", "other"))
    return gain if gains else loss


def line_sums(entries: Iterable[StatementEntry]) -> dict[Line, int]:
    """Returns the sum of each line in nano-dollars. Holds and releases are what they moved within the budget."""
    sums: dict[Line, int] = {}
    for one in entries:
        nanos = one.effect_nanos
        if one.line in _INTERNAL:
            nanos = one.entry.amount_nanos * (1 if one.line == "held" else -1)
        sums[one.line] = sums.get(one.line, 0) + nanos
    return sums


def held_sum(entries: Iterable[StatementEntry], *, team_id: int, period: str) -> int:
    """Returns what entries leave held: set aside, less what was released and what paid for usage."""
    held = Account(team_id=team_id, period=period, bucket="held")
    return sum(
        one.entry.amount_nanos * ((one.entry.to_account == held) - (one.entry.from_account == held)) for one in entries
    )


def changes_budget(line: Line) -> bool:
    """Returns whether a line is part of opening + in − out = closing. Holds move within the budget."""
    return line not in _INTERNAL
