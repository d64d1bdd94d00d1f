"""Asks: the amounts that a request form offers, what an amount buys, and the cap that is used up."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.books.budgets import Standing
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.tools import ToolKind, Tools
from bot.requests.budget_requests import CapKind
from bot.requests.effects import after_grant

WEEK_DAYS = 7
OFFERED = 3
"""How many amounts a form offers."""
OfferKind = Literal["period", "quarter", "week", "fortnight", "half", "double", "plain"]
_PLAIN_NANOS = (100 * NANOS, 250 * NANOS, 500 * NANOS)
"""What a form offers where no usage and no budget suggest an amount."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An amount that a form offers, and what it is: to the `period`'s end at the present pace, a `quarter` or `half` of
    the budget more, or as much again (`double`), a `week` or `fortnight` at the present pace, or a `plain` amount."""

    amount_nanos: int
    kind: OfferKind


def offers(standing: Standing, cap: "CapChoice | None" = None, *, lasts_on: bool = False) -> list[Offer]:
    """Returns three amounts to ask for, the smallest first, in figures that people use; for a cap other than the team's,
    parts of that cap. Weeks that go on after the period are offered only for budget that `lasts_on` beyond it."""
    if cap is not None and cap.kind != "team" and cap.limit_nanos:
        over, limit = max(0, -(cap.left_nanos or 0)), cap.limit_nanos
        return _rounded([("quarter", over + limit // 4), ("half", over + limit // 2), ("double", over + limit)])
    burn, balance = max(0, standing.forecast.usual_nanos_per_day), standing.balance
    owed = max(0, -balance.left_nanos)
    days = 2 * WEEK_DAYS if lasts_on else standing.period.end_day - standing.today
    wanted: list[tuple[OfferKind, int]] = [
        ("period", shortfall(standing)),
        ("quarter", owed + balance.allocated_nanos // 4 if balance.budget == "set" else 0),
        ("week", owed + WEEK_DAYS * burn if burn and days >= WEEK_DAYS else 0),
        ("fortnight", owed + 2 * WEEK_DAYS * burn if burn and days >= 2 * WEEK_DAYS else 0),
        ("half", owed + balance.allocated_nanos // 2 if balance.budget == "set" else 0),
        *(("plain", owed + nanos) for nanos in _PLAIN_NANOS),
    ]
    return _rounded(wanted)


def _rounded(wanted: Sequence[tuple[OfferKind, int]]) -> list[Offer]:
    found: dict[int, Offer] = {}
    for kind, nanos in wanted:
        amount = rounded_up(nanos)
        if 0 < amount <= MAX_AMOUNT_NANOS and len(found) < OFFERED:
            found.setdefault(amount, Offer(amount_nanos=amount, kind=kind))
    return [found[amount] for amount in sorted(found)]


def shortfall(standing: Standing) -> int:
    """Returns what a team lacks to the period's end at its present pace; 0 if its budget lasts."""
    balance = standing.balance
    if balance.budget != "set":  # what was spent before a first grant does not count
        return max(0, standing.forecast.end_nanos - balance.charged_nanos)
    return max(0, standing.forecast.end_nanos - balance.charged_nanos - balance.left_nanos)


def rounded_up(nanos: int) -> int:
    """Returns the next amount in whole dollars that people would type: 37 for 36.20, 130 for 123, 375 for 363, 32,500 for
    30,001. It is at most a tenth more, or a dollar."""
    if nanos <= 0:
        return 0
    dollars = -(-nanos // NANOS)
    unit = 1
    while unit * 10 <= dollars:
        unit *= 10
    parts = 10 if 2 * dollars < 5 * unit else 4 if dollars < 5 * unit else 2
    step = max(1, unit // parts)
    if unit == 10:  # no 27.50
        step = 1 if 2 * dollars < 5 * unit else 5
    return -(-dollars // step) * step * NANOS


@dataclass(frozen=True, kw_only=True)
class Bought:
    """What an amount buys at the present pace, beyond what the team is over its budget by.

    `days` is None without a pace. `until_day` is the first day without budget, None if it lasts the period.
    `lacking_nanos` is what would still be missing before anything could be spent.
    """

    amount_nanos: int
    days: int | None
    until_day: int | None
    lacking_nanos: int


def bought(standing: Standing, amount_nanos: int) -> Bought:
    """Returns what an amount would buy."""
    burn, balance = standing.forecast.usual_nanos_per_day, standing.balance
    over = max(0, -balance.left_nanos) if balance.budget == "set" else 0
    net = amount_nanos - over
    return Bought(
        amount_nanos=amount_nanos,
        days=max(0, net) // burn if burn > 0 else None,
        until_day=after_grant(standing, amount_nanos).forecast.run_out_day,
        lacking_nanos=max(0, -net),
    )


@dataclass(frozen=True, kw_only=True)
class CapChoice:
    """A cap that a request may be for: of the team, of a part of its budget, of the asker, or of a key.

    `ref` is the part's key (`workflow:evals`), the person's id, or the credential; "" for the team. `gateway` is the
    gateway that keeps it, if it is one's own; `limit_nanos` is None where nobody says.
    """

    kind: CapKind
    ref: str = ""
    gateway: str = ""
    limit_nanos: int | None = None
    left_nanos: int | None = None
    is_binding: bool = True
    """Whether calls are refused once it is used up."""

    @property
    def is_used_up(self) -> bool:
        return self.is_binding and self.left_nanos is not None and self.left_nanos <= 0

    @property
    def id(self) -> str:
        """Returns the cap's id in a form, however long its name is."""
        if not self.ref:
            return self.kind
        return f"{self.kind}:{hashlib.blake2b(self.ref.encode(), digest_size=8).hexdigest()}"

    @property
    def words(self) -> str:
        return cap_words(self.kind, self.ref)


TEAM_CAP = CapChoice(kind="team")
_KINDS_OF_TOOLS = {"in_house": "in-house tools", "third_party": "third-party tools"}


def cap_words(kind: CapKind, ref: str) -> str:
    """Returns what a cap is of, as typed: `workflow evals`, `tool Claude Code`, `key key-12`, `own limit`; "" for the
    team."""
    if kind == "team":
        return ""
    if kind == "member":
        return "own limit"
    if kind == "key":
        return f"key {ref}"
    sort, _, pattern = ref.partition(":")
    if sort == "tool_kind":
        return _KINDS_OF_TOOLS.get(pattern, pattern)
    return f"{sort} {pattern}" if pattern else f"{kind} {ref}"


def tool_kind_of(ref: str, tools: Tools) -> ToolKind | None:
    """Returns the kind of the tool that a cap is of, by its part's key; None for a model."""
    sort, _, pattern = ref.partition(":")
    if sort == "tool_kind":
        return "in_house" if pattern == "in_house" else "third_party"
    if sort == "model" and pattern:
        return None
    return tools.kind_of(pattern if sort == "tool" and pattern else ref)


def blocking_cap(caps: Iterable[CapChoice]) -> CapChoice | None:
    """Returns the cap that keeps the asker from going on; None if nothing is used up.

    The team's comes first: without its budget no other cap helps. Then the narrowest: a key's, the person's, a part's.
    """
    used = [cap for cap in caps if cap.is_used_up]
    return min(used, key=lambda cap: _NARROWEST.index(cap.kind), default=None)


_NARROWEST: Sequence[CapKind] = ("team", "key", "member", "workflow", "tool")
