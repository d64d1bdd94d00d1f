"""Delivery rules for health alerts: quiet hours, the daily cap, and preview."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.crosschecks.health import slot_of
from handlers.costs.prices import notify_unpriced
from handlers.crosschecks.health_alerts import watch_sources
from handlers.doctor import _check_teams
from handlers.intake.keys import create_key
from handlers.org.alert_settings import set_alert_settings
from storage.crosschecks.health import WATCHER
from tests.scenarios.alert_stories import alerts, later, minded, sets
from tests.scenarios.costs.test_prices import ODD
from tests.scenarios.crosschecks.test_health_alerts import health_messages, passes, routes
from tests.scenarios.org.test_alert_settings import adds, form
from tests.scenarios.slack.test_routes import channel_is
from tests.support.company import TEAMS_YML, Company, company
from tests.support.people import Person

LONDON = ZoneInfo("Europe/London")
NIGHT = {"quiet_from": 22 * 60, "quiet_until": 7 * 60}


async def company_sets(acme: Company, **changed: Any) -> None:
    """Changes settings of the organisation as Chloe."""
    async with acme.context.store.begin() as tx:
        scope = await acme.context.scope(tx)
        (chloe,) = scope.directory.finance
        root = scope.directory.root
        settings = replace(root.alerts, **changed)
        await set_alert_settings(scope.of_team(root), settings, by=chloe)


async def sends_for_weeks(acme: Company, *names: str, at: datetime | None = None) -> None:
    """Makes sources active in every slot of two weeks, up to now."""
    if at is not None:
        acme.clock.jump_to(at)
    now = slot_of(acme.context.now_micros())
    for name in names or ("gateway",):
        async with acme.context.store.begin() as tx:
            source = await tx.keys.source(name)
            assert source is not None
            await tx.health.mark((number, now - back) for number in (source.id, WATCHER) for back in range(14 * 96))
    await watch_sources(acme.context)


def tonight(acme: Company, hour: int = 22) -> datetime:
    return acme.clock.now().astimezone(LONDON).replace(hour=hour, minute=30)


async def messages_to(person: Person) -> list[str]:
    return [m.text for m in await health_messages(await person.dms())]


async def test_a_silence_at_night_is_posted_in_the_morning_with_its_end(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    await company_sets(acme, **NIGHT)
    await sends_for_weeks(acme, at=tonight(acme))
    await acme.uses(acme.event("last", dollars=1))
    await passes(acme, minutes=120)
    await minded(acme)
    assert await messages_to(acme.chloe) == await messages_to(acme.dan) == []

    await acme.uses(acme.event("again", dollars=1))
    await passes(acme, minutes=10)
    await minded(acme)
    await later(acme, hours=7)
    for person in (acme.chloe, acme.dan):
        (said,) = await messages_to(person)
        assert "gateway is heard again since" in said
        assert "it was silent for 2 hours" in said


async def test_a_channel_that_failed_during_quiet_hours_is_posted_if_it_fails_again(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    await sets(acme, **NIGHT)
    acme.clock.jump_to(tonight(acme))
    for state, change in (("broken", "archive"), ("linked", "unarchive")):
        await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change=change)
        await channel_is(acme, state)
        assert await routes(acme) == []
        await minded(acme)
    await later(acme, hours=9)
    assert await routes(acme) == [], "it worked by the morning"

    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="archive")
    await channel_is(acme, "broken")
    (told,) = await routes(acme)
    assert "Tokens can't post to #team-search of Search since" in told


async def test_in_preview_only_finance_is_notified_of_sources_channels_and_prices(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await sends_for_weeks(acme)
        await acme.uses(acme.event("last", dollars=1), acme.event("odd", **ODD))
        await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="archive")
        await channel_is(acme, "broken")
        await notify_unpriced(acme.context)
        assert await routes(acme) == []
        await passes(acme, minutes=120)

        received = " ".join([m.text for m in await acme.chloe.dms()])
        for words in ("gateway has sent nothing since", "can't post to #team-search", "acme-odd"):
            assert words in received
        assert await acme.dan.dms() == await acme.ben.dms() == []


async def test_beyond_the_daily_cap_they_share_one_message_outside_the_teams_cap(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    names = [f"gateway-{number}" for number in range(3)]
    for name in names:
        await create_key(acme.context, name, source="cloudevents")
    await company_sets(acme, daily_cap=1)
    await sets(acme, daily_cap=1)
    keys = [(await create_key(acme.context, f"more-{name}", source="cloudevents"), f"more-{name}") for name in names]
    for key, name in keys:
        await acme.posts(json.dumps([acme.event(name)]).encode(), key=key)
    await sends_for_weeks(acme, *(name for _, name in keys))
    await passes(acme, minutes=120)
    for person in (acme.chloe, acme.dan):
        said = [m.text for m in await person.dms()]
        assert len([text for text in said if text.startswith("more-gateway-")]) == 1
        (summary,) = [text for text in said if "more alerts of Acme today" in text]
        assert summary.startswith("2 more alerts of Acme today: 1. more-gateway-")

    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="archive")
    await channel_is(acme, "broken")
    assert len(await routes(acme)) == 1
    await alerts(acme, "Spend is high")
    await minded(acme)
    assert "Spend is high" in [m.text for m in await acme.ben.dms()]


async def test_the_organisation_may_have_a_channel_for_them(acme_on_both: Company) -> None:
    acme = acme_on_both
    adds(acme, "COPS")
    opened = await form(acme.dan, "/tokens settings organisation", "CGENERAL")
    assert "approvals_channel" not in str(opened.raw)
    assert (await acme.dan.submits(opened, alerts_channel="COPS", quiet_from="22:00", quiet_until="07:00")).closed
    for other in (acme.anna, acme.mia):
        refused = await other.runs("/tokens settings organisation", channel="CSEARCH")
        assert (refused.modal, "not yours to see" in refused.text) == (None, True)

    await sends_for_weeks(acme)
    await acme.uses(acme.event("last", dollars=1))
    await passes(acme, minutes=120)
    (said,) = [m.text for m in await acme.dan.messages("COPS")]
    assert "gateway has sent nothing since" in said
    assert await messages_to(acme.chloe) == await messages_to(acme.dan) == []

    acme.workspace.rooms["COPS"].is_archived = True
    await acme.uses(acme.event("again", dollars=1))
    await passes(acme, minutes=10)
    await minded(acme)
    home = (await acme.chloe.opens_home()).text_everywhere()
    assert "Acme: alerts in COPS (broken)" in home
    assert "gateway is heard again" in " ".join([m.text for m in await acme.chloe.dms()])
    assert (False, "organisation: alerts in COPS can't be posted to: invite the bot into it, or unarchive it") in (
        await _check_teams(acme.context)
    )


async def test_the_doctor_names_the_silent_source(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sends_for_weeks(acme)
    await acme.uses(acme.event("last", dollars=1))
    since = f"{acme.clock.now():%Y-%m-%d %H:%M}"

    async def silent() -> list[tuple[bool, str]]:
        return [found for found in await _check_teams(acme.context) if "nothing came" in found[1]]

    await passes(acme, minutes=15)
    assert await silent() == []
    await passes(acme, minutes=90)
    said = f"gateway: nothing came since {since} UTC, when it usually does: look at its sender"
    assert await silent() == [(False, said)]

    await acme.uses(acme.event("again", dollars=1))
    await passes(acme, minutes=5)
    assert await silent() == []


async def test_an_alert_that_ends_by_itself_is_not_unanswered(acme: Company) -> None:
    await sends_for_weeks(acme)
    await acme.uses(acme.event("last", dollars=1))
    await passes(acme, minutes=120)
    assert len(await messages_to(acme.chloe)) == 1

    home = await acme.chloe.opens_home()
    assert "*Alerts, last 30 days*\nNo alert." in home.text_everywhere()
    settings = (await acme.chloe.clicks("Alert settings", home)).modal
    assert settings is not None
    assert "For *Acme*" in settings.text_everywhere()


async def test_after_quiet_hours_each_held_alert_is_posted_once(acme: Company) -> None:
    """Every held alert is posted once when the night ends, even with several workers."""
    await company_sets(acme, **NIGHT)
    await sends_for_weeks(acme, at=tonight(acme))
    await acme.uses(acme.event("last", dollars=1), acme.event("odd", **ODD))
    await notify_unpriced(acme.context)
    await passes(acme, minutes=60)
    assert await acme.dan.dms() == []
    acme.clock.jump_to(acme.clock.now() + timedelta(hours=8))
    for _ in range(3):
        await minded(acme)

    said = [m.text for m in await acme.dan.dms()]
    assert len(said) == 2
