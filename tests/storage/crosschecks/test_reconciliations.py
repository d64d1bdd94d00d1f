"""Providers' statements and the books: variances are separate entries, usage stays, and the check covers them; on both
databases.
"""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.crosschecks.provider_reports import Report, read_report
from bot.money import NANOS
from bot.periods import DAY_MICROS
from handlers.crosschecks.reconciliations import ReconciledDay, compare_tokens, reconcile
from storage.tables.crosschecks import statement_days, statement_lines
from tests.storage.conftest import Books
from tests.storage.declared import balance

DAY = timedelta(days=1)
AGO = 6 * DAY


def day_of(books: Books, ago: timedelta = AGO) -> int:
    return (books.context.now_micros() - ago // timedelta(microseconds=1)) // DAY_MICROS


def costs(books: Books, dollars: float, *more: dict[str, Any], ago: timedelta = AGO) -> Report:
    """OpenAI's report of a day."""
    start = day_of(books, ago) * 86_400
    result = {"amount": {"value": dollars, "currency": "usd"}, "line_item": "gpt-4o, input"}
    bucket = {"start_time": start, "end_time": start + 86_400, "results": [result, *more]}
    return read_report("openai", json.dumps({"data": [bucket], "has_more": False}).encode())


async def reconciles(books: Books, report: Report, digest: str = "d1", **options: bool) -> ReconciledDay:
    chosen = {"dry_run": False, "provisional": False} | options
    (done,) = await reconcile(books.context, report, digest=digest, **chosen)
    return done


async def variances(books: Books) -> list[tuple[int, str]]:
    return [(row.amount_nanos // NANOS, row.document) for row in await books.rows("entries") if row.kind == "variance"]


async def spends(books: Books, dollars: float, number: int | str = 1, ago: timedelta = AGO, **data: Any) -> None:
    answer = await books.takes(books.event(number, dollars=dollars, ago=ago, provider="openai", **data))
    assert answer.accepted == 1


async def test_what_a_provider_billed_beyond_the_books_is_an_entry_of_the_organisation(mid_month: Books) -> None:
    await spends(mid_month, 100)
    before = await balance(mid_month.context, "organisation")
    usage = await mid_month.rows("usage_days")

    done = await reconciles(mid_month, costs(mid_month, 130))

    assert done.words == "posted $30.00"
    assert await variances(mid_month) == [(30, f"statement:openai:{day_of(mid_month)}:d1")]
    after = await balance(mid_month.context, "organisation")
    assert after.available_nanos == before.available_nanos - 30 * NANOS
    assert (after.charged_nanos, after.allocated_nanos) == (before.charged_nanos + 30 * NANOS, before.allocated_nanos)
    assert await mid_month.rows("usage_days") == usage
    assert await mid_month.faults() == []


async def test_the_same_statement_again_posts_nothing_and_a_corrected_one_the_difference(mid_month: Books) -> None:
    await spends(mid_month, 100)
    for _ in range(3):
        done = await reconciles(mid_month, costs(mid_month, 130))
    assert done.words == "posted before"

    corrected = await reconciles(mid_month, costs(mid_month, 80), "d2")
    line = {"amount": {"value": 20, "currency": "usd"}, "line_item": "web search"}
    settled = await reconciles(mid_month, costs(mid_month, 80, line), "d3")

    assert (corrected.words, settled.words) == ("posted -$50.00", "posted $20.00: it agrees now")
    assert [amount for amount, _ in await variances(mid_month)] == [30, 50, 20]
    assert {(row.line, row.amount_nanos // NANOS) for row in await mid_month.rows("statement_lines")} == {
        ("gpt-4o, input", 80),
        ("web search", 20),
    }
    assert await mid_month.faults() == []


async def test_usage_that_came_late_is_followed_by_the_same_statement(mid_month: Books) -> None:
    """Otherwise it would be paid twice: as usage and as a variance."""
    await spends(mid_month, 100)
    await reconciles(mid_month, costs(mid_month, 130))
    await spends(mid_month, 30, 2)
    assert await mid_month.faults() == [], "until then what was booked at posting stays known"

    done = await reconciles(mid_month, costs(mid_month, 130))

    assert done.words == "posted -$30.00: it agrees now"
    assert await mid_month.faults() == []


async def test_less_billed_than_booked_gives_the_money_back(mid_month: Books) -> None:
    await spends(mid_month, 100)
    before = await balance(mid_month.context, "organisation")

    await reconciles(mid_month, costs(mid_month, 60))

    after = await balance(mid_month.context, "organisation")
    assert after.available_nanos == before.available_nanos + 40 * NANOS
    assert await mid_month.faults() == []


@pytest.mark.parametrize(
    ("ago", "provisional", "posts", "words"),
    [
        (6 * DAY, False, 1, "posted"),
        (2 * DAY, False, 0, "provisional, younger than 72 hours"),
        (2 * DAY, True, 1, "posted"),
        (timedelta(), True, 0, "not over"),
        (9 * DAY, True, 0, "before anything was metered"),
    ],
)
async def test_only_settled_days_are_posted_unless_asked(
    mid_month: Books, ago: timedelta, provisional: bool, posts: int, words: str
) -> None:
    await spends(mid_month, 1, ago=8 * DAY)

    done = await reconciles(mid_month, costs(mid_month, 50, ago=ago), provisional=provisional)

    assert done.words.startswith(words)
    assert len(await variances(mid_month)) == posts
    assert len(await mid_month.rows("statement_days")) == posts
    assert await mid_month.faults() == []


async def test_a_dry_run_posts_nothing(mid_month: Books) -> None:
    await spends(mid_month, 100)

    assert (await reconciles(mid_month, costs(mid_month, 130), dry_run=True)).words == "would post $30.00"
    assert await variances(mid_month) == []
    assert await mid_month.rows("statement_lines") == []


async def test_two_who_import_a_statement_at_once_post_it_once(mid_month: Books) -> None:
    await spends(mid_month, 100)

    await asyncio.gather(*(reconciles(mid_month, costs(mid_month, 130), f"d{n}") for n in range(4)))

    assert [amount for amount, _ in await variances(mid_month)] == [30]
    assert await mid_month.faults() == []


async def test_a_cloud_that_sells_the_same_model_is_not_in_the_statement(mid_month: Books) -> None:
    """By the provider the sender names; without one, by the seller of the model."""
    for number, (provider, model) in enumerate(
        [
            ("openai", "anything"),
            ("", "gpt-4o"),
            ("azure", "gpt-4o"),
            ("", "acme-large"),
            ("anthropic", "claude-opus-4-5"),
        ]
    ):
        event = mid_month.event(number, ago=AGO, model=model, provider=provider, output_tokens=0)
        await mid_month.takes(event)
    done = await reconciles(mid_month, costs(mid_month, 0), dry_run=True)

    assert set(done.check.booked.by_model) == {"anything", "gpt-4o"}
    rows = await mid_month.rows("usage_hours")
    assert 0 < done.check.booked.nanos < sum(row.cost_nanos for row in rows)


async def test_calls_without_a_price_are_said_to_be_behind_it(mid_month: Books) -> None:
    await mid_month.takes(
        mid_month.event(1, ago=AGO, provider="openai", model="gpt-unknown-99", cost_usd=None),
        mid_month.event(2, ago=AGO),
    )

    assert (await reconciles(mid_month, costs(mid_month, 50))).check.booked.unpriced_calls == 1


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("statement_nanos", "the statement's lines do not sum to it"),
        ("booked_nanos", "the variance is not the statement less what was booked"),
        ("variance_nanos", "the entries do not sum to the variance"),
    ],
)
async def test_check_notices_a_statement_that_does_not_fit_its_entries(
    mid_month: Books, column: str, said: str
) -> None:
    await spends(mid_month, 100)
    await reconciles(mid_month, costs(mid_month, 130))
    async with mid_month.context.store.begin() as tx:
        wrong = {column: statement_days.c[column] + 1}
        await tx.connection.execute(update(statement_days).values(wrong))

    assert any(said in fault for fault in await mid_month.faults())


async def test_check_notices_a_line_that_was_changed(mid_month: Books) -> None:
    await spends(mid_month, 100)
    await reconciles(mid_month, costs(mid_month, 130))
    async with mid_month.context.store.begin() as tx:
        await tx.connection.execute(update(statement_lines).values(amount_nanos=1))

    assert len(await mid_month.faults()) == 1


async def test_a_usage_report_is_compared_and_posts_nothing(mid_month: Books) -> None:
    await spends(mid_month, 1, model="gpt-5.5", tool="Codex")
    start = day_of(mid_month) * 86_400
    result = {"model": "gpt-5.5-2026-04-01", "input_tokens": 1_500, "input_cached_tokens": 300, "output_tokens": 100}
    page = {"data": [{"start_time": start, "end_time": start + 86_400, "results": [result]}]}
    report = read_report("openai", json.dumps(page).encode())

    assert await compare_tokens(mid_month.context, report) == [(day_of(mid_month), "gpt-5-5", 1_600, 1_100)]
    assert await variances(mid_month) == []


async def test_claude_codes_report_is_held_against_that_tool_alone(mid_month: Books) -> None:
    await spends(mid_month, 1, model="claude-sonnet-5", tool="Claude Code")
    await spends(mid_month, 1, 2, model="claude-sonnet-5", tool="Assistant")
    date = (mid_month.context.now() - AGO).strftime("%Y-%m-%dT00:00:00Z")
    part = {"model": "claude-sonnet-5", "tokens": {"input": 10, "output": 5, "cache_read": 2, "cache_creation": 1}}
    report = read_report("anthropic", json.dumps({"data": [{"date": date, "model_breakdown": [part]}]}).encode())

    assert await compare_tokens(mid_month.context, report) == [(day_of(mid_month), "claude-sonnet-5", 18, 1_100)]
