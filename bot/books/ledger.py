"""The ledger's entries: each moves an amount between two accounts.

An entry is never changed; a further entry corrects it. Each entry has a dedupe key, so posting it twice has no effect.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from bot.books.closing.releases import Released
from bot.money import MAX_AMOUNT_NANOS, usd
from bot.refusals import Refusal

Bucket = Literal["funding", "available", "held", "spent", "shared", "spread", "variance:anthropic", "variance:openai"]
"""`shared` is the cost that chargeback spreads onto a team, `spread` what it spreads away from one, below zero. Neither
changes what is available."""
SPREAD = frozenset({"shared", "spread"})
"""The buckets of chargeback: a closed period takes their entries too."""
VARIANCE = "variance:"
"""The prefix of the organisation's buckets for variances with providers."""
BudgetState = Literal["set", "none", "later"]
"""`set`: there is a budget, of $0 or more. `none`: none is declared. `later`: its first day is still to come."""
EntryKind = Literal[
    "appropriation",
    "allocation",
    "transfer",
    "hold",
    "release",
    "charge",
    "credit",
    "correction",
    "reversal",
    "lapse",
    "carry_forward",
    "cover",
    "spread",
    "variance",
]

ALLOWED_MOVES: dict[str, frozenset[tuple[str, str]]] = {
    "appropriation": frozenset({("funding", "available")}),
    "allocation": frozenset({("available", "available")}),
    "transfer": frozenset({("available", "available")}),
    "hold": frozenset({("available", "held")}),
    "release": frozenset({("held", "available")}),
    "charge": frozenset({("available", "spent"), ("held", "spent")}),
    "credit": frozenset({("spent", "available")}),
    "lapse": frozenset({("available", "available"), ("available", "funding")}),
    "carry_forward": frozenset({("available", "available")}),
    "cover": frozenset({("available", "available"), ("funding", "available")}),
    "spread": frozenset({("spread", "shared")}),
    "variance": frozenset(
        moved
        for provider in ("anthropic", "openai")
        for moved in (("available", f"{VARIANCE}{provider}"), (f"{VARIANCE}{provider}", "available"))
    ),
}
"""The buckets that each kind of entry may move between. A correction or reversal undoes another kind and may move either
way.
"""


@dataclass(frozen=True, kw_only=True, order=True)
class Account:
    """One bucket of a team's budget in a period."""

    team_id: int
    period: str
    bucket: Bucket


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry to post. `actor_id` is None if the bot itself acts; `document` names the reason in the books."""

    kind: EntryKind
    dedupe_key: str
    period: str
    effective_at: int
    from_account: Account
    to_account: Account
    amount_nanos: int
    actor_id: int | None
    reason: str
    document: str
    usage_day: int | None = None
    reverses_id: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.amount_nanos <= MAX_AMOUNT_NANOS:
            raise ValueError("an entry moves more than nothing and at most a billion dollars")
        if self.from_account == self.to_account:
            raise ValueError("an entry needs two accounts")
        moved = (self.from_account.bucket, self.to_account.bucket)
        if moved not in ALLOWED_MOVES.get(self.kind, {moved}):
            raise ValueError(f"a {self.kind} does not move {moved[0]} to {moved[1]}")


def is_promise(entry: Entry) -> bool:
    """Returns whether an entry promises budget: all but charges, credits, what undoes these, variances, and what a period's
    close settles. Charges alone, and what a parent covers, may bring an account below zero."""
    is_of_credit = entry.document.startswith(CREDITS)
    settles = entry.kind == "lapse" and entry.document.startswith(CLOSE)
    return entry.kind not in NO_PROMISES and entry.usage_day is None and not is_of_credit and not settles


def promised_changes(entry: Entry) -> list[tuple[Account, int]]:
    """Returns what an entry adds to the promises of the accounts `available`. What is carried forward leaves a period that
    promises nothing any more."""
    if not is_promise(entry):
        return []
    moved = [] if entry.kind == "carry_forward" else [(entry.from_account, -entry.amount_nanos)]
    moved.append((entry.to_account, entry.amount_nanos))
    return [(account, nanos) for account, nanos in moved if account.bucket == "available"]


NO_PROMISES = ("charge", "credit", "variance", "cover")
CREDITS = "credit:"
"""The prefix of the documents of credits, and of what takes them back."""
CLOSE = "close:"
"""The prefix of the documents of a period's close."""


