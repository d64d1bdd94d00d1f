"""What does not come from Slack, or from a sender we know, is told so; nothing of it is booked, and nothing ends in a 500."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import Counter
from typing import Any

import aiohttp

from bot.sandbox.workspace import Workspace
from handlers.intake.keys import create_key
from tests.support.company import SECRET, Company

FORM = "application/x-www-form-urlencoded"
COMMAND = b"command=%2Ftokens&text=help&user_id=UANNA&channel_id=CSEARCH&team_id=T0&trigger_id=1.2.abc"


def signature(body: bytes, stamp: str, secret: str = SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256).hexdigest()


async def slack_sends(
    acme: Company, body: bytes, *, stamp: str | None = None, signed: str | None = None, kind: str = FORM
) -> tuple[int, str]:
    """A request to /slack/events, rightly signed now unless told otherwise; an empty header is not sent."""
    stamp = str(int(time.time())) if stamp is None else stamp
    signed = signature(body, stamp) if signed is None else signed
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{acme.bot_url}/slack/events", data=body, headers={k: v for k, v in headers.items() if v}
        ) as answer,
    ):
        return answer.status, await answer.text()


def bot_messages(workspace: Workspace) -> list[str]:
    return [call["method"] for call in workspace.calls if call["method"].startswith("chat.")]


async def test_a_signature_lives_for_five_minutes_either_way(acme: Company) -> None:
    for age, status in ((0, 200), (290, 200), (310, 401), (86_400, 401), (-290, 200), (-310, 401)):
        answered, text = await slack_sends(acme, COMMAND, stamp=str(int(time.time()) - age))
        assert (answered, age) == (status, age)
        assert status == 200 or "five minutes" in json.loads(text)["error"]


async def test_a_timestamp_that_is_no_number_is_said_to_be_none(acme: Company) -> None:
    for stamp in ("", "soon", "1.5", "-1", "1e9", "0x10", "nan", "١٢٣", "9" * 400):
        status, text = await slack_sends(acme, COMMAND, stamp=stamp)
        assert (status, stamp) == (401, stamp)
        assert "X-Slack-Request-Timestamp" in json.loads(text)["error"]


async def test_a_signature_fits_its_body_its_time_and_its_secret_alone(acme: Company) -> None:
    stamp = str(int(time.time()))
    right = signature(COMMAND, stamp)
    malformed = [right[:-1], right + "0", right.upper(), right[3:], "", "v0=", "v0=é", "\x80\xff"]
    wrong = [signature(COMMAND, stamp, "another-secret"), signature(COMMAND, str(int(stamp) - 1))]
    wrong += [signature(COMMAND.replace(b"UANNA", b"UBEN"), stamp)]
    faults = dict.fromkeys(malformed, "X-Slack-Signature is missing, or not v0= and 64 hexadecimal digits.")
    faults |= dict.fromkeys(wrong, "X-Slack-Signature does not fit the body.")

    for signed, fault in faults.items():
        status, text = await slack_sends(acme, COMMAND, stamp=stamp, signed=signed)
        assert (status, json.loads(text)["error"]) == (401, fault)
        assert SECRET not in text
        assert right not in text
    assert (await slack_sends(acme, COMMAND, stamp=stamp, signed=right))[0] == 200


GARBAGE = (
    b"",
    b"\x00\xff\xfe\x80garbage",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{",
    b"{}",
    b'{"type": 7}',
    b'{"event": []}',
    b"[" * 50_000,
    b"payload=",
    b"payload=7",
    b"payload=[]",
    b"payload=null",
    b"payload=%7B",
    b"payload=%7B%22type%22%3A%22block_actions%22%7D",
    b"payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A7%2C%22actions%22%3A%5B7%5D%7D",
    b"payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22UANNA%22%7D%2C%22actions%22%3A%5B%5D%7D",
    b"payload=%7B%22type%22%3A%22view_submission%22%2C%22view%22%3A%5B%5D%7D",
    b"payload=%ff%fe",
    b"payload=%ED%A0%80&payload=1",
    b"command=%2Ftokens",
    b"command=%2Ftokens&user_id=%00&team_id=%00&channel_id=%00&text=%00",
    b"&&&===",
)


async def test_garbage_is_401_unsigned_and_does_no_harm_signed(acme: Company) -> None:
    before = bot_messages(acme.workspace)
    for body, kind in itertools.product(GARBAGE, (FORM, "application/json", "application/json; charset=nonsense")):
        assert (await slack_sends(acme, body, signed="v0=0", kind=kind))[0] == 401
        status, text = await slack_sends(acme, body, kind=kind)
        assert status in (200, 400, 404), (body, kind, text)
        assert "Traceback" not in text

    await acme.settles()
    assert bot_messages(acme.workspace) == before
    assert (await slack_sends(acme, COMMAND))[0] == 200


async def test_guessing_keys_is_slowed_down_and_keeps_nobody_else_out(acme: Company) -> None:
    event = json.dumps(acme.event(1)).encode()

    tried = await asyncio.gather(*(acme.posts(event, key=f"tok_guess_{n}") for n in range(60)))

    statuses = Counter(status for status, _ in tried)
    assert set(statuses) <= {401, 503}
    assert statuses[503] > 0
    assert (await acme.uses(acme.event(1)))["accepted"] == 1


async def test_a_key_that_was_just_made_is_known_and_one_that_is_revoked_reads_nothing_more(acme: Company) -> None:
    made = await create_key(acme.context, "fresh", source="cloudevents")
    assert (await acme.gets("/v1/teams/search/allowance", key=made))[0] == 200
    async with acme.context.store.begin() as tx:
        source = await tx.keys.source("fresh")
        assert source is not None
        await tx.keys.revoke(source, at=acme.context.now_micros())

    assert (await acme.posts(json.dumps(acme.event(1)).encode(), key=made))[0] == 401
    assert (await acme.gets("/v1/teams/search/allowance", key=made))[0] == 401


async def test_a_model_named_like_a_channels_bell_rings_nobody(acme: Company) -> None:
    hostile: dict[str, Any] = {"model": "<!channel>", "tool": "<!here> & co", "workflow": "<@UBEN>"}
    await acme.uses(acme.event(1, dollars=1_200, **hostile), acme.event(2, cost_usd=None, **hostile))
    await acme.settles()
    replies = [await acme.anna.runs(words, channel="CSEARCH") for words in ("/tokens", "/tokens me")]
    await acme.ben.runs("/tokens <!channel>", channel="CSEARCH")
    await acme.chloe.opens_home()

    said = json.dumps([acme.workspace.calls, [reply.text_everywhere() for reply in replies]])
    assert "&lt;!channel&gt;" in said
    for bell in ("<!channel>", "<!here>"):
        assert bell not in said
