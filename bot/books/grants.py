"""Grants with an end: budget that goes back to its payer when its end comes, as far as it is not used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from bot.books.ledger import Account, Balance, Bucket, Entry, EntryKind
from bot.money import MAX_AMOUNT_NANOS, usd
from bot.org.teams import Directory, Team
from bot.periods import DAY_MICROS, Period, day_start, micros
from bot.refusals import FieldRefusal

GrantState = Literal["active", "ended"]
MAX_DAYS = 366
"""A grant ends within this many days; what lasts longer is a budget."""

DAY_FIELD, MEASURE_FIELD = "end", "end_measure"
"""The fields of a form that ask for a grant's last day, and for its days or the amount spent."""


@dataclass(frozen=True, kw_only=True)
class GrantEnd:
    """When a grant ends: at a moment, once so much of it is spent, or at the first of both. One of them is there."""

    at: int | None
    spent_nanos: int | None = None

    @classmethod
    def before_day(cls, day: int, zone: str) -> "GrantEnd":
        """Returns the end at the start of a team's day."""
        return cls(at=micros(day_start(day, zone)))

    @classmethod
    def of_period(cls, period: Period, zone: str) -> "GrantEnd":
        return cls.before_day(period.end_day, zone)

    @classmethod
    def after_days(cls, days: int, *, today: int, zone: str) -> "GrantEnd":
        """Returns the end after so many whole days, today not counted."""
        return cls.before_day(today + days + 1, zone)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A grant. `amount_nanos` was given; `used_nanos` of it were used in earlier periods than `period`.

    A team's usage counts against its grants first. `level_nanos` is the team's usage of the period when the grant began
    to count in it, and `ended_level_nanos` when it ended. A grant without a payer was new funding.
    """

    id: int
    team_id: int
    payer_id: int | None
    period: str
    amount_nanos: int
    used_nanos: int
    level_nanos: int
    ends_at: int | None
    ends_at_spent_nanos: int | None
    given_by: int | None
    given_at: int
    state: GrantState
    ended_at: int | None
    ended_level_nanos: int | None
    returned_nanos: int

    @property
    def document(self) -> str:
        return f"grant:{self.id}"

    @property
    def brought_nanos(self) -> int:
        """Returns the part of it that the period began with."""
        return self.amount_nanos - self.used_nanos


def may_end_grant(directory: Directory, person_id: int, team: Team, payer: Team) -> bool:
    """Whether a person may end a team's grant early: the managers of the team and of its payer, those above, and finance.
    In preview only finance."""
    if person_id in directory.finance:
        return True
    return team.mode != "preview" and any(directory.manages(person_id, one) for one in (team, payer))


def check_end(end: GrantEnd, *, now: int, amount_nanos: int) -> None:
    """Raises FieldRefusal for an end that is over, too far, or more than the grant."""
    if end.at is None and end.spent_nanos is None:
        raise FieldRefusal(DAY_FIELD, "Choose when it ends.")
    if end.at is not None and end.at <= now:
        raise FieldRefusal(DAY_FIELD, "That day is over. Choose today or a later one.")
    if end.at is not None and end.at > now + (MAX_DAYS + 1) * DAY_MICROS:
        raise FieldRefusal(
            DAY_FIELD, "That is more than a year away. Choose an earlier day, or raise the budget for good."
        )
    if end.spent_nanos is not None and not 0 < end.spent_nanos <= amount_nanos:
        raise FieldRefusal(
            MEASURE_FIELD, f"Type more than $0 and at most {usd(amount_nanos)}, the amount of the grant."
        )


def usage_level(balance: Balance) -> int:
    """Returns a team's whole usage of the period, also that before its budget's first day."""
    return balance.charged_nanos + balance.uncounted_nanos


def order_of_use(grant: Grant) -> tuple[bool, int, int]:
    """Orders grants by their use: the one that ends first comes first."""
    return grant.ends_at is None, grant.ends_at or 0, grant.id


def used_by_grant(grants: Sequence[Grant], level_nanos: int) -> dict[int, int]:
    """Returns how much of each grant of a team and period is used in it, by id, at a level of usage.

    Usage counts against the grant that ends first; the rest against the next one, then against the budget.
    """
    ordered = sorted(grants, key=order_of_use)
    known: dict[tuple[int, int], int] = {}

    def used(number: int, level: int) -> int:
        grant = ordered[number]
        if grant.ended_level_nanos is not None:
            level = min(level, grant.ended_level_nanos)
        if level <= grant.level_nanos:
            return 0
        if (number, level) not in known:
            spent = level - grant.level_nanos
            by_others = sum(used(other, level) - used(other, grant.level_nanos) for other in range(number))
            known[number, level] = max(0, min(grant.brought_nanos, spent - by_others))
        return known[number, level]

    return {grant.id: used(number, level_nanos) for number, grant in enumerate(ordered)}


def is_over(grant: Grant, *, used_nanos: int, now: int) -> bool:
    """Whether a grant has come to its end: its moment, the amount, or nothing left of it."""
    used = grant.used_nanos + used_nanos
    if grant.ends_at is not None and now >= grant.ends_at:
        return True
    if grant.ends_at_spent_nanos is not None and used >= grant.ends_at_spent_nanos:
        return True
    return used >= grant.amount_nanos


def ends_within(grant: Grant, period: Period, *, zone: str) -> bool:
    """Whether a grant's day ends it before the next period begins."""
    return grant.ends_at is not None and grant.ends_at <= micros(day_start(period.end_day, zone))


