"""Chargeback: what each team and cost centre bears of a period, with shared and unattributed cost spread over the teams.

What is spread are entries of their own, between the buckets `spread` and `shared`. They change nothing that is available, and
are reversed by entries that undo each of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.books.ledger import Account, Entry
from bot.money import MAX_AMOUNT_NANOS
from bot.org.spread_rules import SpreadRule, spread_words
from bot.org.teams import Directory, Team
from bot.refusals import Refusal


@dataclass(frozen=True, kw_only=True)
class Spread:
    """An amount that a giver's cost puts onto a taker."""

    giver_id: int
    taker_id: int
    nanos: int
    rule: SpreadRule


@dataclass(frozen=True, kw_only=True)
class PostedSpread:
    """A posted entry of chargeback that nothing reverses yet."""

    entry_id: int
    giver_id: int
    taker_id: int
    nanos: int
    document: str


@dataclass(frozen=True, kw_only=True)
class ChargebackRow:
    """What a team bears: its own cost, less what is spread from it, and what is spread onto it. `variance_nanos` is what
    providers billed beyond the booked cost; the organisation bears it."""

    team: Team
    charged_nanos: int
    given_nanos: int = 0
    shared_nanos: int = 0
    variance_nanos: int = 0

    @property
    def total_nanos(self) -> int:
        return self.charged_nanos - self.given_nanos + self.shared_nanos + self.variance_nanos


@dataclass(frozen=True, kw_only=True)
class CostCentre:
    """The sums of the teams of a cost centre. Teams without one are together under an empty name."""

    name: str
    rows: tuple[ChargebackRow, ...]

    @property
    def charged_nanos(self) -> int:
        return sum(row.charged_nanos + row.variance_nanos for row in self.rows)

    @property
    def given_nanos(self) -> int:
        return sum(row.given_nanos for row in self.rows)

    @property
    def shared_nanos(self) -> int:
        return sum(row.shared_nanos for row in self.rows)

    @property
    def total_nanos(self) -> int:
        return sum(row.total_nanos for row in self.rows)


def rule_of(team: Team, directory: Directory) -> SpreadRule:
    """Returns the rule by which a team's cost is spread: the organisation's for unattributed cost, else the team's own."""
    return directory.organisation.chargeback if team.kind == "unattributed" else team.shared


def spreads_due(charged: Mapping[int, int], directory: Directory) -> list[Spread]:
    """Returns what a period's cost by team, in nano-dollars, spreads. A team that spreads its own cost takes no other's,
    unless fixed shares name it.

    `even` is over the teams that spent anything; so is `proportional`, by what they spent. The parts add up exactly.
    """
    givers = [directory.unattributed, *directory.real_teams]
    takers = {
        team.id: charged[team.id]
        for team in directory.real_teams
        if team.shared.how == "none" and charged.get(team.id, 0) > 0
    }
    found = []
    for giver in givers:
        rule, nanos = rule_of(giver, directory), charged.get(giver.id, 0)
        if rule.how == "none" or nanos <= 0:
            continue
        weights = _fixed_weights(rule, directory) if rule.how == "fixed" else takers
        if rule.how == "even":
            weights = dict.fromkeys(takers, 1)
        found += [
            Spread(giver_id=giver.id, taker_id=taker_id, nanos=part, rule=rule)
            for taker_id, part in split(nanos, weights).items()
            if part and taker_id != giver.id
        ]
    return found


def _fixed_weights(rule: SpreadRule, directory: Directory) -> dict[int, int]:
    weights = {}
    for slug, percent in rule.shares:
        team = directory.by_slug(slug)
        if team is None:
            raise Refusal(
                f"The rule `{spread_words(rule)}` names {slug}, which is no team any more. Change it in teams.yml."
            )
        weights[team.id] = percent
    return weights


def split(nanos: int, weights: Mapping[int, int]) -> dict[int, int]:
    """Returns an amount split by weights, exact to the nano-dollar: what rounding leaves goes to the largest remainders,
    and among equal ones to the lowest id. Nothing is split over nobody."""
    whole = sum(weights.values())
    if whole <= 0:
        return {}
    parts = {taker: nanos * weight // whole for taker, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda taker: (-(nanos * weights[taker] % whole), taker))
    for taker in by_remainder[: nanos - sum(parts.values())]:
        parts[taker] += 1
    return parts


def spread_document(period: str, run: int) -> str:
    return f"spread:{period}:{run}"


def spread_entries(spreads: Iterable[Spread], *, period: str, run: int, at: int, actor_id: int | None) -> list[Entry]:
    """Returns the entries of a period's spreads. `run` counts from 1: a further one follows a reversal."""
    entries = []
    for spread in spreads:
        left, piece = spread.nanos, 0
        while left:
            moved = min(left, MAX_AMOUNT_NANOS)
            entries.append(
                Entry(
                    kind="spread",
                    dedupe_key=f"{spread_document(period, run)}:{spread.giver_id}:{spread.taker_id}:{piece}",
                    period=period,
                    effective_at=at,
                    from_account=Account(team_id=spread.giver_id, period=period, bucket="spread"),
                    to_account=Account(team_id=spread.taker_id, period=period, bucket="shared"),
                    amount_nanos=moved,
                    actor_id=actor_id,
                    reason=f"chargeback, {spread_words(spread.rule)}",
                    document=spread_document(period, run),
                )
            )
            left, piece = left - moved, piece + 1
    return entries


def reversing_entries(posted: Iterable[PostedSpread], *, period: str, at: int, actor_id: int | None) -> list[Entry]:
    """Returns the entries that undo posted ones."""
    return [
        Entry(
            kind="reversal",
            dedupe_key=f"spread:reversal:{one.entry_id}",
            period=period,
            effective_at=at,
            from_account=Account(team_id=one.taker_id, period=period, bucket="shared"),
            to_account=Account(team_id=one.giver_id, period=period, bucket="spread"),
            amount_nanos=one.nanos,
            actor_id=actor_id,
            reason="chargeback reversed",
            document=one.document,
            reverses_id=one.entry_id,
        )
        for one in posted
    ]


def chargeback_rows(
    charged: Mapping[int, int], variance_nanos: int, spreads: Iterable[Spread | PostedSpread], directory: Directory
) -> list[ChargebackRow]:
    """Returns a row per team that bears or gives anything, in the order of the teams; the sum is what the period cost."""
    given: dict[int, int] = {}
    shared: dict[int, int] = {}
    for spread in spreads:
        given[spread.giver_id] = given.get(spread.giver_id, 0) + spread.nanos
        shared[spread.taker_id] = shared.get(spread.taker_id, 0) + spread.nanos
    rows = [
        ChargebackRow(
            team=team,
            charged_nanos=charged.get(team.id, 0),
            given_nanos=given.get(team.id, 0),
            shared_nanos=shared.get(team.id, 0),
            variance_nanos=variance_nanos if team.kind == "organisation" else 0,
        )
        for team in directory.teams
    ]
    return [row for row in rows if row.charged_nanos or row.given_nanos or row.shared_nanos or row.variance_nanos]


def cost_centres(rows: Sequence[ChargebackRow]) -> list[CostCentre]:
    """Returns the sums by cost centre, the most expensive first. The organisation and usage of no team have none."""
    by_name: dict[str, list[ChargebackRow]] = {}
    for row in rows:
        by_name.setdefault(row.team.cost_center if row.team.kind == "team" else "", []).append(row)
    centres = [CostCentre(name=name, rows=tuple(listed)) for name, listed in by_name.items()]
    return sorted(centres, key=lambda centre: (-centre.total_nanos, centre.name))
