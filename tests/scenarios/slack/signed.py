"""Requests as Slack signs and sends them, whatever is in them."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.events.dispatch import signature
from tests.support.company import SECRET, Company
from tests.support.people import listened

Json = dict[str, Any]


async def sends(acme: Company, payload: Json) -> Any:
    """Sends a command, an event or an interaction, and returns the decoded answer once the app has done all."""
    if "event" in payload:
        body, kind = json.dumps(payload).encode(), "application/json"
    else:
        form = payload if "command" in payload else {"payload": json.dumps(payload)}
        body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(SECRET, stamp, body),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{acme.bot_url}/slack/events", data=body, headers=headers) as answer,
    ):
        assert answer.status == 200, await answer.text()
        text = await answer.text()
    await listened()
    return json.loads(text) if text else None


def response_url(acme: Company, member: str, channel: str = "CSEARCH") -> str:
    """An address that shows its answers to a person in a channel."""
    made = acme.workspace.triggers.issue_response(member, channel)
    return f"{acme.workspace.base_url}/response/{made}"


def command(acme: Company, member: str, text: str, *, team: str | None, **more: Any) -> Json:
    fields = {
        "command": "/tokens",
        "text": text,
        "user_id": member,
        "user_name": "x",
        "channel_id": "CSEARCH",
        "team_id": team,
        "trigger_id": acme.workspace.triggers.issue(member),
        "is_enterprise_install": "false",
        "response_url": response_url(acme, member),
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def click(acme: Company, member: str, action_id: str, value: str, *, team: str | None, user_team: str) -> Json:
    """A click on a button of a message in Search's channel."""
    return {
        "type": "block_actions",
        "user": {"id": member, "team_id": user_team},
        "team": {"id": team} if team else None,
        "enterprise": None,
        "channel": {"id": "CSEARCH", "name": "team-search"},
        "container": {"type": "message", "channel_id": "CSEARCH", "message_ts": "1.1"},
        "trigger_id": acme.workspace.triggers.issue(member),
        "response_url": response_url(acme, member),
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1.1"}],
    }


def request_form(member: str, *, team: str | None, user_team: str, search_id: int) -> Json:
    """The request form of Search, filled in and sent."""
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": "request_form",
        "team_id": user_team,
        "hash": "1.a",
        "private_metadata": json.dumps({"channel": "CSEARCH", "team": search_id}),
        "blocks": [{"type": "input", "block_id": "amount"}, {"type": "input", "block_id": "reason"}],
        "state": {
            "values": {
                "amount": {"amount": {"type": "plain_text_input", "value": "400"}},
                "reason": {"reason": {"type": "plain_text_input", "value": "a load test"}},
            }
        },
        "app_installed_team_id": "TACME",
    }
    return {
        "type": "view_submission",
        "user": {"id": member, "team_id": user_team},
        "team": {"id": team} if team else None,
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": "1.2.abc",
        "view": view,
        "response_urls": [],
    }


def home_opened(member: str, *, team: str) -> Json:
    """An opened Home, without the list of installations."""
    return {
        "type": "event_callback",
        "team_id": team,
        "event_id": f"Ev{time.monotonic_ns()}",
        "event_time": 1,
        "event": {"type": "app_home_opened", "user": member, "channel": "D1", "tab": "home", "event_ts": "1.1"},
    }
