"""Signatures of webhooks, made by independent signers, and headers of every kind, none of which raises."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from bot.intake.webhooks import handshake, kind_fault, secret_fault, signature_fault
from tests.support.paths import ROOT

SIGNED = json.loads((ROOT / "tests" / "bot" / "sources" / "standardwebhooks" / "signed.json").read_text())
SECRET, HEADERS, BODY = SIGNED["secret"], SIGNED["headers"], SIGNED["raw_body"].encode()
STAMP = int(HEADERS["webhook-timestamp"])


def fault(headers: dict[str, str], body: bytes = BODY, *, secret: str = SECRET, now: float = STAMP) -> str | None:
    return signature_fault(headers, body, kind="standard", secret=secret, now_seconds=now)


def having(**headers: str) -> dict[str, str]:
    return {**HEADERS, **{f"webhook-{name}": value for name, value in headers.items()}}


def test_the_sample_is_signed_by_its_secret_alone() -> None:
    assert fault(HEADERS) is None
    assert fault(HEADERS, secret=SECRET.removeprefix("whsec_")) is None
    other = "whsec_" + b64encode(b"x" * 24).decode()
    for wrong in (fault(HEADERS, BODY + b" "), fault(having(id="msg_2")), fault(HEADERS, secret=other)):
        assert wrong == "webhook-signature does not fit the body."


def test_what_the_reference_library_signs_fits() -> None:
    secret = "whsec_" + b64encode(bytes(range(64))).decode()
    at = datetime(2026, 11, 23, tzinfo=UTC)
    headers = {"webhook-id": "msg_é1", "webhook-timestamp": str(int(at.timestamp()))}
    body = '{"text": "€"}'
    headers["webhook-signature"] = Webhook(secret).sign("msg_1", at, body)

    assert fault({**headers, "webhook-id": "msg_1"}, body.encode(), secret=secret, now=at.timestamp()) is None
    assert fault(headers, body.encode(), secret=secret, now=at.timestamp()) is not None


def test_either_secret_fits_while_a_sender_rotates_from_one_to_the_other() -> None:
    """A sender that rotates its secret signs with both, in one header, and the receiver may have either."""
    old, new, other = (b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
    at = datetime(2026, 11, 23, tzinfo=UTC)
    by_old, by_new = (Webhook(secret).sign("msg_1", at, '{"n": 1}') for secret in (old, new))
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp()))}

    def fits(secret: str, *signatures: str) -> bool:
        signed = {**headers, "webhook-signature": " ".join(signatures)}
        return fault(signed, b'{"n": 1}', secret=secret, now=at.timestamp()) is None

    for order in ((by_old, by_new), (by_new, by_old)):
        assert [fits(secret, *order) for secret in (old, new, other)] == [True, True, False]
    assert [fits(secret, by_old) for secret in (old, new)] == [True, False]


@pytest.mark.parametrize("count", [20, 21])
def test_the_first_20_signatures_of_a_header_count(count: int) -> None:
    others = ["v1,bm90IGl0"] * (count - 1)

    assert (fault(having(signature=" ".join([*others, HEADERS["webhook-signature"]]))) is None) is (count == 20)


def test_the_reference_library_and_the_check_accept_the_same_messages() -> None:
    """One change in each part of a signed message: both refuse it."""
    at = datetime.now(UTC).replace(microsecond=0)
    signer = Webhook(SECRET)
    good = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp()))}
    good["webhook-signature"] = signer.sign("msg_1", at, BODY.decode())
    messages = [
        (good, BODY),
        (good, BODY + b" "),
        ({**good, "webhook-id": "msg_2"}, BODY),
        ({**good, "webhook-timestamp": str(int(at.timestamp()) - 1)}, BODY),
        ({**good, "webhook-timestamp": str(int(at.timestamp()) - 600)}, BODY),
        ({**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}, BODY),
        ({**good, "webhook-signature": "v2,AAAA " + good["webhook-signature"]}, BODY),
    ]

    def library_accepts(headers: dict[str, str], body: bytes) -> bool:
        try:
            signer.verify(body, headers, json_parse=False)
        except WebhookVerificationError:
            return False
        return True

    ours = [fault(headers, body, now=at.timestamp()) is None for headers, body in messages]
    assert ours == [library_accepts(headers, body) for headers, body in messages]
    assert ours == [True, False, False, False, False, False, True]


@pytest.mark.parametrize(("off", "fits"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_a_message_lives_for_five_minutes_either_way(off: int, fits: bool) -> None:
    assert (fault(HEADERS, now=STAMP + off) is None) is fits


@pytest.mark.parametrize(
    ("signatures", "fits"),
    [
        ("{0}", True),
        ("v1,bm90IGl0 {0}", True),
        ("v1a,{0} v2,x {0} v1,", True),
        ("nonsense {0}", True),
        ("  {0}  ", True),
        ("v1a,Mngl0u9ul9Hg5jB6ObHAqAa4sJyfTN13hrmqgaGXndw=", False),
        ("v1;Mngl0u9ul9Hg5jB6ObHAqAa4sJyfTN13hrmqgaGXndw=", False),
        ("Mngl0u9ul9Hg5jB6ObHAqAa4sJyfTN13hrmqgaGXndw=", False),
        ("v1,mngl0u9ul9Hg5jB6ObHAqAa4sJyfTN13hrmqgaGXndw=", False),
        ("v1,Mngl0u9ul9Hg5jB6ObHAqAa4sJyfTN13hrmqgaGXndw", False),
        ("v1", False),
        (",", False),
        ("v1,é", False),
    ],
)
def test_one_signature_of_several_is_enough_and_must_be_whole(signatures: str, fits: bool) -> None:
    assert (fault(having(signature=signatures.format(HEADERS["webhook-signature"]))) is None) is fits


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("id", "", "not signed"),
        ("signature", "", "not signed"),
        ("signature", "   ", "not signed"),
        *[("timestamp", value, "no number") for value in ("", "soon", "1e9", "-1", "1.5", "١٢٣", "9" * 400)],
        ("timestamp", "1" * 15, "five minutes"),
    ],
)
def test_a_header_that_can_not_be_is_named(name: str, value: str, said: str) -> None:
    assert said in str(fault(having(**{name: value})))


def test_a_body_that_is_no_text_is_signed_like_any_other() -> None:
    body = b"\xff\x00\xfe"
    key = bytes(range(24))
    signature = b64encode(hmac.new(key, b"m.%d." % STAMP + body, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": str(STAMP), "webhook-signature": f"v1,{signature}"}

    assert fault(headers, body, secret=b64encode(key).decode()) is None
    assert fault(headers, body + b"\xff", secret=b64encode(key).decode()) is not None


def test_vendors_sign_the_body_in_hex() -> None:
    signed = hmac.new(b"a long secret", BODY, hashlib.sha256).hexdigest()

    def vendors(headers: dict[str, str], kind: str = "helicone", secret: str = "a long secret") -> str | None:
        return signature_fault(headers, BODY, kind=kind, secret=secret, now_seconds=0)

    assert vendors({"helicone-signature": signed}) is None
    assert vendors({"helicone-signature": signed.upper()}) is None
    assert vendors({"x-hub-signature-256": f"sha256={signed}"}, "hmac-sha256:X-Hub-Signature-256") is None
    assert (
        vendors({"helicone-signature": signed}, secret="another secret") == "Helicone-Signature does not fit the body."
    )
    assert vendors({"helicone-signature": signed[:-1]}) == "Helicone-Signature does not fit the body."
    assert vendors({}) == "The body is not signed: Helicone-Signature is missing."
    assert vendors({"helicone-signature": "sha256="}) == "The body is not signed: Helicone-Signature is missing."


def test_a_source_of_an_unknown_kind_or_without_a_secret_lets_nothing_through() -> None:
    empty = hmac.new(b"", b"m.%d." % STAMP + BODY, hashlib.sha256).digest()
    headers = {**having(id="m", signature=f"v1,{b64encode(empty).decode()}"), "x": "y"}

    for secret in ("", "whsec_", "whsec_!!!"):
        assert fault(headers, secret=secret) == "webhook-signature does not fit the body."
    for kind in ("", "v0", "hmac-sha256:", "hmac-sha256:é", "Standard"):
        assert signature_fault(headers, BODY, kind=kind, secret=SECRET, now_seconds=STAMP) is not None
        assert kind_fault(kind) is not None


@pytest.mark.parametrize(
    ("kind", "secret", "fine"),
    [
        ("standard", SECRET, True),
        ("standard", b64encode(b"x" * 64).decode(), True),
        ("standard", "whsec_" + b64encode(b"x" * 15).decode(), False),
        ("standard", "whsec_" + b64encode(b"x" * 16).decode(), True),
        ("standard", "whsec_" + b64encode(b"x" * 128).decode(), True),
        ("standard", "whsec_" + b64encode(b"x" * 129).decode(), False),
        ("helicone", "x" * 512, True),
        ("standard", "whsec_not base64", False),
        ("standard", "", False),
        ("helicone", "12345678", True),
        ("helicone", "1234567", False),
        ("hmac-sha256:X-Signature", "x" * 513, False),
    ],
)
def test_a_secret_is_checked_without_being_said(kind: str, secret: str, fine: bool) -> None:
    said = secret_fault(kind, secret)

    assert (said is None) is fine
    assert not secret or secret not in str(said)


_values = st.text(st.characters(max_codepoint=255), max_size=50)


@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "helicone-signature"]), _values
    ),
    st.binary(max_size=50),
    st.sampled_from(["standard", "helicone", "hmac-sha256:Helicone-Signature", "?"]),
    st.text(max_size=30),
)
def test_no_headers_and_no_secret_end_in_an_exception_or_in_a_fit(
    headers: dict[str, str], body: bytes, kind: str, secret: str
) -> None:
    assert signature_fault(headers, body, kind=kind, secret=secret, now_seconds=STAMP)


@pytest.mark.parametrize(
    ("asked", "rate"), [({}, "*"), ({"webhook-request-rate": "120"}, "120"), ({"webhook-request-rate": "*"}, "*")]
)
def test_a_sender_may_send_at_the_rate_it_asks_for(asked: dict[str, str], rate: str) -> None:
    said = handshake({"webhook-request-origin": "eventgrid.azure.net", **asked})

    assert said == {"Allow": "POST", "WebHook-Allowed-Origin": "eventgrid.azure.net", "WebHook-Allowed-Rate": rate}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-request-origin": ""},
        {"webhook-request-origin": "a b"},
        {"webhook-request-origin": "a\r\nx: y"},
        {"webhook-request-origin": "x" * 254},
        {"webhook-request-origin": "a", "webhook-request-rate": "0"},
        {"webhook-request-origin": "a", "webhook-request-rate": "many"},
    ],
)
def test_a_handshake_that_can_not_be_is_not_made(headers: dict[str, str]) -> None:
    assert handshake(headers) is None
