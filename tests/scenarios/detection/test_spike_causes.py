"""What a spike names as its cause, and rises that alert nobody."""

from tests.scenarios.detection.spike_stories import HOUR, runs_away, said, usual, usual_dollars
from tests.support.company import TEAMS_YML, Company, company


async def test_a_key_in_a_large_team_is_found_and_named(acme: Company) -> None:
    """Its team spends a hundred times as much, so the total hardly moves."""
    await usual(acme, credential="ci-7", tool="CI", model="acme-small")
    events = []
    for hours in range(35 * 24, 0, -1):
        at = acme.clock.now() - hours * HOUR
        events.append(acme.event(f"big-{hours}", ago=hours * HOUR, dollars=40 * usual_dollars(at), credential="key-12"))
    for start in range(0, len(events), 300):
        await acme.uses(*events[start : start + 300])
    await acme.settles()
    before = await said(acme)
    await acme.uses(
        acme.event("loop", dollars=45, credential="ci-7", model="acme-small", tool="CI"),
        acme.event("big-0", dollars=40 * usual_dollars(acme.clock.now()), credential="key-12"),
    )
    await acme.settles()

    assert before == []
    (alert,) = await said(acme)
    assert "key ci-7 in Search" in alert.text or "model acme-small in Search" in alert.text
    assert "anna" not in alert.text_everywhere().casefold()


async def test_an_hour_of_garbage_raises_nothing(acme_on_both: Company) -> None:
    """Late usage in a lump, everything twice, and a price that is set afterwards."""
    acme = acme_on_both
    await usual(acme, until=30 * HOUR)
    late = [
        acme.event(f"late-{hours}", ago=hours * HOUR, dollars=usual_dollars(acme.clock.now() - hours * HOUR))
        for hours in range(29, -1, -1)
    ]
    await acme.uses(*late)
    await acme.settles()
    assert (await acme.uses(*late))["duplicates"] == len(late)
    await acme.settles()
    acme.clock.jump_to(acme.clock.now() + HOUR)
    await acme.settles()

    assert await said(acme) == []


async def test_what_a_silent_source_sends_as_if_it_were_of_now_raises_nothing_and_a_spike_names_the_silence(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    gap = 8 * HOUR
    await usual(acme, until=gap + HOUR)
    held_back = sum(usual_dollars(acme.clock.now() - hours * HOUR) for hours in range(9))
    await acme.uses(acme.event("lump", dollars=held_back))
    await acme.settles()
    assert await said(acme) == []

    await runs_away(acme, dollars=300)
    await acme.settles()
    (alert,) = await said(acme)
    assert "No data from gateway between " in alert.text


MANY_YML = (
    TEAMS_YML.partition("teams:")[0]
    + "teams:\n"
    + "".join(
        f'  - {{slug: {slug}, name: {slug.capitalize()}, channel: "#team-{slug}", managers: [ben@acme.test], '
        "budget: {amount: 1000}}\n"
        for slug in ("search", "mobile")
    )
    + "".join(
        f"  - {{slug: team-{n}, name: Team {n}, managers: [ben@acme.test], budget: {{amount: 500}}}}\n"
        for n in range(4)
    )
)

SLUGS = ("search", "mobile", *(f"team-{n}" for n in range(4)))


async def test_most_teams_rising_together_alarm_none_of_them_and_finance_hears_once(database_url: str) -> None:
    async with company(database_url, teams_yml=MANY_YML) as acme:
        for slug in SLUGS:
            await usual(acme, team=slug, credential=f"key-{slug}")
        await acme.uses(*[acme.event(f"batch-{slug}", dollars=60, team=slug) for slug in SLUGS])
        for hours in (0, 1, 3, 9):
            acme.clock.jump_to(acme.clock.now() + hours * HOUR)
            await acme.settles()

        assert await said(acme) == []
        received = [m.text for m in await acme.chloe.dms() if "rose together" in m.text]
        assert len(received) == 1
        assert "6 teams rose together" in received[0]

        await acme.uses(acme.event("own", dollars=200, team="search"))
        await acme.settles()
        assert len(await said(acme)) == 1
