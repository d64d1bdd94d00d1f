"""`tokens reconcile` on the command line."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.scenarios.commands import Run, refused, well
from tests.support.company import usage_event
from tests.support.paths import FIXTURES

VENDORS = FIXTURES / "vendors"


@pytest.fixture
def report(run: Run) -> Path:
    """Writes Anthropic's report of a settled day: $12.50 billed, $10 booked."""
    well(run("teams", "import", "teams.yml"))
    at = SystemClock().now() - timedelta(days=6)
    event = usage_event(1, at=at, dollars=10, provider="anthropic", model="claude-nobody-prices")
    Path("usage.jsonl").write_text(json.dumps(event))
    well(run("replay", "usage.jsonl"))
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    result = {"currency": "USD", "amount": "1250.00", "description": "Claude Usage", "model": "claude-nobody-prices"}
    bucket = {
        "starting_at": start.isoformat(),
        "ending_at": (start + timedelta(days=1)).isoformat(),
        "results": [result],
    }
    Path("report.json").write_text(json.dumps({"data": [bucket], "has_more": False}))
    return Path("report.json")


def test_a_statement_is_compared_posted_once_and_the_books_agree(run: Run, report: Path) -> None:
    would = well(run("reconcile", report, "--source", "anthropic", "--dry-run"))
    assert re.search(r"\d{4}-\d\d-\d\d +\$12\.50 +\$10\.00 +\$2\.50 +would post \$2\.50", would)
    assert "claude-nobody-prices: billed $12.50, booked $10.00" in would
    assert would.endswith("0 entries posted.\n")

    assert well(run("reconcile", report, "--source", "anthropic")).endswith("1 entry posted.\n")
    again = well(run("reconcile", report, "--source", "anthropic"))

    assert "posted before" in again
    assert again.endswith("0 entries posted.\n")
    assert well(run("check")) == "Everything agrees.\n"


def test_senders_costs_explain_a_part_of_the_variance_by_cause(run: Run, report: Path) -> None:
    """Of $12.50 over the books, a batch that the seller did not see as one explains $3."""
    at = SystemClock().now() - timedelta(days=6)
    batch = {"provider": "anthropic", "model": "claude-sonnet-4-5", "service_tier": "batch"}
    tokens = {"uncached_input_tokens": 100_000, "output_tokens": 360_000}
    Path("more.jsonl").write_text(json.dumps(usage_event(2, at=at, dollars=5.7, **batch, **tokens)))
    well(run("replay", "more.jsonl"))
    report.write_text(report.read_text().replace("1250.00", "2535.00"))

    would = well(run("reconcile", report, "--source", "anthropic", "--dry-run"))

    assert "  of +$12.50, senders' own costs explain: tier batch +$2.85\n  not explained: +$9.65, of calls" in would


def test_fees_on_the_bill_stand_below_a_day_that_differs(run: Run, report: Path) -> None:
    (bucket,) = json.loads(report.read_text())["data"]
    fee = {
        **bucket["results"][0],
        "cost_type": "web_search",
        "model": None,
        "description": "Web Search Usage",
        "amount": "310",
    }
    bucket["results"].append(fee)
    report.write_text(json.dumps({"data": [bucket], "has_more": False}))

    would = well(run("reconcile", report, "--source", "anthropic", "--dry-run"))

    assert "  billed beside tokens: web search $3.10; booked only where senders tell their number\n" in would


def test_a_bad_file_is_named_by_its_field_and_posts_nothing(run: Run, report: Path) -> None:
    text = report.read_text()
    report.write_text(text.replace('"1250.00"', '"a lot"'))
    said = refused(run("reconcile", report, "--source", "anthropic"))
    assert said == "data[0].results[0].amount is not a decimal number of at most 1,000 characters"
    report.write_text(text)
    assert "data[0].start_time must be" in refused(run("reconcile", report, "--source", "openai"))
    assert refused(run("reconcile", report, "--source", "bedrock")).startswith("--source: 'bedrock' is none")
    assert "nowhere.json" in refused(run("reconcile", "nowhere.json", "--source", "openai"))
    assert "would post" in well(run("reconcile", report, "--source", "anthropic", "--dry-run"))


@pytest.mark.parametrize(
    ("source", "file", "said"),
    [
        ("anthropic", "anthropic_cost_report.json", r"2026-11-22 +\$1\.24 +\$0\.00 +\$1\.24 +before anything"),
        ("openai", "openai_costs.json", r"2026-11-22 +\$0\.06 +\$0\.00 +\$0\.06 +before anything"),
        ("anthropic", "anthropic_usage_report_messages.json", r"2026-11-22 +claude-sonnet-5 +3,700 +0 +\+3,700"),
        ("openai", "openai_usage_completions.json", r"2026-11-22 +gpt-5-5 +6,000 +0 +\+6,000"),
        ("anthropic", "anthropic_claude_code_usage_report.json", r"2026-11-22 +claude-sonnet-5 +68,810 +0 +\+68,810"),
    ],
)
def test_every_report_of_a_provider_is_read(run: Run, source: str, file: str, said: str) -> None:
    well(run("teams", "import", "teams.yml"))

    assert re.search(said, well(run("reconcile", VENDORS / file, "--source", source)))
    assert well(run("check")) == "Everything agrees.\n"
