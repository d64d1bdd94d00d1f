"""Forecasts in words: their range, the pace of now, too little history, and usage without a price."""

from dataclasses import replace

from bot.books.budgets import Standing
from bot.books.forecasts import SpendRate, forecast
from bot.periods import micros
from bot.requests.effects import after_grant
from bot.views.books.standings import standing_message, standing_text
from tests.bot.views.examples import COMMAND, NOW, PERIOD, TODAY, balance, dollars, standing
from tests.bot.views.surfaces import all_text, posted


def said(standing: Standing) -> str:
    return all_text(posted(standing_message(standing, tools=(), command=COMMAND, pending=0)))


def test_a_forecast_has_its_range_and_the_usual_day() -> None:
    assert "It spends $461 a day; at this rate it comes to $12,943 ($10,910–$15,839) by 30 Nov" in standing_text(
        standing()
    )


def test_a_racing_team_runs_out_at_the_pace_of_now_and_at_the_usual_one() -> None:
    at = micros(NOW)
    racing = replace(standing(charged=8_000), rate=SpendRate(nanos_per_hour=dollars(460), at=at, zone="Europe/London"))
    shown = after_grant(racing, 0)
    lasting = after_grant(replace(racing, balance=balance(20_000, 8_000)), 0)
    soon = f"<!date^{(at + 4_000 * 3_600 * 1_000_000 // 460) // 1_000_000}^"

    assert f"At the current $460 an hour it runs out {soon}" in standing_text(shown)
    assert "|23 Nov at 18:41 GMT>; at the usual pace it lasts." in standing_text(shown)
    assert "at the current pace; it lasts at the usual pace" in said(shown)
    assert "at the usual pace it lasts" in standing_text(lasting)


def test_too_little_history_has_no_verdict() -> None:
    young = standing()
    days = {TODAY - 2: dollars(30), TODAY - 1: dollars(50), TODAY: dollars(5)}
    found = forecast(young.balance, spent_by_day=days, today=TODAY, period=PERIOD)
    known = replace(young, forecast=found, spent_by_day=tuple(days.items()))
    words = standing_text(known)
    shown = said(known)

    assert "No forecast yet: first usage 21 Nov, and it takes 7 full days." in words
    assert "runs out" not in words
    assert "*Runs out*\nToo early to tell" in shown
    assert "no full comparison yet: first usage 21 Nov" in shown


def test_usage_without_a_price_is_never_zero_dollars() -> None:
    free = replace(standing(charged=0, is_idle=True), unpriced_by_day=((TODAY - 1, 20_000_000), (TODAY, 1_400_000)))
    words, shown = standing_text(free), said(free)
    without = replace(free, balance=replace(free.balance, allocated_nanos=0, budget="none"))

    assert "Spent: no price yet." in words
    assert "It used 21.4M tokens with no price yet, so there is no forecast." in words
    assert "*Spent*\nno price yet" in shown
    assert "*Last 7 full days*\nno price yet" in shown
    assert "Search has used 21.4M tokens with no price yet since 1 Nov." in standing_text(without)
    for text in (words, shown.replace("*Held*\n$0.00", "")):
        assert "$0.00" not in text
