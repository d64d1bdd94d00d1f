"""Digests fall due at nine on Monday in each zone, through clock changes, once, whoever works and whenever it was down.

The jobs are those of the schedule, at moments of a clock that stands still between them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.org.attribution import Source
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import zone
from bot.settings import Settings
from bot.sources import SOURCES
from handlers.cli import prepare
from handlers.context import Context, make_context
from handlers.intake.keys import create_key
from handlers.intake.usage import Intake
from handlers.org.teams import import_teams
from handlers.schedule import jobs
from storage.tables.outbox import outbox
from tests.support.company import usage_event

ZONES = (
    "Europe/London",
    "America/St_Johns",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Pago_Pago",
)
SPRING, AUTUMN = date(2021, 3, 8), date(2020, 9, 21)
"""Mondays before clocks change: in March north goes forward and in April south, with Apia, back; in autumn the other way."""
WEEKS = 6
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@dataclass
class StandingClock:
    """A clock that shows the moment it was set to."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class Acme:
    """A company on a database, and as many workers as asked for, with one clock."""

    clock: StandingClock
    workers: list[Context]
    intake: Intake
    source: Source

    async def imports(self, teams_yml: str) -> None:
        await import_teams(self.workers[0], read_teams_file(teams_yml), dry_run=False)

    async def uses(self, *teams: str) -> None:
        """Books a call of each team at this moment."""
        now = self.clock.now()
        events = [usage_event(f"{team}-{now:%m%d%H%M%S}", at=now, dollars=5, team=team, user=None) for team in teams]
        for event in events:
            parsed = SOURCES["cloudevents"](_json(event), now=now)
            assert (await self.intake.book(parsed, source=self.source)).accepted == 1

    async def runs(self, at: datetime) -> int:
        """Runs the jobs of digests by all workers at once; returns how many were posted."""
        self.clock.at = at
        found = await asyncio.gather(*(_digests(worker) for worker in self.workers))
        return sum(found)

    async def posted(self) -> dict[str, list[datetime]]:
        """Returns the moments at which a message with each key was stored."""
        found: dict[str, list[datetime]] = {}
        async with self.workers[0].store.read() as tx:
            for key, at in await tx.connection.execute(select(outbox.c.dedupe_key, outbox.c.created_at)):
                if key.startswith("digest:"):
                    found.setdefault(key, []).append(datetime.fromtimestamp(at // 10**6, UTC))
        return found


async def _digests(context: Context) -> int:
    return sum([await job(context) for name, job, _ in jobs(context) if name.startswith("post")])  # type: ignore[misc]


def _json(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def team_yml(slug: str, zone_name: str, *, parent: str = "", manager: str = "") -> str:
    above = f", parent: {parent}" if parent else ""
    people = f", managers: [{manager}]" if manager else ""
    return f'  - {{slug: {slug}, name: {slug}, timezone: {zone_name}, channel: "#{slug}"{above}{people}}}\n'


def yml(teams: Iterable[str]) -> str:
    return (
        "organisation:\n  {name: Acme, currency: USD, timezone: Europe/London, period: month, mode: govern,\n"
        f"   finance: [chloe@acme.test]}}\nteams:\n{''.join(teams)}"
    )


@asynccontextmanager
async def acme(database_url: str, *, at: datetime, teams_yml: str, workers: int = 1) -> AsyncIterator[Acme]:
    clock = StandingClock(at)
    settings = Settings(database_url=database_url)
    contexts = [await prepare(settings, clock)]
    contexts += [make_context(settings, clock) for _ in range(workers - 1)]
    await import_teams(contexts[0], read_teams_file(teams_yml), dry_run=False)
    await create_key(contexts[0], "gateway", source="cloudevents")
    async with contexts[0].store.read() as tx:
        source = await tx.keys.source("gateway")
    assert source is not None
    intake = Intake(contexts[0])
    intake.start()
    yield Acme(clock=clock, workers=contexts, intake=intake, source=source)
    await intake.stop()
    for context in contexts:
        await context.store.close()


def nine(monday: date, zone_name: str) -> datetime:
    return datetime(monday.year, monday.month, monday.day, 9, tzinfo=zone(zone_name)).astimezone(UTC)


def week(monday: date) -> str:
    """Returns the name of the week that closed on a Monday."""
    return "{}-W{:02d}".format(*(monday - timedelta(days=7)).isocalendar()[:2])


@pytest.mark.parametrize("first", [SPRING, AUTUMN], ids=["spring", "autumn"])
async def test_digests_fall_due_at_nine_in_nine_zones_while_clocks_change(database_url: str, first: date) -> None:
    slugs = {zone_name: zone_name.partition("/")[2].lower().replace("_", "-") for zone_name in ZONES}
    teams = [team_yml(slug, zone_name) for zone_name, slug in slugs.items()]
    teams += [
        team_yml("hills", "Asia/Kathmandu", manager="ben@acme.test"),
        team_yml("peak", "Pacific/Apia", parent="hills"),
    ]
    begins = nine(first, "Pacific/Apia") - timedelta(days=3)
    mondays = [first + timedelta(days=7 * n) for n in range(WEEKS)]
    async with acme(database_url, at=begins, teams_yml=yml(teams)) as made:
        await made.uses(*slugs.values(), "peak")
        for monday in mondays:
            slots = {nine(monday, zone_name) for zone_name in ZONES}
            for slot in sorted(slots):
                await made.runs(slot - SECOND)
                await made.runs(slot)
            await made.uses(*slugs.values(), "peak")
        posted = await made.posted()
        directory = (await made.workers[0].rulebooks.latest()).directory
        ids = {team.slug: team.id for team in directory.real_teams}
        ben = next(iter(directory.people_with("manager", directory.by_id(ids["hills"]))))
        chloe = next(iter(directory.finance))
    for monday in mondays:
        name = week(monday)
        for zone_name, slug in slugs.items():
            assert posted.pop(f"digest:{ids[slug]}:{name}") == [nine(monday, zone_name)]
        assert posted.pop(f"digest:{ids['peak']}:{name}") == [nine(monday, "Pacific/Apia")]
        assert posted.pop(f"digest:manager:{name}:{ben}") == [nine(monday, "Asia/Kathmandu")]
        assert posted.pop(f"digest:company:{name}:{chloe}") == [nine(monday, "Europe/London")]
    assert posted == {}


async def test_a_bot_that_was_down_on_monday_posts_once_within_a_day_and_not_later(database_url: str) -> None:
    teams = [
        team_yml("search", "Europe/London", manager="ben@acme.test"),
        team_yml("web", "Europe/London", parent="search"),
    ]
    monday = date(2021, 6, 7)
    slots = [nine(monday + timedelta(days=7 * n), "Europe/London") for n in range(4)]
    async with acme(database_url, at=slots[0] - timedelta(days=4), teams_yml=yml(teams)) as made:
        await made.uses("search", "web")
        assert await made.runs(slots[0] + 6 * HOUR) == 4  # the two teams', Ben's and finance's
        assert await made.runs(slots[0] + 7 * HOUR) == 0
        await made.uses("search", "web")
        assert await made.runs(slots[1] + 24 * HOUR - SECOND) == 4
        assert await made.runs(slots[1] + 24 * HOUR) == 0
        await made.uses("search", "web")
        assert await made.runs(slots[2] + 24 * HOUR) == 0
        await made.uses("search", "web")
        assert await made.runs(slots[3] - SECOND) == 0
        assert await made.runs(slots[3]) == 4
        weeks = {key.split(":")[2] for key in await made.posted()}
    assert weeks == {week(slot.date()) for slot in (slots[0], slots[1], slots[3])}


async def test_workers_at_once_post_each_digest_once(database_url: str) -> None:
    teams = [
        team_yml("search", "Europe/London", manager="ben@acme.test"),
        team_yml("web", "Europe/London", parent="search"),
    ]
    slot = nine(date(2021, 6, 7), "Europe/London")
    async with acme(database_url, at=slot - timedelta(days=4), teams_yml=yml(teams), workers=3) as made:
        await made.uses("search", "web")
        await made.runs(slot)
        assert await made.runs(slot + HOUR) == 0
        assert sorted(key.split(":")[1].rstrip("0123456789") for key in await made.posted()) == [
            "",
            "",
            "company",
            "manager",
        ]


@pytest.mark.parametrize(
    ("zone_before", "zone_after"),
    [
        ("Europe/London", "Pacific/Auckland"),
        ("Pacific/Auckland", "Europe/London"),
        ("Pacific/Pago_Pago", "Pacific/Kiritimati"),
        ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
    ],
)
async def test_a_team_whose_zone_changes_on_sunday_has_one_digest_at_its_new_nine(
    database_url: str, zone_before: str, zone_after: str
) -> None:
    monday = date(2020, 11, 2)  # a month begins the day before, and with it the new zone
    begins = nine(date(2020, 10, 26), zone_before) + 25 * HOUR
    async with acme(database_url, at=begins, teams_yml=yml([team_yml("search", zone_before)])) as made:
        await made.uses("search")
        await made.imports(yml([team_yml("search", zone_after)]))
        at = nine(date(2020, 10, 31), zone_before)
        while at < nine(monday, "Pacific/Pago_Pago") + 30 * HOUR:
            await made.runs(at)
            at += HOUR
        directory = (await made.workers[0].rulebooks.latest()).directory
        (search,) = directory.real_teams
        posted = await made.posted()
    assert posted[f"digest:{search.id}:{week(monday)}"] == [nine(monday, zone_after)]
