"""Who has shown neither key nor signature takes no room from others, and a body that doesn't come on loses its own."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from handlers.intake.routes.request_bodies import Pace
from handlers.intake.routes.rooms import BodyError, Room
from handlers.intake.routes.webhooks import MAX_WEBHOOK_BYTES
from handlers.web import MAX_SLACK_BYTES
from tests.handlers.intake.test_webhooks import recorded, signed, signing
from tests.support.company import SECRET, Company, company
from tests.support.traffic.senders import body_of, sends

COMMAND = urlencode({"command": "/tokens", "text": "help", "user_id": "UANNA", "team_id": "T1", "channel_id": "C1"})


def by_slack(body: bytes, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(time.time()))
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded"
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}", "Content-Type": kind}


class Unfinished:
    """A request whose body stops before its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def answer(self) -> tuple[int, str]:
        """The status and body of the answer that comes all the same."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.lower().splitlines() if line.startswith("content-length"))
        body = await self._reader.readexactly(int(length.split(":")[1]))
        return int(head.split()[1]), body.decode()

    async def send(self, more: bytes) -> None:
        self._writer.write(more)
        with suppress(ConnectionError):
            await self._writer.drain()

    def close(self) -> None:
        self._writer.close()


async def begins(acme: Company, path: str, headers: dict[str, str], *, size: int, sent: int) -> Unfinished:
    """Sends a part of a body of so many bytes, and waits."""
    host, _, port = acme.bot_url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bot",
        f"Content-Length: {size}",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode() + b"x" * sent)
    request = Unfinished(reader, writer)
    await request.send(b"")
    return request


@asynccontextmanager
async def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: str) -> AsyncIterator[Company]:
    for name, value in settings.items():
        monkeypatch.setenv(f"TOKENS_{name}", value)
    async with company(f"sqlite:///{tmp_path}/tokens.db") as acme:
        yield acme


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=" + "0" * 64, "X-Slack-Request-Timestamp": "1500000000"},
        {"X-Slack-Request-Timestamp": "NOW"},
        {"X-Slack-Signature": "v0=abc", "X-Slack-Request-Timestamp": "NOW"},
        {"X-Slack-Signature": "v0=" + "0" * 64, "X-Slack-Request-Timestamp": "NOW", "Content-Encoding": "gzip"},
    ],
)
async def test_a_request_without_slacks_headers_is_refused_before_its_body_comes(
    acme: Company, headers: dict[str, str]
) -> None:
    named = {name: str(int(time.time())) if value == "NOW" else value for name, value in headers.items()}

    waiting = await begins(acme, "/slack/events", named, size=MAX_SLACK_BYTES, sent=0)
    status, said = await waiting.answer()
    waiting.close()
    assert (status, bool(json.loads(said)["error"])) == (415 if "Content-Encoding" in headers else 401, True)


async def test_an_unknown_key_is_refused_before_its_body_comes(acme: Company) -> None:
    for path in ("/v1/usage", "/v1/usage/litellm", "/v1/usage/otlp/v1/logs", "/v1/usage/hooks/nobody"):
        waiting = await begins(acme, path, {"Authorization": "Bearer tok_wrong"}, size=1_000_000, sent=0)
        assert (await waiting.answer())[0] == 401
        waiting.close()


async def test_unfinished_bodies_with_a_made_up_signature_shut_neither_slack_nor_usage_out(acme: Company) -> None:
    made_up = by_slack(b"", secret="a guess")
    held = [
        await begins(acme, "/slack/events", made_up, size=MAX_SLACK_BYTES, sent=MAX_SLACK_BYTES - 1) for _ in range(6)
    ]

    assert (await sends(acme, COMMAND.encode(), path="/slack/events", **by_slack(COMMAND.encode())))[0] == 200
    assert (await acme.uses(acme.event(1)))["accepted"] == 1
    assert (await held[0].answer())[0] == 408
    for one in held:
        one.close()


async def test_unfinished_bodies_at_one_webhook_shut_no_other_out(acme: Company) -> None:
    await signing(acme)
    await signing(acme, "other")
    held = [
        await begins(acme, "/v1/usage/hooks/hooks", {}, size=MAX_WEBHOOK_BYTES, sent=MAX_WEBHOOK_BYTES - 1)
        for _ in range(9)
    ]

    for number, name in enumerate(("hooks", "other")):
        body = recorded(acme)
        answer = await sends(acme, body, path=f"/v1/usage/hooks/{name}", **signed(body, f"msg_{number}"))
        assert (answer[0], json.loads(answer[2])["accepted"]) == (200, 1)
    for one in held:
        one.close()


async def test_a_body_that_does_not_come_on_is_given_up_and_its_room_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with impatient(tmp_path, monkeypatch, BODY_STALL_SECONDS="0.2", MAX_IN_FLIGHT_BYTES="2000") as acme:
        await signing(acme)
        key = {"Authorization": f"Bearer {acme.key}"}
        paths = [("/v1/usage", key), ("/v1/usage/otlp/v1/traces", {**key, "Content-Type": "application/json"})]
        paths += [("/slack/events", by_slack(b"")), ("/v1/usage/hooks/hooks", {})]
        for path, headers in paths:
            waiting = await begins(acme, path, headers, size=1_900, sent=1_800)
            status, said = await waiting.answer()
            waiting.close()
            assert (status, "did not come on" in said) == (408, True), path
        assert (await sends(acme, body_of(*(acme.event(n) for n in range(5))), **key))[0] == 200


async def test_a_body_that_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with impatient(tmp_path, monkeypatch, BODY_SECONDS="0.5") as acme:
        waiting = await begins(acme, "/v1/usage", {"Authorization": f"Bearer {acme.key}"}, size=10_000, sent=1)
        answer = asyncio.create_task(waiting.answer())
        while not answer.done():
            await waiting.send(b" ")
            await asyncio.sleep(0.01)
        waiting.close()
        assert answer.result()[0] == 408


def test_the_pace_of_a_body_is_bounded_by_pause_by_time_and_by_bytes() -> None:
    pace = Pace(stall_seconds=5, body_seconds=30)

    assert pace.ends_at(100, 100, 0) == 105
    assert pace.ends_at(100, 108, 1_000) == pytest.approx(110 + 1_000 / 32_768)  # at 100 bytes a second
    assert pace.ends_at(100, 120, 20 * 2**20) == 125
    assert pace.ends_at(100, 129, 20 * 2**20) == 130


def test_a_full_room_gives_up_the_body_that_rested_longest() -> None:
    room = Room(100, evicts=True)
    first, second, third = room.enter(), room.enter(), room.enter()
    woken: list[str] = []
    first.give_up, second.give_up = lambda: woken.append("first"), lambda: woken.append("second")
    first.take(40)
    second.take(40)
    first.take(10)  # it comes on

    third.take(30)

    assert (woken, room.bytes) == (["second"], 80)
    with pytest.raises(BodyError, match="made room") as refused:
        second.take(1)
    assert refused.value.status == 408
    for place in (first, second, third, third):
        place.leave()
    assert room.bytes == 0


def test_a_complete_body_keeps_its_room_and_a_room_within_another_is_bounded_by_both() -> None:
    all_rooms = Room(100, evicts=True)
    one, other = Room(60, evicts=True, within=all_rooms), Room(60, evicts=True, within=all_rooms)
    complete, arriving = one.enter(), other.enter()
    complete.take(50)
    complete.arrived()
    arriving.take(50)

    newest = one.enter()
    newest.take(10)
    assert (one.bytes, other.bytes, all_rooms.bytes) == (60, 0, 60), "the one that still arrived made room"
    with pytest.raises(BodyError) as refused:
        newest.take(1)
    assert (refused.value.status, one.bytes) == (503, 60)


def test_a_room_of_senders_with_keys_gives_nobody_up() -> None:
    room = Room(100)
    room.enter().take(100)

    with pytest.raises(BodyError) as refused:
        room.enter().take(1)
    assert (refused.value.status, room.bytes) == (503, 100)
