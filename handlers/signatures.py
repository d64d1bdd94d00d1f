"""Slack's signature, checked on the raw bytes before anything reads them."""

import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


def signature_fault(headers: Mapping[str, str], body: bytes, *, secret: str, now_seconds: float) -> str | None:
    """What is wrong with a request's signature, or None. `v0=` HMAC-SHA256 of `v0:timestamp:body`, five minutes' skew.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    if not secret:
        return "Slack's signing secret is not set, so no request can be trusted."
    stamp = headers.get("x-slack-request-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return "X-Slack-Request-Timestamp is missing or no number."
    if abs(now_seconds - int(stamp)) > TOLERANCE_SECONDS:
        return "The request is more than five minutes old, or from the future."
    expected = "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    given = headers.get("x-slack-signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        return "X-Slack-Signature does not fit the body."
    return None
