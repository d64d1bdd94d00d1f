"""The checks before Bolt: Slack's signature on the raw bytes, and the outline of the signed body."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

TOLERANCE_SECONDS = 300
_SIGNATURE = re.compile("v0=[0-9a-f]{64}")


def header_fault(headers: Mapping[str, str], *, secret: str, now_seconds: float) -> str | None:
    """Returns the fault that a request's headers show before its body is read, or None."""
    if not secret:
        return "Slack's signing secret is not set, so no request can be trusted."
    stamp = headers.get("x-slack-request-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return "X-Slack-Request-Timestamp is missing or no number."
    if abs(now_seconds - int(stamp)) > TOLERANCE_SECONDS:
        return "The request is more than five minutes old, or from the future."
    if not _SIGNATURE.fullmatch(headers.get("x-slack-signature", "")):
        return "X-Slack-Signature is missing, or not v0= and 64 hexadecimal digits."
    return None


def signature_fault(headers: Mapping[str, str], body: bytes, *, secret: str, now_seconds: float) -> str | None:
    """Returns the fault of a request's signature, or None. `v0=` HMAC-SHA256 of `v0:timestamp:body`, five minutes'
    tolerance.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    if fault := header_fault(headers, secret=secret, now_seconds=now_seconds):
        return fault
    stamp = headers["x-slack-request-timestamp"].encode()
    expected = "v0=" + hmac.new(secret.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, headers["x-slack-signature"]):
        return "X-Slack-Signature does not fit the body."
    return None


_EITHER = (dict, str, type(None))
_OBJECT = (dict, type(None))
_SHAPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("team", "channel", "enterprise"), _EITHER),
    **dict.fromkeys(("event", "view", "container", "message", "state"), _OBJECT),
    **dict.fromkeys(("actions", "authorizations"), (list, type(None))),
    "type": (str, type(None)),
}


def shape_fault(headers: Mapping[str, str], body: bytes) -> str | None:
    """Returns the fault of a signed body's outline, which Bolt takes for granted, or None."""
    try:
        found = _decoded(headers, body)
    except (ValueError, RecursionError):
        return "The body is neither JSON nor a form with JSON in it."
    return payload_fault(found)


def payload_fault(found: Any) -> str | None:
    """Returns the fault of a decoded request's outline, or None."""
    event = found.get("event") if isinstance(found, dict) else None
    if (
        _fits(found, {**_SHAPES, "user": _OBJECT})
        and (event is None or _fits(event, {**_SHAPES, "user": _EITHER}))
        and all(_fits(one, {}) for name in ("actions", "authorizations") for one in found.get(name) or ())
        and found.get("actions") != []  # Bolt takes the first
    ):
        return None
    return "The body is no request of Slack's."


def _decoded(headers: Mapping[str, str], body: bytes) -> Any:
    text = body.decode()
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json" or text.startswith("{"):
        return json.loads(text)
    form = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
    return json.loads(form["payload"]) if "payload" in form else form


def _fits(found: Any, shapes: Mapping[str, tuple[type, ...]]) -> bool:
    return isinstance(found, dict) and all(isinstance(found.get(name), allowed) for name, allowed in shapes.items())
