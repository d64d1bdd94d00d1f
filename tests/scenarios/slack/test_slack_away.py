"""What the bot does while Slack itself fails: jobs wait, forms and commands name the cause, and no log has an error."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from structlog.testing import capture_logs

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.doctor import _check_slack
from handlers.org.teams import import_teams
from handlers.schedule import look_up_slack
from handlers.slack.away import is_slack_away
from tests.scenarios.org.test_alert_settings import adds, form
from tests.support.company import TEAMS_YML, Company

FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 500},
    {"status": 503},
    {"error": "internal_error"},
    {"error": "drop"},
)
METHODS = ("users.lookupByEmail", "conversations.info", "conversations.list")


def failed(status: int, data: Any) -> SlackApiError:
    answer = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers={}, status_code=status
    )
    return SlackApiError("failed", answer)  # type: ignore[no-untyped-call]  # its constructor has no types


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (failed(500, "not now"), True),
        (failed(503, {"ok": False, "error": "service_unavailable"}), True),
        (failed(429, ""), True),
        (failed(200, {"ok": False, "error": "internal_error"}), True),
        (failed(200, {"ok": False, "error": "ratelimited"}), True),
        (failed(200, {"ok": False, "error": "invalid_auth"}), False),
        (failed(200, {"ok": False, "error": "channel_not_found"}), False),
        (failed(404, "no such page"), False),
        (aiohttp.ServerDisconnectedError(), True),
        (aiohttp.ClientPayloadError(), True),
        (TimeoutError(), True),
        (KeyError("channel"), False),
    ],
)
def test_slack_is_away_if_a_later_try_may_work(error: Exception, is_away: bool) -> None:
    assert is_slack_away(error) is is_away


async def with_newcomers(acme: Company) -> None:
    """Two people and a channel that Slack was not asked about yet."""
    yml = TEAMS_YML.replace("managers: [mia@acme.test]", "managers: [mia@acme.test, dan@acme.test, gus@partner.test]")
    yml = yml.replace('channel: "#team-mobile"', 'channel: "#clater"')
    await import_teams(acme.context, read_teams_file(yml), dry_run=False)


@pytest.mark.parametrize("method", METHODS)
async def test_the_look_up_waits_for_slack_without_an_error(acme: Company, method: str) -> None:
    await with_newcomers(acme)
    for fault in FAULTS:
        acme.workspace.fail_next(method, **fault)
        with capture_logs() as logged:
            await look_up_slack(acme.context)
        acme.workspace.failures.clear()
        assert [line for line in logged if line["log_level"] in ("error", "critical")] == [], fault

    adds(acme, "CLATER")
    await look_up_slack(acme.context)
    mobile = (await acme.context.rulebooks.latest()).directory.by_slug("mobile")
    assert mobile is not None
    assert (mobile.channel_id, mobile.channel_state) == ("CLATER", "linked")


async def test_a_settings_form_says_that_slack_does_not_answer(acme: Company) -> None:
    adds(acme, "CALERTS")
    opened = await form(acme.ben)
    for fault in FAULTS:
        acme.workspace.fail_next("conversations.info", **fault)
        refused = await acme.ben.submits(opened, {"alerts_channel": "CALERTS"})
        assert refused.errors == {
            "alerts_channel": "Slack does not answer at the moment. Please try again in a minute."
        }

    assert (await acme.ben.submits(opened)).closed


@pytest.mark.parametrize("fault", FAULTS[:2], ids=str)
async def test_the_doctor_does_not_blame_the_token_for_slacks_faults(acme: Company, fault: dict[str, Any]) -> None:
    acme.workspace.fail_next("auth.test", **fault)
    ((is_well, words),) = await _check_slack(acme.context)

    assert not is_well
    assert words.startswith(f"Slack does not answer at {acme.context.settings.slack_api_url}: status {fault['status']}")
