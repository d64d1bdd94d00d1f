"""What Acme's work brought: merged changes of its repositories and closed tickets of its support, the same for the same seed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bot.demo.actors import OFFICE
from bot.demo.people import DEMO_TEAM_ZONES
from bot.demo.usage import HISTORY, Event, seeded_random
from bot.periods import date_of, day_start, local_day, micros

SOURCE = "/forge"


class _Work(NamedTuple):
    """What a team brings on a plain weekday, of one kind, and the workflow whose work it is, if it is one's alone."""

    team: str
    kind: str
    per_day: float
    tag: str = ""
    workflow: str = ""


_WORK = (
    _Work("search", "change_merged", 6.5, tag="repo:search-api"),
    _Work("checkout", "change_merged", 5.0, tag="repo:checkout-api"),
    _Work("data-platform", "change_merged", 3.2, tag="repo:data-platform-api"),
    _Work("mobile", "change_merged", 4.4, tag="repo:mobile-api"),
    _Work("search", "change_reviewed", 9.0, workflow="code-review"),
    _Work("support", "ticket_closed", 55.0, workflow="support-bot"),
)


def merge_events(*, since: datetime, until: datetime, seed: int = 7) -> list[Event]:
    """Returns the outcomes after a moment up to another, as native events by time."""
    found = [event for work in _WORK for at, event in _of(work, since, until, seed) if since < at <= until]
    return sorted(found, key=lambda event: (event["time"], event["id"]))


def merges_before(now: datetime, *, seed: int = 7) -> list[Event]:
    """Returns the outcomes of the demo's past."""
    return merge_events(since=now - HISTORY, until=now, seed=seed)


def _of(work: _Work, since: datetime, until: datetime, seed: int) -> Iterator[tuple[datetime, Event]]:
    zone = DEMO_TEAM_ZONES[work.team]
    for day in range(local_day(micros(since), zone), local_day(micros(until), zone) + 1):
        chance = seeded_random(seed, "merges", work.team, work.kind, day)
        part = 0.08 if date_of(day).weekday() >= 5 else 1.0
        begin = day_start(day, zone)
        for number in range(int(work.per_day * part * chance.lognormvariate(-0.02, 0.2) + chance.random())):
            hour = chance.choices(range(24), OFFICE)[0]
            at = begin + timedelta(hours=hour, seconds=chance.randrange(3600))
            yield at, _event(work, f"{work.team}-{work.kind}-{date_of(day):%Y%m%d}-{number}", at)


def _event(work: _Work, event_id: str, at: datetime) -> Event:
    data: dict[str, Any] = {"kind": work.kind}
    data |= {"tags": [work.tag]} if work.tag else {"team": work.team}
    data |= {"workflow": work.workflow} if work.workflow else {}
    return {
        "specversion": "1.0",
        "type": "ai.outcome",
        "source": SOURCE,
        "id": event_id,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": data,
    }
