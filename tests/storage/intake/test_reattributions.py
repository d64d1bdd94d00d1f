"""Past usage moves to its team by today's rules, by adjusting rows: once, on the right day, without alerts."""

import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.intake.reattributions import Move
from bot.periods import MICROS, date_of
from handlers.books.periods import keep_books
from handlers.intake.reattributions import move_usage, reattribute
from handlers.org.attribution_commands import explanations, reapply
from handlers.watcher import watch_budgets
from tests.storage.conftest import Books
from tests.storage.org.test_people_file import imports
from tests.support.company import TEAMS_YML

DOLLAR = 10**9


async def uses(books: Books, number: int, credential: str, *, ago: timedelta = timedelta(hours=1), **said: Any) -> None:
    facts = {"credential": credential, "team": None, "user": None, **said}
    answer = await books.takes(books.event(number, ago=ago, **facts))
    assert answer.accepted == 1, answer


async def claims(books: Books, credential: str, slug: str, *, ago: timedelta) -> int:
    """Adds the rule of a claim since some time ago; returns the moment."""
    from_at = books.context.now_micros() - int(ago.total_seconds()) * MICROS
    async with books.context.store.begin() as tx:
        team = (await books.context.rulebooks.current(tx)).directory.by_slug(slug)
        assert team is not None
        await tx.attribution.claim(credential, team.id, from_at=from_at)
    return from_at


async def moves(books: Books, *, days: int = 40, **asked: Any) -> list[tuple[str, str, int, int]]:
    """(from, to, calls, nanos) of a run of `reapply`."""
    since = books.context.now().date() - timedelta(days=days)
    async with books.context.store.read() as tx:
        slugs = {t.id: t.slug for t in (await books.context.rulebooks.current(tx)).directory.teams}
    found: list[Move] = await reapply(books.context, since=since, **asked)
    return [(slugs[m.from_team_id], slugs[m.to_team_id], m.calls, m.cost_nanos) for m in found]


async def spent(books: Books) -> dict[str, int]:
    """Nano-dollars by team, over all days."""
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        by_day = await tx.reports.by_day([t.id for t in directory.teams], first_day=0, end_day=10**6)
    sums: dict[str, int] = {}
    for (team_id, _), nanos in by_day.items():
        slug = directory.by_id(team_id).slug
        sums[slug] = sums.get(slug, 0) + nanos
    return {slug: nanos for slug, nanos in sums.items() if nanos}


async def test_past_usage_moves_once_and_the_books_agree(books: Books) -> None:
    for number in range(3):
        await uses(books, number, "ci-7", ago=timedelta(days=number), dollars=10)
    await uses(books, 8, "ci-7", ago=timedelta(days=20), dollars=5)
    await uses(books, 9, "other", dollars=7)
    await keep_books(books.context)
    await claims(books, "ci-7", "mobile", ago=timedelta(days=10))
    assert await moves(books, dry_run=True) == [("unattributed", "mobile", 3, 30 * DOLLAR)]
    assert await spent(books) == {"unattributed": 42 * DOLLAR}

    assert await moves(books) == [("unattributed", "mobile", 3, 30 * DOLLAR)]
    assert await spent(books) == {"unattributed": 12 * DOLLAR, "mobile": 30 * DOLLAR}
    assert await moves(books) == []
    assert await books.faults() == []
    await keep_books(books.context)
    assert await books.faults() == []
    assert len(await books.rows("usage_adjustments")) == 6


async def test_what_is_older_than_the_date_stays(books: Books) -> None:
    await uses(books, 1, "ci-7", ago=timedelta(days=3))
    await uses(books, 2, "ci-7", ago=timedelta(days=9))
    await claims(books, "ci-7", "mobile", ago=timedelta(days=30))

    assert await moves(books, days=5) == [("unattributed", "mobile", 1, DOLLAR)]


async def test_only_what_comes_to_a_team_or_leaves_it_moves_if_one_is_named(books: Books) -> None:
    await uses(books, 1, "a-1")
    await uses(books, 2, "b-1")
    await uses(books, 3, "c-1", user="anna@acme.test")
    for credential, slug in (("a-1", "search"), ("b-1", "mobile"), ("c-1", "mobile")):
        await claims(books, credential, slug, ago=timedelta(days=1))

    assert sorted(await moves(books, team="search")) == [
        ("search", "mobile", 1, DOLLAR),
        ("unattributed", "search", 1, DOLLAR),
    ]
    assert await moves(books) == [("unattributed", "mobile", 1, DOLLAR)]