class PeriodClosed(Refusal):
    """An entry is of a period that takes none any more."""

    def __init__(self, period: str) -> None:
        super().__init__(f"{period} is closed: its figures stay as they are. Use the period that is open now.")
        self.period = period


class Overdrawn(Refusal):
    """Entries promise budget that an account does not have."""

    def __init__(self, short: dict[Account, int]) -> None:
        """`short` has the missing nano-dollars of each account."""
        worst = max(short.values())
        super().__init__(
            f"{usd(worst)} is missing: that budget was promised elsewhere meanwhile. Look again, and retry."
        )
        self.short = short


@dataclass(frozen=True, kw_only=True)
class Balance:
    """A team's budget in a period, with usage up to now. Available = allocated − charged − held − withheld.

    `allocated_nanos` is what the team keeps: `handed_nanos` went to the teams below it. `base_nanos` is the posted part
    of its declared budget. Usage before `since_day` does not count: it is `uncounted_nanos`. Without a budget nothing is
    available, and nothing is denied. Of a budget that is released over time, `withheld_nanos` is still to come.
    """

    allocated_nanos: int
    charged_nanos: int
    held_nanos: int
    budget: BudgetState = "set"
    handed_nanos: int = 0
    base_nanos: int = field(default=0, compare=False)  # a part of what is compared
    uncounted_nanos: int = 0
    since_day: int | None = None
    released: Released | None = field(default=None, compare=False)

    @property
    def withheld_nanos(self) -> int:
        return self.released.withheld_nanos if self.released is not None and self.budget == "set" else 0

    @property
    def available_nanos(self) -> int:
        return self.left_nanos - self.withheld_nanos

    @property
    def left_nanos(self) -> int:
        """Returns what is left of the whole period's budget, released or not."""
        return self.allocated_nanos - self.charged_nanos - self.held_nanos if self.budget == "set" else 0

    @property
    def spendable_nanos(self) -> int:
        """Returns what may be spent today: what is available, within the day's limit."""
        day_left = self.released.day_left_nanos if self.released is not None else None
        return self.available_nanos if day_left is None else min(self.available_nanos, day_left)

    @property
    def received_nanos(self) -> int:
        """Returns the whole budget: what the team keeps, and what it handed down."""
        return self.allocated_nanos + self.handed_nanos


def with_grant(balance: Balance, nanos: int) -> Balance:
    """Returns a balance after a grant. To a team without a budget it gives one, and what was spent before does not count."""
    if balance.budget == "set":
        return replace(balance, allocated_nanos=balance.allocated_nanos + nanos)
    return Balance(allocated_nanos=nanos, charged_nanos=0, held_nanos=balance.held_nanos)


EMPTY_BALANCE = Balance(allocated_nanos=0, charged_nanos=0, held_nanos=0)


def charge_entries(
    *,
    spender_id: int,
    payer_id: int,
    period: str,
    day: int,
    posted_nanos: int,
    posted_entries: int,
    total_nanos: int,
    at: int,
) -> list[Entry]:
    """Returns the entries that bring a day's posted charges to the sum of its usage; none if they agree.

    `payer_id` differs from `spender_id` only for unattributed usage, which the organisation pays. If the sum shrinks, a
    correction moves the difference back. One entry moves at most a billion dollars. Keys count on from the entries posted
    so far: a sum may return to an earlier value, and of two processes that post at once only one succeeds.
    """
    available = Account(team_id=payer_id, period=period, bucket="available")
    spent = Account(team_id=spender_id, period=period, bucket="spent")
    grows = total_nanos > posted_nanos
    entries: list[Entry] = []
    while posted_nanos != total_nanos:
        moved = min(abs(total_nanos - posted_nanos), MAX_AMOUNT_NANOS)
        entries.append(
            Entry(
                kind="charge" if grows else "correction",
                dedupe_key=f"charge:{spender_id}:{day}:{posted_entries + len(entries)}",
                period=period,
                effective_at=at,
                from_account=available if grows else spent,
                to_account=spent if grows else available,
                amount_nanos=moved,
                actor_id=None,
                reason="usage of the day",
                document=f"usage:{day}",
                usage_day=day,
            )
        )
        posted_nanos += moved if grows else -moved
    return entries
