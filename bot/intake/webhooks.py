"""Signed webhooks: checks a body's signature on its raw bytes, and answers a sender's handshake.

A source declares one of these kinds of signature:

`standard`
    Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, five minutes' tolerance, any of several signatures (a sender that
    rotates its secret signs with the old and the new one).
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    The `standardwebhooks` library signs in the tests. It does not check here: its `verify` reads the clock itself, and
    raises other errors than its own on a malformed signature and on a body that is not UTF-8.
`helicone`
    HMAC-SHA256 of the body, in hex, in `Helicone-Signature`.
`hmac-sha256:HEADER`
    The same in another header, with or without a `sha256=` prefix. GitHub's is `hmac-sha256:X-Hub-Signature-256`.
`gitlab`
    GitLab's: a signing token, which begins with `whsec_`, signs by the standard; a secret token comes as it is in
    `X-Gitlab-Token`. A source that has a signing token takes no secret token in its place.
    https://docs.gitlab.com/user/project/integrations/webhooks/
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping

TOLERANCE_SECONDS = 300
STANDARD_PREFIX = "whsec_"
GITLAB = "gitlab"
_MAX_SIGNATURES = 20
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_ORIGIN = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_RATE = re.compile(r"[1-9]\d{0,8}|\*")


def kind_fault(kind: str) -> str | None:
    """Returns the fault of a signature kind, or None."""
    if kind in ("standard", GITLAB) or _header_of(kind):
        return None
    return f"{kind!r} is no signature; there are: standard, helicone, hmac-sha256:HEADER"


def secret_fault(kind: str, secret: str) -> str | None:
    """Returns the fault of a secret for a kind of signature, or None. The text never contains the secret."""
    if kind == "standard" or (kind == GITLAB and secret.startswith(STANDARD_PREFIX)):
        if not 16 <= len(_standard_key(secret) or b"") <= 128:
            return "must be whsec_ and 24 to 64 bytes in Base64"
        return None
    return None if 8 <= len(secret) <= 512 else "must have 8 to 512 characters"


def signature_fault(
    headers: Mapping[str, str], body: bytes, *, kind: str, secret: str, now_seconds: float
) -> str | None:
    """Returns the fault of a request's signature, or None. Never raises, whatever the headers contain.

    `headers` has lower-case names. `now_seconds` is seconds since 1970.
    """
    if kind == GITLAB and not secret.startswith(STANDARD_PREFIX):
        return _token_fault(headers, secret)
    if kind in ("standard", GITLAB):
        return _standard_fault(headers, body, secret=secret, now_seconds=now_seconds)
    name = _header_of(kind)
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = headers.get(name.lower(), "").strip().lower().removeprefix("sha256=") if name else ""
    if not given:
        return f"The body is not signed: {name or kind} is missing."
    return None if _same(expected, given) else f"{name} does not fit the body."


def _token_fault(headers: Mapping[str, str], secret: str) -> str | None:
    given = headers.get("x-gitlab-token", "")
    if not (given and secret):
        return "The body is not signed: X-Gitlab-Token is missing."
    return None if _same(secret, given) else "X-Gitlab-Token is not this source's."


def _standard_fault(headers: Mapping[str, str], body: bytes, *, secret: str, now_seconds: float) -> str | None:
    message, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split()
    if not (message and signatures):
        return "The body is not signed: webhook-id or webhook-signature is missing."
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return "webhook-timestamp is missing or no number."
    if abs(now_seconds - int(stamp)) > TOLERANCE_SECONDS:
        return "webhook-timestamp is more than five minutes off."
    signed = b".".join((message.encode("latin-1", "replace"), stamp.encode(), body))
    key = _standard_key(secret) or b""
    expected = "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fits = [_same(expected, given) for given in signatures[:_MAX_SIGNATURES]]
    return None if any(fits) and key else "webhook-signature does not fit the body."


def _standard_key(secret: str) -> bytes | None:
    try:
        return b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None


def _header_of(kind: str) -> str | None:
    """Returns the header of a kind of signature; None for `standard` and for unknown kinds."""
    if kind == "helicone":
        return "Helicone-Signature"
    scheme, _, header = kind.partition(":")
    return header if scheme == "hmac-sha256" and _HEADER.fullmatch(header) else None


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))


def handshake(headers: Mapping[str, str]) -> dict[str, str] | None:
    """Returns the headers that allow a sender to send, by the specification's abuse protection; None for a bad request.

    It authorises nobody: every body still needs its key or signature.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
    """
    origin, rate = headers.get("webhook-request-origin", "").strip(), headers.get("webhook-request-rate", "*").strip()
    if not (_ORIGIN.fullmatch(origin) and _RATE.fullmatch(rate)):
        return None
    return {"Allow": "POST", "WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": rate}