def unspent(grant: Grant, *, used_nanos: int, available_nanos: int) -> int:
    """Returns what is left of a grant, at most what the team has available."""
    return max(0, min(grant.brought_nanos - used_nanos, available_nanos))


def payer_of(directory: Directory, grant: Grant) -> Team:
    """Returns the team that a grant goes back to; the organisation for new funding."""
    return directory.root if grant.payer_id is None else directory.by_id(grant.payer_id)


def grant_given_entries(grant: Grant, *, directory: Directory, by: int | None) -> list[Entry]:
    """Returns the entries that give a grant: from its payer down to the team, level by level. Without a payer it is new
    funding."""
    entries: list[Entry] = []
    nanos, at = grant.amount_nanos, grant.given_at
    if grant.payer_id is None:
        root = directory.root.id
        source, target = _account(root, grant.period, "funding"), _account(root, grant.period)
        entries += _moved(grant, "appropriation", source, target, nanos, at=at, by=by)
    levels = _levels(directory, directory.by_id(grant.team_id), grant.payer_id)
    for lower, upper in reversed(list(pairwise(levels))):
        source, target = _account(upper, grant.period), _account(lower, grant.period)
        entries += _moved(grant, "allocation", source, target, nanos, at=at, by=by)
    return entries


def grant_returned_entries(grant: Grant, nanos: int, *, directory: Directory, at: int, by: int | None) -> list[Entry]:
    """Returns the entries that take the unspent part of a grant back to its payer, level by level.

    A team that has another parent now gives it back in one step. New funding goes back where it came from.
    """
    levels = _levels(directory, directory.by_id(grant.team_id), grant.payer_id)
    entries: list[Entry] = []
    for lower, upper in pairwise(levels):
        source, target = _account(lower, grant.period), _account(upper, grant.period)
        entries += _moved(grant, "lapse", source, target, nanos, at=at, by=by)
    if grant.payer_id is None:
        root = directory.root.id
        source, target = _account(root, grant.period), _account(root, grant.period, "funding")
        entries += _moved(grant, "lapse", source, target, nanos, at=at, by=by)
    return entries


def grant_carried_entries(grant: Grant, nanos: int, *, into: Period, at: int) -> list[Entry]:
    """Returns the entry that takes a grant's unspent part into the next period, which is the entry's own."""
    source, target = _account(grant.team_id, grant.period), _account(grant.team_id, into.name)
    entries = _moved(grant, "carry_forward", source, target, nanos, at=at, by=None)
    return [replace(entry, period=into.name) for entry in entries]


def ended(grant: Grant, *, returned_nanos: int, level_nanos: int, at: int) -> Grant:
    """Returns a grant that has ended."""
    return replace(grant, state="ended", ended_at=at, ended_level_nanos=level_nanos, returned_nanos=returned_nanos)


def carried(grant: Grant, *, left_nanos: int, into: Period) -> Grant:
    """Returns a grant that goes on in the next period with what is left of it."""
    return replace(grant, period=into.name, used_nanos=grant.amount_nanos - left_nanos, level_nanos=0)


def grant_accounts(directory: Directory, team: Team, payer_id: int | None, periods: Iterable[str]) -> list[Account]:
    """Returns the accounts that a grant moves money between, in each of the periods."""
    levels = _levels(directory, team, payer_id)
    root = directory.root.id
    return [
        account
        for period in periods
        for account in (
            *(_account(team_id, period) for team_id in levels),
            *((_account(root, period, "funding"),) if payer_id is None else ()),
        )
    ]


def _levels(directory: Directory, team: Team, payer_id: int | None) -> list[int]:
    """Returns the teams from a team up to the payer, or to the organisation; team and payer alone if it is not above."""
    chain = [team.id, *(above.id for above in directory.ancestors(team))]
    paying = directory.root.id if payer_id is None else payer_id
    return chain[: chain.index(paying) + 1] if paying in chain else [team.id, paying]


def _moved(
    grant: Grant, kind: EntryKind, source: Account, target: Account, nanos: int, *, at: int, by: int | None
) -> list[Entry]:
    """Returns the entries of one step; none if it moves nothing. One entry moves at most a billion dollars."""
    step = f"{kind}:{source.period}:{source.team_id}>{target.period}:{target.team_id}"
    return [
        Entry(
            kind=kind,
            dedupe_key=f"{grant.document}:{step}:{start // MAX_AMOUNT_NANOS}",
            period=grant.period,
            effective_at=at,
            from_account=source,
            to_account=target,
            amount_nanos=min(nanos - start, MAX_AMOUNT_NANOS),
            actor_id=by,
            reason=_REASONS.get(kind, "grant with an end"),
            document=grant.document,
        )
        for start in range(0, nanos, MAX_AMOUNT_NANOS)
    ]


_REASONS: Mapping[str, str] = {"lapse": "grant ended", "carry_forward": "grant goes on"}


def _account(team_id: int, period: str, bucket: Bucket = "available") -> Account:
    return Account(team_id=team_id, period=period, bucket=bucket)
