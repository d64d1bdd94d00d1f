"""What an earlier version drew, a form that Slack would not open, an answer that nobody takes: each gets a sentence."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.scenarios.slack.signed import click, command, request_form, sends
from tests.support.company import Company

NO_LONGER = "no longer works"


@pytest.fixture(autouse=True)
def no_error_in_the_log() -> Iterator[None]:
    """Nothing of this is an error of ours."""
    with capture_logs() as logged:
        yield
    assert [line for line in logged if line["log_level"] in ("error", "critical")] == []


def said_to(acme: Company, member: str) -> list[str]:
    """What a member alone is told in Search's channel, oldest first."""
    room = acme.workspace.rooms["CSEARCH"]
    return [message.text for message in room.messages if message.private_to == member]


@pytest.mark.parametrize("action_id", ["approve_request_v0", "x", "approve request", "é" * 255])
async def test_a_button_of_an_earlier_version_says_what_to_do_instead(acme: Company, action_id: str) -> None:
    assert await sends(acme, click(acme, "UANNA", action_id, "3", team="TACME", user_team="TACME")) is None

    (said,) = said_to(acme, "UANNA")
    assert NO_LONGER in said
    assert "/tokens" in said


@pytest.mark.parametrize(
    "chosen",
    [
        {"type": "static_select", "selected_option": {"value": "old"}},
        {"type": "users_select", "selected_user": "UBEN"},
        {"type": "datepicker", "selected_date": "2026-11-30"},
        {"type": "checkboxes", "selected_options": []},
        {"type": "overflow", "selected_option": {"value": "9"}},
    ],
)
async def test_a_menu_of_an_earlier_version_is_told_so_too(acme: Company, chosen: dict[str, Any]) -> None:
    old = click(acme, "UANNA", "old_menu", "", team="TACME", user_team="TACME")
    old["actions"][0] = {"action_id": "old_menu", "block_id": "b", "action_ts": "1.1", **chosen}
    assert await sends(acme, old) is None

    assert NO_LONGER in said_to(acme, "UANNA")[-1]


async def test_a_choice_that_a_menu_of_ours_no_longer_has_is_told_so(acme: Company) -> None:
    old = click(acme, "UANNA", "alert_menu", "retired:3", team="TACME", user_team="TACME")
    assert await sends(acme, old) is None

    assert NO_LONGER in said_to(acme, "UANNA")[-1]


async def test_a_button_in_home_or_in_a_modal_has_no_response_url_and_opens_a_modal(acme: Company) -> None:
    for view in ({"type": "home", "id": "V0"}, {"type": "modal", "id": "V0"}):
        old = click(acme, "UANNA", "old_button", "3", team="TACME", user_team="TACME")
        del old["response_url"], old["channel"]
        if view["type"] == "modal":
            form = (await acme.anna.runs("/tokens request 5 x", channel="CSEARCH")).modal
            assert form is not None
            view["id"] = form.id
            old["trigger_id"] = acme.workspace.triggers.issue("UANNA", form.id)
        assert await sends(acme, {**old, "view": view, "container": {"type": "view"}}) is None

        shown = await acme.anna.modal()
        assert shown is not None
        assert NO_LONGER in shown.text_everywhere()
        await acme.anna.closes(shown)


async def test_a_form_of_an_earlier_version_stays_open_and_says_so(acme: Company) -> None:
    old = request_form("UANNA", team="TACME", user_team="TACME", search_id=1)
    old["view"]["callback_id"] = "request_form_v0"
    assert NO_LONGER in (await sends(acme, old))["errors"]["reason"]
    old["view"] |= {"blocks": [], "state": {"values": {}}}
    answer = await sends(acme, old)
    assert answer["response_action"] == "update"
    assert NO_LONGER in str(answer["view"]["blocks"])


@pytest.mark.parametrize(
    "callback",
    ["request_form", "change_form", "deny_form", "alert_settings_form", "claim_form", "price_form", "snooze_form"],
)
async def test_a_form_that_carries_what_an_earlier_version_did_says_so(acme: Company, callback: str) -> None:
    for metadata in ("", "{", "[]", "7.5", "x:y", '{"team": "search", "id": null, "alert": "3"}', "{}", "null", "true"):
        old = request_form("UDAN", team="TACME", user_team="TACME", search_id=1)
        old["view"] |= {"private_metadata": metadata, "callback_id": callback}
        old["view"]["state"]["values"]["snooze"] = {"snooze": {"selected_option": {"value": "hour"}}}

        assert NO_LONGER in str(await sends(acme, old)), metadata


