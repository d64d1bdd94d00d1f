"""Reads the rulebook of the configuration's present version."""

from typing import TYPE_CHECKING

from bot.attribution import Attribution
from bot.price_book import PriceBook
from bot.pricing import Prices
from bot.rulebook import Rulebook, approvals_of, contracts_of
from bot.tools import ToolRule, Tools

if TYPE_CHECKING:
    from storage.store import Transaction


async def read_rulebook(tx: "Transaction", book: PriceBook, *, at: int) -> Rulebook | None:
    """The rulebook in force at a moment; None before the first import of teams."""
    directory = await tx.teams.directory()
    if directory is None:
        return None
    member_team: dict[int, int] = {}
    for team in directory.real_teams:
        for person_id in directory.people_with("member", team):
            member_team.setdefault(person_id, team.id)
    for team in directory.real_teams:
        for person_id in directory.people_with("manager", team):
            member_team.setdefault(person_id, team.id)
    spellings = await tx.people.team_spellings()
    tools = await tx.config.document("tools")
    return Rulebook(
        version=await tx.config.version(),
        directory=directory,
        sources=await tx.keys.by_key(),
        attribution=Attribution(
            rules=await tx.teams.rules(at=at),
            team_ids={team.slug: team.id for team in directory.real_teams},
            team_of_user={text: member_team[person] for text, person in spellings if person in member_team},
            unattributed_id=directory.unattributed.id,
        ),
        prices=Prices(book, contracts_of(await tx.config.document("prices"))),
        tools=Tools([ToolRule(name=t["name"], kind=t["kind"], **t["match"]) for t in tools or []]),
        approvals=approvals_of(await tx.config.document("policy")),
    )
