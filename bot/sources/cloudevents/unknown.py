"""What an answer says about members that no native event has: each once, with the member that its sender may have meant."""

from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from functools import lru_cache

import msgspec

from bot.refusals import SourceError
from bot.sources.cloudevents.members import MEMBERS, base64_bytes
from bot.sources.cloudevents.outcomes import is_outcome


class _Named(msgspec.Struct, gc=False):
    type: str | None = None
    data: dict[str, msgspec.Raw] | None = None
    data_base64: str | None = None


_WARNED, _MOST_CHARACTERS = 20, 64
_LIKE = {
    **dict.fromkeys(("prompt_tokens", "total_input_tokens"), "input_tokens"),
    **dict.fromkeys(("completion_tokens", "total_output_tokens", "candidates_tokens"), "output_tokens"),
    **dict.fromkeys(("cached_tokens", "cache_read_input_tokens", "cached_input_tokens"), "cache_read_tokens"),
    **dict.fromkeys(("cache_creation_input_tokens", "cache_creation_tokens"), "cache_write_5m_tokens"),
    **dict.fromkeys(("cost", "price", "amount", "total_cost", "response_cost", "spend"), "cost_usd"),
    **dict.fromkeys(("thoughts_tokens", "thinking_tokens"), "reasoning_tokens"),
    **dict.fromkeys(("geo", "inference_region", "data_residency"), "inference_geo"),
    **dict.fromkeys(("web_search_requests", "searches"), "web_searches"),
    **dict.fromkeys(("api_key", "key"), "credential"),
    "email": "user",
    "speed": "service_tier",
    "duration_seconds": "seconds",
}
"""The members that senders mean by names of their own."""
_rows, _row = msgspec.json.Decoder(list[_Named]), msgspec.json.Decoder(_Named)
_data = msgspec.json.Decoder(dict[str, msgspec.Raw])


class UnknownMembers:
    """Members of `data` that no native event has: the first row of each, and the number of rows."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}

    def add(self, index: int, names: Iterable[str]) -> None:
        for name in names:
            if name in self._rows:
                self._rows[name][1] += 1
            elif name not in _KNOWN and len(self._rows) < _WARNED:
                self._rows[name] = [index, 1]

    def add_rows(self, body: bytes) -> None:
        """Adds those of a body that is an array of events."""
        for index, row in enumerate(_rows.decode(body)):
            if row.data is not None and not is_outcome(row.type):
                self.add(index, row.data)

    def add_row(self, index: int, raw: bytes | msgspec.Raw) -> None:
        """Adds those of one event; of one that can't be read none."""
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError, SourceError):
            row = _row.decode(raw)
            if row.data is not None:
                self.add(index, row.data)
            elif row.data_base64:
                self.add_data(index, base64_bytes(row.data_base64))

    def add_data(self, index: int, data: bytes) -> None:
        """Adds those of one event's data; of one that can't be read none."""
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.add(index, _data.decode(data))

    @property
    def warnings(self) -> list[tuple[int, str]]:
        """Returns a warning for each, with the index of its first row."""
        return [(index, _sentence(name, rows)) for name, (index, rows) in self._rows.items()]


def _sentence(name: str, rows: int) -> str:
    cut = name[:_MOST_CHARACTERS]
    shown = "".join(character for character in cut if character.isprintable())
    meant = nearest(shown)
    hint = f"; did you mean data.{meant}?" if meant else ""
    return f"data.{shown} is no member of a usage event{f' (in {rows:,} events)' if rows > 1 else ''}{hint}"


@lru_cache(maxsize=1_000)
def nearest(name: str) -> str:
    """Returns the member that a sender may have meant; "" if none is near."""
    folded = name.casefold().replace("-", "_")
    if folded in _LIKE:
        return _LIKE[folded]
    for spelled in (folded, f"{folded}_tokens", f"{folded}s"):
        if spelled in _KNOWN:
            return spelled
    return next(iter(get_close_matches(folded, MEMBERS, n=1, cutoff=0.75)), "")


_KNOWN = frozenset(MEMBERS)
