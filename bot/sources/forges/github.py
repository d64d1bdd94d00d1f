"""GitHub's webhook: one outcome for each pull request that is merged.

Understood: `pull_request` events with the action `closed` whose pull request is merged.
Ignored on purpose: every other event and action, and a pull request that was closed without a merge.
https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
"""

from datetime import datetime

from bot.sources.forges.merges import Json, member, merge, parse_merge, text_at
from bot.sources.labels import Notes, label
from bot.usage import Outcome, Parsed

_KEPT = {
    "action": True,
    "number": True,
    "pull_request": {"merged": True, "merged_at": True},
    "repository": {"id": True, "full_name": True, "html_url": True},
}


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads the webhook of one event. Raises Unreadable if it is not a JSON object."""
    return parse_merge(body, read=_merge, keep=_KEPT, now=now)


def _merge(event: Json, latest: int) -> Outcome | None:
    if event.get("action") != "closed" or member(event, "pull_request", "merged") is not True:
        return None
    return merge(
        forge="github",
        page=text_at(event, "repository", "html_url"),
        repository=text_at(event, "repository", "full_name"),
        repository_id=member(event, "repository", "id"),
        number=event.get("number"),
        merged_at=text_at(event, "pull_request", "merged_at"),
        user=label("user", text_at(event, "pull_request", "user", "login"), Notes()),
        latest=latest,
    )
