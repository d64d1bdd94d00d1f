"""The digests of the company and of managers: on Monday at nine, one message each, and the details behind it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.org.alert_settings import Destination
from bot.org.teams_yml.teams_file import read_teams_file
from bot.reporting.digests import next_digest
from handlers.org.teams import import_teams
from handlers.reporting.company_digests import post_due_company_digests
from handlers.reporting.subtree_reports import subtree_report
from tests.support.company import TEAMS_YML, Company, company


def next_monday(acme: Company) -> datetime:
    """Returns the next nine o'clock on a Monday in London, in winter or summer."""
    return next_digest(now=acme.clock.now(), zone_name="Europe/London")


async def spends(acme: Company) -> None:
    """Search costs more this week than in the last, Mobile less; some usage is nobody's. Both were there before."""
    await acme.uses(
        acme.event("s0", dollars=1, ago=timedelta(days=20)),
        acme.event("m0", dollars=1, ago=timedelta(days=20), team="mobile"),
        acme.event("s1", dollars=100, ago=timedelta(days=7)),
        acme.event("s2", dollars=100),
        *(acme.event(f"r{n}", dollars=100, workflow="code-review") for n in range(3)),
        acme.event("m1", dollars=60, team="mobile", ago=timedelta(days=7)),
        acme.event("m2", dollars=20, team="mobile", tool="MetaCode"),
        acme.event("n1", dollars=5, team=None, user=None, credential="ci-9"),
    )


async def imports(acme: Company, teams_yml: str) -> None:
    await import_teams(acme.context, read_teams_file(teams_yml), dry_run=False)


async def monday_comes(acme: Company) -> int:
    """Jumps to Monday at nine; returns how many digests were posted."""
    acme.clock.jump_to(next_monday(acme))
    put = await post_due_company_digests(acme.context)
    await acme.settles()
    return put


async def test_finance_and_the_manager_of_a_department_get_one_each(acme_on_both: Company) -> None:
    acme = acme_on_both
    await spends(acme)
    acme.clock.jump_to(next_monday(acme) - timedelta(minutes=1))
    assert await post_due_company_digests(acme.context) == 0
    assert await monday_comes(acme) == 2
    assert await post_due_company_digests(acme.context) == 0
    await acme.settles()

    company_digest = await acme.chloe.sees("Acme spent $425 last week")
    assert "mostly Search, code-review (new)" in company_digest.text
    assert "$5.00 unattributed (1% of spend)" in company_digest.text
    own = await acme.ben.sees("Product spent $400 last week")
    assert "unattributed" not in own.text
    assert "Mobile" not in own.text
    for person in (acme.anna, acme.mia, acme.dan):
        await person.does_not_see("last week")


async def test_the_details_have_what_the_person_may_see(acme: Company) -> None:
    await spends(acme)
    await monday_comes(acme)
    company_digest = await acme.chloe.sees("Acme spent $425 last week")
    own = await acme.ben.sees("Product spent $400 last week")

    modal = (await acme.chloe.clicks("Details", company_digest)).modal
    assert modal is not None
    for words in ("*Search* $400.00, up 300%", "*Mobile* $20.00, down 67%", "CC-100: $400.00, up 300%"):
        assert words in modal.text_everywhere()
    modal = (await acme.ben.clicks("Details", own)).modal
    assert modal is not None
    assert "*Search* $400.00, up 300%" in modal.text_everywhere()
    assert "Mobile" not in modal.text_everywhere()


async def test_a_button_shows_nobody_else_the_figures(acme: Company) -> None:
    """Who loses the role that a digest was sent for sees no figures by its button any more."""
    await spends(acme)
    await monday_comes(acme)
    company_digest = await acme.chloe.sees("Acme spent $425 last week")
    own = await acme.ben.sees("Product spent $400 last week")
    changed = TEAMS_YML.replace("finance: [chloe@acme.test]", "finance: [dan@acme.test]").replace("ben@", "mia@")
    await imports(acme, changed)

    refused = await acme.chloe.clicks("Details", company_digest)
    assert refused.modal is None
    assert "The company's figures are for finance." in refused.text
    refused = await acme.ben.clicks("Details", own)
    assert refused.modal is None
    assert "You manage no team now" in refused.text


async def test_who_manages_several_teams_gets_one_message(sqlite_url: str) -> None:
    several = TEAMS_YML.replace("managers: [ben@acme.test], budget", "managers: [emi@acme.test], budget").replace(
        "managers: [mia@acme.test]", "managers: [ben@acme.test]"
    )
    async with company(sqlite_url, teams_yml=several) as acme:
        await spends(acme)
        assert await monday_comes(acme) == 3  # Ben's, Emi's for Product, and finance's

        both = await acme.ben.sees("Mobile and Search spent $420 last week, up 163%: mostly Search, code-review (new)")
        assert "Product" not in both.text
        assert len([m for m in await acme.ben.dms() if "last week" in m.text]) == 1


