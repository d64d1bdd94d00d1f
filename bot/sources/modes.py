"""How CloudEvents come over HTTP: structured and in batches by the content type's name, binary by `ce-` headers."""

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
    """How a body is to be read. The content type decides first; a body of any other type is data if the headers are an
    event's, and else taken as JSON, whatever it is said to be. An event format that is no JSON is unknown.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3-http-message-mapping
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("application/cloudevents"):
        return "json" if kind in _JSON else "unknown"
    return "binary" if "ce-id" in headers or "ce-specversion" in headers else "json"


def structured(headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """A binary event in one piece: attributes from its `ce-` headers, the body as `data`. Raises Unreadable if that is no
    JSON."""
    attributes: dict[str, str] = {}
    for name, value in headers:
        attribute = name.removeprefix(_PREFIX)
        if attribute != name and attribute not in _RESERVED:
            attributes.setdefault(attribute, _unescaped(value))
    envelope = json.dumps(attributes).encode()
    data = _data(body)
    return envelope if not data else envelope[:-1] + (b', "data": ' if attributes else b'"data": ') + data + b"}"


def _unescaped(value: str) -> str:
    """A header's value as it was meant: out of its quotes, percent-decoded; what is no UTF-8 then can't be stored, which the
    reader says by the field's name."""
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = _ESCAPED.sub(r"\1", text[1:-1])
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode("utf-8", "surrogateescape")


def _data(body: bytes) -> bytes:
    """The body, if it is one JSON value; of odd strings and numbers, in a spelling that a row can hold."""
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
