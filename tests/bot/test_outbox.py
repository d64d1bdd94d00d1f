"""Rules of the outbox: what a fault means, how long a message is tried, and when the next attempt is."""

import pytest

from bot.outbox import (
    FOR_EVER,
    LEAST_ATTEMPTS,
    PATIENT_ATTEMPTS,
    fault_of,
    holds_line,
    is_over,
    may_be_posted,
    next_attempt_at,
    worth_until,
)
from bot.periods import DAY_MICROS, MICROS

NOW = 1_795_000_000 * MICROS


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("msg_too_long", 200, "message"),
        ("invalid_blocks", 200, "message"),
        ("is_archived", 200, "place"),
        ("channel_not_found", 200, "place"),
        ("user_disabled", 200, "place"),
        ("not_in_channel", 200, "place"),
        ("invalid_auth", 200, "away"),
        ("token_revoked", 200, "away"),
        ("token_expired", 200, "away"),
        ("account_inactive", 200, "away"),
        ("not_authed", 200, "away"),
        ("team_access_not_granted", 200, "away"),
        ("missing_scope", 200, "away"),
        ("ratelimited", 200, "away"),
        ("service_unavailable", 200, "away"),
        ("429", 429, "away"),
        ("503", 503, "away"),
        ("no_connection", 0, "away"),
        ("timeout", 0, "away"),
        ("500", 500, "unsure"),
        ("internal_error", 200, "unsure"),
        ("fatal_error", 200, "unsure"),
        ("an_error_of_next_year", 200, "unsure"),
    ],
)
def test_a_fault_is_the_messages_the_places_or_slacks(fault: str, status: int, kind: str) -> None:
    assert fault_of(fault, status) == kind


def test_only_a_fault_that_may_be_about_the_message_lets_later_ones_pass_after_a_while() -> None:
    assert all(holds_line("away", attempts) for attempts in (1, PATIENT_ATTEMPTS, 10_000))
    assert holds_line("unsure", PATIENT_ATTEMPTS - 1)
    assert not holds_line("unsure", PATIENT_ATTEMPTS)


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        ("timeout", 0, True),
        ("500", 500, True),
        ("504", 504, True),
        ("200", 200, True),
        ("internal_error", 200, True),
        ("no_connection", 0, False),
        ("503", 503, False),
        ("429", 429, False),
        ("invalid_auth", 200, False),
        ("ratelimited", 429, False),
    ],
)
def test_slack_may_have_posted_what_it_did_not_refuse(fault: str, status: int, expected: bool) -> None:
    assert may_be_posted(fault, status) is expected


@pytest.mark.parametrize(
    ("key", "days"),
    [("alert:7", 5), ("alert:7:to:3", 5), ("digest:4:2026-W47", 7), ("verdict:2", 30), ("block:1", 1), ("news:1", 7)],
)
def test_each_kind_of_message_is_worth_posting_for_a_while(key: str, days: int) -> None:
    assert worth_until(key, NOW) == NOW + days * DAY_MICROS


def test_a_card_is_worth_posting_while_its_request_waits() -> None:
    assert worth_until("request:1:to:2", NOW) == FOR_EVER
    assert worth_until("request:1", NOW, is_over=True) == NOW + 7 * DAY_MICROS


def test_a_held_message_counts_from_its_release() -> None:
    assert worth_until("alert:1", NOW, held_until=NOW + DAY_MICROS) == NOW + 6 * DAY_MICROS
    assert worth_until("alert:1", NOW, held_until=FOR_EVER) == FOR_EVER


def test_a_message_is_given_up_once_it_is_not_worth_posting_and_was_tried_for_two_hours() -> None:
    assert not is_over(NOW, worth_until=NOW + 1, attempts=10_000)
    assert not is_over(NOW, worth_until=NOW, attempts=LEAST_ATTEMPTS - 1)
    assert is_over(NOW, worth_until=NOW, attempts=LEAST_ATTEMPTS)


@pytest.mark.parametrize(
    ("attempts", "retry_after", "seconds"),
    [(0, 0, 1), (3, 0, 8), (9, 0, 512), (10, 0, 600), (400, 0, 600), (0, 30, 30), (8, 30, 256), (0, 999_999, 3600)],
)
def test_the_delay_doubles_up_to_ten_minutes_unless_slack_asks_for_more(
    attempts: int, retry_after: int, seconds: int
) -> None:
    due = next_attempt_at(NOW, attempts=attempts, retry_after_seconds=retry_after)

    assert due == NOW + seconds * MICROS
