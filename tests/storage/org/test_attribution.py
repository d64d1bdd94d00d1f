"""Attribution rules: they keep their dates through every import, and claims outlive imports."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.org.attribution_rules import AttributionRule
from bot.periods import MICROS, day_number, day_start, micros
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML

KEY_12 = "  - {credential: key-12, team: search}\n"
LONDON = "Europe/London"


def with_lines(*lines: str) -> str:
    """Acme's file with other lines for key-12."""
    return TEAMS_YML.replace(KEY_12, "".join(f"  - {{credential: key-12, {line}}}\n" for line in lines))


async def dates(books: Books) -> list[tuple[str, int, int | None]]:
    """Returns (team, from, until) of key-12's rules, in order of time."""
    async with books.context.store.read() as tx:
        slugs = {t.id: t.slug for t in (await books.context.rulebooks.current(tx)).directory.teams}
        rules = [rule for rule in await tx.attribution.rules() if rule.pattern == "key-12"]
    return sorted(((slugs[r.team_id], r.from_at, r.until_at) for r in rules), key=lambda found: found[1])


def start_of(day: date) -> int:
    return micros(day_start(day_number(day), LONDON))


async def used(books: Books, number: int, *, ago: timedelta = timedelta(), **said: Any) -> str:
    """Books a call of key-12 without a user, and returns its team."""
    facts: dict[str, Any] = {"credential": "key-12", "team": None, "user": None, **said}
    answer = await books.takes(books.event(number, ago=ago, **facts))
    assert answer.accepted == 1, answer
    row = next(row for row in await books.rows("usage_events") if row.event_id == f"req-{number}")
    async with books.context.store.read() as tx:
        return (await books.context.rulebooks.current(tx)).directory.by_id(row.team_id).slug


async def test_while_nothing_is_booked_a_new_line_holds_for_all_times(books: Books) -> None:
    assert await dates(books) == [("search", 0, None)]
    assert await used(books, 1, ago=timedelta(days=90)) == "search"


async def test_a_changed_line_holds_from_now_on_and_late_events_go_by_the_rules_of_their_time(books: Books) -> None:
    await used(books, 1)
    books.context.clock.jump_to(books.context.now() + timedelta(days=2))  # type: ignore[attr-defined]  # a ShiftedClock
    at = books.context.now_micros()
    await books.imports(with_lines("team: mobile"))

    (first, second) = await dates(books)
    assert (first[0], first[1], second[0], second[2]) == ("search", 0, "mobile", None)
    assert first[2] == second[1]
    assert abs(second[1] - at) < 60 * MICROS
    assert await used(books, 2) == "mobile"
    assert await used(books, 3, ago=timedelta(days=1)) == "search"


async def test_a_new_line_takes_late_events_that_no_rule_of_their_time_knew(books: Books) -> None:
    await used(books, 1)
    await books.imports(TEAMS_YML.replace(KEY_12, f"{KEY_12}  - {{credential: key-77, team: mobile}}\n"))

    assert await used(books, 2, ago=timedelta(days=5), credential="key-77") == "mobile"
    assert await used(books, 3, ago=timedelta(days=5), credential="key-77", user="anna@acme.test") == "search"


async def test_a_dated_line_takes_the_place_of_the_old_one_at_its_date_even_in_the_past(books: Books) -> None:
    await used(books, 1)
    day = books.context.now().date() - timedelta(days=10)
    said = await books.imports(with_lines(f"team: mobile, from: {day}"))

    assert said == ["- attribution: credential key-12: search", f"+ attribution: credential key-12 from {day}: mobile"]
    assert await dates(books) == [("search", 0, start_of(day)), ("mobile", start_of(day), None)]
    assert await used(books, 2, ago=timedelta(days=8)) == "mobile"
    assert await used(books, 3, ago=timedelta(days=12)) == "search"
    assert await books.imports(with_lines(f"team: mobile, from: {day}")) == []


async def test_a_line_dated_ahead_lets_the_old_one_hold_until_then(books: Books) -> None:
    await used(books, 1)
    day = books.context.now().date() + timedelta(days=10)
    for lines in ((f"team: mobile, from: {day}",), ("team: search", f"team: mobile, from: {day}")):
        await books.imports(with_lines(*lines))
        assert await dates(books) == [("search", 0, start_of(day)), ("mobile", start_of(day), None)], lines

    await books.imports(TEAMS_YML)
    assert await dates(books) == [("search", 0, None)]


async def test_lines_with_dates_are_a_history_in_any_order(books: Books) -> None:
    lines = ("team: mobile, from: 2026-03-01", "team: search", "team: product, from: 2026-02-01")
    for file in (lines, lines[::-1]):
        await books.imports(with_lines(*file))

        assert await dates(books) == [
            ("search", 0, start_of(date(2026, 2, 1))),
            ("product", start_of(date(2026, 2, 1)), start_of(date(2026, 3, 1))),
            ("mobile", start_of(date(2026, 3, 1)), None),
        ]
    assert await books.imports(with_lines(*lines)) == []


async def test_a_dropped_line_ends_and_comes_back_as_a_new_one(books: Books) -> None:
    await used(books, 1)
    await books.imports(with_lines())
    ended = await dates(books)
    await books.imports(TEAMS_YML)
    again = await dates(books)

    assert ended[0][2] is not None
    assert again[0] == ended[0]
    assert again[1][0] == "search"
    assert again[1][1] >= ended[0][2]
    assert again[1][2] is None


async def claimed(books: Books, credential: str, slug: str, *, from_at: int) -> None:
    async with books.context.store.begin() as tx:
        team = (await books.context.rulebooks.current(tx)).directory.by_slug(slug)
        assert team is not None
        await tx.attribution.claim(credential, team.id, from_at=from_at)


async def test_a_claim_outlives_imports_and_a_line_goes_before_it(books: Books) -> None:
    since = books.context.now_micros() - 86_400 * MICROS
    await claimed(books, "key-77", "mobile", from_at=since)
    assert await books.imports(TEAMS_YML) == []
    assert await used(books, 1, credential="key-77") == "mobile"
    assert await used(books, 2, credential="key-77", ago=timedelta(days=3)) == "unattributed"

    await books.imports(TEAMS_YML.replace(KEY_12, f"{KEY_12}  - {{credential: key-77, team: search}}\n"))
    assert await used(books, 3, credential="key-77") == "search"
    await books.imports(TEAMS_YML)
    assert await used(books, 4, credential="key-77") == "mobile"


async def test_a_claim_counts_from_the_next_commit_on_for_who_remembered_the_old_rules(books: Books) -> None:
    assert await used(books, 1, credential="key-77") == "unattributed"
    await claimed(books, "key-77", "mobile", from_at=books.context.now_micros() - 60 * MICROS)

    assert await used(books, 2, credential="key-77") == "mobile"


@pytest.mark.parametrize(("at", "holds"), [(4, False), (5, True), (8, True), (9, False)])
def test_a_rule_holds_from_its_first_moment_until_before_its_last(at: int, holds: bool) -> None:
    assert AttributionRule(kind="tag", pattern="a", team_id=1, from_at=5, until_at=9).is_in_force(at) is holds


async def test_a_date_begins_where_the_organisations_day_does(books: Books) -> None:
    await books.imports(with_lines("team: mobile, from: 2026-07-01"))

    assert (await dates(books))[-1][1] == micros(datetime(2026, 6, 30, 23, tzinfo=UTC))
