"""A record of the workspace's HTTP traffic in both directions, without secrets."""

import collections
import itertools
from typing import Any

from bot.sandbox.page.feed import Feed

Json = dict[str, Any]
KEPT = 200
_SECRET = ("authorization", "x-slack-signature", "token")


class Traffic:
    """The latest exchanges."""

    def __init__(self, feed: Feed, *, kept: int = KEPT) -> None:
        self._feed = feed
        self._entries: collections.deque[Json] = collections.deque(maxlen=kept)
        self._count = itertools.count(1)

    def entries(self) -> list[Json]:
        """Returns the exchanges, oldest first."""
        return list(self._entries)

    def note(
        self,
        *,
        at: float,
        direction: str,
        method: str,
        path: str,
        title: str,
        status: int | None,
        seconds: float,
        error: str | None,
        is_retried: bool = False,
        request: Any,
        response: Any,
    ) -> None:
        """Records one exchange and shows it on every open page. `direction` is to_bot, to_slack or from_page.

        An error that `is_retried` is none to look into: a picture that is still processed, so the app sends it again.
        """
        entry = {
            "id": next(self._count),
            "at": at,
            "direction": direction,
            "method": method,
            "path": path,
            "title": title,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "ok": error is None,
            "error": error,
            "is_retried": is_retried,
            "request": without_secrets(request),
            "response": without_secrets(response),
        }
        self._entries.append(entry)
        self._feed.tell("traffic", entry)


def without_secrets(value: Any) -> Any:
    """Returns the value without tokens, keys and signatures."""
    if isinstance(value, dict):
        return {
            key: "…" if str(key).lower() in _SECRET and isinstance(item, str) else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value