async def test_what_moves_has_the_day_that_it_had_where_it_belongs(books: Books) -> None:
    """Half past eleven at night in London is the next day in Kolkata."""
    kolkata = TEAMS_YML.replace(
        "slug: mobile, name: Mobile,", "slug: ops, name: Ops, timezone: Asia/Kolkata}\n  - {slug: mobile, name: Mobile,"
    )
    await books.imports(kolkata)
    london = books.context.now().astimezone(ZoneInfo("Europe/London"))
    late = london.replace(hour=23, minute=30) - timedelta(days=2)
    await uses(books, 1, "ci-7", ago=books.context.now() - late)
    await claims(books, "ci-7", "ops", ago=timedelta(days=5))
    await moves(books)

    (event,) = await books.rows("usage_events")
    days = {row.calls: date_of(row.local_day) for row in await books.rows("usage_adjustments")}
    assert date_of(event.local_day) == days[-1]
    assert days[1] == days[-1] + timedelta(days=1)
    assert await books.faults() == []


async def test_a_person_whose_team_is_known_later_brings_their_past_however_they_were_spelled(books: Books) -> None:
    await uses(books, 1, "", user="U-17")
    await uses(books, 2, "", user="gil@acme.test")
    assert await imports(books, "gil@acme.test,u-17,mobile,,")

    assert await moves(books) == [("unattributed", "mobile", 2, 2 * DOLLAR)]


async def test_a_rule_for_users_knows_an_alias_too(books: Books) -> None:
    await uses(books, 1, "", user="svc-evals")
    since = books.context.now().date() - timedelta(days=3)
    rule = f"attribution:\n  - {{user: 'svc-*', team: mobile, from: {since}}}\n"
    await books.imports(TEAMS_YML.replace("attribution:\n", rule))

    assert await moves(books) == [("unattributed", "mobile", 1, DOLLAR)]


async def test_two_runs_at_once_move_the_same_once(books: Books) -> None:
    for number in range(30):
        await uses(books, number, "ci-7", ago=timedelta(hours=number))
    await claims(books, "ci-7", "mobile", ago=timedelta(days=10))

    both = await asyncio.gather(moves(books), moves(books))
    assert sum(calls for found in both for _, _, calls, _ in found) == 30
    assert await spent(books) == {"mobile": 30 * DOLLAR}
    assert await books.faults() == []


async def messages(books: Books) -> list[str]:
    return [row.body for row in await books.rows("outbox")]


async def test_moved_usage_crosses_no_line_aloud_and_new_usage_after_it_does(mid_month: Books) -> None:
    """Mobile has $500: $450 come to it, and then it uses $60 itself."""
    books = mid_month
    await uses(books, 1, "ci-7", dollars=450, ago=timedelta(minutes=5))
    await claims(books, "ci-7", "mobile", ago=timedelta(days=10))
    await moves(books)
    await watch_budgets(books.context)
    alerts = {(row.dedupe_key.split(":")[3], row.state) for row in await books.rows("alerts")}
    assert alerts == {("80", "silent")}
    (said,) = await messages(books)
    assert "since" in said
    assert "counts for Mobile now: 1 call, $450.00" in said

    await books.takes(books.event(2, team="mobile", user=None, dollars=60))
    await watch_budgets(books.context)
    alerts = {(row.dedupe_key.split(":")[3], row.state) for row in await books.rows("alerts")}
    assert alerts == {("80", "silent"), ("100", "open")}


async def test_what_a_team_crossed_by_itself_before_is_said_all_the_same(mid_month: Books) -> None:
    books = mid_month
    await books.takes(books.event(1, team="mobile", user=None, dollars=480))
    await uses(books, 2, "ci-7", dollars=450)
    await claims(books, "ci-7", "mobile", ago=timedelta(days=10))
    await moves(books)

    alerts = {(row.dedupe_key.split(":")[3], row.state) for row in await books.rows("alerts")}
    assert alerts == {("80", "open"), ("100", "silent")}


