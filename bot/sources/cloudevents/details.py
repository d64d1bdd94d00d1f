"""What few native events have: kinds of tokens, units beside tokens, and what may change a price."""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from bot.refusals import SourceError
from bot.sources.cloudevents.members import FullUsage
from bot.sources.fields import address, count, geography, tier
from bot.units import UNITS, Units, units_of
from bot.usage import COUNTERS, PARTS, Labels, Parts

_PARTS = tuple((part, f"{part}_tokens") for part in PARTS)
_WRITTEN = ("cache_write_tokens", "cache_write_30m_tokens", "cache_write_12h_tokens")
"""Cache writes beside those of five minutes and an hour: they are counted in `cache_write_5m`."""


class Details(NamedTuple):
    """What an event has beside its counters and common labels."""

    parts: Parts = ()
    units: Units = ()
    tier: str = ""
    api_base: str = ""
    geo: str = ""
    region: str = ""

    @property
    def content(self) -> tuple[object, ...]:
        """Returns what the event's fingerprint has of them. An event without them has the fingerprint it always had."""
        found: tuple[object, ...] = (self.parts,) if self.parts else ()
        found += self.older_content
        return (*found, ("more", self.units, self.geo, self.region)) if self.units or self.geo or self.region else found

    @property
    def older_content(self) -> tuple[object, ...]:
        """Returns what the fingerprint had of them before kinds of tokens, units and places were read."""
        return ((self.tier, self.api_base),) if self.tier or self.api_base else ()

    @property
    def is_new(self) -> bool:
        """Returns whether the fingerprint was another one then."""
        return bool(self.parts or self.units or self.geo or self.region)

    def labelled(self, labels: Labels) -> Labels:
        """Returns labels with what may change the price."""
        given = (self.tier, self.api_base, self.geo, self.region)
        return _labelled(labels, *given) if given != _STANDARD else labels


NO_DETAILS = Details()
_STANDARD = ("", "", "", "")


@lru_cache(maxsize=5_000)
def _labelled(labels: Labels, tier: str, api_base: str, geo: str, region: str) -> Labels:
    return msgspec.structs.replace(labels, tier=tier, api_base=api_base, geo=geo, region=region)


def more_written(data: FullUsage) -> int:
    """Returns the cache writes by other names. Raises SourceError that names an impossible count."""
    if not (data.cache_write_tokens or data.cache_write_30m_tokens or data.cache_write_12h_tokens):
        return 0
    return sum([count(f"data.{field}", getattr(data, field)) for field in _WRITTEN])


def details_of(data: FullUsage, counters: tuple[int, ...]) -> Details:
    """Returns an event's details. Raises SourceError that names the field."""
    has_units = (
        data.images or data.web_searches or data.code_executions or data.pages
        or data.characters or data.seconds or data.search_units or data.cache_storage_token_hours
    )  # fmt: skip
    has_parts = (
        data.audio_input_tokens or data.audio_output_tokens or data.audio_cache_read_tokens
        or data.image_input_tokens or data.image_output_tokens or data.image_cache_read_tokens
        or data.video_input_tokens or data.video_output_tokens or data.video_cache_read_tokens
        or data.cache_write_30m_tokens or data.cache_write_12h_tokens
    )  # fmt: skip
    found = Details(
        _parts(data, counters) if has_parts else (),
        _units(data) if has_units else (),
        tier(data.service_tier or data.tier) if data.service_tier or data.tier else "",
        address(data.api_base) if isinstance(data.api_base, str) else "",
        geography(data.inference_geo) if data.inference_geo else "",
        geography(data.region) if data.region else "",
    )
    return found if any(found) else NO_DETAILS


def _units(data: FullUsage) -> Units:
    try:
        return units_of((unit, getattr(data, unit)) for unit in UNITS)
    except SourceError as error:
        raise SourceError(f"data.{error}") from error


def _parts(data: FullUsage, counters: tuple[int, ...]) -> Parts:
    """Returns the tokens of other kinds than text. Raises SourceError if they are more than their counter."""
    given = [(part, held) for part, field in _PARTS if (held := count(f"data.{field}", getattr(data, field)))]
    left = dict(zip(COUNTERS, counters, strict=True))
    for part, held in given:
        left[PARTS[part]] -= held
        if left[PARTS[part]] < 0:
            raise SourceError(f"data.{part}_tokens is more than data.{PARTS[part]}_tokens, of which it is a part")
    return tuple(given)
