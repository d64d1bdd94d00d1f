"""Providers' reports: their own samples are read exactly, and every fault has its page and field."""

import json
from datetime import date
from typing import Any

import pytest

from bot.crosschecks.provider_reports import CostLine, Provider, Report, TokenLine, read_report
from bot.crosschecks.reconciliations import fees_of
from bot.periods import day_number
from bot.refusals import ConfigError
from tests.support.paths import FIXTURES

VENDORS = FIXTURES / "vendors"
DAY = 20_779  # 2026-11-22
Json = dict[str, Any]


def read(provider: Provider, file: str) -> Report:
    return read_report(provider, (VENDORS / file).read_bytes())


def test_anthropics_amounts_are_cents_to_the_last_digit() -> None:
    report = read("anthropic", "anthropic_cost_report.json")

    line = "Claude Sonnet 5 Usage - Input Tokens"
    assert report.costs == (CostLine(DAY, line, "claude-sonnet-5", 1_237_891_200),)
    assert (report.kind, report.days) == ("costs", (DAY,))


def test_openais_amounts_are_numbers_of_dollars_to_the_last_digit() -> None:
    assert read("openai", "openai_costs.json").costs == (CostLine(DAY, "gpt-5.5, input", "gpt-5.5", 60_000_000),)


@pytest.mark.parametrize(
    ("provider", "file", "line"),
    [
        (
            "anthropic",
            "anthropic_usage_report_messages.json",
            TokenLine(DAY, "claude-sonnet-5", uncached_input=1_500, cache_read=200, cache_write=1_500, output=500),
        ),
        (
            "openai",
            "openai_usage_completions.json",
            TokenLine(DAY, "gpt-5.5-2026-04-01", uncached_input=1_000, cache_read=4_000, cache_write=0, output=1_000),
        ),
        (
            "anthropic",
            "anthropic_claude_code_usage_report.json",
            TokenLine(
                DAY, "claude-sonnet-5", uncached_input=45_230, cache_read=8_790, cache_write=2_340, output=12_450
            ),
        ),
    ],
)
def test_usage_reports_are_read_in_disjoint_counters(provider: Provider, file: str, line: TokenLine) -> None:
    assert read(provider, file).tokens == (line,)


def test_who_used_claude_code_is_not_read() -> None:
    assert "dev@acme.test" not in repr(read("anthropic", "anthropic_claude_code_usage_report.json"))


def bucket(day: int = DAY, *results: Json, days: int = 1) -> Json:
    start = day * 86_400
    return {"start_time": start, "end_time": start + days * 86_400, "results": list(results)}


def cost(value: object = 0.5, line: str = "gpt-4o, input", **more: Any) -> Json:
    return {"amount": {"value": value, "currency": "usd"}, "line_item": line, "project_id": None, **more}


def page(*buckets: Json, more: bool = False) -> Json:
    return {"object": "page", "data": list(buckets), "has_more": more, "next_page": "p" if more else None}


