"""What the doctor says of Slack's credentials, for HTTP and for Socket Mode."""

from urllib.parse import urlsplit

import pytest

from bot.settings import Settings
from handlers.slack.installing.credentials import check_credentials, check_scopes, check_socket, required_scopes
from tests.support.company import APP_TOKEN, Company, company
from tests.support.databases.copies import Copy


def said(**credentials: str) -> dict[str, bool]:
    none = {"slack_bot_token": "", "slack_signing_secret": "", "slack_app_token": ""}
    settings = Settings().model_copy(update={**none, **credentials})
    return {text: well for well, text in check_credentials(settings)}


def test_http_needs_a_secret_and_socket_mode_an_app_token() -> None:
    over_http = said(slack_bot_token="xoxb-1", slack_signing_secret="s")
    over_a_socket = said(slack_bot_token="xoxb-1", slack_app_token="xapp-1")
    neither = said(slack_bot_token="xoxb-1")

    assert all(over_http.values())
    assert "SLACK_SIGNING_SECRET is set: Slack reaches POST /slack/events over HTTP" in over_http
    assert all(over_a_socket.values())
    assert "Socket Mode is on: Slack needs no address to reach" in over_a_socket
    assert [text for text, well in neither.items() if not well] == [
        "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP: Slack gets 401 until then"
    ]


@pytest.mark.parametrize(
    ("name", "token", "begins"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-1", "xoxb-"),
        ("SLACK_BOT_TOKEN", "xapp-1", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "xapp-"),
    ],
)
def test_a_token_of_another_kind_is_named(name: str, token: str, begins: str) -> None:
    found = said(**{"slack_bot_token": "xoxb-1", "slack_signing_secret": "s", name.lower(): token})

    assert not found[f"{name} begins with {token[:5]!r}, not with {begins}: it is another token of the app"]


def test_scopes_that_the_installed_app_lacks_are_named_with_what_to_do() -> None:
    scopes = required_scopes()

    assert check_scopes(",".join((*scopes, "canvases:write"))) == [(True, "every scope of the manifest is granted")]
    assert check_scopes(",".join(scopes)) == [
        (True, "every scope of the manifest is granted"),
        (True, "canvases:write, an optional scope, is not granted: channels get no canvas"),
    ]
    ((well, text),) = check_scopes(",".join(set(scopes) - {"files:write"}))
    assert not well
    assert text.startswith("scopes are missing: files:write. Paste manifest.yml again")
    assert check_scopes("") == []


async def test_the_doctor_sees_the_connection_of_the_process_here(sqlite_copy: Copy, acme: None) -> None:
    async with company(sqlite_copy.url, key=sqlite_copy.key, app_token=APP_TOKEN) as linked:
        linked.context.settings.port = urlsplit(linked.bot_url).port or 0
        assert await check_socket(linked.context) == [
            (True, "Socket Mode: Slack takes SLACK_APP_TOKEN"),
            (True, "Socket Mode: connected"),
        ]

        assert linked.parts.socket is not None
        await linked.parts.socket.stop()
        assert [well for well, _ in await check_socket(linked.context)] == [True, False]

        linked.context.settings.slack_app_token = "xapp-expired"
        ((well, text),) = await check_socket(linked.context)
        assert not well
        assert "Slack refuses SLACK_APP_TOKEN: invalid_auth. Make an app-level token with connections:write" in text


async def test_the_doctor_of_a_machine_without_a_process_says_what_it_could_not_check(acme: Company) -> None:
    """Over HTTP the process holds no connection either, and has no figure of one."""
    acme.context.settings.port = 1
    acme.context.settings.slack_app_token = APP_TOKEN

    ((well, _),) = await check_socket(acme.context)

    assert not well, "this app has no Socket Mode"
