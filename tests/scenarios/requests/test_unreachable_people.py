"""Managers who left and channels that are gone: requests go to somebody who can decide, and finance is told."""

from dataclasses import replace

import pytest

from bot.requests.budget_requests import Ask
from handlers.requests.budget_requests import create_request
from handlers.schedule import look_up_slack
from handlers.slack.reachability import lost_managers
from tests.support.company import Company

DOLLAR = 1_000_000_000


async def asks(acme: Company) -> None:
    """Anna asks for $20 for Search."""
    async with acme.context.store.begin() as tx:
        scope = await acme.context.scope(tx)
        anna = await tx.people.by_slack_id("UANNA")
        search = scope.directory.by_slug("search")
        assert anna is not None
        assert search is not None
        await create_request(
            scope.of_team(search), Ask(amount_nanos=20 * DOLLAR, reason="the audit"), person_id=anna.id
        )
    await acme.settles()


async def looks_at_slack(acme: Company) -> None:
    await look_up_slack(acme.context)
    await acme.settles()


def leaves(acme: Company, *slack_ids: str) -> None:
    for slack_id in slack_ids:
        acme.workspace.members[slack_id] = replace(acme.workspace.members[slack_id], deleted=True)


async def texts(person: object) -> list[str]:
    return [message.text for message in await person.dms()]  # type: ignore[attr-defined]  # a person of the sandbox


async def test_a_request_goes_to_finance_if_every_manager_left(acme_on_both: Company) -> None:
    acme = acme_on_both
    leaves(acme, "UBEN")
    await looks_at_slack(acme)
    first, second = await texts(acme.chloe)
    gone = "has no manager who can be reached: ben@acme.test (the Slack account is deactivated). <@UCHLOE> can act instead."
    assert f"Product {gone}" in first
    assert f"Search {gone}" in second

    await asks(acme)

    (receipt,) = await texts(acme.anna)
    assert "<@UCHLOE> decides for finance." in receipt
    assert any("asks for $20.00 for Search" in text for text in await texts(acme.chloe))
    async with acme.context.store.read() as tx:
        directory = (await acme.context.rulebooks.current(tx)).directory
        lost = await lost_managers(tx, directory)
    assert {(team.team.slug, team.instead) for team in lost} == {
        ("product", ("<@UCHLOE>",)),
        ("search", ("<@UCHLOE>",)),
    }


async def test_a_request_that_waits_is_asked_of_somebody_else_when_its_manager_leaves(acme: Company) -> None:
    await asks(acme)
    assert "<@UBEN> decides." in (await texts(acme.anna))[0]

    leaves(acme, "UBEN")
    await looks_at_slack(acme)

    assert "<@UCHLOE> decides for finance." in (await texts(acme.anna))[0]
    assert any("asks for $20.00 for Search" in text for text in await texts(acme.chloe))
    before = len(acme.workspace.calls)
    await look_up_slack(acme.context)
    assert not [c for c in acme.workspace.calls[before:] if c["method"].startswith("chat.")], "it is asked once"


async def test_a_request_waits_where_nobody_who_decides_is_reached_and_comes_to_the_first_who_is(acme: Company) -> None:
    leaves(acme, "UBEN")
    leaves(acme, "UCHLOE")
    await looks_at_slack(acme)

    await asks(acme)

    assert "<@UBEN> (not reached in Slack) decides." in (await texts(acme.anna))[0]
    acme.workspace.members["UCHLOE"] = replace(acme.workspace.members["UCHLOE"], deleted=False)
    await looks_at_slack(acme)
    assert "<@UCHLOE> decides for finance." in (await texts(acme.anna))[0]
    assert any("asks for $20.00 for Search" in text for text in await texts(acme.chloe))


async def test_a_manager_who_comes_back_decides_again(acme: Company) -> None:
    leaves(acme, "UBEN")
    await looks_at_slack(acme)
    acme.workspace.members["UBEN"] = replace(acme.workspace.members["UBEN"], deleted=False)
    await looks_at_slack(acme)

    await asks(acme)

    assert "<@UBEN> decides." in (await texts(acme.anna))[0]


async def test_a_request_in_a_channel_without_the_bot_comes_to_its_deciders(acme: Company) -> None:
    acme.workspace.rooms["CSEARCH"].bot_is_member = False
    await looks_at_slack(acme)

    await asks(acme)

    assert any("asks for $20.00 for Search" in text for text in await texts(acme.ben))


async def test_slack_that_is_away_makes_nobody_unreachable(acme: Company) -> None:
    acme.workspace.offline = True
    await look_up_slack(acme.context)
    acme.workspace.offline = False

    async with acme.context.store.read() as tx:
        assert await tx.reachability.unreachable() == {}


async def test_an_answer_that_names_no_user_makes_nobody_unreachable(
    acme: Company, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def names_nobody(**_: str) -> dict[str, object]:
        return {"ok": True}

    for method in ("users_info", "users_lookupByEmail"):
        monkeypatch.setattr(acme.context.slack, method, names_nobody)
    await look_up_slack(acme.context)
    monkeypatch.undo()

    async with acme.context.store.read() as tx:
        assert await tx.reachability.unreachable() == {}
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
