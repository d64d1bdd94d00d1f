"""Alerts: posted once, answered with a button, and never about imported history."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.detection.incidents import QUIET_HOURS
from handlers.watcher import watch_budgets
from storage.books.checks import faults
from tests.scenarios.alerting.delivery_helpers import plans
from tests.support.company import Company
from tests.support.seen import Message


async def channel_messages(acme: Company) -> list[Message]:
    return [m for m in await acme.ben.messages("CSEARCH") if not m.is_ephemeral]


async def test_a_threshold_is_said_once_and_the_end_of_the_budget_too(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()
    await acme.ben.sees("passed 80% of its budget", channel="CSEARCH")
    await acme.uses(acme.event(2, dollars=10))
    await acme.settles()
    assert len(await channel_messages(acme)) == 1

    await acme.uses(acme.event(3, dollars=300))
    await acme.settles()
    await acme.ben.sees("used up its budget", channel="CSEARCH")
    assert len(await channel_messages(acme)) == 2
    for _ in range(3):
        await watch_budgets(acme.context)
    await acme.settles()
    assert len(await channel_messages(acme)) == 2


async def test_several_thresholds_at_once_are_one_message(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=1200))
    await acme.settles()

    said = await channel_messages(acme)
    assert ["used up its budget" in m.text for m in said] == [True]


async def test_a_threshold_below_the_whole_waits_while_the_team_is_behind_its_pace(acme: Company) -> None:
    acme.clock.jump_to(acme.clock.now().replace(day=28))
    await acme.uses(acme.event(1, dollars=850))
    await acme.settles()
    assert await channel_messages(acme) == []

    await acme.uses(acme.event(2, dollars=60))
    await acme.settles()
    await acme.ben.sees("passed 80% of its budget", channel="CSEARCH")


async def test_an_increase_mends_the_alert_and_arms_it_again(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()
    form = (await acme.anna.runs("/tokens request 1000 more", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form)
    await acme.settles()
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    await acme.settles()
    mended = await acme.ben.sees("below 100% of its budget again", channel="CSEARCH")
    assert mended.buttons() == []

    await acme.uses(acme.event(2, dollars=950))
    await acme.settles()
    again = await acme.ben.sees("used up its budget", channel="CSEARCH")
    assert again.ts != mended.ts


async def test_imported_history_never_alerts(acme: Company) -> None:
    history = [acme.event(n, dollars=120, ago=timedelta(days=4, hours=n)) for n in range(12)]
    await acme.uses(*history)
    await acme.settles()
    await acme.uses(acme.event("live", dollars=0.5))
    await acme.settles()

    assert await channel_messages(acme) == []


async def spiking(acme: Company, *, model: str = "acme-large") -> Message:
    """Five weeks of equal working days, then an hour that runs away."""
    history: list[dict[str, Any]] = []
    for hours in range(24 * 35, 1, -1):
        at = acme.clock.now() - timedelta(hours=hours)
        dollars = 1.0 if at.weekday() < 5 and 8 <= at.hour < 18 else 0.2
        history.append(acme.event(f"h{hours}", dollars=dollars, ago=timedelta(hours=hours), credential="key-12"))
    for start in range(0, len(history), 300):
        await acme.uses(*history[start : start + 300])
    await acme.settles()
    assert await channel_messages(acme) == []
    await acme.uses(*[acme.event(f"s{n}", dollars=20, credential="ci-7", model=model) for n in range(10)])
    await acme.settles()
    return await acme.ben.sees("severity", channel="CSEARCH")


async def test_a_picture_that_slack_has_not_looked_at_yet_is_waited_for_and_the_message_is_said_once_with_it(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    acme.workspace.files.processing_seconds = 0.3
    alert = await spiking(acme)

    assert "image" in [b["type"] for b in alert.blocks]
    assert [m.ts for m in await channel_messages(acme)] == [alert.ts]
    posted = [(c["ok"], c["error"]) for c in acme.workspace.calls if c["method"] == "chat.postMessage"]
    assert posted[-2:] == [(False, "invalid_blocks"), (True, None)]


async def test_a_spike_is_explained_and_acknowledged(acme_on_both: Company) -> None:
    acme = acme_on_both
    alert = await spiking(acme)
    words = alert.text_everywhere()
    assert "ci-7" in words
    assert "new" in words
    assert "anna" not in words.casefold()
    assert "image" in [b["type"] for b in alert.blocks]

    await acme.ben.clicks("I'm on it", alert)
    await acme.settles()
    taken = await acme.emi.sees("<@UBEN> is on it", channel="CSEARCH")
    assert (taken.ts, taken.buttons()) == (alert.ts, [])
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_a_spike_that_grows_is_edited_not_said_again(acme: Company) -> None:
    alert = await spiking(acme)
    await acme.uses(*[acme.event(f"more{n}", dollars=20, credential="ci-7") for n in range(20)])
    await acme.settles()

    (grown,) = await channel_messages(acme)
    assert grown.ts == alert.ts
    assert ("$200" in alert.text, "$600" in grown.text) == (True, True)


async def test_an_alert_is_answered_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=1100))
    await acme.settles()
    alert = await acme.ben.sees("used up its budget", channel="CSEARCH")
    replies = await asyncio.gather(*(p.clicks("I'm on it", alert) for p in (acme.ben, acme.emi)))
    await acme.settles()

    (answered,) = await channel_messages(acme)
    who = "<@UBEN>" if "<@UBEN> is on it" in answered.text else "<@UEMI>"
    assert f"{who} is on it" in answered.text
    assert sorted(reply.text for reply in replies) == ["", f"{who} answered this alert already."]


async def test_a_spike_ends_with_its_total_and_the_next_one_is_another_message(acme: Company) -> None:
    alert = await spiking(acme)
    await acme.uses(acme.event("a little more", dollars=8, credential="ci-7"))
    acme.clock.jump_to(acme.clock.now() + timedelta(hours=QUIET_HOURS - 1))
    await acme.settles()
    running = (await acme.ben.sees("severity", channel="CSEARCH")).text
    assert "The spike has ended" not in running
    assert "$200" in running, "a twenty-fifth more is not worth an edit"

    acme.clock.jump_to(acme.clock.now() + timedelta(hours=2))
    await acme.settles()
    (ended,) = await channel_messages(acme)
    assert ended.ts == alert.ts
    assert "The spike has ended" in ended.text
    assert "spent $208" in ended.text
    assert ended.buttons() == []


async def test_a_planned_spike_says_who_planned_it(acme: Company) -> None:
    alert = await spiking(acme)
    await plans(acme.anna, alert)
    await acme.settles()

    await acme.ben.sees("<@UANNA> says this was planned", channel="CSEARCH")


async def test_the_menu_asks_for_budget_or_shows_the_team(acme: Company) -> None:
    alert = await spiking(acme)
    form = (await acme.anna.chooses("Request budget", alert)).modal
    assert form is not None
    assert "Request AI budget" in form.title
    shown = await acme.anna.chooses("How the team stands", alert)
    assert "Search" in shown.text
    assert shown.ephemeral


async def test_a_model_named_like_a_mention_rings_nobody(acme: Company) -> None:
    alert = await spiking(acme, model="<!channel>")

    assert "<!channel>" not in alert.text_everywhere()
    assert "&lt;!channel&gt;" in alert.text_everywhere()
    assert "<!channel>" not in (await acme.anna.runs("/tokens me", channel="CSEARCH")).text_everywhere()