async def test_shortcuts_commands_options_and_events_that_nobody_takes(acme: Company) -> None:
    common = {"user": {"id": "UANNA", "team_id": "TACME"}, "team": {"id": "TACME"}}
    shortcut = {
        "type": "shortcut",
        "callback_id": "old",
        "trigger_id": acme.workspace.triggers.issue("UANNA"),
        **common,
    }
    assert await sends(acme, shortcut) is None
    shown = await acme.anna.modal()
    assert shown is not None
    assert NO_LONGER in shown.text_everywhere()

    with_url = click(acme, "UANNA", "x", "1", team="TACME", user_team="TACME")
    on_message = {"type": "message_action", "callback_id": "old", "response_url": with_url["response_url"], **common}
    assert await sends(acme, {**on_message, "message": {"ts": "1.1"}, "channel": {"id": "CSEARCH"}}) is None
    assert NO_LONGER in said_to(acme, "UANNA")[-1]

    await sends(acme, {**command(acme, "UANNA", "help", team="TACME"), "command": "/tokenz"})
    assert "`/tokens help`" in said_to(acme, "UANNA")[-1]

    suggestion = {"type": "block_suggestion", "action_id": "old", "block_id": "b", "value": "se", **common}
    assert await sends(acme, suggestion) == {"options": []}
    closed = {"type": "view_closed", "view": {"id": "V1", "callback_id": "old", "type": "modal"}, **common}
    assert await sends(acme, closed) is None
    event = {"type": "event_callback", "team_id": "TACME", "event": {"type": "reaction_added", "user": "UANNA"}}
    assert await sends(acme, event) is None


async def test_an_outsider_learns_nothing_from_an_old_button(acme: Company) -> None:
    assert await sends(acme, click(acme, "UGUS", "old_button", "3", team="TACME", user_team="TACME")) is None

    assert ["members of this workspace" in said for said in said_to(acme, "UGUS")] == [True]


@pytest.mark.parametrize("fault", ["expired_trigger_id", "exchanged_trigger_id", "internal_error"])
@pytest.mark.parametrize("typed", ["request 5 evals", "settings"])
async def test_a_form_that_slack_does_not_open_is_told(acme: Company, typed: str, fault: str) -> None:
    acme.workspace.fail_next("views.open", fault)
    reply = await acme.ben.runs(f"/tokens {typed}", channel="CSEARCH")

    assert reply.modal is None
    assert "did not open the form" in reply.ephemeral[0].text
    assert "try again" in reply.ephemeral[0].text


async def test_a_form_that_slack_gives_no_answer_about_is_told(acme: Company) -> None:
    acme.workspace.fail_next("views.open", "drop")
    reply = await acme.ben.runs("/tokens request 5 evals", channel="CSEARCH")

    assert "may not have opened" in reply.text


async def test_a_click_in_home_whose_trigger_expired_is_answered_in_a_message(acme: Company) -> None:
    home = await acme.anna.opens_home()
    acme.workspace.triggers.lifetime_seconds = -1
    await acme.anna.clicks("request_budget", home)
    await acme.settles()

    assert "Slack did not open the form" in (await acme.anna.dms())[-1].text


@pytest.mark.parametrize("fault", ["expired_url", "used_url"])
@pytest.mark.parametrize("typed", ["", "request -5 evals", "me", "nonsense"])
async def test_an_answer_that_slack_no_longer_takes_comes_as_a_direct_message(
    acme: Company, typed: str, fault: str
) -> None:
    acme.workspace.fail_next("response_url", fault)
    reply = await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")
    assert (reply.status, reply.messages) == (200, [])
    await acme.settles()

    (message,) = await acme.anna.dms()
    again = (await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")).ephemeral[0]
    assert message.text == again.text


async def test_an_answer_to_an_address_that_nobody_listens_at_comes_as_a_direct_message(acme: Company) -> None:
    refused = click(acme, "UANNA", "approve_request", "4711", team="TACME", user_team="TACME")
    await sends(acme, {**refused, "response_url": "http://127.0.0.1:9/answer"})
    await acme.settles()

    (message,) = await acme.anna.dms()
    assert "There is no such request any more" in message.text


async def test_an_outsider_gets_no_direct_message_either(acme: Company) -> None:
    old = click(acme, "UGUS", "old_button", "3", team="TACME", user_team="TACME")
    await sends(acme, {**old, "response_url": "http://127.0.0.1:9/answer"})
    await acme.settles()

    assert await acme.gus.dms() == []