@pytest.mark.parametrize("is_moved", [True, False])
async def test_moved_usage_is_no_spike(books: Books, is_moved: bool) -> None:
    """The same dollars, once moved in and once used by the team itself."""
    for day in range(1, 15):
        await books.takes(books.event(f"d{day}", team="search", dollars=20, ago=timedelta(days=day)))
    for hour in range(6):
        who = {"team": None, "user": None} if is_moved else {"team": "search"}
        await books.takes(books.event(f"h{hour}", credential="ci-7", dollars=300, ago=timedelta(hours=hour), **who))
    await claims(books, "ci-7", "search", ago=timedelta(days=10))
    assert len(await moves(books)) == int(is_moved)
    await watch_budgets(books.context)

    kinds = {row.kind for row in await books.rows("alerts") if row.state == "open"}
    assert ("spike" in kinds) is not is_moved


async def test_a_team_that_loses_usage_hears_that_its_alert_is_untrue(mid_month: Books) -> None:
    books = mid_month
    await uses(books, 1, "ci-7", dollars=600, team="mobile")
    await watch_budgets(books.context)
    assert [row.closed_at for row in await books.rows("alerts") if row.state == "open"] == [None]
    await claims(books, "ci-7", "search", ago=timedelta(days=10))
    await moves(books)

    assert [row.closed_at is None for row in await books.rows("alerts") if row.state == "open"] == [False]
    assert any("turned out to be another team" in body for body in await messages(books))


async def test_a_run_that_was_broken_off_is_finished_by_the_clock_and_told_whole(books: Books) -> None:
    await uses(books, 1, "ci-7", dollars=3)
    from_at = await claims(books, "ci-7", "mobile", ago=timedelta(days=10))
    async with books.context.store.begin() as tx:
        team = (await books.context.rulebooks.current(tx)).directory.by_slug("mobile")
        assert team is not None
        await tx.reattributions.add(
            credential="ci-7",
            team_id=team.id,
            since_at=from_at,
            asked_by=None,
            at=books.context.now_micros(),
            is_taken=True,
        )
    await move_usage(books.context)
    assert await spent(books) == {"unattributed": 3 * DOLLAR}  # its first worker may still be running

    books.context.clock.jump_to(books.context.now() + timedelta(minutes=10))  # type: ignore[attr-defined]  # a ShiftedClock
    await move_usage(books.context)
    assert await spent(books) == {"mobile": 3 * DOLLAR}
    assert len(await messages(books)) == 1
    async with books.context.store.begin() as tx:
        assert await tx.reattributions.claim(at=books.context.now_micros() + 10**12) is None


async def test_a_team_is_told_once_however_often_a_run_is_done(books: Books) -> None:
    await uses(books, 1, "ci-7", dollars=3)
    from_at = await claims(books, "ci-7", "mobile", ago=timedelta(days=10))
    async with books.context.store.begin() as tx:
        root = (await books.context.rulebooks.current(tx)).directory.root
        work = await tx.reattributions.add(
            credential="",
            team_id=root.id,
            since_at=from_at,
            asked_by=None,
            at=books.context.now_micros(),
            is_taken=True,
        )
    for _ in range(2):
        await reattribute(books.context, work)

    assert len(await messages(books)) == 1
    assert [row.action for row in await books.rows("audit")].count("move usage") == 1


async def test_an_explanation_tells_what_was_asked_what_is_stored_and_what_todays_rules_say(books: Books) -> None:
    await uses(books, 1, "ci-7", user="anna@acme.test", tags=["env:prod"])
    (lines,) = await explanations(books.context, "req-1", source=None)
    text = "\n".join(lines)
    assert lines[0].startswith("Event req-1 of source gateway, ")
    assert "counts for search, by user's team, on " in text
    assert "  credential: ci-7" in text
    assert "  2. credential: ci-7: no hit" in text
    assert "  5. tags: env:prod: no hit" in text
    assert "user's team: anna@acme.test: search, by user's team" in text
    assert lines[-1] == "today's rules say the same team"

    await claims(books, "ci-7", "mobile", ago=timedelta(days=3))
    (lines,) = await explanations(books.context, "req-1", source="gateway")
    assert "2. credential: ci-7: mobile, by credential:ci-7, from " in "\n".join(lines)
    assert ", a claim" in "\n".join(lines)
    assert lines[-1].startswith("today's rules say mobile: `tokens attribution reapply --since ")

    await moves(books)
    (lines,) = await explanations(books.context, "req-1", source=None)
    text = "\n".join(lines)
    assert "booked: search, by user's team" in text
    assert "moved (reattribution:1): mobile, by credential:ci-7" in text
    assert lines[-1] == "today's rules say the same team"
