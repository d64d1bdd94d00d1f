"""The labels of a LiteLLM call: tags, workflow, user and user agent.

A client may write anything there, so each value is cut, cleaned and noted, and none keeps its call out of the books.
"""

from typing import Any

from bot.sources.labels import Notes, label, tag_list
from bot.sources.litellm.payload import LoggedCall

_NOBODY = frozenset({"default_user_id", "default-user-id", "litellm-proxy-admin"})
_AGENT_TAG = "User-Agent:"


def client_name(value: Any) -> str:
    """Returns client text as a name: cut, and without unstorable characters; "" if it is not text."""
    return label("", value, Notes()) if isinstance(value, str) else ""


def tags_of(call: LoggedCall, notes: Notes) -> tuple[str, ...]:
    """Returns the client's and the key's tags, without the two that repeat the user agent."""
    own = [tag for tag in call.request_tags if not isinstance(tag, str) or not tag.startswith(_AGENT_TAG)]
    return tuple(tag_list("request_tags", own, notes)) if own else ()


def tagged(tags: tuple[str, ...], prefix: str) -> str:
    """Returns the rest of the first tag with a prefix such as `team:`; "" if there is none."""
    return next((tag[len(prefix) :].strip() for tag in tags if tag.startswith(prefix)), "")


def workflow_of(call: LoggedCall, tags: tuple[str, ...], notes: Notes) -> str:
    if workflow := tagged(tags, "workflow:"):
        return workflow
    given, headers = call.metadata.spend_logs_metadata, call.metadata.requester_custom_headers
    workflow = label("spend_logs_metadata.workflow", given.get("workflow"), notes) if isinstance(given, dict) else ""
    if workflow or not isinstance(headers, dict):
        return workflow
    return label("requester_custom_headers.x-workflow-id", headers.get("x-workflow-id"), notes)


def user_of(call: LoggedCall, notes: Notes) -> str:
    metadata = call.metadata
    for field in ("user_api_key_user_email", "user_api_key_user_id"):
        if user := getattr(metadata, field):
            return label("end_user", call.end_user, notes) if user in _NOBODY else label(field, user, notes)
    return label("end_user", call.end_user, notes)


def user_agent_of(call: LoggedCall, notes: Notes) -> str:
    if user_agent := label("user_agent", call.metadata.user_agent or call.user_agent, notes):
        return user_agent
    tags = [tag for tag in call.request_tags if isinstance(tag, str) and tag.startswith(_AGENT_TAG)]
    candidates = (tag.removeprefix(_AGENT_TAG).strip() for tag in tags)
    return label("request_tags", max(candidates, key=len, default=""), notes)
