"""Usage as usual and usage that runs away, for stories about spikes."""

from datetime import datetime, timedelta
from typing import Any

from tests.support.company import Company
from tests.support.seen import Message

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def said(acme: Company, channel: str = "CSEARCH") -> list[Message]:
    """The spikes in a channel."""
    found = [m for m in await acme.ben.messages(channel) if not m.is_ephemeral]
    return [m for m in found if " · severity " in m.text]


def usual_dollars(at: datetime) -> float:
    return 2.0 if at.weekday() < 5 and 8 <= at.hour < 18 else 0.4


async def usual(acme: Company, *, days: int = 35, until: timedelta = 2 * HOUR, **data: Any) -> None:
    """Weeks of the same working days, judged."""
    events = []
    for hours in range(days * 24, int(until / HOUR) - 1, -1):
        at = acme.clock.now() - hours * HOUR
        name = f"{data.get('team', 'search')}-{hours}"
        events.append(acme.event(name, ago=hours * HOUR, dollars=usual_dollars(at), **{"credential": "key-12", **data}))
    for start in range(0, len(events), 300):
        await acme.uses(*events[start : start + 300])
    await acme.settles()
    assert await said(acme) == []


async def runs_away(acme: Company, name: str = "loop", *, dollars: float = 200, ago: timedelta = timedelta()) -> None:
    await acme.uses(acme.event(name, dollars=dollars, ago=ago, credential="ci-7"))


def start_of_hour(acme: Company) -> datetime:
    return acme.clock.now().replace(minute=0, second=0, microsecond=0)


async def goes_on_as_usual(acme: Company, *, hours: int) -> None:
    for _ in range(0, hours, 3):
        acme.clock.jump_to(acme.clock.now() + 3 * HOUR)
        at = acme.clock.now()
        await acme.uses(acme.event(f"usual-{at.isoformat()}", dollars=usual_dollars(at), credential="key-12"))
        await acme.settles()
