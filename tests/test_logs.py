"""What the logs show of a fault: where it was, and no variable's value, for one may be a key or what somebody wrote."""

import logging
import sys

import pytest
import structlog

from bot.app import configure_logs, create_bolt
from bot.clock import SystemClock
from bot.settings import Settings
from handlers.context import make_context
from handlers.slack.client import slack_client


def _checks(token: str, body: bytes) -> None:
    raise ValueError(f"a fault with {len(token) + len(body)} bytes")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_fault_in_the_logs_shows_where_it_was_and_no_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    configure_logs()

    try:
        _checks("tok_of-a-sender", b"what a person wrote")
    except ValueError as error:
        structlog.get_logger().error("request failed", path="/v1/usage", error=repr(error), exc_info=error)

    logged = capsys.readouterr().err
    assert "a fault with 34 bytes" in logged
    assert "_checks" in logged
    assert "of-a-sender" not in logged.replace('_checks("tok_of-a-sender", b"what a person wrote")', "")
    assert "body =" not in logged
    assert "locals" not in logged or '"locals": null' in logged


async def test_bolt_adds_no_hints_to_the_logs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the token from the environment by itself, warns of a second one, and suggests code for unknown requests."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-tests")
    configure_logs()
    settings = Settings(database_url="sqlite:///never-opened.db", slack_signing_secret="a secret")
    context = make_context(settings, SystemClock())
    context.slack = slack_client(settings)
    app = create_bolt(context)
    app.logger.warning("a hint")

    assert [record.getMessage() for record in caplog.records] == []
    assert app.logger.isEnabledFor(logging.ERROR)
