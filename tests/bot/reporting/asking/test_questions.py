"""Typed questions: each line means one thing, asks back, or names what is not understood; never another team's figures."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.reporting.asking.asked_teams import teams_to_ask_about
from bot.reporting.questions import AboutPeople, Choice, NotUnderstood, Question, Reading, named_team, read_question
from tests.bot.reporting.asking.typed_lines import ANNAS, COMMANDS, COMPANY, HIDDEN, OTHERS, PEOPLE, names_of


def shown(reading: Reading) -> str:
    """A reading in the words of the table."""
    if isinstance(reading, Question):
        return reading.typed
    if isinstance(reading, Choice):
        return f"{reading.about}: {' | '.join(option.typed for option in reading.options)}"
    if isinstance(reading, NotUnderstood):
        line = "" if reading.suggestion is None else f" -> {reading.suggestion.line}"
        return f"?{' '.join(reading.words)}{line}"
    return "people"


@pytest.mark.parametrize(("typed", "means"), ANNAS)
def test_what_a_member_types(typed: str, means: str) -> None:
    assert shown(read_question(typed, names_of("member"), commands=COMMANDS)) == means


@pytest.mark.parametrize(("who", "typed", "means"), OTHERS)
def test_what_others_type(who: str, typed: str, means: str) -> None:
    assert shown(read_question(typed, names_of(who), commands=COMMANDS)) == means


def test_the_table_is_long_enough() -> None:
    assert len(ANNAS) + len(OTHERS) >= 150


def test_a_channels_team_may_be_asked_about_by_everybody_there() -> None:
    here = names_of("outsider", channel_id="C0SEARCH")

    assert shown(read_question("search", here)) == "team:search"
    assert shown(read_question("search", names_of("outsider", channel_id="C0DATA"))) == "?search"


@pytest.mark.parametrize(
    ("typed", "means"), [(t, m) for t, m in ANNAS if m[:1] not in ("?", "") and ": " not in m and m != "people"]
)
def test_what_was_understood_reads_the_same_again(typed: str, means: str) -> None:
    assert shown(read_question(means, names_of("member"))) == means


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("channel_id", ["", "C0SEARCH", "C0HID", "C0NONE"])
def test_one_may_ask_about_the_teams_that_one_may_see_and_that_of_the_channel(who: str, channel_id: str) -> None:
    person_id = PEOPLE[who]
    asked = teams_to_ask_about(COMPANY, person_id, channel_id=channel_id)

    assert set(asked) == {
        team for team in COMPANY.real_teams if COMPANY.may_see(person_id, team) or team.is_at(channel_id)
    }


WORDS = sorted(
    {word for typed, _ in ANNAS for word in typed.split()}
    | {"team:", "tool:", '"', "“", "days:", "show:budget", "\x00"}
)


@given(
    typed=st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)),
    who=st.sampled_from(sorted(PEOPLE)),
)
@example(typed="team:hidden", who="member")
@example(typed="skunkworks last week", who="outsider")
@example(typed=" ".join(["october"] * 40), who="member")
def test_any_text_reads_and_never_as_a_team_that_the_person_may_not_see(typed: str, who: str) -> None:
    names = names_of(who)
    reading = read_question(typed, names, commands=COMMANDS)

    options = (reading,) if isinstance(reading, Question) else reading.options if isinstance(reading, Choice) else ()
    allowed = {*names.teams, *((names.company,) if names.company else ())}
    assert {option.team for option in options if option.team is not None} <= allowed
    assert named_team(typed, names) in (*allowed, None)
    if isinstance(reading, Choice):
        assert len(reading.options) >= 2
        assert len({option.typed for option in reading.options}) == len(reading.options)
    if isinstance(reading, NotUnderstood) and who != "finance":
        said = "" if reading.suggestion is None or reading.suggestion.is_command else reading.suggestion.line
        new = [word for word in said.split() if word not in typed.split()]
        assert HIDDEN.slug not in new
        assert HIDDEN.name.casefold() not in new


def test_about_people_is_one_answer_for_all() -> None:
    assert read_question("top people", names_of("finance")) == AboutPeople()
