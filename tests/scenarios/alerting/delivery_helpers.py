"""Quiet hours and planned spikes, for the stories of delivery rules."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import Message

LONDON = ZoneInfo("Europe/London")

NIGHT = {"quiet_from": 22 * 60, "quiet_until": 7 * 60}


def tonight(acme: Company, hour: int = 23) -> datetime:
    return acme.clock.now().astimezone(LONDON).replace(hour=hour, minute=0)


async def plans(person: Person, alert: Message, **chosen: str) -> None:
    """Answers a spike as planned, for a day if nothing is chosen."""
    form = (await person.clicks("This was planned", alert)).modal
    assert form is not None
    await person.submits(form, **chosen)