async def test_finance_that_manages_a_department_gets_the_companys_alone(sqlite_url: str) -> None:
    async with company(sqlite_url, teams_yml=TEAMS_YML.replace("ben@acme.test", "chloe@acme.test")) as acme:
        await spends(acme)

        assert await monday_comes(acme) == 1
        await acme.chloe.sees("Acme spent $425 last week")


async def test_a_channel_of_the_company_gets_its_digest_in_place_of_finance(acme: Company) -> None:
    like = acme.workspace.rooms["CSEARCH"]
    acme.workspace.rooms["CCOMPANY"] = replace(like, id="CCOMPANY", name="company", messages=[], last_read={})
    async with acme.context.store.begin() as tx:
        root = (await acme.context.scope(tx)).directory.root
        place = Destination(ref="CCOMPANY", state="linked")
        await tx.alert_settings.save(root.id, replace(root.alerts, alerts_destination=place), by=1, at=1)
        await tx.config.changed()
    await imports(acme, TEAMS_YML.replace("slug: mobile,", "slug: mobile, mode: preview,"))
    await spends(acme)
    assert await monday_comes(acme) == 2

    shared = await acme.anna.sees("Acme spent $405 last week", channel="CCOMPANY")
    assert "1 team in preview is left out." in shared.text
    assert "Mobile" not in shared.text_everywhere()
    assert not [m for m in await acme.chloe.dms() if "last week" in m.text]
    modal = (await acme.anna.clicks("Details", shared)).modal
    assert modal is not None
    assert "Mobile" not in modal.text_everywhere()
    modal = (await acme.chloe.clicks("Details", shared)).modal
    assert modal is not None
    assert "*Mobile* $20.00" in modal.text_everywhere()
    assert "Mobile" not in (await acme.anna.sees("Acme spent", channel="CCOMPANY")).text_everywhere()


async def test_in_preview_finance_alone_reads_digests(sqlite_url: str) -> None:
    async with company(sqlite_url, teams_yml=TEAMS_YML.replace("mode: govern", "mode: preview")) as acme:
        await spends(acme)

        assert await monday_comes(acme) == 1
        await acme.chloe.sees("Acme spent $425 last week")
        for person in (acme.anna, acme.ben, acme.mia, acme.dan):
            await person.does_not_see("last week")


async def test_a_manager_sees_a_department_without_its_teams_in_preview(sqlite_url: str) -> None:
    hidden = TEAMS_YML.replace("    name: Search\n", "    name: Search\n    mode: preview\n")
    async with company(sqlite_url, teams_yml=hidden) as acme:
        await acme.uses(acme.event("p1", dollars=30, team="product"), acme.event("s2", dollars=400))
        assert await monday_comes(acme) == 2

        own = await acme.ben.sees("Product spent $30.00 last week")
        assert "1 team in preview is left out." in own.text
        modal = (await acme.ben.clicks("Details", own)).modal
        assert modal is not None
        for text in (own.text_everywhere(), modal.text_everywhere()):
            assert "Search" not in text
            assert "$4" not in text


async def test_what_waits_is_counted_for_each_reader_and_its_button_opens_it(acme: Company) -> None:
    await spends(acme)
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await monday_comes(acme)

    own = await acme.ben.sees("Product spent $400 last week")
    assert "1 request is waiting for you, since" in own.text
    listed = (await acme.ben.clicks("All that waits", own)).modal
    assert listed is not None
    assert "asks for *$500.00 for Search*" in listed.text_everywhere()
    theirs = await acme.chloe.sees("Acme spent $425 last week")
    assert "1 request is waiting for a decision, since" in theirs.text
    listed = (await acme.chloe.clicks("All that waits", theirs)).modal
    assert listed is not None
    assert "asks for *$500.00 for Search*" in listed.text_everywhere()


async def test_one_digest_that_fails_keeps_no_other_from_being_posted(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    await spends(acme)

    async def fails_for_the_company(scope: Any, nodes: Any, *args: Any, **named: Any) -> Any:
        if nodes[0].kind == "organisation":
            raise ZeroDivisionError
        return await subtree_report(scope, nodes, *args, **named)

    monkeypatch.setattr("handlers.reporting.company_digests.subtree_report", fails_for_the_company)
    assert await monday_comes(acme) == 1
    await acme.ben.sees("Product spent $400 last week")
    monkeypatch.undo()
    assert await post_due_company_digests(acme.context) == 1


async def test_a_week_without_usage_has_no_digest(acme: Company) -> None:
    assert await monday_comes(acme) == 0
