"""The HTTP modes of CloudEvents: structured and batched by the content type, binary by `ce-` headers."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import unquote_to_bytes

import msgspec

from bot.refusals import SourceError
from bot.sources.rows import Unreadable, decode_loosely

Mode = Literal["json", "binary", "unknown"]
_PREFIX = "ce-"
_JSON = frozenset({"application/cloudevents", "application/cloudevents+json"}) | {
    "application/cloudevents-batch",
    "application/cloudevents-batch+json",
}
_RESERVED = frozenset({"data", "data_base64"})
_ESCAPED = re.compile(r"\\(.)")
_one = msgspec.json.Decoder(msgspec.Raw)


def mode_of(headers: Mapping[str, str]) -> Mode:
    """Returns the mode of a body. The content type decides first. A body of any other type is binary data if the `ce-`
    headers are there, and else JSON. Event formats other than JSON are unknown.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3-http-message-mapping
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("application/cloudevents"):
        return "json" if kind in _JSON else "unknown"
    return "binary" if "ce-id" in headers or "ce-specversion" in headers else "json"


def structured(headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Converts a binary event to a structured one: attributes from `ce-` headers, the body as `data`. Raises Unreadable
    if the body is not JSON.
    """
    attributes: dict[str, str] = {}
    for name, value in headers:
        attribute = name.removeprefix(_PREFIX)
        if attribute != name and attribute not in _RESERVED:
            attributes.setdefault(attribute, _unescaped(value))
    envelope = json.dumps(attributes).encode()
    data = _data(body)
    return envelope if not data else envelope[:-1] + (b', "data": ' if attributes else b'"data": ') + data + b"}"


def _unescaped(value: str) -> str:
    """Decodes a header's value: unquoted and percent-decoded. Invalid UTF-8 stays unstorable, so that the reader's
    fault names the field.
    """
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = _ESCAPED.sub(r"\1", text[1:-1])
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode("utf-8", "surrogateescape")


def _data(body: bytes) -> bytes:
    """Returns the body if it is one JSON value; odd strings and numbers in a spelling that a row can hold."""
    if not body.strip():
        return b""
    try:
        _one.decode(body)
        return body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.dumps(decode_loosely(body)).encode()
        except (SourceError, RecursionError) as error:
            raise Unreadable("The body is not JSON, as the data of a usage event is.") from error
