"""OTLP records that are not booked although they carry usage: which do, who made them, and why."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.producers.registry import PRODUCERS
from bot.sources.otlp.profiles import NO_INFERENCE, Meters, event_of, is_no_usage, producer_of
from bot.sources.otlp.records import Origin, Record
from bot.units import UNITS
from bot.unread import Producer, UnreadKind, producer
from bot.usage import COUNTERS, PARTS


class Unbooked(NamedTuple):
    """Why a record is not booked. It only counts if the record carries usage."""

    kind: UnreadKind
    reason: str


SUMMARY = Unbooked("repeat", "it sums or wraps the calls below it")
READS = Unbooked("repeat", "it only reads, lists or deletes what another call made")
OTHER_METRIC = Unbooked("repeat", "another metric of this program counts the tokens")
BETTER_SIGNAL = Unbooked("other_signal", "another signal of this program tells each call: send that too")
METRICS = Unbooked("other_signal", "metrics don't separate calls: send log records or spans, or use --signal metrics")
DETAILS = Unbooked("other_signal", "its span tells the same: send spans, or use --signal logs")
EVENT = Unbooked("other_signal", "it is not the program's record of a call")
UNKNOWN_RECORD = Unbooked("unknown", "no rule knows this kind of log record")
UNKNOWN_METRIC = Unbooked("unknown", "no rule books this metric")
UNKNOWN_SPAN = Unbooked("unknown", "no rule tells whether this span is one call")
INTERNAL_SPAN = Unbooked("unknown", "its span kind is not CLIENT, so it may wrap the span of the call")
NO_MODEL = Unbooked("unknown", "it has usage, and neither an operation nor a model")

COUNT_FACTS = frozenset({
    *("input", "cache_write", "tool_tokens", "compaction_input", "compaction_output", "cost", "cost_micros"),
    *(*COUNTERS, *PARTS, *UNITS),
})  # fmt: skip
"""The facts that are usage: a record without any of them is no call."""
_DETAILS = "gen_ai.client.inference.operation.details"
_COUNTED = re.compile(r"tokens|tokencount|tokenusage|costusd|usdcost|totalcost|costtotal|usagecost|costusage")
_NO_COUNT = re.compile(
    r"max|limit|budget|remaining|price|average|window|estimate|per(second|token)|(ratio|rate|id|type)$"
)
_OTHER_CHARACTERS = re.compile(r"[^a-z]+")
_NUMBER = re.compile(rb'\{\s*"(?:intValue|doubleValue|stringValue)"\s*:\s*"?(\d[\d.]{0,30})"?\s*\}')
_LONGEST_NAME = 100
_MOST_COUNTS = 20


def why_unbooked(record: Record, meters: Meters) -> Unbooked:
    """Returns why a record with usage is no event."""
    profile = producer_of(record)
    if record.signal == "metrics":
        return _of_metric(record, profile, meters)
    if meters not in ("auto", record.signal):
        return Unbooked("other_signal", f"the source is metered by its {meters}: --signal auto reads this signal too")
    return _of_log(record, profile) if record.signal == "logs" else _of_span(record, profile, meters)


def _of_metric(record: Record, profile: Profile, meters: Meters) -> Unbooked:
    rule = profile.sums
    if rule is not None and (rule.auto or meters == "metrics"):
        return OTHER_METRIC if record.name not in rule.records else UNKNOWN_METRIC
    return UNKNOWN_METRIC if meters == "metrics" else METRICS


def _of_log(record: Record, profile: Profile) -> Unbooked:
    event = event_of(record)
    if event == _DETAILS:
        return DETAILS
    is_call = "model" in record.facts and not COUNT_FACTS.isdisjoint(record.facts)
    if profile is PRODUCERS.common or (is_call and profile.logs is not None and event not in profile.logs.records):
        return UNKNOWN_RECORD
    return EVENT if profile.logs is not None else BETTER_SIGNAL


def _of_span(record: Record, profile: Profile, meters: Meters) -> Unbooked:
    facts, rule = record.facts, profile.spans
    operation = record.own_fact_text("operation").casefold()
    if is_no_usage(record):
        return READS
    if operation in NO_INFERENCE or "wrapper_kind" in facts:
        return SUMMARY
    if rule is None or not (rule.auto or meters != "auto"):
        return BETTER_SIGNAL
    if rule.only and all(fact in facts for fact in rule.only):
        return SUMMARY
    if rule.records or rule.only:
        return UNKNOWN_SPAN
    return NO_MODEL if not operation and "model" not in facts else INTERNAL_SPAN


def carries_usage(record: Record) -> bool:
    """Returns whether a record reports tokens or a cost above zero, under a known name or one that looks like it."""
    if record.signal == "metrics":
        return looks_like_count(record.name) and (record.total is None or record.total.value != 0)
    facts = record.facts
    if not COUNT_FACTS.isdisjoint(facts):
        return any(facts[fact].value not in (0, "0", "") for fact in COUNT_FACTS if fact in facts)
    return next(unknown_counts(record), None) is not None


def unknown_counts(record: Record) -> Iterator[tuple[str, int | float]]:
    """Yields the numbers above zero of attributes that no rule reads and that look like counts of tokens or a cost."""
    found = 0
    for pair in record.attributes:
        if looks_like_count(pair.key) and (value := _number(pair.value)):
            yield pair.key[:_LONGEST_NAME], value
            found += 1
            if found == _MOST_COUNTS:
                return


def _number(value: object) -> int | float:
    """Returns a number or digits of either encoding; 0 for anything else."""
    if isinstance(value, memoryview | bytes) or not hasattr(value, "WhichOneof"):
        matched = _NUMBER.fullmatch(bytes(value))  # type: ignore[call-overload]  # msgspec's undecoded value
        text = matched[1].decode() if matched else ""
    else:
        text = str(getattr(value, value.WhichOneof("value") or "string_value"))
    try:
        number = float(text) if text[:1].isdigit() and len(text) <= 31 else 0.0
    except ValueError:
        return 0
    return int(number) if number.is_integer() else number


@lru_cache(maxsize=10_000)
def looks_like_count(name: str) -> bool:
    """Returns whether an attribute or metric counts tokens or cost, by its name: `acme.llm.total_tokens`."""
    letters = _OTHER_CHARACTERS.sub("", name[:200].casefold())
    return _COUNTED.search(letters) is not None and _NO_COUNT.search(letters) is None


def producer_named(origin: Origin, profile: Profile) -> Producer:
    """Returns the producer of records: a known program by its name, any other by its instrumentation and service."""
    given = origin.facts.get("service_version")
    version = str(given.value)[:40] if given is not None else ""
    return _producer(profile.tool, origin.service[:100], version, origin.scope[:100], origin.version[:40])


@lru_cache(maxsize=1_000)
def _producer(tool: str, service: str, version: str, scope: str, scope_version: str) -> Producer:
    if tool:  # Gemini CLI gives Node's version, `v20.20.2`, as its service's and `v1` as its scope's
        return producer(tool, next((given for given in (version, scope_version) if given[:1] not in ("", "v")), ""))
    return producer(scope, scope_version, service) if scope else producer(service, version, service)
