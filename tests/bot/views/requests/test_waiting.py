"""What people see of delegates, absences and waiting requests, with usual and with the longest and worst texts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.messages import Message
from bot.money import MAX_AMOUNT_NANOS
from bot.periods import DAY_MICROS, HOUR_MICROS, MICROS, micros
from bot.requests.attendance.delegations import Delegation
from bot.requests.waiting.decision_times import QUICK_MICROS, DecidedRequest, decision_times
from bot.views.requests.attendance import delegations as views
from bot.views.requests.attendance.absences import absence_words, away_words, passed_card
from bot.views.requests.cards import approval_card
from bot.views.requests.waiting.decision_times import team_line, times_words
from bot.views.requests.waiting.expiries import expired_message
from bot.views.requests.waiting.lists import PAGE_SIZE, RequestList, list_view, opened_view
from bot.views.requests.waiting.reminders import WaitingRequest, former_reminder, reminder_message, worked_words
from tests.bot.views.examples import BEN, CHLOE, COMMAND, NOW, SEARCH, decided, dollars, pending, standing
from tests.bot.views.surfaces import buttons, obeys, posted

AT = micros(NOW)
CALLED = {1: BEN, 2: CHLOE, 3: "\u202eאנה"}
WORDS: dict[str, dict[str, Any]] = {
    "usual": {"team": SEARCH, "reason": "Load test of the new ranker.", "amount_nanos": dollars(750)},
    "longest": {
        "team": replace(SEARCH, name="Relevance, ranking & retrieval for <every> product of the whole company, w"),
        "reason": "& < > <!channel> Approved by " * 34,
        "amount_nanos": MAX_AMOUNT_NANOS,
    },
    "right-to-left": {
        "team": replace(SEARCH, name="\u202eצוות החיפוש"),
        "reason": "\u202eבדיקות\nעוד",
        "amount_nanos": dollars(750),
    },
}


def delegation(number: int = 1, *, starts_at: int = AT, made_by: int = 1) -> Delegation:
    return Delegation(
        id=number,
        person_id=1,
        delegate_id=2,
        starts_at=starts_at,
        ends_at=AT + 4 * DAY_MICROS,
        made_by=made_by,
        made_at=AT,
    )


def waiting(words: dict[str, Any], count: int) -> list[WaitingRequest]:
    def one(number: int) -> WaitingRequest:
        ask = {key: value for key, value in words.items() if key != "team"}
        shown = pending(words["team"], **ask)
        shown = replace(shown, request=replace(shown.request, id=40 + number, created_at=AT - number * DAY_MICROS))
        return WaitingRequest(pending=shown, for_whom=BEN if number else "", worked_micros=number * 7 * HOUR_MICROS)

    return [one(number) for number in range(count)]


def request_list(words: dict[str, Any], *, which: str = "mine", page: int = 0, total: int = 2, lately: int = 1) -> Any:
    request = decided("approved").request
    shown = waiting(words, min(total, PAGE_SIZE))
    return list_view(
        RequestList(
            which=which,
            page=page,
            total=total,
            waiting=shown,
            decided=[(request, words["team"].name)] * lately,
            times=[
                "Median time to decide: 40 working minutes (12 decisions in 30 days), 75% within 15 working minutes."
            ],
            is_finance=which == "all",
        )
    )


def delegations(count: int, **may: bool) -> Message:
    known = [delegation(n, starts_at=AT + DAY_MICROS * (n % 2)) for n in range(count)]
    facts: dict[str, Any] = {"may_delegate": True, "may_end_all": False} | may
    return views.delegations_message(known, CALLED, viewer_id=1, at=AT, command=COMMAND, **facts)


MESSAGES: dict[str, Callable[[], Message]] = {
    "delegations": lambda: delegations(2),
    "delegations-none": lambda: delegations(0, may_delegate=False),
    "delegations-many": lambda: delegations(30, may_end_all=True),
    "named": lambda: views.named_message(delegation(), CALLED, at=AT, command=COMMAND),
    "arranged": lambda: views.arranged_message(delegation(made_by=3), CALLED, at=AT, command=COMMAND),
    "ended": lambda: views.ended_message(delegation(), CALLED, by=1),
    "left-alone": lambda: views.left_alone_message(delegation(), CALLED, owner=CHLOE),
    "former-reminder": lambda: former_reminder(2),
    "nothing-waits": lambda: reminder_message([], number=3, command=COMMAND),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_messages_of_delegates_and_reminders(what: str, snapshot: SnapshotAssertion) -> None:
    surface = posted(MESSAGES[what]())

    obeys(surface)
    assert surface == snapshot


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("count", [1, 9])
def test_a_reminder_lists_what_waits(words: str, count: int, snapshot: SnapshotAssertion) -> None:
    surface = posted(reminder_message(waiting(WORDS[words], count), number=4, command=COMMAND))

    obeys(surface)
    assert buttons(surface).count("Approve") == min(count, 5)
    assert surface == snapshot


@pytest.mark.parametrize("words", WORDS)
def test_expired_and_passed_on(words: str, snapshot: SnapshotAssertion) -> None:
    one = waiting(WORDS[words], 1)[0].pending
    who = f"{CHLOE} (for {BEN}) decides."
    expired = replace(one, request=replace(one.request, state="expired"))
    surfaces = [posted(passed_card(one, who=who)), posted(expired_message(expired))]

    for surface in surfaces:
        obeys(surface)
    assert surfaces == snapshot


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(("which", "page", "total"), [("mine", 0, 2), ("all", 1, 13), ("mine", 0, 0)])
def test_the_list(words: str, which: str, page: int, total: int, snapshot: SnapshotAssertion) -> None:
    view = request_list(WORDS[words], which=which, page=page, total=total, lately=0 if not total else 5)

    obeys(view)
    assert view == snapshot


def test_the_form_that_names_a_delegate(snapshot: SnapshotAssertion) -> None:
    own = views.delegation_form(is_admin=False, first_day="2026-11-23")
    known = views.delegation_form(
        is_admin=True,
        first_day="2026-11-23",
        last_day="2026-11-27",
        delegate="U0CHLOE01",
        owner="U0BEN0001",
        note=views.unknown_person_words("@<!channel>" + "x" * 200),
    )

    for form in (own, known):
        obeys(form)
    assert {"own": own, "known": known} == snapshot


def test_an_opened_request_has_no_buttons() -> None:
    card = approval_card(pending(), standing=standing(), deciders=[BEN], by_finance=False)
    view = opened_view(card)
    obeys(view)
    assert buttons(view) == []
    obeys(opened_view(None))


def test_words() -> None:
    assert away_words(None) == " (away)"
    assert away_words(AT).startswith(" (away until <!date^")
    assert absence_words({BEN: None}) == f" (as {BEN} is away)"
    assert absence_words({BEN: None, CHLOE: AT}) == f" (as {BEN} and {CHLOE} are away)"
    assert worked_words(0) == "1 working minute"
    assert worked_words(40 * 60 * MICROS) == "40 working minutes"
    assert worked_words(5 * HOUR_MICROS) == "5 working hours"
    took = [DecidedRequest(team_id=1, worked_micros=micros) for micros in (QUICK_MICROS, 40 * 60 * MICROS, HOUR_MICROS)]
    times = decision_times(took, automatic=1, expired=2, waiting_since=[AT])
    assert times_words(times).startswith(
        "Median time to decide: 40 working minutes (3 decisions in 30 days), 33% within 15 working minutes. "
        "1 more request was approved by policy. 2 expired. Oldest of 1 waiting: since <!date^"
    )
    assert team_line("Search", times) == "Search: 40 working minutes, 33% within 15 (3 decisions)"
    assert times_words(decision_times([], automatic=0, expired=0, waiting_since=[])) == ""
