"""What both forges share: a merge becomes one outcome, whose key is the repository and the number.

Nothing else of a change is read: no title, no text, no e-mail. Its author is read to find the team, and is not stored.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bot.refusals import SourceError
from bot.sources.fields import MAX_AHEAD, latest_at, moment_of, name
from bot.sources.rows import Unreadable, decode_loosely, unusable
from bot.usage import Labels, Outcome, Parsed, digest

FORGES: Mapping[str, str] = {"github": "hmac-sha256:X-Hub-Signature-256", "gitlab": "gitlab"}
"""The formats of forges, and the kind of signature that each sends."""
KIND = "change_merged"
_MOST_NUMBER = 10**12

Json = Mapping[str, Any]


def parse_merge(
    body: bytes, *, read: Callable[[Json, int], Outcome | None], keep: Mapping[str, Any], now: datetime
) -> Parsed:
    """Reads a webhook of one event. `read` returns its merge, or None for any other event, which is ignored.

    Raises Unreadable if the body is not a JSON object.
    """
    event = _decoded(body)
    parsed = Parsed(rows=1, events=[], unusable=[])
    try:
        outcome = read(event, latest_at(now))
    except SourceError as error:
        parsed.unusable.append(unusable(0, body, str(error), keep))
        return parsed
    if outcome is None:
        parsed.rows, parsed.ignored = 0, 1
    else:
        parsed.outcomes.append((0, outcome))
    return parsed


def merge(
    *,
    forge: str,
    page: str,
    repository: str,
    repository_id: Any,
    number: Any,
    merged_at: str | None,
    user: str,
    latest: int,
) -> Outcome:
    """Returns the outcome of a merge. `page` is an address on the forge, `repository` its full name there.

    Without a moment it was merged just now. Raises SourceError that names the field.
    """
    if not repository:
        raise SourceError("the repository has no name")
    for field, value in (("the repository's id", repository_id), ("the number", number)):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _MOST_NUMBER:
            raise SourceError(f"{field} is missing or no number")
    full = name("the repository's name", repository)
    key = digest((forge, _host(page), repository_id, number))
    tags = tuple(dict.fromkeys((f"repo:{full}", f"repo:{full.rpartition('/')[2]}")))
    return Outcome(
        key=key,
        fingerprint=key,  # whatever a later delivery says, it is the same merge
        event_id=f"{full}#{number}"[:256],
        occurred_at=moment_of("merged_at", merged_at, latest) if merged_at else latest - MAX_AHEAD,
        kind=KIND,
        count=1,
        labels=Labels(model="", user=user, tags=tags),
        is_merge=True,
    )


def member(of: Any, *path: str) -> Any:
    """Returns a member of nested objects; None if one of them is missing or no object."""
    for part in path:
        of = of.get(part) if isinstance(of, dict) else None
    return of


def text_at(of: Any, *path: str) -> str:
    """Returns a member that is a text; "" for any other."""
    value = member(of, *path)
    return value.strip() if isinstance(value, str) else ""


def _host(page: str) -> str:
    try:
        return (urlsplit(page).hostname or "").casefold()
    except ValueError:
        return ""


def _decoded(body: bytes) -> Json:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            found = decode_loosely(body)
        except SourceError as error:
            raise Unreadable("The body is not JSON.") from error
    if not isinstance(found, dict):
        raise Unreadable("The body is not a JSON object.")
    return found
