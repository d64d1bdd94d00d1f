"""Holds: what people type, and how usage uses a hold up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.commitments.holds import (
    Hold,
    HoldUse,
    PlannedHold,
    UnclearHold,
    is_repeated_hold,
    parse_hold,
    use_entries,
)
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.periods import MICROS, date_of, day_number
from bot.refusals import Refusal

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
TODAY = day_number(MONDAY.date())


def parsed(text: str, *, zone: str = "Europe/London") -> tuple[str, int, str]:
    planned = parse_hold(text, now=MONDAY, zone_name=zone, period_end_day=TODAY + 1, command="/tokens")
    return planned.name, planned.amount_nanos // NANOS, str(date_of(planned.end_day - 1))


def hold(amount: int = 100) -> Hold:
    return Hold(
        id=7,
        team_id=3,
        name="eval-run",
        period="2026-11",
        amount_nanos=amount,
        from_day=10,
        end_day=20,
        state="active",
        revision=1,
        made_by=1,
        made_at=0,
    )


@pytest.mark.parametrize(
    ("typed", "name", "dollars", "last_day"),
    [
        ("500 eval-run until Friday", "eval-run", 500, "2026-12-04"),
        ("$1,250 the big eval until 24 dec", "the big eval", 1250, "2026-12-24"),
        ("2k eval-run for 3 days", "eval-run", 2000, "2026-12-02"),
        ("500  eval-run   UNTIL today", "eval-run", 500, "2026-11-30"),
        ("500 eval-run", "eval-run", 500, "2026-11-30"),
        ("500 run for the board until 2027-11-30", "run for the board", 500, "2027-11-30"),
        ("500 until-2027", "until-2027", 500, "2026-11-30"),
        ("500 eval-run until the end of next month", "eval-run", 500, "2026-12-31"),
        ("500 eval-run till in 3 days", "eval-run", 500, "2026-12-03"),
        ("500 eval-run for 2 weeks", "eval-run", 500, "2026-12-13"),
        ("500 wait until done until 31 dec", "wait until done", 500, "2026-12-31"),
    ],
)
def test_amount_name_and_end_are_read(typed: str, name: str, dollars: int, last_day: str) -> None:
    assert parsed(typed) == (name, dollars, last_day)


def test_a_day_is_the_teams_own() -> None:
    """It is Monday evening in Auckland already when London has breakfast, and still Sunday night in Honolulu."""
    assert parsed("500 run until today", zone="Pacific/Auckland")[2] == "2026-11-30"
    assert parsed("500 run until today", zone="Pacific/Honolulu")[2] == "2026-11-29"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("500", "Say how much"),
        ("eval-run until Friday", "Say how much"),
        ("the eval-run until Friday", "How much?"),
        ("0 eval-run", "more than zero"),
        ("-5 eval-run", "more than zero"),
        ("1e99 eval-run", "not an amount"),
        ("NaN eval-run", "not an amount"),
        ("2000000k eval-run", "more than a billion"),
        ("500 eval-run until 2026-11-29", "29 November 2026 is past"),
        ("500 eval-run until 2028-01-01", "more than a year ahead"),
        ("500 eval-run until soon", "Until when?"),
        ("500 eval-run until", "Until when?"),
        ("500 eval-run for 0 days", "At least 1"),
        (f"500 {'x' * 61}", "at most 60 characters"),
    ],
)
def test_what_can_not_be_read_is_said_with_what_to_do(typed: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        parsed(typed)


@pytest.mark.parametrize(
    ("typed", "draft", "note"),
    [
        ("500 eval-run until next week", ("500", "eval-run", "2026-12-11"), "Is Fri 11 Dec the last day?"),
        (
            "500 eval-run until tomorrow 5pm",
            ("500", "eval-run", "2026-12-01"),
            "A hold ends with a whole day. Is Tue 1 Dec the last day?",
        ),
        (
            "500 eval-run until soon",
            ("500", "eval-run", "2026-11-30"),
            "Until when? Write a day like Friday, end of month, in 3 days, 1 Dec or 2026-12-01.",
        ),
        (
            "500 eval-run until 2026-11-29",
            ("500", "eval-run", "2026-11-30"),
            "29 November 2026 is past. Set budget aside for a run that is still to come.",
        ),
        ("eval-run until friday", ("", "eval-run", "2026-12-04"), "Say how much to set aside, and for which run."),
        ("500", ("500", "", "2026-11-30"), "Say how much to set aside, and for which run."),
    ],
)
def test_a_form_takes_what_is_understood_of_an_unclear_hold(typed: str, draft: tuple[str, str, str], note: str) -> None:
    with pytest.raises(UnclearHold) as refused:
        parsed(typed)

    kept = refused.value.draft
    assert (kept.amount, kept.name, str(date_of(kept.last_day))) == draft
    assert refused.value.note == note
    assert refused.value.sentence.startswith(note)


@given(typed=st.text(max_size=80), period_end=st.integers(1, 40))
def test_any_text_is_a_hold_or_a_form(typed: str, period_end: int) -> None:
    last_days = []
    try:
        planned = parse_hold(
            typed, now=MONDAY, zone_name="Europe/London", period_end_day=TODAY + period_end, command="/tokens"
        )
        last_days.append(planned.end_day - 1)
    except UnclearHold as refused:
        last_days.append(refused.draft.last_day)

    assert TODAY <= last_days[0] <= TODAY + 366


@pytest.mark.parametrize(
    ("spent", "posted", "changes"),
    [
        ({}, {}, {}),
        ({11: 40, 12: 30}, {}, {11: 40, 12: 30}),
        ({11: 40, 12: 90}, {}, {11: 40, 12: 60}),
        ({11: 40, 12: 90}, {11: 40, 12: 60}, {}),
        ({11: 80, 12: 90}, {11: 40, 12: 60}, {}),
        ({11: 10, 12: 60}, {11: 40, 12: 60}, {11: -30}),
        ({11: 10, 12: 90}, {11: 40, 12: 60}, {11: -30, 12: 30}),
        ({12: 60}, {11: 40, 12: 60}, {11: -40}),
        ({11: -5}, {}, {}),
        ({11: -5}, {11: 20}, {11: -20}),
    ],
)
def test_usage_uses_a_hold_until_it_is_used_up(
    spent: dict[int, int], posted: dict[int, int], changes: dict[int, int]
) -> None:
    use = HoldUse(hold=hold(), spent=spent, posted=posted)
    assert use.changes == changes
    assert use.used_nanos == sum(posted.values()) + sum(changes.values())
    assert 0 <= use.used_nanos <= 100
    assert use.left_nanos == 100 - use.used_nanos


def test_entries_of_a_use_move_at_most_a_billion_dollars_each() -> None:
    entries = use_entries(hold(), day=11, nanos=MAX_AMOUNT_NANOS + 5, posted_entries=2, at=1)
    assert [entry.amount_nanos for entry in entries] == [MAX_AMOUNT_NANOS, 5]
    assert [entry.dedupe_key for entry in entries] == ["charge:3:11:2", "charge:3:11:3"]
    assert {(e.from_account.bucket, e.to_account.bucket, e.kind, e.usage_day) for e in entries} == {
        ("held", "spent", "charge", 11)
    }
    (back,) = use_entries(hold(), day=11, nanos=-5, posted_entries=0, at=1)
    assert (back.from_account.bucket, back.to_account.bucket, back.kind) == ("spent", "held", "correction")


@pytest.mark.parametrize(
    ("changes", "at", "repeats"),
    [
        ({}, 300 * MICROS, True),
        ({}, 300 * MICROS + 1, False),
        ({"amount_nanos": 101}, 0, False),
        ({"end_day": 21}, 0, False),
        ({"by": 2}, 0, False),
    ],
)
def test_a_request_that_slack_sends_again_makes_no_second_hold(changes: dict[str, int], at: int, repeats: bool) -> None:
    given = {"amount_nanos": 100, "end_day": 20, "by": 1} | changes
    planned = PlannedHold(name="eval-run", amount_nanos=given["amount_nanos"], end_day=given["end_day"])
    assert is_repeated_hold(planned, hold(), by=given["by"], at=at) is repeats
