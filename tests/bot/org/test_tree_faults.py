"""Faults of a stored file: what is said of parents, channels and periods whose names would change their meaning."""

from dataclasses import replace

import pytest

from bot.org.teams import Directory, Team
from bot.org.tree.faults import calendar_faults, tree_faults
from bot.org.tree.lineages import ParentChange
from bot.org.tree.places import as_of, merged_into, next_change, successor
from bot.periods import Calendar, day_start, micros
from tests.bot.acme import ACME, PRODUCT, SEARCH, directory

DAY = 20_787
WEB = replace(SEARCH, id=40, slug="web", name="Web")


@pytest.mark.parametrize(
    ("before", "after", "names", "faulty"),
    [
        (Calendar(), Calendar(starts=(2, 1)), {"2026-11"}, ""),
        (Calendar(), Calendar(kind="quarter", starts=(2, 1)), {"2026-11", "2026-Q4", "2026"}, ""),
        (Calendar(), Calendar(starts=(2, 15)), {"2026-11"}, "2026-11 has entries of 2026-11-01 to 2026-11-30"),
        (Calendar(), Calendar(starts=(2, 15)), set(), ""),
        (
            Calendar(kind="year", starts=(2, 1)),
            Calendar(kind="year", starts=(4, 1)),
            {"FY2027"},
            "FY2027 has entries of 2026-02-01 to 2027-01-31, and would mean other days; keep 02-01",
        ),
        (
            Calendar(kind="year", starts=(2, 1)),
            Calendar(kind="year"),
            {"2026-11", "FY2027"},
            "FY2027 has entries of 2026-02-01 to 2027-01-31",
        ),
    ],
)
def test_a_calendar_changes_only_while_no_name_with_entries_changes_its_days(
    before: Calendar, after: Calendar, names: set[str], faulty: str
) -> None:
    found = calendar_faults(before, after, names)

    assert [line.startswith(f"organisation.fiscal_year_starts: {faulty}") for line in found] == (
        [True] if faulty else []
    )


def company(*teams: Team, changes: tuple[tuple[int, int, int], ...] = ()) -> Directory:
    return replace(directory(), teams=(ACME, *teams), parent_changes=tuple(ParentChange(*c) for c in changes))


def start_of(day: int, zone: str = "UTC") -> int:
    return micros(day_start(day, zone))


def test_a_team_moves_and_ends_at_midnight_of_its_own_zone() -> None:
    sydney = replace(SEARCH, timezone="Australia/Sydney", closed_day=DAY + 5)
    found = company(PRODUCT, sydney, WEB, changes=((30, 0, 20), (30, DAY, 10)))
    moves, ends = start_of(DAY, "Australia/Sydney"), start_of(DAY + 5, "Australia/Sydney")

    assert next_change(found, moves - 1) == moves
    assert [as_of(found, at).by_id(30).parent_id for at in (moves - 1, moves)] == [20, 10]
    assert next_change(found, moves) == ends
    assert [as_of(found, at).by_id(30).has_ended for at in (ends - 1, ends)] == [False, True]
    assert next_change(found, ends) is None
    assert as_of(found, ends).by_id(40).parent_id == 20


def test_who_follows_a_team_that_has_ended() -> None:
    merged = replace(SEARCH, merged_into_id=40, closed_day=DAY)
    again = replace(WEB, merged_into_id=50, closed_day=DAY + 1)
    last = replace(WEB, id=50, slug="all", closed_day=DAY + 2)
    found = company(PRODUCT, merged, again, last)

    slugs = []
    for day in (DAY - 1, DAY, DAY + 1, DAY + 2):
        then = as_of(found, start_of(day))
        slugs.append((successor(then, then.by_id(30)).slug, merged_into(then, then.by_id(30)).slug))
    assert slugs == [("search", "search"), ("web", "web"), ("all", "all"), ("product", "all")]

    closed = company(replace(PRODUCT, closed_day=DAY))
    then = replace(as_of(closed, start_of(DAY)), teams=(*as_of(closed, start_of(DAY)).teams, UNATTRIBUTED))
    assert successor(then, then.by_id(20)).slug == "unattributed"


UNATTRIBUTED = replace(ACME, id=11, slug="unattributed", kind="unattributed", parent_id=10)
ELSEWHERE = replace(SEARCH, channel_id="C0SEARCH", channel_ref="#search")


@pytest.mark.parametrize(
    ("teams", "fault"),
    [
        (
            (PRODUCT, replace(SEARCH, channel_ref="#a"), replace(WEB, channel_ref="A")),
            "teams[web].channel: A is the channel of search",
        ),
        (
            (PRODUCT, ELSEWHERE, replace(WEB, channel_ref="C0SEARCH")),
            "teams[web].channel: C0SEARCH is the channel of search",
        ),
        ((PRODUCT, replace(ELSEWHERE, closed_day=DAY), replace(WEB, channel_ref="#search")), ""),
        ((PRODUCT, SEARCH, WEB), ""),
        ((replace(PRODUCT, closed_day=DAY), SEARCH), "teams[product].closed: search is below it and goes on"),
        (
            (replace(PRODUCT, closed_day=DAY), replace(SEARCH, closed_day=DAY + 1)),
            "teams[product].closed: search is below",
        ),
        ((replace(PRODUCT, closed_day=DAY), replace(SEARCH, closed_day=DAY)), ""),
        (
            (replace(PRODUCT, closed_day=DAY, merged_into_id=40), SEARCH, replace(WEB, parent_id=10)),
            "teams[product].merged_into: search is below it and goes on",
        ),
    ],
)
def test_faults_of_the_stored_tree_name_the_field(teams: tuple[Team, ...], fault: str) -> None:
    found = tree_faults(company(*teams))

    assert [line.startswith(fault) for line in found] == ([True] if fault else [])


def test_many_levels_are_walked_without_recursion_and_a_former_slug_finds_its_team() -> None:
    chain = [replace(SEARCH, id=100 + n, slug=f"t{n}", parent_id=99 + n if n else 10) for n in range(3_000)]
    found = replace(company(*chain), former_slugs=(("old", 101), ("t5", 103)))

    assert len(found.subtree(found.root)) == 3_001
    assert len(found.ancestors(found.by_id(3_099))) == 3_000
    assert [found.by_slug(slug).id for slug in ("OLD", "t5", "t7") if found.by_slug(slug)] == [101, 105, 107]  # type: ignore[union-attr]
    assert found.by_slug("nobody") is None
