"""Search with weeks of usual usage, for stories about garbage in the data."""

from datetime import datetime, timedelta
from typing import Any

from tests.scenarios.detection.spike_stories import DAY, HOUR, said, usual_dollars
from tests.support.company import Company

MINUTE = timedelta(minutes=1)


def cost_at(at: datetime) -> float:
    """What a busy team's hours cost."""
    return 30 * usual_dollars(at)


async def busy(acme: Company, *, until: timedelta = HOUR, **data: Any) -> None:
    """Weeks of a team that costs sixty dollars an hour, judged."""
    data = {"credential": "key-12", **data}
    events = [
        acme.event(f"b-{hours}", ago=hours * HOUR, dollars=cost_at(acme.clock.now() - hours * HOUR), **data)
        for hours in range(35 * 24, int(until / HOUR) - 1, -1)
    ]
    for start in range(0, len(events), 300):
        await acme.uses(*events[start : start + 300])
    await acme.settles()
    assert await said(acme) == []


async def on_a_monday(acme: Company) -> None:
    while acme.clock.now().weekday() != 0:
        acme.clock.jump_to(acme.clock.now() + DAY)
