"""Kinds of calls: which of them are new usage, and which only read, list, poll or delete what a call has made.

The names are LiteLLM's `call_type`s, which most other senders share or resemble. Its own list of calls that it never
bills is the first source of this table (`NON_INFERENCE_CALL_TYPES` in its constants.py).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from bot.unread import UnreadKind

Charge = Literal["each", "never", "once", "if_costed"]
"""`each`: new usage. `never`: no usage of its own; usage that it reports belongs to the call that made the object.
`once`: a job whose polls all report its whole usage. `if_costed`: usually free; usage if its sender reports a cost.
"""

_NEW_USAGE = (
    *("embedding", "completion", "text_completion", "image_generation", "image_edit", "image_variation"),
    *("passthrough-image-generation", "transcription", "speech", "rerank", "search", "decisions", "systemone"),
    *("extraction", "realtime", "responses_websocket", "realtime_calls", "realtime_translation_calls", "ocr"),
    *("anthropic_messages", "responses", "compact_responses", "generate_content", "generate_content_stream"),
    *("run_thread", "run_thread_stream", "create_video", "video_generation", "video_remix", "video_edit"),
    *("video_extension", "create_interaction", "create", "query", "ingest", "send_message", "chat"),
    *("pass_through_endpoint", "llm_passthrough_route"),
)
_NO_USAGE = (
    # what is stored of an answer
    *("get_responses", "delete_responses", "cancel_responses", "list_input_items", "get_interaction"),
    *("delete_interaction", "cancel_interaction", "fetch_response"),
    # batches and fine-tuning: a batch's usage comes with its result; training is no call of a model
    *("create_batch", "cancel_batch", "list_batches", "cancel_fine_tuning_job", "list_fine_tuning_jobs"),
    *("create_fine_tuning_job", "retrieve_fine_tuning_job"),
    # files, videos, containers
    *("create_file", "file_retrieve", "file_delete", "file_list", "file_content", "file_content_streaming"),
    *("video_retrieve", "video_retrieve_job", "video_status", "video_content", "video_list", "video_delete"),
    *("video_get_character", "list_containers", "retrieve_container", "delete_container", "list_container_files"),
    *("upload_container_file", "retrieve_container_file", "delete_container_file"),
    *("retrieve_container_file_content", "delete_sandbox"),
    # vector stores
    *("vector_store_create", "vector_store_retrieve", "vector_store_list", "vector_store_update"),
    *("vector_store_delete", "vector_store_file_create", "vector_store_file_list", "vector_store_file_retrieve"),
    *("vector_store_file_content", "vector_store_file_update", "vector_store_file_delete"),
    # assistants and their threads, skills, agents, evaluations
    *("get_assistants", "create_assistants", "delete_assistant", "create_thread", "get_thread", "add_message"),
    *("get_messages", "create_skill", "list_skills", "get_skill", "delete_skill", "create_agent", "list_agents"),
    *("get_agent", "delete_agent", "list_agent_versions", "create_eval", "list_evals", "get_eval", "update_eval"),
    *("delete_eval", "cancel_eval", "list_runs", "get_run", "cancel_run", "delete_run"),
    # what LiteLLM names by the verb alone
    *("get", "delete", "list", "retrieve", "retrieve_content", "update", "cancel", "list_versions"),
    # counting tokens, tools, sessions
    *("count_tokens", "token_counter", "anthropic_count_tokens", "list_mcp_tools", "list_models"),
    *("create_realtime_client_secret", "create_realtime_transcription_session"),
    "create_realtime_translation_client_secret",
)
_FREE_UNLESS_COSTED = (
    *("moderation", "create_container", "create_sandbox", "run_code"),
    *("code_interpreter_tool", "vector_store_search", "video_create_character", "call_mcp_tool", "create_run"),
)
_JOBS = ("retrieve_batch",)


def _spellings(name: str) -> tuple[str, ...]:
    """Returns a name's spellings: plain, and LiteLLM's asynchronous ones."""
    return name, f"a{name}", f"a_{name}", f"_a{name}"


_TABLE: tuple[tuple[tuple[str, ...], Charge], ...] = (
    (_NEW_USAGE, "each"),
    (_NO_USAGE, "never"),
    (_FREE_UNLESS_COSTED, "if_costed"),
    (_JOBS, "once"),
)
CHARGES: Mapping[str, Charge] = {
    spelling: charge for names, charge in _TABLE for name in names for spelling in _spellings(name)
}
_ROUTED = frozenset(s for name in ("pass_through_endpoint", "llm_passthrough_route") for s in _spellings(name)) | {""}
"""Kinds that say nothing of the call: its route does."""
_READING_VERBS = frozenset({"get", "list", "delete", "cancel", "retrieve", "count", "fetch", "poll"})


def charge_of(kind: Any, route: Any = None) -> Charge:
    """Returns the charge of a call of a kind; a call passed through, or without a kind, is judged by its route."""
    named = kind if isinstance(kind, str) else ""
    known = CHARGES.get(named)
    if known is not None and (named not in _ROUTED or not route):
        return known
    if named in _ROUTED:
        return _charge_of_route(route) if isinstance(route, str) and route else "each"
    return _charge_of_unknown(named[:80])


def why_ignored(kind: Any, route: Any = None) -> tuple[UnreadKind, str]:
    """Returns why a call with usage is not booked: its kind or path is known to make nothing, or only its name says so."""
    named = kind if isinstance(kind, str) else ""
    if named in CHARGES or named.strip().casefold() in CHARGES or (named in _ROUTED and route):
        return "repeat", "it only reads, lists or deletes what another call made"
    return "unknown", f"no rule knows calls of the kind {named[:60]!r}, whose name says that they only read"


@lru_cache(maxsize=2_000)
def _charge_of_unknown(kind: str) -> Charge:
    """Judges a kind in another case, or one that is not in the table, by its verb."""
    folded = kind.strip().casefold()
    known = CHARGES.get(folded)
    if known is not None:
        return known
    verb = folded.replace(".", "_").replace("-", "_").partition("_")[0]
    return "never" if verb in _READING_VERBS or verb.removeprefix("a") in _READING_VERBS else "each"


_STORES = frozenset({
    *("files", "uploads", "batches", "fine_tuning", "containers", "assistants", "skills", "evals", "vector_stores"),
    *("threads", "batchPredictionJobs", "cachedContents", "tuningJobs", "operations", "message_batches"),
})  # fmt: skip
_COUNTING = frozenset({
    *("count_tokens", "count-tokens", "input_tokens", "token_counter", "transform_request", "countTokens"),
    *("computeTokens", "batchGenerateContent", "fetchPredictOperation"),
})  # fmt: skip
_MAKING = {"responses": frozenset({"compact"}), "videos": frozenset({"edits", "extensions", "generations"})}
"""Resources whose own path makes something; below them, only these paths do."""


@lru_cache(maxsize=10_000)
def _charge_of_route(route: str) -> Charge:
    """Judges a call by its path, such as `/anthropic/v1/messages/batches/b1/results`. The method is unknown, so the
    path of an object counts as reading it.
    """
    parts = [part for part in route[:500].partition("?")[0].split("/") if part]
    if parts and parts[-1].rpartition(":")[2] in _COUNTING:
        return "never"
    found = (_charge_of_resource(part, parts[at + 1 :]) for at, part in enumerate(parts))
    return next((charge for charge in found if charge is not None), "each")


def _charge_of_resource(resource: str, below: list[str]) -> Charge | None:
    """Returns the charge of a path's resource, by what is below it; None if it is a part that says nothing."""
    if resource in _STORES:
        if resource == "threads" and "runs" in below:
            return "each"
        return "if_costed" if resource == "vector_stores" and below[-1:] == ["search"] else "never"
    if resource in _MAKING:
        return "never" if below and below[0] not in _MAKING[resource] and below[-1] != "remix" else "each"
    is_batch = resource == "messages" and below[:1] == ["batches"]
    is_description = resource == "models" and len(below) < 2 and not any(":" in name for name in below)
    return "never" if is_batch or is_description else None
