"""Signed webhooks over real HTTP: no body without its signature, only answers of the contract, and no secret anywhere."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import text

from handlers.intake.keys import create_source, set_source
from handlers.intake.routes.webhooks import MAX_WEBHOOK_BYTES
from handlers.intake.source_options import TypedOptions
from tests.support.company import Company
from tests.support.traffic.senders import sends

KEY = bytes(range(32))
SECRET = "whsec_" + b64encode(KEY).decode()
VENDORS = "a vendor's own secret"


async def signing(acme: Company, name: str = "hooks", **said: Any) -> str:
    """Creates a source that signs, by Standard Webhooks' rules unless another kind is given; returns its ingest key."""
    source = said.pop("source", "standardwebhooks")
    options = TypedOptions(**{"signature": "standard", "secret": SECRET, **said})
    return (await create_source(acme.context, name, source=source, team=None, role="meter", typed=options)).token


def recorded(acme: Company, **data: Any) -> bytes:
    event = acme.event(1)
    return json.dumps(
        {"type": "usage.recorded", "timestamp": event["time"], "data": {**event["data"], **data}}
    ).encode()


def signed(body: bytes, message: str = "msg_1", *, off: int = 0, key: bytes = KEY) -> dict[str, str]:
    stamp = str(int(time.time()) + off)
    mac = hmac.new(key, message.encode() + b"." + stamp.encode() + b"." + body, hashlib.sha256).digest()
    return {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": f"v1,{b64encode(mac).decode()}"}


async def hook(acme: Company, body: bytes, headers: dict[str, str], name: str = "hooks") -> tuple[int, dict[str, Any]]:
    status, _, answer = await sends(acme, body, path=f"/v1/usage/hooks/{name}", **headers)
    return status, json.loads(answer)


async def booked(acme: Company) -> list[str]:
    async with acme.context.store.read() as tx:
        return [row.event_id for row in await tx.connection.execute(text("SELECT event_id FROM usage_events"))]


async def test_a_signature_alone_lets_a_body_in_and_the_message_is_known_again(acme_on_both: Company) -> None:
    acme = acme_on_both
    await signing(acme)
    body = recorded(acme)

    assert (await hook(acme, body, signed(body)))[1]["accepted"] == 1
    status, again = await hook(acme, body, signed(body, off=5))  # retried: another moment, the same message
    assert (status, again["duplicates"], again["errors"]) == (200, 1, [])
    assert await booked(acme) == ["msg_1"]


async def test_nothing_comes_in_without_the_signature_not_even_with_the_key(acme: Company) -> None:
    key = await signing(acme)
    body = recorded(acme)
    good = signed(body)
    wrongs: list[dict[str, str]] = [
        {},
        {**good, "webhook-signature": "v1,AAAA"},
        {**good, "webhook-signature": "nonsense"},
        {**good, "webhook-signature": ",,, v1"},
        {**good, "webhook-id": "msg_2"},
        {**good, "webhook-timestamp": "soon"},
        signed(body, off=-400),
        signed(body, off=400),
        signed(body, key=b"x" * 32),
        signed(body + b" "),
    ]
    for headers in wrongs:
        for path, extra in (("/v1/usage/hooks/hooks", {}), ("/v1/usage", {"Authorization": f"Bearer {key}"})):
            status, answered, answer = await sends(acme, body, path=path, **headers, **extra)
            assert (status, "webhook-" in json.loads(answer)["error"]) == (401, True), (path, headers)
            assert "www-authenticate" in answered

    for bad in (b"\xff\xfe\x00", b""):
        assert (await hook(acme, bad, good))[0] == 401
        assert (await hook(acme, bad, signed(bad)))[0] == 400
    assert await booked(acme) == []
    status, _, _ = await sends(acme, body, **good, Authorization=f"Bearer {key}")
    assert (status, await booked(acme)) == (200, ["msg_1"])


async def test_a_name_without_a_signing_source_is_told_the_same_as_one_that_is_none(acme: Company) -> None:
    body = recorded(acme)
    answers = [await hook(acme, body, signed(body), name) for name in ("gateway", "nobody", "%00", "é")]

    assert {status for status, _ in answers} == {401}
    assert len({answer["error"] for _, answer in answers}) == 1


async def test_a_revoked_key_ends_the_signed_address_as_well(acme: Company) -> None:
    await signing(acme)
    body = recorded(acme)
    assert (await hook(acme, body, signed(body)))[0] == 200
    async with acme.context.store.begin() as tx:
        source = await tx.keys.source("hooks")
        assert source is not None
        await tx.keys.revoke(source, at=acme.context.now_micros())

    assert [(await hook(acme, body, signed(body)))[0] for _ in range(2)] == [401, 401]
    assert await booked(acme) == ["msg_1"]


async def test_another_secret_counts_from_the_next_body_on(acme: Company) -> None:
    await signing(acme)
    body = recorded(acme)
    assert (await hook(acme, body, signed(body)))[0] == 200
    other = bytes(reversed(KEY))
    await set_source(acme.context, "hooks", TypedOptions(secret="whsec_" + b64encode(other).decode()))
    await acme.uses(acme.event(9))  # any commit notices that the configuration changed

    second = recorded(acme)
    assert (await hook(acme, second, signed(second, "msg_2")))[0] == 401
    assert (await hook(acme, second, signed(second, "msg_2", key=other)))[1]["accepted"] == 1


async def test_helicones_webhook_is_known_by_its_hmac(acme: Company) -> None:
    await signing(acme, "helicone", source="helicone", signature="helicone", secret=VENDORS)
    metadata = {"cost": 0.25, "promptTokens": 1, "completionTokens": 2}
    body = json.dumps({"request_id": "r-1", "model": "m", "metadata": metadata, "request_body": "a secret"}).encode()
    mac = hmac.new(VENDORS.encode(), body, hashlib.sha256).hexdigest()

    assert (await hook(acme, body, {"helicone-signature": mac}, "helicone"))[1]["accepted"] == 1
    for wrong in (mac[:-1], "", "é", mac.replace(mac[0], "x")):
        assert (await hook(acme, body, {"helicone-signature": wrong}, "helicone"))[0] == 401
    assert await booked(acme) == ["r-1"]


async def test_a_signed_body_is_bounded_and_not_compressed(acme: Company) -> None:
    await signing(acme)
    large = b"[" + b" " * MAX_WEBHOOK_BYTES + b"]"

    assert (await hook(acme, large, signed(large)))[0] == 413
    status, answer = await hook(acme, b"\x1f\x8b", {**signed(b"\x1f\x8b"), "Content-Encoding": "gzip"})
    assert (status, "Content-Encoding" in answer["error"]) == (415, True)


async def test_events_of_the_cloud_can_be_signed_as_well(acme: Company) -> None:
    await signing(acme, "cloud", source="cloudevents", signature="hmac-sha256:X-Signature", secret=VENDORS)
    body = json.dumps([acme.event(1)]).encode()
    mac = hmac.new(VENDORS.encode(), body, hashlib.sha256).hexdigest()

    assert (await hook(acme, body, {"X-Signature": f"sha256={mac}"}, "cloud"))[1]["accepted"] == 1


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/usage/hooks/hooks", "/v1/usage/hooks/nobody"])
async def test_a_sender_asks_before_its_first_event_and_needs_no_key_to_ask(acme: Company, path: str) -> None:
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    status, answered, answer = await sends(acme, None, method="OPTIONS", path=path, **headers)

    assert (status, answer) == (200, "")
    assert answered["webhook-allowed-origin"] == "eventgrid.azure.net"
    assert (answered["webhook-allowed-rate"], answered["allow"]) == ("120", "POST")
    for odd in ({}, {"WebHook-Request-Origin": "a b"}):
        status, answered, _ = await sends(acme, None, method="OPTIONS", path=path, **odd)
        assert (status, "webhook-allowed-origin" in answered, answered["allow"]) == (204, False, "OPTIONS, POST")


async def test_no_secret_is_in_what_is_said_or_written(
    acme_on_both: Company, capfd: pytest.CaptureFixture[str]
) -> None:
    acme = acme_on_both
    await signing(acme)
    await set_source(acme.context, "hooks", TypedOptions(secret="whsec_" + b64encode(bytes(reversed(KEY))).decode()))
    await set_source(acme.context, "hooks", TypedOptions(secret=SECRET, reported_first=True))
    body = recorded(acme)
    answers = [await hook(acme, body, headers) for headers in (signed(body), {}, signed(body, off=-999))]
    async with acme.context.store.read() as tx:
        audit = [dict(row._mapping) for row in await tx.connection.execute(text("SELECT * FROM audit"))]
        source = await tx.keys.source("hooks")
        rulebook = await acme.context.rulebooks.current(tx)

    assert source is not None
    assert source.secret == SECRET
    told = repr((answers, audit, source, vars(rulebook))) + str(source) + "".join(capfd.readouterr())
    assert "changed" in repr(audit)
    assert b64encode(KEY).decode() not in told
    assert repr(KEY) not in told
