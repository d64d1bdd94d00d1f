"""Alert quality on Home for finance, admins and managers. Alerts that never posted do not count."""

from datetime import timedelta

from bot.periods import micros
from tests.scenarios.alert_stories import alerts, becomes, later, sets
from tests.support.company import Company


async def test_home_says_what_came_of_alerts(acme_on_both: Company) -> None:
    acme = acme_on_both
    await sets(acme, muted=frozenset({"spike:low"}), daily_cap=20, escalate_minutes=0)
    first = await alerts(acme, "first")
    second = await alerts(acme, "second")
    third = await alerts(acme, "third")
    await alerts(acme, "muted", severity="low")
    await later(acme, minutes=10)
    at = micros(acme.clock.now())
    await becomes(acme, first, "first", state="acknowledged", first_answered_at=at)
    await becomes(acme, second, "second", state="expected", first_answered_at=at)
    await becomes(acme, third, "third", state="acknowledged", first_answered_at=at)
    async with acme.context.store.begin() as tx:
        anna = await tx.people.by_reference("anna@acme.test")
        await tx.alert_opinions.save(third.id, person_id=anna, reason="late", at=at)

    said = "3 alerts: 2 acknowledged, 1 planned, 1 not useful (1 too late); median response 10 minutes."
    for person in (acme.chloe, acme.dan):
        assert said in (await person.opens_home()).text_everywhere()
    home = await acme.ben.opens_home()
    assert f"*Search* {said}" in home.text_everywhere()
    assert "Alerts, last 30 days" not in (await acme.anna.opens_home()).text_everywhere()
    assert "Mobile* No alert" in (await acme.mia.opens_home()).text_everywhere()
    assert "Search" not in (await acme.mia.opens_home()).text_everywhere()

    form = (await acme.ben.clicks("Alert settings", home)).modal
    assert form is not None
    assert form.title == "Alert settings"

    acme.clock.jump_to(acme.clock.now() + timedelta(days=31))
    assert "No alert." in (await acme.chloe.opens_home()).text_everywhere()


async def test_what_is_still_held_or_was_dropped_counts_for_nothing(acme: Company) -> None:
    await sets(acme, quiet_from=0, quiet_until=23 * 60 + 30)
    held = await alerts(acme, "held")
    dropped = await alerts(acme, "dropped", kind="threshold")
    await becomes(acme, dropped, "dropped", closed=True)
    await later(acme, minutes=1)
    assert "*Search* No alert." in (await acme.ben.opens_home()).text_everywhere()

    await becomes(acme, held, "held", severity="critical")
    await later(acme, minutes=1)
    assert "*Search* 1 alert:" in (await acme.ben.opens_home()).text_everywhere()
