"""The members of a native event.

Most events have few members, so they are decoded as `NativeUsage` alone; a body with another member is decoded again.
"""

import binascii
from base64 import b64decode
from typing import Any

import msgspec

from bot.refusals import SourceError


class NativeUsage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The members of `data` that most events have."""

    model: str | None = None
    provider: str | None = None
    tool: str | None = None
    workflow: str | None = None
    user: str | None = None
    team: str | None = None
    credential: str | None = None
    user_agent: str | None = None
    tags: list[str] | dict[str, str] | None = None
    uncached_input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_5m_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: str | int | float | None = None
    service_tier: Any = None
    input_tokens: int | None = None


class FullUsage(NativeUsage, gc=False, forbid_unknown_fields=True):
    """All members of `data`. The last group has the spellings of other native senders."""

    inference_geo: Any = None
    region: Any = None
    api_base: Any = None
    operation: Any = None
    reservation: Any = None

    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    audio_cache_read_tokens: int | None = None
    image_input_tokens: int | None = None
    image_output_tokens: int | None = None
    image_cache_read_tokens: int | None = None
    video_input_tokens: int | None = None
    video_output_tokens: int | None = None
    video_cache_read_tokens: int | None = None
    cache_write_30m_tokens: int | None = None
    cache_write_12h_tokens: int | None = None

    images: int | float | None = None
    web_searches: int | float | None = None
    code_executions: int | float | None = None
    pages: int | float | None = None
    characters: int | float | None = None
    seconds: int | float | None = None
    search_units: int | float | None = None
    cache_storage_token_hours: int | float | None = None

    cache_write_tokens: int | None = None
    api_key_id: str | None = None
    tier: Any = None
    call_type: Any = None


class LooseUsage(FullUsage, gc=False, forbid_unknown_fields=False):
    """The same beside members that no native event has."""


class Envelope(msgspec.Struct, gc=False):
    """A CloudEvent; attributes of other names are extensions, which are allowed."""

    id: str | None = None
    source: str | None = None
    type: str | None = None
    specversion: str | None = None
    time: str | None = None
    data: NativeUsage | None = None
    data_base64: str | None = None


class FullEnvelope(Envelope, gc=False):
    data: FullUsage | None = None


class LooseEnvelope(Envelope, gc=False):
    data: LooseUsage | None = None


MEMBERS = FullUsage.__struct_fields__
COUNTS = tuple(name for name in MEMBERS if name.endswith("_tokens"))
DECODERS = (
    msgspec.json.Decoder(list[Envelope]),
    msgspec.json.Decoder(list[FullEnvelope]),
    msgspec.json.Decoder(list[LooseEnvelope]),
)
"""From the narrowest, which is the fastest, to the one that takes any member."""


def data_schema() -> dict[str, dict[str, Any]]:
    """Returns JSON schemas of the members of `data`, for OpenAPI."""
    (_, described) = msgspec.json.schema_components([FullUsage])
    properties: dict[str, dict[str, Any]] = described["FullUsage"]["properties"]
    return {name: {key: value for key, value in of.items() if key != "default"} for name, of in properties.items()}


def base64_bytes(text: str) -> bytes:
    """Returns the bytes of data that came in Base64. Raises SourceError if they did not."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SourceError("data_base64 is not JSON in Base64") from error
