"""One person under two names keeps everything, and an e-mail that goes to somebody else takes nothing along."""

import asyncio
import itertools

import pytest

from bot.org.people import Person
from handlers.context import Context, make_context
from handlers.intake.usage import Intake
from handlers.org.attribution_commands import explanations
from handlers.reporting.home import use_of
from storage.intake.booked_events import EventFilter
from tests.storage.conftest import Books

TEAMS = """
organisation: {name: Acme, currency: USD, timezone: UTC, funding: 100000, finance: [U04DORA], mode: govern}
teams:
  - {slug: search, name: Search, managers: [U03CAROL], members: [dora@acme.test], budget: {amount: 1000}}
  - {slug: ops, name: Ops, managers: [carol@acme.test], members: [bob@acme.test], budget: {amount: 100}}
"""
ROLES = {
    ("organisation", "finance", "U04DORA"),
    ("search", "member", "U04DORA"),
    ("search", "manager", "U03CAROL"),
    ("ops", "manager", "U03CAROL"),
}


async def slack_says(context: Context, slack_id: str, email: str) -> Person:
    """Slack describes somebody, whom a click or a look-up asked about."""
    async with context.store.begin() as tx:
        return await tx.people.ensure_from_slack(slack_id=slack_id, email=email, name=slack_id.title(), timezone="UTC")


async def roles(context: Context) -> set[tuple[str, str, str]]:
    """Returns (team, role, Slack id or e-mail) of everybody who has a role and is not Bob."""
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        people = await tx.people.by_ids({person for _, person, _ in directory.roles})
        slugs = {team.id: team.slug for team in directory.teams}
        held = {(slugs[team], role, people[person]) for team, person, role in directory.roles}
        assert all(people[person].id == person for _, person, _ in directory.roles), "a role of a merged record"
    ours = {"organisation", "search", "ops"}
    return {
        (team, role, p.slack_id or p.email) for team, role, p in held if team in ours and p.email != "bob@acme.test"
    }


async def calls_of(context: Context, slack_id: str) -> int:
    async with context.store.read() as tx:
        person = await tx.people.by_slack_id(slack_id)
        assert person is not None
        return (await use_of(await context.scope(tx), person)).month_calls


async def used(books: Books, number: int | str, user: str) -> str:
    """Books a call that names only its user, and returns how `explain` places it now."""
    answer = await books.takes(books.event(number, user=user, team=None))
    assert answer.accepted == 1, answer
    return await explained(books, number)


async def explained(books: Books, number: int | str) -> str:
    """Returns `team, by rule` of today's rules."""
    (lines,) = await explanations(books.context, f"req-{number}", source=None)
    return next(line for line in reversed(lines) if "by" in line)


DORA, CAROL = ("U04DORA", "dora@acme.test"), ("U03CAROL", "carol@acme.test")
STEPS = ("import", "use", "dora", "carol")


@pytest.mark.parametrize("order", list(itertools.permutations(STEPS))[::3])
async def test_roles_and_memberships_are_kept_in_whatever_order_people_are_met(
    books: Books, order: tuple[str, ...]
) -> None:
    for step in order:
        if step == "import":
            await books.imports(TEAMS)
        elif step == "use":
            await used(books, 1, "dora@acme.test")
        else:
            await slack_says(books.context, *(DORA if step == "dora" else CAROL))

    assert await roles(books.context) == ROLES
    assert await books.imports(TEAMS) == []
    assert await roles(books.context) == ROLES
    await used(books, 2, "Dora@Acme.test")
    rows = {row.event_id: row for row in await books.rows("usage_events")}
    assert rows["req-2"].rule == "user's team"
    assert await calls_of(books.context, "U04DORA") == 2


async def test_slack_may_name_somebody_first_and_their_e_mail_later(books: Books) -> None:
    await books.imports(TEAMS)
    await slack_says(books.context, "U04DORA", "")
    assert ("search", "member", "U04DORA") not in await roles(books.context)
    await slack_says(books.context, *DORA)
    await slack_says(books.context, "U04DORA", "")

    await slack_says(books.context, *CAROL)
    assert await roles(books.context) == ROLES
    assert await books.imports(TEAMS) == []


async def test_an_e_mail_that_moves_in_slack_makes_nobody_a_manager_until_the_file_is_imported_again(
    books: Books,
) -> None:
    await books.imports(TEAMS)
    await slack_says(books.context, *DORA)
    await slack_says(books.context, *CAROL)
    await slack_says(books.context, "U09EVE", "eve@acme.test")

    await slack_says(books.context, "U09EVE", "carol@acme.test")
    assert await roles(books.context) == ROLES
    said = await books.imports(TEAMS)
    assert sorted(said) == ["+ ops: manager carol@acme.test", "- ops: manager U03CAROL"]
    assert await roles(books.context) == ROLES - {("ops", "manager", "U03CAROL")} | {("ops", "manager", "U09EVE")}


