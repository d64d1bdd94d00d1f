"""Requests of the sandbox to the app: signed commands, clicks, submissions and events."""

import asyncio
from typing import Any

from bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import Office

Json = dict[str, Any]


def modal(**more: Any) -> Json:
    amount = {
        "type": "input",
        "block_id": "amount",
        "label": {"type": "plain_text", "text": "Amount"},
        "element": {
            "type": "number_input",
            "action_id": "amount",
            "is_decimal_allowed": False,
            "min_value": "1",
            "max_value": "5000",
        },
    }
    kind = {
        "type": "input",
        "block_id": "kind",
        "optional": True,
        "label": {"type": "plain_text", "text": "Kind"},
        "element": {
            "type": "static_select",
            "action_id": "kind",
            "options": [
                {"text": {"type": "plain_text", "text": word}, "value": word.lower()} for word in ("Once", "Monthly")
            ],
        },
    }
    words = {name: {"type": "plain_text", "text": name.title()} for name in ("title", "submit", "close")}
    return {"type": "modal", "callback_id": "request", **words, "blocks": [amount, kind], **more}


def card(*buttons: str) -> list[Json]:
    elements = [
        {"type": "button", "action_id": word.lower(), "value": "7", "text": {"type": "plain_text", "text": word}}
        for word in buttons
    ]
    more = {
        "type": "overflow",
        "action_id": "more",
        "options": [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("Snooze", "Details")],
    }
    return [{"type": "actions", "block_id": "deeds", "elements": [*elements, more]}]


async def test_a_command_carries_every_field_and_a_signature_that_slacks_sdk_accepts(office: Office) -> None:
    office.bot.answers["command"] = "All fine."

    reply = await office.anna.runs("/tokens request 500 eval run", channel="CSEARCH")

    received = office.bot.last("command")
    assert office.bot.unsigned == 0
    assert (received["command"], received["text"]) == ("/tokens", "request 500 eval run")
    assert (received["channel_id"], received["channel_name"], received["user_id"]) == (
        "CSEARCH",
        "team-search",
        "UANNA",
    )
    assert received["response_url"].startswith(office.url)
    assert {"token", "team_id", "team_domain", "api_app_id", "is_enterprise_install", "trigger_id"} <= received.keys()
    assert (reply.status, reply.text, len(reply.ephemeral)) == (200, "All fine.", 1)


async def test_a_failed_command_is_shown_as_in_slack(office: Office) -> None:
    office.bot.answers["command"] = 500

    reply = await office.anna.runs("/tokens", channel="CSEARCH")

    assert reply.text == '/tokens failed with the error "dispatch_failed"'
    await office.ben.does_not_see("dispatch_failed")


async def test_a_slow_app_gets_a_timeout(office: Office) -> None:
    assert Workspace(office.workspace.settings).patience_seconds == 3.0
    office.workspace.patience_seconds = 0.1
    told = asyncio.Event()

    async def answers_later(_: Json) -> str:
        await told.wait()
        return ""

    office.bot.answers["command"] = answers_later

    reply = await office.anna.runs("/tokens", channel="CSEARCH")
    told.set()

    assert reply.text == '/tokens failed with the error "operation_timeout"'


async def test_a_modal_opens_checks_its_fields_and_sends_them(office: Office) -> None:
    async def opens(payload: Json) -> str:
        await office.slack.views_open(trigger_id=payload["trigger_id"], view=modal(private_metadata="7"))
        return ""

    office.bot.answers["command"] = opens
    form = (await office.anna.runs("/tokens request", channel="CSEARCH")).modal
    assert form is not None

    empty = await office.anna.submits(form)
    wrong = await office.anna.submits(form, amount="12.5")
    too_much = await office.anna.submits(form, Amount="5001")
    sent = await office.anna.submits(form, amount="500", kind="Monthly")

    assert empty.errors == {"amount": "Please complete this required field."}
    assert wrong.errors == {"amount": "Please enter a whole number."}
    assert too_much.errors == {"amount": "Please enter a number of at most 5000."}
    assert sent.closed
    assert await office.anna.modal() is None
    view = office.bot.last("view_submission")["view"]
    assert view["private_metadata"] == "7"
    assert view["state"]["values"]["amount"]["amount"] == {"type": "number_input", "value": "500"}
    assert view["state"]["values"]["kind"]["kind"]["selected_option"]["value"] == "monthly"


