"""Reminders, escalation and expiry: at the right local minute, in working time, once, and never at night."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text

from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import MICROS, micros, zone
from handlers.org.teams import import_teams
from handlers.requests.waiting.reminders import watch_waiting
from tests.scenarios.requests.test_budget_requests import ask, books_agree, held_by_product
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person
from tests.support.seen import Message

ZONES = ("Europe/London", "America/Los_Angeles", "Asia/Tokyo")


def at(zone_name: str, day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone(zone_name))


def monday_after(now: datetime) -> date:
    return (now + timedelta(days=7 - now.weekday())).date()


def friday_before_the_next_clock_change(now: datetime, zone_name: str) -> date:
    """The Friday before the Sunday on which the clocks of a zone change."""
    noon = datetime.combine(now.date(), time(12), zone(zone_name))
    while noon.utcoffset() == (noon + timedelta(days=1)).utcoffset():
        noon += timedelta(days=1)
    return noon.date() - timedelta(days=1)


async def lives_in(acme: Company, person: Person, zone_name: str) -> None:
    async with acme.context.store.begin() as tx:
        known = await tx.people.by_slack_id(person.id)
        assert known is not None
        await tx.people.ensure_from_slack(slack_id=person.id, email=known.email, name=known.name, timezone=zone_name)


async def policy(acme: Company, line: str) -> None:
    await import_teams(acme.context, read_teams_file(f"{TEAMS_YML}policy: {{{line}}}\n"), dry_run=False)


async def watches(acme: Company, now: datetime) -> None:
    """Half a minute later, as the story itself takes a moment."""
    acme.clock.jump_to(now.astimezone(UTC) + timedelta(seconds=30))
    await watch_waiting(acme.context)
    await acme.settles()


async def reminders(person: Person) -> list[Message]:
    return [message for message in await person.dms() if message.text.startswith("Reminder:")]


@pytest.mark.parametrize("zone_name", ZONES)
async def test_the_reminder_comes_after_four_hours_of_the_approvers_work(acme: Company, zone_name: str) -> None:
    await lives_in(acme, acme.ben, zone_name)
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at(zone_name, monday, "14:30").astimezone(UTC))
    await ask(acme, acme.anna)

    for clock in ("17:59", "18:00", "23:00"):
        await watches(acme, at(zone_name, monday, clock))
    for clock in ("03:00", "09:00", "09:29"):
        await watches(acme, at(zone_name, monday + timedelta(days=1), clock))
    assert await reminders(acme.ben) == []

    await watches(acme, at(zone_name, monday + timedelta(days=1), "09:30"))
    (reminder,) = await reminders(acme.ben)
    assert "<@UANNA> asks for $500.00 for Search: eval run. It waits for 4 working hours" in reminder.text
    assert "Approve" in reminder.buttons()


@pytest.mark.parametrize("zone_name", ["Europe/London", "America/Los_Angeles"])
async def test_a_weekend_on_which_the_clock_changes_moves_no_reminder(acme_on_both: Company, zone_name: str) -> None:
    acme = acme_on_both
    await lives_in(acme, acme.ben, zone_name)
    friday = friday_before_the_next_clock_change(acme.clock.now(), zone_name)
    acme.clock.jump_to(at(zone_name, friday, "16:00").astimezone(UTC))
    await ask(acme, acme.anna)

    monday = friday + timedelta(days=3)
    await watches(acme, at(zone_name, monday, "10:59"))
    assert await reminders(acme.ben) == []
    await watches(acme, at(zone_name, monday, "11:00"))
    assert len(await reminders(acme.ben)) == 1


async def test_reminders_back_off_and_the_newest_takes_the_place_of_the_one_before(acme: Company) -> None:
    await policy(acme, "escalate_after_hours: 0, max_reminders: 3")
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "09:00").astimezone(UTC))
    await ask(acme, acme.anna)
    sent = []
    for hours in range(24 * 14):
        before = len([m for m in await acme.ben.dms() if "reminder" in m.text.casefold()])
        acme.clock.jump_to(at("Europe/London", monday, "09:00").astimezone(UTC) + timedelta(hours=hours, seconds=30))
        if await watch_waiting(acme.context):
            await acme.settles()
        if len([m for m in await acme.ben.dms() if "reminder" in m.text.casefold()]) > before:
            sent.append(acme.clock.now().astimezone(zone("Europe/London")).strftime("%a %H"))

    assert sent == ["Mon 13", "Tue 12", "Thu 10"], "after 4 hours of work, 8 more, 16 more, and no fourth"
    assert len(await reminders(acme.ben)) == 1
    assert [m.buttons() for m in await acme.ben.dms() if "newer reminder" in m.text] == [[], []]


async def test_one_message_has_all_that_waits_and_loses_what_is_decided(acme: Company) -> None:
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "09:00").astimezone(UTC))
    await ask(acme, acme.anna)
    await watches(acme, at("Europe/London", monday, "09:30"))
    await ask(acme, acme.emi, amount="700")
    await watches(acme, at("Europe/London", monday, "13:00"))
    await watches(acme, at("Europe/London", monday, "13:30"))

    (reminder,) = await reminders(acme.ben)
    assert reminder.text.startswith("Reminder: 2 requests are waiting for you.")

    await acme.ben.clicks("Approve", reminder)
    await acme.settles()
    (reminder,) = await reminders(acme.ben)
    assert "$500.00" not in reminder.text_everywhere()
    assert reminder.text.startswith("Reminder: 1 request is waiting")

    await acme.ben.clicks("Approve", reminder)
    await acme.settles()
    assert await reminders(acme.ben) == []
    last = [m for m in await acme.ben.dms() if "Nothing is waiting" in m.text]
    assert [message.buttons() for message in last] == [[]]
    await books_agree(acme)


async def test_two_workers_remind_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "09:00").astimezone(UTC))
    await ask(acme, acme.anna)
    acme.clock.jump_to(at("Europe/London", monday, "13:01").astimezone(UTC))

    await asyncio.gather(*(watch_waiting(acme.context) for _ in range(5)))
    await asyncio.gather(*(watch_waiting(acme.context) for _ in range(5)))
    await acme.settles()

    assert len(await reminders(acme.ben)) == 1
    async with acme.context.store.read() as tx:
        counted = await tx.connection.execute(text("SELECT count(*) FROM audit WHERE action = 'remind'"))
        assert counted.scalar() == 1


async def test_a_worker_that_was_down_sends_one_reminder_in_the_morning(acme: Company) -> None:
    await policy(acme, "escalate_after_hours: 0")
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "09:00").astimezone(UTC))
    await ask(acme, acme.anna)

    await watches(acme, at("Europe/London", monday + timedelta(days=2), "02:00"))
    assert await reminders(acme.ben) == []
    await watches(acme, at("Europe/London", monday + timedelta(days=2), "09:00"))
    await watches(acme, at("Europe/London", monday + timedelta(days=2), "09:01"))
    assert len(await reminders(acme.ben)) == 1


async def test_nobody_is_reminded_at_night_whatever_their_zone(acme: Company) -> None:
    """Every hour of two weeks, in three zones, with the managers above and a day off between."""
    await policy(acme, "remind_after_hours: 2, escalate_after_hours: 12, max_reminders: 6")
    await lives_in(acme, acme.ben, "Asia/Tokyo")
    await lives_in(acme, acme.chloe, "America/Los_Angeles")
    begins = at("Europe/London", monday_after(acme.clock.now()), "09:00").astimezone(UTC)
    acme.clock.jump_to(begins)
    await ask(acme, acme.anna)
    seen: dict[str, set[str]] = {}
    for hours in range(1, 24 * 10):
        acme.clock.jump_to(begins + timedelta(hours=hours, seconds=30))
        if await watch_waiting(acme.context):
            await acme.settles()
        for person, zone_name in ((acme.ben, "Asia/Tokyo"), (acme.chloe, "America/Los_Angeles")):
            for message in await person.dms():
                if message.ts not in seen.setdefault(person.id, set()):
                    seen[person.id].add(message.ts)
                    local = acme.clock.now().astimezone(zone(zone_name))
                    is_first = message.text.startswith("<@UANNA> asks") and person is acme.ben
                    assert is_first or (local.weekday() < 5 and 9 <= local.hour < 18), (person.id, local, message.text)

    assert len(seen["UBEN"]) > 2
    assert len(seen["UCHLOE"]) > 1


async def test_after_a_day_of_work_the_next_level_is_asked_too(acme_on_both: Company) -> None:
    acme = acme_on_both
    await policy(acme, "escalate_after_hours: 9")
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "10:00").astimezone(UTC))
    await ask(acme, acme.anna)

    await watches(acme, at("Europe/London", monday + timedelta(days=1), "09:59"))
    assert not any("asks for" in message.text for message in await acme.chloe.dms())
    await watches(acme, at("Europe/London", monday + timedelta(days=1), "10:00"))

    (card,) = [message for message in await acme.chloe.dms() if "asks for" in message.text]
    assert "<@UCHLOE> (nobody decided in time)" in card.text
    assert "<@UBEN> or <@UCHLOE> (nobody decided in time) decides." in (await acme.anna.dms())[-1].text
    await acme.chloe.clicks("Approve", card)
    await acme.settles()
    await acme.anna.sees("Approved by <@UCHLOE>", channel="CSEARCH")
    assert [m.buttons() for m in await acme.ben.dms() if "Approved by" in m.text] == [[]]
    await books_agree(acme)


async def test_nobody_decides_and_the_request_expires(acme_on_both: Company) -> None:
    acme = acme_on_both
    await policy(acme, "lapse_after_days: 5, remind_after_hours: 0, escalate_after_hours: 0")
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "10:00").astimezone(UTC))
    await ask(acme, acme.anna)
    assert await held_by_product(acme) == "500.000000000"

    await watches(acme, at("Europe/London", monday + timedelta(days=7), "09:59"))
    assert await held_by_product(acme) == "500.000000000"
    await watches(acme, at("Europe/London", monday + timedelta(days=7), "10:00"))
    await watches(acme, at("Europe/London", monday + timedelta(days=7), "10:01"))

    assert await held_by_product(acme) == "0.000000000"
    for seen in (
        await acme.anna.sees("*Expired*", channel="CSEARCH"),
        *[message for message in await acme.ben.dms() if "$500.00" in message.text],
    ):
        assert seen.buttons() == []
    told = (await acme.anna.dms())[-1]
    assert "expired: nobody decided since" in told.text

    again = await acme.anna.clicks("Ask again…", told)
    assert again.modal is not None
    submitted = await acme.anna.submits(again.modal)
    assert submitted.closed, submitted.errors
    await acme.settles()
    assert await held_by_product(acme) == "500.000000000"
    await books_agree(acme)


async def test_a_request_from_before_the_policy_expires_by_it_from_then_on(acme: Company) -> None:
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "10:00").astimezone(UTC))
    await ask(acme, acme.anna)
    acme.clock.jump_to(at("Europe/London", monday + timedelta(days=21), "10:00").astimezone(UTC))
    await policy(acme, "lapse_after_days: 1, remind_after_hours: 0, escalate_after_hours: 0")

    await watches(acme, at("Europe/London", monday + timedelta(days=21), "10:00"))
    async with acme.context.store.read() as tx:
        (request,) = await tx.budget_requests.pending()
    assert request.expires_at is not None
    late = request.expires_at - micros(at("Europe/London", monday + timedelta(days=22), "10:00"))
    assert 0 <= late < 60 * MICROS


async def test_somebody_away_is_not_reminded(acme: Company) -> None:
    monday = monday_after(acme.clock.now())
    acme.clock.jump_to(at("Europe/London", monday, "09:00").astimezone(UTC))
    await ask(acme, acme.anna)
    await acme.ben.runs("/tokens delegate @mia until friday", channel="CSEARCH")
    await watches(acme, at("Europe/London", monday, "09:01"))

    await watches(acme, at("Europe/London", monday, "13:01"))

    assert await reminders(acme.ben) == []
    (reminder,) = await reminders(acme.mia)
    assert ", for <@UBEN>." in reminder.text
