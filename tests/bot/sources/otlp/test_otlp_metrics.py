"""OTLP sums as a meter, and what of metrics is never metered."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from bot.sources import SOURCES
from bot.sources.otlp import json_reader
from bot.sources.otlp.parser import read
from bot.sources.otlp.records import Record
from bot.usage import RunningSum, digest
from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, NOW, is_ignored, one, parsed_of, reason, total
from tests.support.traffic.otlp import AT, REQUESTS, metrics


def test_points_of_a_sum_are_metered_where_the_source_says_so_alone() -> None:
    assert one(metrics(total(), **AS_CLAUDE_CODE), meters="metrics").uncached_input == 5000
    assert one(metrics(total(7.0), **AS_CLAUDE_CODE), meters="metrics").uncached_input == 7
    for meters in ("auto", "traces", "logs"):
        assert is_ignored(metrics(total(), **AS_CLAUDE_CODE), meters=meters)


def test_a_series_is_told_by_all_its_attributes_and_a_point_by_its_time() -> None:
    def key(**others: Any) -> bytes:
        return one(metrics(total(**others), **AS_CLAUDE_CODE), meters="metrics").key

    assert key() == key()
    assert (
        len({key(), key(effort="high"), key(**{"mcp_server.name": "jira"}), key(**{"user.email": "anna@acme.test"})})
        == 4
    )


def without_start() -> Any:
    found = total(temporality=2)
    del found["sum"]["dataPoints"][0]["startTimeUnixNano"]
    return found


def running_sum(found: Any, **how: Any) -> RunningSum:
    parsed = parsed_of(metrics(found, **(how or {"resource": CONTINUE})), meters="auto")
    ((_, running),) = parsed.sums
    assert (parsed.events, parsed.unusable, parsed.rows, parsed.ignored) == ([], [], 0, 0)
    return running


CONTINUE = {"service.name": "continue-cli"}
SUM = "continue_cli_token_usage"


def test_a_running_sum_is_told_by_its_series_and_its_start_in_either_encoding() -> None:
    running = running_sum(total(2445.0, name=SUM, temporality=2))
    request = metrics(total(2445, name=SUM, temporality=2), resource=CONTINUE)
    encoded = ParseDict(request, REQUESTS["metrics"]()).SerializeToString()
    ((_, same),) = read(encoded, "metrics", "protobuf", meters="auto", now=NOW).sums

    assert (running.counter, running.value, running.at) == ("uncached_input", 2445, AT // 1000 + 60_000_000)
    assert running == same
    assert running.stream != running_sum(total(2445, name=SUM, temporality=2, model="other")).stream
    later = total(2445, name=SUM, temporality=2)
    later["sum"]["dataPoints"][0]["startTimeUnixNano"] = str(AT + 1)
    assert running_sum(later).stream != running.stream


def test_a_bad_record_beside_a_running_sum_changes_nothing_of_its_series() -> None:
    request = metrics(total(7, name=SUM, temporality=2), resource=CONTINUE | {"host.name": "laptop"})
    alone = json.dumps(request)
    beside = alone.replace('[{"name"', '[{"name": "\\ud800"}, {"name"')
    found = [read(body.encode(), "metrics", "json", meters="auto", now=NOW).sums for body in (alone, beside)]

    assert "ud800" in beside
    assert found[0][0][1].stream == found[1][0][1].stream


def test_a_quarantined_point_keeps_its_series() -> None:
    request = metrics(total(7, name=SUM, temporality=2, model=""), resource=CONTINUE | {"host.name": "laptop"})
    (record,) = json_reader.read(json.dumps(request).encode(), "metrics")
    assert isinstance(record, Record)
    assert record.total is not None
    (row,) = parsed_of(request).unusable
    body = json.loads(row.kept)
    point = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["sum"]["dataPoints"][0]
    point["attributes"].append({"key": "model", "value": {"stringValue": "m"}})
    ((_, again),) = SOURCES["otlp"](json.dumps(body).encode(), now=NOW).sums

    assert "laptop" not in row.kept.decode()
    assert (again.value, again.event.labels.model) == (7, "m")
    assert again.stream == digest((SUM, record.total.series, AT))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (total(temporality=0), "claude_code.token.usage is neither a delta nor a running sum with its start"),
        (without_start(), "claude_code.token.usage is neither a delta nor a running sum with its start"),
        (total(name="gemini_cli.token.usage"), "gemini_cli.token.usage counts cached input in its input"),
        (total(name="gen_ai.client.inference.usage.input_tokens"), "gen_ai.client.inference.usage.input_tokens counts"),
        (total(-1), "claude_code.token.usage is negative"),
        (total(0.5), "claude_code.token.usage is not a whole number"),
        (total(type="thoughts"), "type is 'thoughts', which is none of input"),
    ],
)
def test_sums_that_can_not_be_read_are_refused_and_say_what_to_do(found: Any, words: str) -> None:
    assert reason(metrics(found, **AS_CLAUDE_CODE), meters="metrics").startswith(words)


def test_histograms_gauges_and_other_sums_are_never_metered() -> None:
    for found in (
        {"name": "gen_ai.client.token.usage", "histogram": {"dataPoints": [{"sum": 5.0}]}},
        {"name": "claude_code.token.usage", "gauge": {"dataPoints": [{"asInt": 5}]}},
        {"name": "claude_code.token.usage", "sum": {"dataPoints": [{"asInt": 5}], "isMonotonic": False}},
        total(0.05, name="claude_code.cost.usage"),
        total(0),
    ):
        assert is_ignored(metrics(found, **AS_CLAUDE_CODE), meters="metrics"), found
