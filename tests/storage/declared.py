"""A small declared Acme for tests of the books, and queries about it."""

from bot.books.ledger import Balance
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.context import Context
from handlers.org.teams import import_teams
from storage.books import checks
from storage.store import Store


def teams_yml(
    *,
    funding: int | None = 1_000,
    search: int | str = 400,
    mobile: int = 0,
    zones: tuple[str, str] = ("UTC", "UTC"),
    starts: str = "",
) -> str:
    return f"""
organisation: {{name: Acme, funding: {"null" if funding is None else funding}, finance: [chloe@acme.test]}}
teams:
  - slug: search
    name: Search
    managers: [ben@acme.test]
    members: [anna@acme.test]
    timezone: {zones[0]}
    budget: {{amount: {search}{f", starts: {starts}" if starts else ""}}}
  - slug: mobile
    name: Mobile
    managers: [mia@acme.test]
    members: [emi@acme.test]
    timezone: {zones[1]}
    budget: {{amount: {mobile}}}
"""


async def declared(context: Context, text: str) -> None:
    await import_teams(context, read_teams_file(text), dry_run=False)


async def balance(context: Context, slug: str, *, at: int | None = None) -> Balance:
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        team = directory.by_slug(slug) or directory.root
        period = directory.period_at(team, at if at is not None else context.now_micros())
        root_id, unattributed_id = directory.root.id, directory.unattributed.id
        found = await tx.ledger.balances([(team.id, period)], root_id=root_id, unattributed_id=unattributed_id)
        return found[team.id]


async def person(context: Context, email: str) -> int:
    async with context.store.begin() as tx:
        return await tx.people.by_reference(email)


async def faults(store: Store) -> list[str]:
    async with store.read() as tx:
        return [fault async for fault in checks.faults(tx)]
