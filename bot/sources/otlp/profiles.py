"""Which OTLP records are metered: each call by one signal, even if several report it. Producers' data files decide."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Literal

from bot.refusals import SourceError
from bot.sources.call_kinds import charge_of
from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.producers.registry import PRODUCERS
from bot.sources.otlp.producers.schema import CallRule, Texts
from bot.sources.otlp.records import CLIENT, SERVER, UNSPECIFIED, Facts, Record, keep_fact
from bot.sources.otlp.texts import read_texts

Meters = Literal["auto", "traces", "logs", "metrics"]
"""The signal that a source is metered by: each producer's best one, or one for all."""

_INFERENCE = frozenset({
    *("chat", "text_completion", "generate_content", "embeddings", "completion", "embedding", "rerank"),
    *("image_generation", "speech", "transcription"),
})  # fmt: skip
NO_INFERENCE = frozenset({
    *("invoke_agent", "create_agent", "agent_step", "invoke_workflow", "workflow", "execute_tool", "plan", "retrieval"),
    *("fetch_response", "task", "agent", "tool", "guardrail", "evaluate", "evaluation", "create_memory", "search_memory"),
    *("update_memory", "upsert_memory", "delete_memory", "create_memory_store", "delete_memory_store"),
})  # fmt: skip
_COUNTS = ("input", "output", "cache_read", "cache_write", "cost", "cost_micros")
_NOUGHTS = (0, "0")
_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_CALLERS = (CLIENT, UNSPECIFIED)


def profile_of(record: Record, meters: Meters) -> Profile | None:
    """Returns the profile of a record that is a call; None for one that is ignored on purpose. Raises SourceError for an
    unknown kind of call.
    """
    if meters not in ("auto", record.signal):
        return None
    profile = producer_of(record)
    if profile.texts:
        read_texts(record, profile)
    if record.signal == "logs":
        rule, is_call = profile.logs or PRODUCERS.common.logs, _is_call_log
    elif record.signal == "traces":
        rule, is_call = profile.spans, _is_call_span
    else:
        return None
    if rule is None or not (rule.auto or meters != "auto"):
        return None
    return profile if is_call(record, rule) else None


def producer_of(record: Record) -> Profile:
    """Returns the producer of a record: its group's, or, where that names none, the one that the record itself tells."""
    profile = record.origin.profile
    if profile is not PRODUCERS.common:
        return profile
    if record.signal == "traces":
        for fact, by_attribute in PRODUCERS.by_mark.items():
            given = record.facts.get(fact)
            if given is not None and (marked := by_attribute.get(given.attribute)) is not None:
                return _told(record, marked)
        return profile
    told = PRODUCERS.by_event.get(event_of(record)) if record.signal == "logs" else PRODUCERS.by_sum.get(record.name)
    return profile if told is None else _told(record, told)


def _told(record: Record, profile: Profile) -> Profile:
    """Reads a record's facts by the names of the producer that it told, and returns the producer."""
    facts: Facts = {}
    for given in record.facts.values():
        keep_fact(facts, given.attribute, given.value, profile.reads)
    record.facts = facts
    return profile


def event_of(record: Record) -> str:
    """Returns the name of a log record's event."""
    given = record.facts.get("event")
    return str(given.value) if given is not None else record.name


def _is_call_log(record: Record, rule: CallRule) -> bool:
    if not _matches(event_of(record), rule.records) or not _has(record, rule):
        return False
    return not rule.operations or record.fact_text("operation").casefold() in rule.operations


def _is_call_span(record: Record, rule: CallRule) -> bool:
    """Returns True if a span is one call to a model, not an agent, workflow, tool or wrapper around it."""
    if is_no_usage(record) or not _has(record, rule):
        return False
    if rule.records or rule.only:
        is_named = not rule.records or _matches(record.name, rule.records)
        return is_named and (not rule.kinds or kind_of(record) in rule.kinds) and _operation_fits(record, rule)
    if "wrapper_kind" in record.facts:
        return False
    is_call = _kind_fits(record, rule)
    operation = record.own_fact_text("operation").casefold()
    facts = record.facts
    if not operation:
        is_told = _counts(record) or "request_type" in facts or record.name == "ai_gateway"
        return is_call and "model" in facts and is_told
    known = rule.operations or _INFERENCE
    if is_call and operation not in known and operation not in NO_INFERENCE and _counts(record):
        raise SourceError(f"gen_ai.operation.name is {operation[:60]!r}, of which nobody knows whether it is one call")
    return is_call and operation in known


def kind_of(record: Record) -> str:
    """Returns the kind of a span in words; "" for one that OTLP does not know."""
    return _KINDS[record.kind] if 0 <= record.kind < len(_KINDS) else ""


def _kind_fits(record: Record, rule: CallRule) -> bool:
    if rule.kinds:
        return kind_of(record) in rule.kinds
    return record.kind in _CALLERS or (record.kind == SERVER and _is_anthropics_own(record))


def _operation_fits(record: Record, rule: CallRule) -> bool:
    return not rule.operations or record.own_fact_text("operation").casefold() in rule.operations


def _has(record: Record, rule: CallRule) -> bool:
    """Returns whether a record has the facts that its producer's rule asks for."""
    for fact, patterns in rule.only.items():
        if not _matches(record.own_fact_text(fact).casefold(), patterns):
            return False
    if rule.needs_tokens and all(given in _NOUGHTS for given in _counted(record)):
        return False
    return not _needs_counts(record, rule.needs_counts) or _counts(record) or record.failed


def _needs_counts(record: Record, needs: bool | Texts) -> bool:
    return needs if isinstance(needs, bool) else kind_of(record) in needs or record.own_fact_text("operation") in needs


def _matches(text: str, patterns: Texts) -> bool:
    return text in patterns or any("*" in pattern and fnmatchcase(text, pattern) for pattern in patterns)


def is_no_usage(record: Record) -> bool:
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


def _counted(record: Record) -> Iterator[object]:
    return (record.facts[fact].value for fact in _COUNTS if fact in record.facts)
