"""Warnings of a person's limits, by direct message to that person alone: their own, one of each person of a team, and one that
teams.yml gives them in a team."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.alerting.part_alerts import percents_due
from bot.books.gatekeeping.parts import Part
from bot.org.teams import Team
from bot.periods import DAY_MICROS, Period, period_of
from bot.views.alerting.part_alerts import limit_message
from bot.views.blocks import name
from handlers.books.gatekeeping.parts import parts_of
from handlers.context import Context
from handlers.scope import Scope

_FORGOTTEN_MICROS = 800 * DAY_MICROS
OWN = "own"


@dataclass(frozen=True, kw_only=True)
class _Spend:
    """A person's spend against one limit. `team` is None for the person's own."""

    person_id: int
    key: str
    period: str
    amount_nanos: int
    spent_nanos: int
    team: Team | None


async def warn_people(context: Context) -> int:
    """Warns people whose limits are at 80% or 100%, once each; returns the number of messages."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        due = [spend for spend in await _spends(scope) if await _percents(scope, spend)]
    sent = 0
    for spend in due:
        async with context.store.begin() as tx:
            sent += await _warn(await context.scope(tx), spend)
    if sent:
        context.wake_outbox.set()
    return sent


async def own_spend(scope: Scope, person_ids: list[int]) -> int:
    """Returns what a person used in the calendar month, in all teams."""
    month = _month(scope)
    rows = await scope.tx.part_spend.of_people(person_ids, first_day=month.first_day, end_day=month.end_day)
    return sum(nanos for _, _, nanos in rows)


def _month(scope: Scope) -> Period:
    return period_of(scope.directory.root.day_of(scope.at), "month")


async def _spends(scope: Scope) -> list[_Spend]:
    """Returns the spend of everybody who has a limit."""
    found = await _own(scope)
    if (
        scope.directory.organisation.people != "none"
    ):  # then nobody is told a figure of theirs that they did not ask for
        for team in scope.directory.real_teams:
            if team.mode == "govern" and (team.terms.each_person_nanos is not None or _has_people(team)):
                found += await _of_team(scope, team)
    return found


async def _own(scope: Scope) -> list[_Spend]:
    limits = await scope.tx.person_limits.all()
    found = []
    for person_id, amount in sorted(limits.items()):
        spent = await own_spend(scope, await scope.tx.people.all_ids_of(person_id))
        month = _month(scope).name
        found.append(
            _Spend(person_id=person_id, key=OWN, period=month, amount_nanos=amount, spent_nanos=spent, team=None)
        )
    return found


def _has_people(team: Team) -> bool:
    return any(part.kind == "person" for part in team.terms.parts)


async def _of_team(scope: Scope, team: Team) -> list[_Spend]:
    """Returns the spend of a team's people in its period, against the limit of each and those of single people."""
    period = scope.directory.period_at(team, scope.at)
    rows = await scope.tx.part_spend.by_label([team.id], first_day=period.first_day, end_day=period.end_day)
    spent: dict[int, int] = {}
    for _, _, _, _, person_id, nanos in rows:
        spent[person_id] = spent.get(person_id, 0) + nanos
    spent.pop(0, None)
    people = await scope.tx.people.by_ids(spent)
    by_person: dict[int, int] = {}
    for person_id, nanos in spent.items():
        current = people[person_id].id
        by_person[current] = by_person.get(current, 0) + nanos
    named = {person: part for part in (await parts_of(scope, [team])).get(team.id, ()) for person in part.person_ids}
    return [
        spend for person, nanos in sorted(by_person.items()) for spend in _limits(team, period, person, nanos, named)
    ]


def _limits(team: Team, period: Period, person: int, nanos: int, named: dict[int, Part]) -> Iterator[_Spend]:
    each, part = team.terms.each_person_nanos, named.get(person)
    for key, amount in (("each", each), ("part", part.amount_nanos if part else None)):
        if amount is not None:
            yield _Spend(
                person_id=person,
                key=f"{key}:{team.id}",
                period=period.name,
                amount_nanos=amount,
                spent_nanos=nanos,
                team=team,
            )


async def _percents(scope: Scope, spend: _Spend) -> list[int]:
    warned = await scope.tx.person_limits.warned(spend.person_id, period=spend.period, limit_key=_key(spend))
    return list(percents_due(spend.spent_nanos, spend.amount_nanos, warned=warned))


def _key(spend: _Spend) -> str:
    """Returns the key of a limit; a team's new amount warns anew, and a person's own is forgotten when it is set."""
    return spend.key if spend.key == OWN else f"{spend.key}:{spend.amount_nanos}"


async def _warn(scope: Scope, spend: _Spend) -> int:
    """Records the crossed thresholds, and sends the highest."""
    due = await _percents(scope, spend)
    new = [
        percent
        for percent in due
        if await scope.tx.person_limits.warn(
            spend.person_id, period=spend.period, limit_key=_key(spend), percent=percent, at=scope.at
        )
    ]
    if not new:
        return 0
    message = limit_message(
        amount_nanos=spend.amount_nanos,
        spent_nanos=spend.spent_nanos,
        percent=new[-1],
        where=name(spend.team.name) if spend.team is not None else "",
        command=scope.command,
    )
    key = f"limit:{spend.person_id}:{spend.period}:{_key(spend)}:{new[-1]}:{scope.at}"
    await scope.tx.outbox.put(message, dedupe_key=key, at=scope.at, to_person_id=spend.person_id)
    await scope.tx.person_limits.delete_warnings(before=scope.at - _FORGOTTEN_MICROS)
    return 1
