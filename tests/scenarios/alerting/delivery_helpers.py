"""Quiet hours for the stories of delivery rules."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.support.company import Company

LONDON = ZoneInfo("Europe/London")

NIGHT = {"quiet_from": 22 * 60, "quiet_until": 7 * 60}


def tonight(acme: Company, hour: int = 23) -> datetime:
    return acme.clock.now().astimezone(LONDON).replace(hour=hour, minute=0)
