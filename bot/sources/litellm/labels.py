"""The labels of a LiteLLM call: names, tags, workflow, user and user agent.

A client may write anything there, so each value is cut, cleaned and noted, and only a missing model keeps a call out of the
books. Labels that all fit are cached by the words they come from.
"""

from typing import Any

from bot.refusals import SourceError
from bot.sources.fields import address, geography, name, tier
from bot.sources.labels import Notes, label, storable_text, tag_list
from bot.sources.litellm.payload import LoggedCall
from bot.sources.word_cache import WordCache
from bot.usage import Labels

_NOBODY = frozenset({"default_user_id", "default-user-id", "litellm-proxy-admin"})
_AGENT_TAG = "User-Agent:"
_TEXTS = frozenset({str, type(None)})
_fitting = WordCache[Labels]()


def labels_of(call: LoggedCall, notes: Notes, later_notes: Notes, *, kind: str) -> Labels:
    """Returns the labels of a call; only a `kind` other than "" may lack a model. Notes what was left out of provider and
    tags, and in `later_notes` what was left out of the others.

    Raises SourceError for the model.
    """
    words = _words(call, kind)
    labels = _fitting.get(words) if words else None
    if labels is None:
        labels = _read(call, notes, later_notes, kind=kind)
        if words and not (notes or later_notes):
            _fitting.keep(words, labels)
    return labels


def _words(call: LoggedCall, kind: str) -> tuple[str | None, ...] | None:
    """Returns all words that decide a call's labels; None if one of them is not text."""
    metadata, costs, tags = call.metadata, call.costs, call.request_tags
    given, headers, usage = metadata.spend_logs_metadata, metadata.requester_custom_headers, metadata.usage
    words = (
        kind,
        call.custom_llm_provider,
        call.model,
        call.end_user,
        call.user_agent,
        call.api_base,
        metadata.user_api_key_alias,
        metadata.user_api_key_hash,
        metadata.user_api_key_team_id,
        metadata.user_api_key_user_email,
        metadata.user_api_key_user_id,
        metadata.user_agent,
        given.get("workflow") if isinstance(given, dict) else None,
        headers.get("x-workflow-id") if isinstance(headers, dict) else None,
        *((None, None, None) if costs is None else (costs.service_tier, costs.data_residency, costs.vertex_location)),
        *((None, None, None) if usage is None else (usage.service_tier, usage.speed, usage.inference_geo)),
        *tags,
    )
    return words if _TEXTS.issuperset(map(type, words)) else None


def _read(call: LoggedCall, notes: Notes, later_notes: Notes, *, kind: str) -> Labels:
    metadata = call.metadata
    provider = label("custom_llm_provider", call.custom_llm_provider, notes)
    tags = tags_of(call, notes)
    prefixed = name("model", call.model)
    model = prefixed.removeprefix(f"{provider}/") if provider else prefixed
    if not model and not kind:
        raise SourceError("model is missing")
    credential = label("metadata.user_api_key_alias", metadata.user_api_key_alias, later_notes)
    team = label("metadata.user_api_key_team_id", metadata.user_api_key_team_id, later_notes)
    costs, usage = call.cost_breakdown, metadata.usage_object
    tier_of_call = tier(costs.service_tier) or tier(usage.speed) or tier(usage.service_tier)
    return Labels(
        provider=provider,
        model=model or "unknown",
        tool=tagged(tags, "tool:"),
        workflow=workflow_of(call, tags, later_notes),
        user=user_of(call, later_notes),
        credential=credential or storable_text((metadata.user_api_key_hash or "")[:12]),
        gateway_team=team,
        declared_team=tagged(tags, "team:"),
        user_agent=user_agent_of(call, later_notes),
        tags=tags,
        api_base=address(call.api_base),
        tier="batch" if kind == "batch" else tier_of_call,
        geo=geography(usage.inference_geo) or geography(costs.data_residency),
        region=geography(costs.vertex_location),
    )


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


def reservation_of(call: LoggedCall) -> Any:
    """Returns the reservation that a call settles: from its metadata, or from the client's header `x-reservation-id`."""
    given, headers = call.metadata.spend_logs_metadata, call.metadata.requester_custom_headers
    reserved = given.get("reservation") if isinstance(given, dict) else None
    return reserved or (headers.get("x-reservation-id") if isinstance(headers, dict) else None)


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
