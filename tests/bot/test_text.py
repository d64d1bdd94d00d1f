"""Typed text: pasted spaces that look like a space, or like nothing, are spaces."""

import pytest

from bot.money import NANOS, parse_amount
from bot.org.people_file import read_people_file
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import FieldRefusal, Refusal
from bot.requests.budget_requests import checked_reason
from bot.text import first_word, spaced

LOOKS_LIKE_ONE = [
    "\N{NO-BREAK SPACE}",
    "\N{NARROW NO-BREAK SPACE}",
    "\N{THIN SPACE}",
    "\N{HAIR SPACE}",
    "\N{EM SPACE}",
    "\N{FIGURE SPACE}",
    "\N{IDEOGRAPHIC SPACE}",
    "\N{OGHAM SPACE MARK}",
    "\t",
]
LOOKS_LIKE_NONE = [
    "\N{ZERO WIDTH SPACE}",
    "\N{WORD JOINER}",
    "\N{ZERO WIDTH NO-BREAK SPACE}",
    "\N{MONGOLIAN VOWEL SEPARATOR}",
]
UNSEEN_MARKS = [
    "\N{SOFT HYPHEN}",
    "\N{ZERO WIDTH JOINER}",
    "\N{RIGHT-TO-LEFT MARK}",
    "\N{LEFT-TO-RIGHT EMBEDDING}",
    "\N{POP DIRECTIONAL ISOLATE}",
]
LINE_ENDS = ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\N{LINE SEPARATOR}", "\N{PARAGRAPH SEPARATOR}"]
SPACES = [*LOOKS_LIKE_ONE, *LOOKS_LIKE_NONE, *LINE_ENDS]


@pytest.mark.parametrize("space", SPACES)
def test_any_space_ends_a_word_and_none_is_left_around_the_text(space: str) -> None:
    assert first_word(f"{space}request{space}400{space}{space}") == ("request", "400")
    assert parse_amount(f"{space}400{space}dollars{space}") == 400 * NANOS


@pytest.mark.parametrize("space", [*LOOKS_LIKE_ONE, *LOOKS_LIKE_NONE])
def test_a_pasted_space_becomes_a_plain_one(space: str) -> None:
    assert spaced(f"for{space}evals") == "for evals"


@pytest.mark.parametrize("mark", UNSEEN_MARKS)
def test_marks_around_a_word_are_left_out(mark: str) -> None:
    assert first_word(f"{mark}request{mark} {mark}400{mark}\N{ZERO WIDTH SPACE}{mark}") == ("request", "400")
    assert parse_amount(f"{mark}400{mark}") == 400 * NANOS


def test_marks_within_a_word_stay_with_its_script() -> None:
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert spaced(f"for {family} evals") == f"for {family} evals"


@pytest.mark.parametrize("end", LINE_ENDS)
def test_a_reason_keeps_its_lines(end: str) -> None:
    assert checked_reason(f"evals{end}of October") == "evals\nof October"


@pytest.mark.parametrize("space", SPACES)
def test_a_reason_of_spaces_alone_is_empty(space: str) -> None:
    with pytest.raises(FieldRefusal, match="Write in a few words"):
        checked_reason(space * 3)


def test_a_joined_emoji_stays_one() -> None:
    assert spaced("for the 👩\N{ZERO WIDTH JOINER}💻 team") == "for the 👩\N{ZERO WIDTH JOINER}💻 team"


def test_a_space_within_an_amount_is_refused_whatever_kind_it_is() -> None:
    for space in (" ", "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}"):
        with pytest.raises(Refusal, match="not an amount"):
            parse_amount(f"1{space}000")


def test_files_that_people_write_are_read_with_any_space() -> None:
    space, unseen = "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}"
    file = read_teams_file(
        f"organisation: {{name: Acme,{space}currency: USD, timezone: Europe/London}}\n"
        f"teams:\n{space}{space}-{space}slug: search{unseen}\n    name: Search\n    managers: [ben@acme.test{space}]\n"
    )
    (line,) = read_people_file(f"email,team\nanna@acme.test{unseen},{space}search\n")

    assert (file.teams[0].slug, file.teams[0].managers) == ("search", ["ben@acme.test"])
    assert (line.email, line.team) == ("anna@acme.test", "search")