FIRST, SECOND = (
    page(bucket(DAY, cost(0.1), cost(0.2, project_id="p")), more=True),
    page(bucket(DAY + 1), bucket(DAY + 2, cost(-3))),
)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([FIRST, SECOND]),
        f"{json.dumps(FIRST)}\n{json.dumps(SECOND)}\n",
        json.dumps(page(*FIRST["data"], *SECOND["data"])),
    ],
    ids=["an array of pages", "a page a line", "one page"],
)
def test_pages_come_in_three_forms_and_days_without_cost_count(body: str) -> None:
    report = read_report("openai", body.encode())

    assert report.days == (DAY, DAY + 1, DAY + 2)
    assert [line.amount_nanos for line in report.costs] == [100_000_000, 200_000_000, -3_000_000_000]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("no report", "The file is not JSON"),
        ("[]", "The file holds no page"),
        ("5", "must be an object"),
        ('{"data": [NaN]}', "NaN is no number"),
        ("{}\n{", "line 2 is not JSON"),
        ({"data": {}}, "data must be a list"),
        ([page(bucket(DAY, cost())), {"data": [1]}], "page 2: data[0] must be an object"),
        (page(bucket(DAY)), "There is neither an amount nor a token count"),
        (page(bucket(DAY, cost()), more=True), "has_more is true: the report goes on"),
        ([FIRST, FIRST], "page 2: it says the same as page 1"),
        (page(bucket(DAY, cost()), bucket(DAY, cost(1))), "data[1] is of the same time as data[0]"),
        (page(bucket(DAY, cost(), cost(0.7))), "data[0].results[1] is the same line as data[0].results[0]"),
        (page(bucket(DAY, cost(), days=2)), "data[0] is not one UTC day"),
        (page({**bucket(DAY, cost()), "start_time": DAY * 86_400 + 60}), "data[0] is not one UTC day"),
        (page({**bucket(DAY, cost()), "start_time": "soon"}), "data[0].start_time must be a moment"),
        (page(bucket(DAY, cost("nothing"))), "data[0].results[0].amount.value is not a decimal number"),
        (page(bucket(DAY, cost(None))), "data[0].results[0].amount.value is not a decimal number"),
        (page(bucket(DAY, cost("9" * 2_000))), "amount.value is not a decimal number of at most 1,000 characters"),
        (page(bucket(DAY, cost("9" * 30))), "data[0].results[0].amount.value is more than a trillion dollars"),
        (page(bucket(DAY, cost(2_000_000_000))), "data[0].results[0].amount.value is over a billion dollars"),
        (page(bucket(DAY, cost(amount={"value": 1, "currency": "eur"}))), "amount.currency must be USD"),
        (page(bucket(DAY, cost(amount=5))), "data[0].results[0].amount must be an object"),
        (page(bucket(DAY, {"output_tokens": -1})), "data[0].results[0].output_tokens must be a count of tokens"),
        (page(bucket(DAY, {"output_tokens": 10**30})), "output_tokens must be a count of tokens"),
        (
            page(bucket(DAY, {"output_tokens": 1, "input_tokens": 5, "input_cached_tokens": 9})),
            "data[0].results[0].input_tokens is less than its cached parts",
        ),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_fault_names_its_field(body: Any, said: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)

    with pytest.raises(ConfigError) as refused:
        read_report("openai", text.encode())

    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("value", "nanos"),
    [
        ("0E-6176", 0),
        ("0.003627500000000000000000000000000000", 3_627_500),
        ("1234.003627500000000000000000000000000000", 1_234_003_627_500),
        ("-12.5E+1", -125_000_000_000),
        (f"0.5{'0' * 400}", 500_000_000),
        (1e-05, 10_000),
        (1234.56, 1_234_560_000_000),
    ],
)
def test_an_amount_is_read_as_it_is_sent(value: Any, nanos: int) -> None:
    report = read_report("openai", json.dumps(page(bucket(DAY, cost(value)))).encode())

    assert [line.amount_nanos for line in report.costs] == [nanos]


def test_a_long_amount_in_cents_is_exact() -> None:
    line = {"currency": "USD", "amount": f"123.78912{'0' * 60}", "cost_type": "tokens"}
    day = {"starting_at": "2026-11-22T00:00:00Z", "ending_at": "2026-11-23T00:00:00Z", "results": [line]}

    assert read_report("anthropic", json.dumps({"data": [day]}).encode()).costs[0].amount_nanos == 1_237_891_200


def test_what_a_bill_has_beside_tokens_is_told_apart_by_day() -> None:
    def day_of(number: int, *kinds: tuple[str | None, str]) -> Json:
        results = [
            {"currency": "USD", "amount": amount, "cost_type": kind, "description": f"line {at}"}
            for at, (kind, amount) in enumerate(kinds)
        ]
        times = {"starting_at": f"2026-11-{number}T00:00:00Z", "ending_at": f"2026-11-{number + 1}T00:00:00Z"}
        return {**times, "results": results}

    days = [
        day_of(
            22, ("tokens", "900"), ("web_search", "100"), ("code_execution", "5"), ("web_search", "20"), (None, "7")
        ),
        day_of(23, ("session_usage", "8")),
    ]
    costs = read_report("anthropic", json.dumps({"data": days}).encode()).costs

    assert fees_of(costs, DAY) == [("web search", 1_200_000_000), ("code execution", 50_000_000)]
    assert fees_of(costs, DAY + 1) == [("session usage", 80_000_000)]


@pytest.mark.parametrize(
    ("line", "fee"),
    [
        ("Web search tool calls", "Web search tool calls"),
        ("code interpreter sessions", "code interpreter sessions"),
        ("gpt-5.5, input", ""),
        ("gpt-5-search-api, web search tool call", ""),
        ("Completions", ""),
        (None, ""),
    ],
)
def test_openais_fees_are_known_by_the_words_of_their_line(line: str | None, fee: str) -> None:
    report = read_report("openai", json.dumps(page(bucket(DAY, cost(1, line_item=line)))).encode())

    assert [found.fee for found in report.costs] == [fee]


@pytest.mark.parametrize(
    ("line", "shown"),
    [("x" * 300, "x" * 256), ("half \ud800", "half"), (["gpt-4o"], "all"), (7, "7")],
)
def test_a_line_items_name_is_cut_or_left_out_and_its_amount_counts(line: Any, shown: str) -> None:
    report = read_report("openai", json.dumps(page(bucket(DAY, cost(0.5, line=line)))).encode())

    assert [(line.line, line.amount_nanos) for line in report.costs] == [(shown, 500_000_000)]


def test_a_days_number_is_that_of_its_date() -> None:
    assert day_number(date(2026, 11, 22)) == DAY
