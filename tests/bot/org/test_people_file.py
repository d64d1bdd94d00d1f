"""people.csv: every fault has its line and column, and valid lines are read exactly."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.org.people_file import PersonLine, read_people_file, read_text, team_by_manager, team_faults
from bot.periods import day_number
from bot.refusals import ConfigError

HEAD = "email,aliases,team,manager,from\n"


def line(number: int = 2, **changed: object) -> PersonLine:
    facts: dict[str, object] = {"email": "anna@acme.test", "aliases": (), "team": "", "manager": "", "from_day": None}
    return PersonLine(number=number, **{**facts, **changed})  # type: ignore[arg-type]  # a table's values


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read_people_file(text)
    return str(refused.value).splitlines()


def test_a_line_is_read_with_its_spellings_folded() -> None:
    text = (
        HEAD
        + ' Anna@Acme.test , U-17 ;anna.b; u-17;;anna@acme.test,Search,BEN@acme.test,2026-11-01\n"emi@acme.test"\n\n'
    )
    found = read_people_file(text)

    assert found == [
        line(
            aliases=("u-17", "anna.b"),
            team="search",
            manager="ben@acme.test",
            from_day=day_number(date(2026, 11, 1)),
        ),
        line(3, email="emi@acme.test"),
    ]


def test_columns_may_be_left_out_and_stand_in_any_order() -> None:
    assert read_people_file("Team,EMAIL\r\nsearch,anna@acme.test\r\n") == [line(team="search")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the column email is missing; there are: email, aliases, team, manager, from"),
        ("mail,team\n", "line 1: 'mail' is no column; there are: email, aliases, team, manager, from"),
        ("email,team,team\n", "line 1: the column team is there twice"),
        (HEAD + "anna,,search,,\n", "line 2, email: 'anna' is no e-mail address"),
        (HEAD + ",u-17,search,,\n", "line 2, email: is empty"),
        (HEAD + "a\x00b@acme.test,,,,\n", "line 2, email: 'a\\x00b@acme.test' is no e-mail address"),
        (HEAD + "\nanna@acme.test,,search,ben,\n", "line 3, manager: 'ben' is no e-mail address"),
        (HEAD + "anna@acme.test,,search,anna@acme.test,\n", "line 2, manager: nobody is their own manager"),
        (HEAD + "anna@acme.test,,search,,1.11.2026\n", "line 2, from: '1.11.2026' is no date like 2026-11-01"),
        (
            HEAD + "anna@acme.test,,,,2026-11-01\n",
            "line 2, from: is the day on which a team begins, and the line names neither team nor manager",
        ),
        (
            HEAD + "anna@acme.test,a,b,search,,\n",
            "line 2: has 6 values under 5 columns; is a comma in one of them?",
        ),
        (
            HEAD + "anna@acme.test,u-17,,,\nemi@acme.test,U-17,,,\n",
            "line 3, aliases: 'u-17' is an alias of anna@acme.test on line 2",
        ),
        (
            HEAD + "anna@acme.test,emi@acme.test,,,\nemi@acme.test,,,,\n",
            "line 2, aliases: 'emi@acme.test' is the e-mail of line 3",
        ),
        (
            HEAD + "anna@acme.test,,search,,\nAnna@acme.test,,mobile,,\n",
            "line 3, email: is on line 2 already, with the same date",
        ),
    ],
)
def test_a_fault_names_its_line_and_column(text: str, said: str) -> None:
    assert said in faults(text)


def test_up_to_fifty_faults_are_listed_at_once() -> None:
    said = faults(HEAD + "nobody,,,,\n" * 60)

    assert said[0] == "line 2, email: 'nobody' is no e-mail address"
    assert len(said) == 51
    assert said[-1] == "and 69 faults more"  # each line's e-mail, and every second one's being there twice


def test_a_file_in_another_encoding_is_refused_with_its_line() -> None:
    assert read_text("\ufeffemail".encode()) == "email"
    with pytest.raises(ConfigError, match=r"^line 2: is not UTF-8"):
        read_text("email\nJürgen@acme.test".encode("latin-1"))


def test_a_team_that_does_not_exist_is_named_with_the_one_that_was_meant() -> None:
    said = team_faults([line(team="serch"), line(3, team="x"), line(4, team="search")], ["search", "mobile"])

    assert said == [
        "line 2, team: there is no team 'serch'; did you mean search?",
        "line 3, team: there is no team 'x'; `tokens teams list` shows them",
    ]


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (("search", ""), "search"),
        (("", "b"), "mobile"),
        (("", "c"), "data"),
        (("", "x"), ""),
        (("", "y"), ""),
    ],
)
def test_somebody_without_a_team_is_in_their_managers(chain: tuple[str, str], expected: str) -> None:
    lines = {
        "b": line(email="b", team="mobile"),
        "c": line(email="c", manager="d"),
        "x": line(email="x", manager="z"),
        "y": line(email="y", manager="anna@acme.test"),
        "anna@acme.test": line(manager="y"),
    }
    own = line(team=chain[0], manager=chain[1])

    assert team_by_manager(own, lines, {"d": "data"}) == expected


@given(st.text())
@example('email\n"')
@example("email\n\x00")
@example("email,from\na@b.c,0000-00-00")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_people_file(text)
    except ConfigError:
        return
    assert all(one.email and one.number > 1 for one in found)