async def test_an_account_that_takes_an_e_mail_nobody_was_met_by_gets_no_role_either(books: Books) -> None:
    await books.imports(TEAMS)
    eve = await slack_says(books.context, "U09EVE", "eve@acme.test")
    await used(books, 1, "carol@acme.test")
    await slack_says(books.context, "U09EVE", "carol@acme.test")

    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        assert directory.teams_of(eve.id) == ()
        holders = await tx.people.by_ids({p for _, p, role in directory.roles if role == "manager"})
    assert "carol@acme.test" in {person.name for person in holders.values()}, "the receipt still has a name to show"
    assert await calls_of(books.context, "U09EVE") == 0


@pytest.mark.parametrize("former", ["is told later", "has another e-mail first", "has another e-mail after"])
async def test_the_former_owner_of_an_e_mail_sees_nothing_of_the_new_one(books: Books, former: str) -> None:
    """Two processes: one books, and the other meets people. What the first remembers ends with the move."""
    await books.imports(TEAMS)
    await slack_says(books.context, *CAROL)
    await used(books, 1, "carol@acme.test")
    other = make_context(books.context.settings, books.context.clock)
    if former == "has another e-mail first":
        await slack_says(other, "U03CAROL", "carol.new@acme.test")
        await used(books, "between", "carol@acme.test")
    await slack_says(other, "U09EVE", "carol@acme.test")
    if former == "has another e-mail after":
        await slack_says(other, "U03CAROL", "carol.new@acme.test")
    await used(books, 2, "carol@acme.test")
    await used(books, 3, "CAROL@acme.test ")

    assert await calls_of(other, "U03CAROL") == 1
    assert await calls_of(other, "U09EVE") == (3 if former == "has another e-mail first" else 2)
    assert await roles(other) >= {("ops", "manager", "U03CAROL"), ("search", "manager", "U03CAROL")}
    await other.store.close()


async def test_an_e_mail_that_the_file_names_is_placed_by_the_file_whoever_has_it(books: Books) -> None:
    await books.imports(TEAMS)
    await slack_says(books.context, *DORA)
    await used(books, 1, "dora@acme.test")
    await slack_says(books.context, "U04DORA", "dora.new@acme.test")

    assert "search" in await used(books, 2, "dora@acme.test")
    assert "search" in await used(books, 3, "dora.new@acme.test")
    assert "search" in await explained(books, 1)
    assert await books.imports(TEAMS) == [], "she keeps what the file says, while nobody else has the e-mail in Slack"
    assert ("search", "member", "U04DORA") in await roles(books.context)


async def test_somebody_who_is_met_by_two_processes_at_once_is_one_person(books: Books) -> None:
    await books.imports(TEAMS)
    others = [make_context(books.context.settings, books.context.clock) for _ in range(2)]
    met = await asyncio.gather(*(slack_says(context, *DORA) for context in others for _ in range(5)))

    assert len({person.id for person in met}) == 1
    assert ("search", "member", "U04DORA") in await roles(books.context)
    for context in others:
        await context.store.close()


async def test_a_merged_record_is_read_as_the_person_it_became(books: Books) -> None:
    await books.imports(TEAMS)
    await used(books, 1, "dora@acme.test")
    async with books.context.store.read() as tx:
        record = (await tx.people.ids_of_emails(["dora@acme.test"]))["dora@acme.test"]
    dora = await slack_says(books.context, *DORA)
    async with books.context.store.read() as tx:
        page = await tx.booked_events.page(EventFilter(), limit=10)
        assert record != dora.id
        assert await tx.people.by_id(record) == dora
        assert {event.user for event in page.events} == {"dora@acme.test"}
        (row,) = await books.rows("usage_events")
        booked = await tx.quarantine.booked_event(row.source_id, row.key_hash, near=row.occurred_at)
        assert booked is not None
        assert booked.email == "dora@acme.test"


async def test_bookings_of_a_running_intake_follow_a_move_of_another_process(books: Books) -> None:
    """The fast path remembers spellings for hours."""
    await books.imports(TEAMS)
    await slack_says(books.context, *CAROL)
    for number in range(3):
        await used(books, number, "carol@acme.test")
    other = make_context(books.context.settings, books.context.clock)
    second = Intake(other)
    second.start()
    await slack_says(other, "U09EVE", "carol@acme.test")
    await used(books, 4, "carol@acme.test")
    await second.stop()

    assert (await calls_of(other, "U03CAROL"), await calls_of(other, "U09EVE")) == (3, 1)
    await other.store.close()
