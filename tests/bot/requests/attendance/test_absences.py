"""Absences: which Slack statuses say that somebody is away, and until when."""

import pytest

from bot.periods import MICROS
from bot.requests.attendance.absences import Absence, AwayWords, absence_of

NOW = 1_800_000_000


def seen(text: str = "", emoji: str = "", expires: object = 0, words: AwayWords | None = None) -> Absence | None:
    user = {"id": "UBEN", "profile": {"status_text": text, "status_emoji": emoji, "status_expiration": expires}}
    return absence_of(user, words or AwayWords(), at=NOW * MICROS)


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("Vacationing", ":palm_tree:"),
        ("", ":palm_tree:"),
        ("Out sick", ":face_with_thermometer:"),
        ("OOO until Monday", ""),
        ("out of office", ":no_entry:"),
        ("On  PARENTAL leave", ""),
        ("🏝 vacation!", ":desert_island::skin-tone-2:"),
        ("Urlaub bis 6.12.", ""),
        ("en congé", ""),
    ],
)
def test_people_who_say_so_are_away(text: str, emoji: str) -> None:
    assert seen(text, emoji) == Absence(until=None)


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("", ""),
        ("In a meeting", ":spiral_calendar_pad:"),
        ("Working remotely", ":house_with_garden:"),
        ("Back from vacation", ""),
        ("planning the holiday party", ":tada:"),
        ("Commuting", ":bus:"),
        ("cooopting", ""),
        ("not OOO", ""),
    ],
)
def test_other_statuses_say_nothing(text: str, emoji: str) -> None:
    assert seen(text, emoji) is None


def test_a_status_counts_until_it_ends() -> None:
    assert seen("OOO", expires=NOW + 60) == Absence(until=(NOW + 60) * MICROS)
    assert seen("OOO", expires=NOW) is None
    assert not Absence(until=None).is_over(NOW * MICROS)
    assert Absence(until=NOW * MICROS).is_over(NOW * MICROS)


@pytest.mark.parametrize("expires", [0, -1, "soon", None, True, 2**60])
def test_an_end_that_is_none_is_no_end(expires: object) -> None:
    assert seen("OOO", expires=expires) == Absence(until=None)


@pytest.mark.parametrize("user", [{}, {"profile": None}, {"profile": "x"}, {"profile": {"status_text": None}}])
def test_an_answer_without_a_status_says_nothing(user: dict[str, object]) -> None:
    assert absence_of(user, AwayWords(), at=0) is None


def test_a_company_has_its_own_statuses() -> None:
    own = AwayWords(emoji=frozenset({":surf:"}), words=("field day",))

    assert seen("", ":surf:", words=own) is not None
    assert seen("Field day", words=own) is not None
    assert seen("OOO", ":palm_tree:", words=own) is None
