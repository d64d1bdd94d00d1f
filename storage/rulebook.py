"""The rulebook of the configuration's current version."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from bot.costs.price_book import PriceBook
from bot.costs.prices import prices_in_force
from bot.costs.pricing import Prices
from bot.costs.stored_documents import aliases_of, contracts_of
from bot.org.attendance.working_hours import hours_of
from bot.org.attribution import Attribution, Membership, TeamEnding
from bot.org.gateways import gateways_of
from bot.org.people import normalize_spelling
from bot.org.teams import Directory
from bot.org.tools import ToolRule, Tools
from bot.org.tree.places import as_of, next_change
from bot.org.workflows import workflows_of
from bot.periods import day_start, micros
from bot.requests.attendance.absences import away_words_of
from bot.requests.attendance.stand_ins import DECIDING_ROLES, Attendance, days_off_of
from bot.requests.emergencies import emergency_of
from bot.requests.policies import ApprovalRule, approvals_of, people_of
from bot.requests.waiting.reminders import waiting_rules_of
from bot.rulebook import Rulebook
from storage.store import Transaction


async def read_rulebook(tx: Transaction, book: PriceBook, *, at: int) -> Rulebook | None:
    """Returns the rulebook in force at a moment; None before the first import of teams."""
    latest = await tx.teams.directory()
    if latest is None:
        return None
    directory = as_of(latest, at)
    member_team: dict[int, int] = {}
    for team in directory.real_teams:
        for person_id in directory.people_with("member", team):
            member_team.setdefault(person_id, team.id)
    for team in directory.real_teams:
        for person_id in directory.people_with("manager", team):
            member_team.setdefault(person_id, team.id)
    memberships = await _memberships(tx, directory)
    belongs = {person: [m for m in own if m.from_at <= at] for person, own in memberships.items()}
    directory = replace(
        directory,
        roles=directory.roles | {(own[-1].team_id, person, "member") for person, own in belongs.items() if own},
        same_people=await tx.same_people.groups(),
    )
    spellings = await tx.people.team_spellings()
    team_of_user = {text: member_team[person] for text, person in spellings if person in member_team}
    for reference, team_id, _ in sorted(await tx.roles.team_references(), key=lambda named: named[2] != "member"):
        team_of_user.setdefault(normalize_spelling(reference), team_id)  # the file's word, whoever has the e-mail now
    tools, policy = await tx.config.document("tools"), await tx.config.document("policy")
    return Rulebook(
        version=await tx.config.version(),
        directory=directory,
        sources=await tx.keys.by_key(),
        attribution=Attribution(
            rules=await tx.attribution.rules(),
            team_ids={slug: team.id for slug, team in directory.teams_by_slug.items()},
            team_of_user=team_of_user,
            unattributed_id=directory.unattributed.id,
            memberships={text: memberships[person] for text, person in spellings if person in memberships},
            endings=_endings(directory),
        ),
        prices=Prices(
            book,
            prices_in_force(contracts_of(await tx.config.document("prices")), await tx.prices.set_prices()),
            aliases_of(await tx.config.document("models")),
        ),
        tools=Tools([ToolRule(name=t["name"], kind=t["kind"], **t["match"]) for t in tools or []]),
        workflows=workflows_of(
            await tx.config.document("workflows"), held=[hold.name for hold in await tx.holds.active()]
        ),
        approvals=await read_approvals(tx, policy, directory),
        emergency=emergency_of(policy),
        attendance=await _attendance(tx, directory, at=at),
        gateways=gateways_of(await tx.config.document("gateways")),
        ends_at=min((moment for moment in _changes(directory, memberships, at=at) if moment > at), default=None),
    )


async def _attendance(tx: Transaction, directory: Directory, *, at: int) -> Attendance:
    """Returns who is there to decide requests, and when."""
    policy, days_off = await tx.config.document("policy"), await tx.config.document("days_off")
    delegations = tuple(await tx.delegations.unfinished(at=at))
    deciders = {person for _, person, role in directory.roles if role in DECIDING_ROLES}
    return Attendance(
        hours=hours_of((policy or {}).get("working_hours")),
        days_off=days_off_of(days_off),
        absences=await tx.absences.all(at=at),
        delegations=delegations,
        away_words=away_words_of((policy or {}).get("away")),
        waiting=waiting_rules_of(policy),
        zones=await tx.people.zones_of(deciders.union(one.delegate_id for one in delegations)),
    )


async def read_approvals(
    tx: Transaction, policy: Mapping[str, Any] | None, directory: Directory
) -> tuple[ApprovalRule, ...]:
    """Returns the lines of a `policy` document, with the people and teams that it names."""
    named = people_of(policy)
    people = await tx.people.known_references(named) if named else {}
    return approvals_of(
        policy, people=people, team_ids={slug: team.id for slug, team in directory.teams_by_slug.items()}
    )


def _changes(directory: Directory, memberships: dict[int, list[Membership]], *, at: int) -> Iterator[int]:
    """Returns the moments at which people change teams, and the next one at which a team moves or ends."""
    yield from (membership.from_at for own in memberships.values() for membership in own)
    if (change := next_change(directory, at)) is not None:
        yield change


def _endings(directory: Directory) -> dict[int, TeamEnding]:
    """Returns when closed and merged teams end, and who takes their usage from then on."""
    found = {}
    for team in directory.real_teams:
        if team.closed_day is not None:
            ends_at = micros(day_start(team.closed_day, team.timezone))
            taker = team.merged_into_id or team.parent_id
            if taker is None or taker == directory.root.id:
                taker = directory.unattributed.id
            how: Literal["merged", "closed"] = "closed" if team.merged_into_id is None else "merged"
            found[team.id] = TeamEnding(ends_at, taker, f"{how}:{team.slug}")
    return found


async def _memberships(tx: Transaction, directory: Directory) -> dict[int, list[Membership]]:
    """Returns each person's teams, oldest first, from the start of the organisation's day."""
    found: dict[int, list[Membership]] = {}
    timezone = directory.root.timezone
    for person_id, from_day, team_id in await tx.people.teams_by_day():
        from_at = micros(day_start(from_day, timezone)) if from_day else 0
        found.setdefault(person_id, []).append(Membership(from_at, team_id))
    return found
