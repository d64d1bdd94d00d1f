"""Calls that are reported twice, by one source or by two: counted once, and no spike."""

import json
from datetime import timedelta
from typing import Any

from handlers.crosschecks.overlaps import find_overlaps
from handlers.intake.keys import create_key
from tests.scenarios.detection.garbage_stories import MINUTE, busy, cost_at, on_a_monday
from tests.scenarios.detection.spike_stories import DAY, HOUR, runs_away, said, start_of_hour
from tests.support.company import Company

CALLS = 30


def an_hour_of_calls(
    acme: Company, name: str, *, ago: timedelta = timedelta(), seconds: int = 0
) -> list[dict[str, Any]]:
    """An hour of a busy team in many calls, each of its own size; another source sees the same a few seconds later."""
    at = acme.clock.now() - ago
    begins = at.replace(minute=0, second=0, microsecond=0)
    return [
        acme.event(
            f"{name}-{at:%d-%H}-{number}",
            ago=acme.clock.now() - begins - number * MINUTE - timedelta(seconds=seconds),
            dollars=cost_at(at) / CALLS,
            uncached_input_tokens=10_000 + 37 * number + at.hour,
            output_tokens=500 + number + at.day,
            credential="key-12",
        )
        for number in range(CALLS)
    ]


async def test_a_batch_that_is_sent_again_and_again_counts_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await on_a_monday(acme)
    await busy(acme)
    for _ in range(3):
        acme.clock.jump_to(start_of_hour(acme) + HOUR + MINUTE)
        batch = an_hour_of_calls(acme, "gw", ago=HOUR)
        assert (await acme.uses(*batch))["accepted"] == CALLS
        for _ in range(5):
            assert (await acme.uses(*batch))["duplicates"] == CALLS
        await acme.settles()

    assert await said(acme) == []


async def reports_twice(acme: Company, *, hours: int, as_others: bool) -> int:
    """The gateway meters, and from now on an agent behind it as well, under other ids; or other calls of as many dollars.
    Returns how many hours went by until somebody was told."""
    other = await create_key(acme.context, "agent", source="cloudevents")
    await on_a_monday(acme)
    acme.clock.jump_to((acme.clock.now() + DAY).replace(hour=0))
    await busy(acme)
    for hour in range(hours):
        acme.clock.jump_to(start_of_hour(acme) + HOUR + MINUTE)
        await acme.uses(*an_hour_of_calls(acme, "gw", ago=HOUR))
        doubled = an_hour_of_calls(acme, "agent", ago=HOUR, seconds=2)
        for call in doubled if as_others else ():
            call["data"]["output_tokens"] += 7_000
        status, answer = await acme.posts(json.dumps(doubled).encode(), key=other)
        assert (status, answer["accepted"]) == (200, CALLS)
        await acme.settles()
        if await said(acme):
            return hour + 1
    return 0


async def test_two_sources_that_report_the_same_calls_are_no_spike_and_admins_hear_of_them(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    assert await reports_twice(acme, hours=30, as_others=False) == 0

    assert await find_overlaps(acme.context) == 1
    await acme.settles()
    assert "have a twin" in " ".join([m.text for m in await acme.dan.dms()])
    await runs_away(acme, dollars=4_000)
    await acme.settles()
    assert len(await said(acme)) == 1, "what is a spike all the same is one"


async def test_a_source_that_observes_what_another_meters_adds_nothing(acme: Company) -> None:
    await on_a_monday(acme)
    other = await create_key(acme.context, "agent", source="cloudevents", role="observe")
    await busy(acme)
    for _ in range(20):
        acme.clock.jump_to(start_of_hour(acme) + HOUR + MINUTE)
        await acme.uses(*an_hour_of_calls(acme, "gw", ago=HOUR))
        await acme.posts(json.dumps(an_hour_of_calls(acme, "agent", ago=HOUR, seconds=2)).encode(), key=other)
        await acme.settles()

    assert await said(acme) == []


async def test_as_many_calls_that_are_others_are_one(acme: Company) -> None:
    """So that the story above tells something."""
    assert await reports_twice(acme, hours=30, as_others=True) > 0
