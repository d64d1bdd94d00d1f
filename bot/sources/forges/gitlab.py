"""GitLab's webhook: one outcome for each merge request that is merged.

Understood: merge request events with the action `merge`, of projects, groups and the system.
Ignored on purpose: every other event and action.
GitLab names who clicked and a number of the author, so the author is who made the last commit, by e-mail. It is used to
find a team, and not stored.
https://docs.gitlab.com/user/project/integrations/webhook_events/#merge-request-events
"""

from datetime import datetime

from bot.sources.forges.merges import Json, member, merge, parse_merge, text_at
from bot.sources.labels import Notes, label
from bot.usage import Outcome, Parsed

_KEPT = {
    "object_kind": True,
    "project": {"id": True, "path_with_namespace": True, "web_url": True},
    "object_attributes": {"iid": True, "action": True, "updated_at": True, "merged_at": True},
}
_UTC = " UTC"


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads the webhook of one event. Raises Unreadable if it is not a JSON object."""
    return parse_merge(body, read=_merge, keep=_KEPT, now=now)


def _merge(event: Json, latest: int) -> Outcome | None:
    request = event.get("object_attributes")
    if event.get("object_kind") != "merge_request" or member(request, "action") != "merge":
        return None
    return merge(
        forge="gitlab",
        page=text_at(event, "project", "web_url"),
        repository=text_at(event, "project", "path_with_namespace"),
        repository_id=member(event, "project", "id"),
        number=member(request, "iid"),
        merged_at=_moment(text_at(request, "merged_at") or text_at(request, "updated_at")),
        user=label("user", text_at(request, "last_commit", "author", "email"), Notes()),
        latest=latest,
    )


def _moment(text: str) -> str:
    """Returns a moment as RFC 3339: older releases write `2026-11-23 10:00:00 UTC`."""
    return f"{text.removesuffix(_UTC)}+00:00" if text.endswith(_UTC) else text
