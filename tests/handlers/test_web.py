"""Health, metrics, the OpenAPI description, and the checks of Slack's requests."""

import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.app import running
from bot.clock import ShiftedClock
from bot.settings import Settings
from handlers.cli import prepare
from tests.support import servers
from tests.support.company import SECRET, Company
from tests.support.traffic.senders import sends

COMMAND = {"command": "/tokens", "text": "help", "user_id": "UANNA", "team_id": "T1", "channel_id": "CSEARCH"}


async def slack_posts(
    acme: Company,
    body: bytes,
    *,
    stamp: str | None = None,
    secret: str = SECRET,
    form: bool = True,
    signature: str | None = None,
) -> tuple[int, str]:
    """Posts a request with Slack's signature, by default of now."""
    stamp = str(int(time.time())) if stamp is None else stamp
    signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed}", "Content-Type": kind}
    if signature is not None:
        headers["X-Slack-Signature"] = signature
    status, _, answer = await sends(acme, body, path="/slack/events", **headers)
    return status, answer


async def test_slacks_own_request_is_answered_and_nobody_elses(acme: Company) -> None:
    body = urlencode({**COMMAND, "response_url": f"{acme.workspace.base_url}/response/none"}).encode()
    assert (await slack_posts(acme, body))[0] == 200
    now = int(time.time())

    wrongs: list[dict[str, Any]] = [
        {"secret": "another secret"},
        {"stamp": str(now - 301)},
        {"stamp": str(now + 301)},
        {"stamp": "1e9"},
        {"stamp": f"{now}.5"},
        {"stamp": "soon"},
        {"stamp": ""},
        {"stamp": "9" * 400},
        {"stamp": "-1"},
        {"signature": ""},
        {"signature": "v0="},
        {"signature": "v0=" + "é" * 64},
        {"signature": "v1=" + "0" * 64},
    ]

    for wrong in wrongs:
        status, answer = await slack_posts(acme, body, **wrong)
        assert (status, bool(json.loads(answer)["error"])) == (401, True), wrong


async def test_a_body_that_was_changed_after_signing_is_refused(acme: Company) -> None:
    stamp = str(int(time.time()))
    signed = hmac.new(SECRET.encode(), f"v0:{stamp}:text=1".encode(), hashlib.sha256).hexdigest()

    status, _ = await slack_posts(acme, b"text=500000", stamp=stamp, signature=f"v0={signed}")
    assert status == 401


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"hello", b"{", b"x" * 100_000])
async def test_garbage_without_a_signature_is_401_and_without_any_headers_too(acme: Company, body: bytes) -> None:
    assert (await sends(acme, body, path="/slack/events"))[0] == 401
    assert (await slack_posts(acme, body, secret="wrong"))[0] == 401


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"null",
        b'"x"',
        b"{",
        b"{}",
        b'{"type": 7}',
        b'{"event": []}',
        b'{"type": "event_callback", "event": {"type": "app_home_opened", "user": 7}}',
        b"payload=",
        b"payload=[]",
        b"payload=7",
        b"payload=%7B",
        b"payload=%7B%7D",
        b'payload={"type":"block_actions","actions":[],"user":[]}',
        b'payload={"type":"view_submission","view":7,"user":{"id":"UANNA"}}',
        b"command=/tokens",
        b"\x00\xff\xfe",
    ],
)
async def test_signed_nonsense_is_an_answer_and_never_a_500(acme: Company, body: bytes, form: bool) -> None:
    status, _ = await slack_posts(acme, body, form=form)

    assert status < 500


async def test_a_body_larger_than_any_of_slacks_is_refused(acme: Company) -> None:
    assert (await slack_posts(acme, b"x" * (5 * 1024 * 1024)))[0] == 413


async def test_slacks_challenge_is_answered(acme: Company) -> None:
    status, answer = await slack_posts(acme, b'{"type": "url_verification", "challenge": "abc"}', form=False)

    assert (status, "abc" in answer) == (200, True)


async def gets(acme: Company, path: str) -> tuple[int, str]:
    status, _, answer = await sends(acme, None, method="GET", path=path)
    return status, answer


async def test_health_metrics_and_the_description_need_no_key(acme: Company) -> None:
    await acme.uses(acme.event(1), acme.event(2, output_tokens=-1))

    assert await gets(acme, "/healthz") == (200, "ok\n")
    assert await gets(acme, "/readyz") == (200, "ok\n")
    status, metrics = await gets(acme, "/metrics")
    assert status == 200
    assert 'tokens_usage_rows_total{fate="accepted"} 1.0' in metrics
    assert 'tokens_usage_rows_total{fate="quarantined"} 1.0' in metrics
    for name in ("search", "anna", "acme-large", "Claude", "gateway", "UANNA"):
        assert name.casefold() not in metrics.casefold()
    status, described = await gets(acme, "/openapi.json")
    paths: dict[str, Any] = json.loads(described)["paths"]
    assert (status, set(paths) >= {"/v1/usage", "/v1/teams/{slug}/allowance", "/healthz", "/readyz"}) == (200, True)
    assert (await gets(acme, "/docs"))[0] == 200
    assert (await gets(acme, "/nowhere"))[0] == 404
    assert (await gets(acme, "/v1/usage"))[0] == 405


async def test_without_slacks_credentials_usage_is_taken_and_slack_is_turned_away(tmp_path: Path) -> None:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/tokens.db", slack_bot_token="", slack_signing_secret="", slack_app_token=""
    )
    context = await prepare(settings, ShiftedClock())
    async with running(context, web=True, worker=False) as parts, servers.running(parts.web) as url:
        bare: Any = type("Bot", (), {"bot_url": url})
        assert (await sends(bare, b"[]"))[0] == 401
        status, _, answer = await sends(bare, b"command=/tokens", path="/slack/events")
        assert (status, "signing secret" in answer) == (401, True)
        assert (await gets(bare, "/readyz"))[0] == 200
