"""Every producer's calls with any counts: booked once, the same in both encodings, no token lost, and nothing else kept."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.sources.otlp.parser import read
from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.producers.registry import FOLDER, PRODUCERS, read_files
from bot.sources.otlp.producers.schema import CallRule, ProducerFile
from bot.sources.otlp.records import Signal
from bot.usage import Parsed
from tests.bot.sources.otlp.otlp_examples import NOW
from tests.support.traffic.otlp import REQUESTS, attributes, log, logs, metrics, span, traces

CANARY = "canary-7f3a"
FILES = read_files(FOLDER)
COUNTS = st.integers(0, 10**9)
OTHERS = {
    **dict.fromkeys(("gen_ai.input.messages", "prompt", "gen_ai.prompt.0.content", "ai.response.text"), CANARY),
    **dict.fromkeys(("http.request.header.authorization", "client.address", "url.full", "error.message"), CANARY),
}
RESOURCE = dict.fromkeys(("process.command_args", "process.command_line", "host.name", "prompt", "model"), CANARY)


def plain(pattern: str) -> str:
    return pattern.replace("*", "x")


def attribute_of(profile: Profile, fact: str) -> str:
    """Returns a producer's best name of a fact."""
    named = [(found.rank, name) for name, found in profile.reads.items() if found.fact == fact and found.rank >= 0]
    return min(named)[1]


def called(profile: Profile, rule: CallRule, counts: dict[str, int], **facts: str) -> dict[str, Any]:
    """Returns the attributes of a call as a producer tells it."""
    told: dict[str, Any] = {fact: plain(patterns[0]) for fact, patterns in rule.only.items()}
    told |= {"operation": "chat", "model": "some-model", "session": "s", **facts}
    named = {attribute_of(profile, fact): value for fact, value in (told | counts).items()}
    return OTHERS | dict.fromkeys(profile.texts, CANARY) | named


def request_of(found: ProducerFile, profile: Profile, counts: dict[str, int], **facts: str) -> tuple[Signal, Any]:
    """Returns a request with one call, by a producer's best signal, under its own service or scope."""
    service = (found.sender.services or ("some-service",))[0]
    scope = plain((found.sender.scopes or ("some-scope",))[0])
    sent_by: dict[str, Any] = {"resource": {"service.name": service, **RESOURCE}, "scope": scope}
    if profile.logs is not None and profile.logs.auto:
        said = called(profile, profile.logs, counts, **facts) | {"event.name": profile.logs.records[0]}
        return "logs", logs(log(said), **sent_by)
    assert profile.spans is not None
    said = called(profile, profile.spans, counts, **facts)
    said |= {
        mark: said.pop(attribute_of(profile, PRODUCERS.common.reads[mark].fact)) for mark in found.sender.marks[:1]
    }
    kind = {"internal": 1, "client": 3}[profile.spans.kinds[0]] if profile.spans.kinds else 3
    name = plain((profile.spans.records or ("chat",))[0])
    return "traces", traces(span(kind=kind, name=name, said=said), **sent_by)


def parsed_in_both(signal: Signal, request: Any) -> Parsed:
    """Reads a request in both encodings, and checks that they are the same."""
    parsed = read(json.dumps(request).encode(), signal, "json", meters="auto", now=NOW)
    message = ParseDict(with_base64(request), REQUESTS[signal]())
    same = read(message.SerializeToString(), signal, "protobuf", meters="auto", now=NOW)
    assert (same.events, same.sums, same.ignored) == (parsed.events, parsed.sums, parsed.ignored)
    return parsed


def with_base64(request: Any) -> Any:
    """Returns a request without ids in hexadecimal, which protobuf's own reader takes for base64."""
    text = json.dumps(request).replace(f'"{1:032x}"', '"AAAAAAAAAAAAAAAAAAAAAQ=="')
    return json.loads(text.replace(f'"{1:016x}"', '"AAAAAAAAAAE="'))


CALLERS = sorted(file_id for file_id, profile in PRODUCERS.profiles.items() if profile.logs or profile.spans)


