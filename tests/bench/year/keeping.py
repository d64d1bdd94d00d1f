"""The books of the year, kept by the product's own jobs month by month: budgets, requests, charges, and late corrections."""

from datetime import UTC, date, datetime, timedelta

from bot.money import NANOS
from bot.org.people_file import read_people_file
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import day_number, micros
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from handlers.books.periods import keep_books
from handlers.context import Context
from handlers.costs.reprice import reprice
from handlers.intake.keys import create_key
from handlers.intake.reattributions import move_usage
from handlers.org.attribution import claim_key
from handlers.org.people import import_people
from handlers.org.teams import import_teams
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import decide_request
from tests.bench.year.company import REPRICED, SOURCES, Size, email, late_price, people_csv, slug, teams_yml
from tests.bench.year.workspace import members

_ASKS = 3
"""Requests a month; those of the last month wait."""
_MOVED = ("lost-0", "lost-1")


class Calendar:
    """A clock that shows the day it is told."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def turn_to(self, now: datetime) -> None:
        self._now = now


async def organise(context: Context, size: Size) -> dict[str, str]:
    """Imports the company as it was a year ago, finds its people in Slack, and returns the key of each source."""
    await import_teams(context, read_teams_file(teams_yml(size)), dry_run=False)
    await import_people(context, read_people_file(people_csv(size)), dry_run=False)
    async with context.store.begin() as tx:
        for member in members(size):
            if member.email.endswith("acme.test"):
                await tx.people.ensure_from_slack(
                    slack_id=member.id, email=member.email, name=member.real_name, timezone=member.tz
                )
    return {name: await create_key(context, name, source="cloudevents") for name in SOURCES}


async def keep_year(context: Context, calendar: Calendar, size: Size, *, now: datetime) -> None:
    """Posts every month's budgets and charges when they were due, and asks for more in each; then corrects the past."""
    for first in _months(calendar.now().date(), now.date()):
        calendar.turn_to(max(calendar.now(), datetime(first.year, first.month, 1, 3, tzinfo=UTC)))
        await keep_books(context)
        middle = calendar.now() + timedelta(days=12)
        if middle < now:
            calendar.turn_to(middle)
            await _ask(context, size, month=first.month, is_decided=first != now.date().replace(day=1))
    calendar.turn_to(now - timedelta(minutes=5))
    await _reprice(context, size)
    await _move(context)
    calendar.turn_to(now)
    await keep_books(context)


def _months(start: date, end: date) -> list[date]:
    months = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
    return [date(month // 12, month % 12 + 1, 1) for month in months]


async def _ask(context: Context, size: Size, *, month: int, is_decided: bool) -> None:
    for number in range(_ASKS):
        team = (7 * month + 3 * number) % size.teams
        async with context.store.begin() as tx:
            scope = await context.scope(tx)
            people = await tx.people.ids_of_emails([email(team, 2), "chloe@acme.test"])
            asked_of = scope.directory.by_slug(slug(team))
            assert asked_of is not None
            request = await create_request(
                scope.of_team(asked_of),
                Ask(amount_nanos=(100 + 50 * number) * NANOS, reason="a longer evaluation"),
                person_id=people[email(team, 2)],
            )
        if not is_decided:
            continue
        async with context.store.begin() as tx:
            seen = Seen(request_id=request.id, revision=request.revision)
            await decide_request(
                await context.scope(tx), context, seen, Decision(approve=number > 0), by=people["chloe@acme.test"]
            )


async def _reprice(context: Context, size: Size) -> None:
    """A price that came late: one model is priced again from the month before on."""
    since = (context.now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    await import_teams(context, read_teams_file(teams_yml(size, late_price(since))), dry_run=False)
    result = await reprice(context, since_day=day_number(since), model=REPRICED, document=f"reprice:{since}")
    assert result.calls or not result.seen


async def _move(context: Context) -> None:
    """Keys that nobody knew are claimed, and what they used in the last weeks moves to their teams."""
    at = context.now_micros()
    for credential, team in zip(_MOVED, (3, 4), strict=True):
        async with context.store.begin() as tx:
            rulebook = await context.rulebooks.current(tx)
            found = rulebook.directory.by_slug(slug(team))
            assert found is not None
            since = micros(context.now() - timedelta(days=20))
            await claim_key(tx, rulebook, credential, team=found, since_at=since, by=None, at=at, moves_later=True)
    await move_usage(context)
