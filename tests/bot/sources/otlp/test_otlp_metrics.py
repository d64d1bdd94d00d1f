"""OTLP sums as a meter, and what of metrics is never metered."""

from typing import Any

import pytest

from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, is_ignored, one, reason, total
from tests.support.traffic.otlp import metrics


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


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            total(temporality=2),
            "claude_code.token.usage is cumulative: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        ),
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