@pytest.mark.parametrize("file_id", CALLERS)
@pytest.mark.timeless
@settings(max_examples=20)
@given(figures=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS), other=st.booleans())
def test_each_token_of_a_call_is_in_one_counter(file_id: str, figures: tuple[int, ...], *, other: bool) -> None:
    uncached, cached, written, output, reasoning = figures
    profile, found = PRODUCERS.profiles[file_id], FILES[file_id]
    provider = next(iter(found.counting_of), "openai") if other else "openai"
    counting = profile.counting_for(provider)
    counts = {
        "input": uncached + (cached + written if counting.input_has_cache else 0),
        "output": output + (reasoning if counting.output_has_reasoning else 0),
        "cache_read": cached,
        "cache_write": written,
        "reasoning": reasoning,
    }
    facts = {"provider": provider} if any(fact.fact == "provider" for fact in profile.reads.values()) else {}
    signal, request = request_of(found, profile, counts, **facts)
    parsed = parsed_in_both(signal, request)

    assert CANARY not in repr(parsed)
    if not any(counts.values()) and parsed.ignored:
        return  # a record without tokens may be none
    ((_, event),) = parsed.events
    assert (event.uncached_input, event.cache_read, event.cache_write_5m) == (uncached, cached, written)
    assert (event.output, event.reasoning) == (output + reasoning, reasoning)
    assert (event.labels.tool, event.cost_is_guess) == (profile.tool, False)


@pytest.mark.parametrize("file_id", CALLERS)
def test_a_faulty_call_is_kept_without_what_is_not_read(file_id: str) -> None:
    profile, found = PRODUCERS.profiles[file_id], FILES[file_id]
    signal, request = request_of(found, profile, {"input": -5, "output": 7})
    parsed = read(json.dumps(request).encode(), signal, "json", meters="auto", now=NOW)

    (row,) = parsed.unusable
    assert row.reason == f"{attribute_of(profile, 'input')} is negative"
    assert row.kept
    assert CANARY.encode() not in row.kept


@pytest.mark.parametrize("file_id", CALLERS)
def test_what_is_not_read_changes_nothing_of_a_call(file_id: str) -> None:
    signal, request = request_of(FILES[file_id], PRODUCERS.profiles[file_id], {"input": 50, "output": 7})
    bodies = [json.dumps(request), json.dumps(request).replace(CANARY, "x")]
    events = [read(body.encode(), signal, "json", meters="auto", now=NOW).events for body in bodies]
    (first,), (second,) = [[replace(event, twin_hint=None) for _, event in found] for found in events]

    assert first == second


SUMS = sorted(file_id for file_id, profile in PRODUCERS.profiles.items() if profile.sums)


@pytest.mark.parametrize("file_id", SUMS)
@pytest.mark.timeless
@settings(max_examples=20)
@given(value=COUNTS, temporality=st.integers(1, 2), kind=st.integers(0, 3))
def test_each_sum_is_in_its_counter(file_id: str, value: int, temporality: int, kind: int) -> None:
    profile, found = PRODUCERS.profiles[file_id], FILES[file_id]
    assert profile.sums is not None
    told, counter = list(profile.sums.counters.items())[kind]
    said = {"type": told, "model": "m", **{name: value for name, value in OTHERS.items() if name != "prompt"}}
    moment = {"startTimeUnixNano": "1795455900000000000", "timeUnixNano": "1795455960000000000"}
    point = {"attributes": attributes(said), "asInt": str(value), **moment}
    total = {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": [point]}
    request = metrics(
        {"name": profile.sums.records[0], "sum": total},
        resource={"service.name": found.sender.services[0], **RESOURCE},
        scope=plain(found.sender.scopes[0]),
    )
    parsed = read(json.dumps(request).encode(), "metrics", "json", meters="metrics", now=NOW)
    events = [event for _, event in parsed.events] + [running.event for _, running in parsed.sums]

    assert [getattr(event, counter) for event in events] == ([value] if value else [])
    assert CANARY not in repr(parsed)