async def test_a_submission_can_be_answered_with_errors_another_view_or_nothing(office: Office) -> None:
    async def opens(payload: Json) -> str:
        await office.slack.views_open(trigger_id=payload["trigger_id"], view=modal())
        return ""

    office.bot.answers["command"] = opens
    form = (await office.anna.runs("/tokens request", channel="CSEARCH")).modal
    assert form is not None
    office.bot.answers["view_submission"] = {"response_action": "errors", "errors": {"amount": "Too much."}}
    refused = await office.anna.submits(form, amount="500")
    office.bot.answers["view_submission"] = {"response_action": "errors", "errors": {"nowhere": "Too much."}}
    confused = await office.anna.submits(form, amount="500")
    office.bot.answers["view_submission"] = {"response_action": "push", "view": modal(callback_id="second")}
    pushed = await office.anna.submits(form, amount="500")
    assert pushed.modal is not None
    office.bot.answers["view_submission"] = {"response_action": "clear"}
    cleared = await office.anna.submits(pushed.modal, amount="500")

    assert (refused.errors, refused.closed) == ({"amount": "Too much."}, False)
    assert not confused.ok
    assert pushed.modal.raw["callback_id"] == "second"
    assert pushed.modal.raw["previous_view_id"] == form.id
    assert cleared.closed
    assert await office.anna.modal() is None


async def test_a_click_names_the_person_the_message_and_the_button(office: Office) -> None:
    posted = await office.slack.chat_postMessage(channel="CSEARCH", text="Anna asks", blocks=card("Approve", "Deny"))
    message = await office.ben.sees("Anna asks", channel="CSEARCH")

    await office.ben.clicks("Approve", message)
    clicked = office.bot.last("block_actions")
    await office.ben.chooses("Snooze", message)
    chosen = office.bot.last("block_actions")

    assert message.buttons() == ["Approve", "Deny"]
    assert clicked["user"]["id"] == "UBEN"
    assert clicked["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": "CSEARCH",
        "is_ephemeral": False,
    }
    assert clicked["message"]["text"] == "Anna asks"
    assert (clicked["actions"][0]["action_id"], clicked["actions"][0]["value"]) == ("approve", "7")
    assert chosen["actions"][0]["selected_option"]["value"] == "Snooze"


async def test_nobody_can_press_what_is_not_there(office: Office) -> None:
    posted = await office.slack.chat_postMessage(channel="CSEARCH", text="Anna asks", blocks=card("Approve"))

    made_up = {"channel": "CSEARCH", "ts": posted["ts"], "block_id": "deeds", "action_id": "erase"}
    answer = await office.ben.sandbox.does("action", "UBEN", **made_up)
    outside = await office.ben.sandbox.does("action", "UCHLOE", channel="D0000001UANNA", ts=posted["ts"])

    assert answer["error"] == "invalid_arguments"
    assert outside["error"] == "channel_not_found"
    assert office.bot.received == []


async def test_nobody_can_fill_in_somebody_elses_form(office: Office) -> None:
    async def opens(payload: Json) -> str:
        await office.slack.views_open(trigger_id=payload["trigger_id"], view=modal())
        return ""

    office.bot.answers["command"] = opens
    form = (await office.anna.runs("/tokens request", channel="CSEARCH")).modal
    assert form is not None

    answer = await office.ben.submits(form, amount="500")

    assert answer.error == "not_found"
    assert (await office.ben.modal(), await office.anna.modal() is None) == (None, False)


async def test_a_closed_modal_is_sent_only_on_request(office: Office) -> None:
    for wished in (False, True):

        async def opens(payload: Json, wished: bool = wished) -> str:
            await office.slack.views_open(trigger_id=payload["trigger_id"], view=modal(notify_on_close=wished))
            return ""

        office.bot.answers["command"] = opens
        form = (await office.anna.runs("/tokens request", channel="CSEARCH")).modal
        assert form is not None
        await office.anna.closes(form)

    assert sum(one.get("type") == "view_closed" for one in office.bot.received) == 1


async def test_opening_home_sends_the_event_and_shows_what_is_published(office: Office) -> None:
    async def publishes(payload: Json) -> str:
        home = {"type": "home", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Your day"}}]}
        await office.slack.views_publish(user_id=payload["event"]["user"], view=home)
        return ""

    office.bot.answers["app_home_opened"] = publishes

    home = await office.anna.opens_home()

    event = office.bot.last("app_home_opened")
    assert event["event"]["tab"] == "home"
    assert event["authorizations"][0]["user_id"] == "UTOKENS"
    assert "Your day" in home.text_everywhere()


async def test_an_event_the_app_does_not_take_comes_once_more_with_the_same_id(office: Office) -> None:
    office.bot.answers["channel_archive"] = 500

    await office.anna.sandbox.does("channel", "UANNA", id="CSEARCH", change="archive")

    first, second = office.bot.received
    assert first["event_id"] == second["event_id"]
    assert office.bot.headers[1]["x-slack-retry-num"] == "1"
    assert (await office.slack.conversations_info(channel="CSEARCH"))["channel"]["is_archived"]
