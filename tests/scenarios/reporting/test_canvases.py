"""The canvas in a team's channel: made once, edited when figures change, withdrawn where they should not be seen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.org.alert_settings import Destination
from bot.org.teams_yml.teams_file import read_teams_file
from bot.sandbox.canvases import Canvas
from handlers.org.teams import import_teams
from handlers.reporting import canvases
from handlers.reporting.canvases import update_canvases
from handlers.slack.channels import resolve_channels
from tests.support.company import TEAMS_YML, Company

HOUR = timedelta(hours=1, minutes=1)


def shown(acme: Company, channel: str = "CSEARCH") -> list[Canvas]:
    return acme.workspace.canvases.of(channel)


def calls(acme: Company, method: str) -> list[dict[str, Any]]:
    return [call for call in acme.workspace.calls if call["method"] == method]


def later(acme: Company, after: timedelta = HOUR) -> None:
    acme.clock.jump_to(acme.clock.now() + after)


async def test_each_linked_channel_gets_one_and_it_is_edited_in_place(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event("s1", dollars=100, ago=timedelta(days=2), tool="Claude Code"))
    await update_canvases(acme.context)

    (canvas,) = shown(acme)
    assert canvas.title == "AI spend of Search"
    assert canvas.access == "read"
    assert "**This team has $900 left of $1,000" in canvas.markdown
    assert "| Claude Code | $100.00 | $0.00 |" in canvas.markdown
    assert "London time" in canvas.markdown
    assert [one.title for one in shown(acme, "CMOBILE")] == ["AI spend of Mobile"]

    await acme.uses(acme.event("s2", dollars=50))
    await update_canvases(acme.context)
    assert canvas.edits == 0, "at most hourly"
    later(acme)
    await update_canvases(acme.context)
    assert canvas.edits == 1
    assert "$850 left" in canvas.markdown
    later(acme)
    await update_canvases(acme.context)
    assert canvas.edits == 1, "nothing changed"
    assert len(calls(acme, "canvases.create")) == 2


async def test_a_worker_killed_after_the_creation_finds_its_canvas_again(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await killed_after_the_creation(acme, monkeypatch)
    await update_canvases(acme.context)
    assert len(shown(acme)) == 1, "another worker waits until it is sure"
    later(acme, timedelta(minutes=11))
    await update_canvases(acme.context)

    assert [canvas.id for canvas in shown(acme)] == made
    later(acme)
    await acme.uses(acme.event("s1", dollars=10))
    await update_canvases(acme.context)
    assert [canvas.id for canvas in shown(acme)] == made


async def killed_after_the_creation(acme: Company, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the canvas that a worker created and did not note."""
    made: list[str] = []
    create = canvases._create

    async def killed(*arguments: Any) -> str:
        made.append(await create(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(canvases, "_create", killed)
    with pytest.raises(KeyboardInterrupt):
        await update_canvases(acme.context)
    monkeypatch.setattr(canvases, "_create", create)
    return made


async def test_it_is_found_again_after_the_team_got_another_name(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await killed_after_the_creation(acme, monkeypatch)
    renamed = TEAMS_YML.replace("name: Search", "name: Finding")
    assert renamed != TEAMS_YML
    await import_teams(acme.context, read_teams_file(renamed), dry_run=False)
    later(acme, timedelta(minutes=11))
    await update_canvases(acme.context)

    assert [(canvas.id, canvas.title) for canvas in shown(acme)] == [(made[0], "AI spend of Finding")]


async def test_a_channel_that_is_gone_keeps_no_team_from_its_next_one(acme: Company) -> None:
    acme.workspace.fail_next("canvases.create", "restricted_action")
    await update_canvases(acme.context)
    await acme.sandbox.does("channel", acme.anna.id, id="CGENERAL", change="invite_app")
    moved = TEAMS_YML.replace("#team-search", "#general")
    assert moved != TEAMS_YML
    await import_teams(acme.context, read_teams_file(moved), dry_run=False)
    await resolve_channels(acme.context)
    later(acme, timedelta(hours=25))
    acme.workspace.fail_next("conversations.info", "channel_not_found")
    await update_canvases(acme.context)
    await update_canvases(acme.context)

    assert [canvas.title for canvas in shown(acme, "CGENERAL")] == ["AI spend of Search"]


async def test_two_workers_make_one(acme: Company) -> None:
    await update_canvases(acme.context)
    async with acme.context.store.begin() as tx:
        stored = await tx.canvases.all()
        team_id = next(iter(stored))
        again: dict[str, Any] = {"title": "x", "until": 5, "at": 1}
        assert not await tx.canvases.claim(team_id, stored[team_id].channel, seen_next_at=None, **again)
        assert not await tx.canvases.claim(team_id, stored[team_id].channel, seen_next_at=3, **again)
        assert await tx.canvases.claim(team_id, stored[team_id].channel, seen_next_at=stored[team_id].next_at, **again)


async def test_a_canvas_deleted_by_hand_is_made_again_once(acme: Company) -> None:
    for number in range(3):
        await acme.uses(acme.event(f"s{number}", dollars=10))
        await update_canvases(acme.context)
        if shown(acme):
            acme.workspace.canvases.delete(shown(acme)[0].id)
        later(acme)
        later(acme)
    await acme.uses(acme.event("s9", dollars=10))
    await update_canvases(acme.context)

    assert shown(acme) == []
    assert len([call for call in calls(acme, "canvases.create") if call["args"]["channel_id"] == "CSEARCH"]) == 2


async def test_without_the_scope_it_is_tried_once_a_day(acme: Company) -> None:
    acme.workspace.fail_next("canvases.create", "missing_scope")
    await update_canvases(acme.context)
    assert len(calls(acme, "canvases.create")) == 1, "the second channel is not tried"
    for _ in range(20):
        later(acme)
        await update_canvases(acme.context)
    assert len([call for call in calls(acme, "canvases.create") if call["args"]["channel_id"] == "CSEARCH"]) == 1

    later(acme, timedelta(hours=6))
    await update_canvases(acme.context)
    assert len(shown(acme)) == 1


async def test_a_shared_channel_loses_its_canvas_at_once_and_gets_it_back(acme: Company) -> None:
    await update_canvases(acme.context)
    await acme.sandbox.does("channel", acme.anna.id, id="CSEARCH", change="share")
    await acme.settles()
    await update_canvases(acme.context)
    assert shown(acme) == []
    assert shown(acme, "CMOBILE"), "others keep theirs"

    await acme.sandbox.does("channel", acme.anna.id, id="CSEARCH", change="unshare")
    await acme.settles()
    await update_canvases(acme.context)
    assert len(shown(acme)) == 1


async def test_an_edit_that_slack_refused_delays_no_withdrawal(acme: Company) -> None:
    await update_canvases(acme.context)
    await acme.uses(acme.event("s", dollars=100, ago=timedelta(days=2)))
    later(acme)
    acme.workspace.fail_next("canvases.edit", error="restricted_action")
    await update_canvases(acme.context)
    await acme.sandbox.does("channel", acme.anna.id, id="CSEARCH", change="share")
    await acme.settles()
    acme.workspace.fail_next("canvases.delete", error="restricted_action")
    for _ in range(2):
        await update_canvases(acme.context)
    assert len(calls(acme, "canvases.delete")) == 1, "of a refused deletion the next try is tomorrow"

    later(acme, timedelta(hours=25))
    await update_canvases(acme.context)
    assert shown(acme) == []


async def test_an_archived_channel_keeps_what_it_has(acme: Company) -> None:
    await update_canvases(acme.context)
    await acme.sandbox.does("channel", acme.anna.id, id="CSEARCH", change="archive")
    await acme.settles()
    later(acme)
    await update_canvases(acme.context)

    assert [canvas.edits for canvas in shown(acme)] == [0]
    assert not calls(acme, "canvases.delete")


async def test_slack_may_be_busy(acme: Company) -> None:
    acme.workspace.fail_next("canvases.create", status=429, retry_after=900)
    await update_canvases(acme.context)
    assert not shown(acme)
    later(acme, timedelta(minutes=14))
    await update_canvases(acme.context)
    assert not shown(acme)
    later(acme, timedelta(minutes=2))
    await update_canvases(acme.context)
    assert len(shown(acme)) == 1


async def test_members_may_only_read_it_also_if_slack_was_busy_then(acme: Company) -> None:
    acme.workspace.fail_next("canvases.access.set", status=429, retry_after=1)
    await update_canvases(acme.context)
    later(acme)
    await update_canvases(acme.context)

    assert [canvas.access for canvas in shown(acme)] == ["read"]


async def test_a_canvas_whose_access_slack_refuses_to_set_stays(acme: Company) -> None:
    acme.workspace.fail_next("canvases.access.set", "restricted_action")
    await update_canvases(acme.context)
    later(acme)
    await update_canvases(acme.context)

    assert len(shown(acme)) == 1


async def test_the_company_has_one_in_its_own_channel(acme: Company) -> None:
    await acme.sandbox.does("channel", acme.anna.id, id="CGENERAL", change="invite_app")
    async with acme.context.store.begin() as tx:
        root = (await acme.context.rulebooks.current(tx)).directory.root
        place = Destination(ref="CGENERAL", state="linked")
        await tx.alert_settings.save(root.id, replace(root.alerts, alerts_destination=place), by=1, at=1)
    await acme.uses(
        acme.event("s1", dollars=100, ago=timedelta(days=2)),
        acme.event("m1", dollars=20, ago=timedelta(days=2), team="mobile", tool="Codex"),
        acme.event("n1", dollars=5, ago=timedelta(days=2), team=None, user=None, credential="ci-9"),
    )
    await update_canvases(acme.context)

    (canvas,) = shown(acme, "CGENERAL")
    assert canvas.title == "AI spend of Acme"
    assert "**$125 in the last 7 full days**" in canvas.markdown
    assert "| Search | $100.00 | $0.00 |" in canvas.markdown
    assert "Unattributed: $5.00 (4%)." in canvas.markdown


async def test_a_team_that_goes_to_preview_loses_its_canvas(acme: Company) -> None:
    await update_canvases(acme.context)
    assert len(shown(acme, "CMOBILE")) == 1
    hidden = TEAMS_YML.replace("slug: mobile, name: Mobile,", "slug: mobile, name: Mobile, mode: preview,")
    await import_teams(acme.context, read_teams_file(hidden), dry_run=False)
    await update_canvases(acme.context)

    assert shown(acme, "CMOBILE") == []
    assert len(shown(acme)) == 1
