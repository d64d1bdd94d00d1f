"""Which OTLP records are metered, and how their senders count: each call by one signal, even if several report it."""

from dataclasses import dataclass
from typing import Literal

from bot.refusals import SourceError
from bot.sources.call_kinds import charge_of
from bot.sources.otlp.producers import producer_of
from bot.sources.otlp.records import CLIENT, SERVER, UNSPECIFIED, Record

Meters = Literal["auto", "traces", "logs", "metrics"]
"""The signal that a source is metered by: each producer's best one, or one for all."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How a sender counts. `input_has_cache`: its input includes cache reads and writes. `output_has_reasoning`: its
    output includes reasoning. `adds_tool_tokens`: tool tokens are input beside it.

    `key` is the identity of a call: its span's ids, or attributes of the sender's log records.
    """

    key: Literal["span", "claude_code", "codex", "gemini_cli"] = "span"
    tool: str = ""
    provider: str = ""
    input_has_cache: bool = True
    output_has_reasoning: bool = True
    adds_tool_tokens: bool = False


GENAI = Profile()
CLAUDE_CODE = Profile(key="claude_code", tool="Claude Code", provider="anthropic", input_has_cache=False)
CODEX = Profile(key="codex", tool="Codex", provider="openai")
GEMINI_CLI = Profile(
    key="gemini_cli", tool="Gemini CLI", provider="google", output_has_reasoning=False, adds_tool_tokens=True
)
COPILOT = Profile(tool="GitHub Copilot", provider="github")

_INFERENCE = frozenset({
    *("chat", "text_completion", "generate_content", "embeddings", "completion", "embedding", "rerank"),
    *("image_generation", "speech", "transcription"),
})  # fmt: skip
_NO_INFERENCE = frozenset({
    *("invoke_agent", "create_agent", "agent_step", "invoke_workflow", "workflow", "execute_tool", "plan", "retrieval"),
    *("fetch_response", "task", "agent", "tool", "guardrail", "evaluate", "evaluation", "create_memory", "search_memory"),
    *("update_memory", "upsert_memory", "delete_memory", "create_memory_store", "delete_memory_store"),
})  # fmt: skip
_MODEL_KINDS = frozenset({"llm", "embedding", "embeddings", "generation", "reranker"})
_COUNTS = ("input", "output", "cache_read", "cache_write", "cost", "cost_micros")
_DETAILS = "gen_ai.client.inference.operation.details"


def profile_of(record: Record, meters: Meters) -> Profile | None:
    """Returns the profile of a record; None for one that is ignored on purpose. Raises SourceError for an unknown kind
    of call.
    """
    if meters not in ("auto", record.signal):
        return None
    if record.signal == "logs":
        return _of_log(record, meters)
    return _of_span(record, meters) if record.signal == "traces" else None


def _of_log(record: Record, meters: Meters) -> Profile | None:
    given = record.facts.get("event")
    event = str(given.value) if given is not None else record.name
    if event in ("api_request", "claude_code.api_request"):
        return CLAUDE_CODE if event != "api_request" or producer_of(record.origin) == "claude_code" else None
    if event == "codex.sse_event":
        # A stream's own event of the same kind has no counts; the one beside it has them.
        return CODEX if record.fact_text("event_kind") == "response.completed" and _counts(record) else None
    if event == "gemini_cli.api_response":
        return GEMINI_CLI
    if (
        event == _DETAILS and meters == "logs" and producer_of(record.origin) != "gemini_cli"
    ):  # in "auto" its span reports the same
        return _genai(record) if record.fact_text("operation").casefold() in _INFERENCE else None
    return None


def _of_span(record: Record, meters: Meters) -> Profile | None:
    producer = producer_of(record.origin)
    if producer == "claude_code":
        return CLAUDE_CODE if meters == "traces" and record.name == "claude_code.llm_request" else None
    if meters == "auto" and producer in ("gemini_cli", "codex"):  # their logs report more
        return None
    return _genai(record) if _is_inference(record) else None


def _is_inference(record: Record) -> bool:
    """Returns True if a span is one call to a model, not an agent, workflow, tool or wrapper around it."""
    facts = record.facts
    if _is_no_usage(record):
        return False
    if "vercel_operation" in facts:  # `ai.generateText` repeats the sum of `ai.generateText.doGenerate` below it
        return ".do" in record.own_fact_text("vercel_operation")
    if "span_kind" in facts:
        return record.own_fact_text("span_kind").casefold() in _MODEL_KINDS
    if "wrapper_kind" in facts:
        return False
    is_call = record.kind in (CLIENT, UNSPECIFIED) or (record.kind == SERVER and _is_anthropics_own(record))
    operation = record.own_fact_text("operation").casefold()
    if not operation:
        return (
            is_call and "model" in facts and (_counts(record) or "request_type" in facts or record.name == "ai_gateway")
        )
    if is_call and operation not in _INFERENCE | _NO_INFERENCE and _counts(record):
        raise SourceError(f"gen_ai.operation.name is {operation[:60]!r}, of which nobody knows whether it is one call")
    return is_call and operation in _INFERENCE


def _is_no_usage(record: Record) -> bool:
    """Returns True if a span only reads, lists, polls or deletes what another call made."""
    facts = record.facts
    kind = facts.get("operation") or facts.get("request_type")
    if kind is None:
        return False
    charge = charge_of(kind.value)
    return charge == "never" or (charge == "if_costed" and "cost" not in facts)


def _is_anthropics_own(record: Record) -> bool:
    return "response_id" in record.facts and record.fact_text("provider").casefold() == "anthropic"


def _counts(record: Record) -> bool:
    return any(fact in record.facts for fact in _COUNTS)


def _genai(record: Record) -> Profile:
    return COPILOT if producer_of(record.origin) == "copilot" else GENAI
