"""The labels of a LiteLLM call: tags, workflow, user and user agent.

A client may write anything there, so each value is cut and cleaned, and none keeps its call out of the books.
"""

import re
from typing import Any

from bot.sources.litellm.payload import LoggedCall
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOBODY = frozenset({"default_user_id", "default-user-id", "litellm-proxy-admin"})
_AGENT_TAG = "User-Agent:"


def client_name(value: Any) -> str:
    """Returns client text as a name: cut, and without unstorable characters; "" if it is not text."""
    if not value or not isinstance(value, str):
        return ""
    cut = value[:MAX_NAME_CHARACTERS]
    if not cut.isascii() or "\x00" in cut:
        cut = _UNSTORABLE.sub("", cut)
    return cut.strip()


def tags_of(call: LoggedCall) -> tuple[str, ...]:
    """Returns the client's and the key's tags, without the two that repeat the user agent."""
    own = [tag for tag in map(client_name, call.request_tags) if tag and not tag.startswith(_AGENT_TAG)]
    return tuple(own[:MAX_TAGS])


def tagged(tags: tuple[str, ...], prefix: str) -> str:
    """Returns the rest of the first tag with a prefix such as `team:`; "" if there is none."""
    return next((tag[len(prefix) :].strip() for tag in tags if tag.startswith(prefix)), "")


def workflow_of(call: LoggedCall, tags: tuple[str, ...]) -> str:
    if workflow := tagged(tags, "workflow:"):
        return workflow
    notes, headers = call.metadata.spend_logs_metadata, call.metadata.requester_custom_headers
    workflow = client_name(notes.get("workflow")) if isinstance(notes, dict) else ""
    return workflow or (client_name(headers.get("x-workflow-id")) if isinstance(headers, dict) else "")


def user_of(call: LoggedCall) -> str:
    user = call.metadata.user_api_key_user_email or call.metadata.user_api_key_user_id
    return client_name(user if user and user not in _NOBODY else call.end_user)


def user_agent_of(call: LoggedCall) -> str:
    if user_agent := client_name(call.metadata.user_agent or call.user_agent):
        return user_agent
    candidates = [
        tag.removeprefix(_AGENT_TAG).strip()
        for tag in map(client_name, call.request_tags)
        if tag.startswith(_AGENT_TAG)
    ]
    return max(candidates, key=len, default="")
