"""Trigger ids, each valid for one modal within three seconds, and response URLs, for five answers in thirty minutes."""

import asyncio
import itertools
import secrets
from dataclasses import dataclass

from bot.sandbox.errors import SlackError

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5


def real_seconds() -> float:
    """Returns the event loop's clock, which keeps running if a test freezes the time."""
    return asyncio.get_running_loop().time()


@dataclass
class Trigger:
    """A trigger id's person; `view_id` is the modal that issued it, if any."""

    user: str
    born: float
    view_id: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    """A response URL's person, channel and message."""

    user: str
    channel: str
    born: float
    message_ts: str | None = None
    uses: int = 0


class Triggers:
    """All trigger ids and response URLs; expired ones keep their reason."""

    def __init__(self) -> None:
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}
        self._count = itertools.count(1)
        self.lifetime_seconds = TRIGGER_SECONDS  # of a trigger; tests on a busy machine may raise it

    def issue(self, user: str, view_id: str | None = None) -> str:
        """Returns a new trigger id."""
        trigger_id = f"{next(self._count)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = Trigger(user, real_seconds(), view_id)
        return trigger_id

    def exchange(self, trigger_id: object) -> Trigger:
        """Consumes a trigger. Raises SlackError with one of Slack's three reasons."""
        trigger = self._triggers.get(str(trigger_id))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if real_seconds() - trigger.born > self.lifetime_seconds:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def expire_all(self) -> None:
        """Expires every trigger and response URL, as for a slow app."""
        for trigger in self._triggers.values():
            trigger.born = float("-inf")
        for response in self._responses.values():
            response.born = float("-inf")

    def issue_response(self, user: str, channel: str, message_ts: str | None = None) -> str:
        """Returns the id of a new response URL."""
        response_id = secrets.token_urlsafe(24)
        self._responses[response_id] = ResponseUrl(user, channel, real_seconds(), message_ts)
        return response_id

    def use_response(self, response_id: str) -> ResponseUrl:
        """Counts a use. Raises SlackError if none is left."""
        response = self._responses.get(response_id)
        if response is None:
            raise SlackError("invalid_url")
        if real_seconds() - response.born > RESPONSE_SECONDS:
            raise SlackError("expired_url")
        if response.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        response.uses += 1
        return response
