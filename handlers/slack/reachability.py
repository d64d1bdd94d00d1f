"""Reachability of people: asks Slack about everybody with a role, and tells finance of a team without a manager."""

from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.org.people import Person
from bot.org.reachability import GonePerson, LostManagers
from bot.org.teams import Directory, Team
from bot.org.workspaces import Workspace, caller_of, names_user
from bot.periods import DAY_MICROS, MICROS
from bot.requests.attendance.absences import Absence, absence_of
from bot.views.org.reachability import lost_managers_message
from handlers.context import Context
from handlers.slack.callers import called
from handlers.slack.client import error_name
from handlers.slack.identity.workspaces import home_workspace
from handlers.slack.posts import post_to_people
from storage.store import Transaction

log = structlog.get_logger()

CHECKED_AT_ONCE = 40
"""People asked about in one run. Slack answers about a hundred such calls a minute, and clicks need them too."""
FRESH_MICROS = 300 * MICROS
_ROLES = ("manager", "finance", "admin")
_GONE = frozenset({"user_not_found", "users_not_found", "user_not_visible"})


async def check_people(context: Context, *, limit: int = CHECKED_AT_ONCE, among: frozenset[int] | None = None) -> int:
    """Asks Slack about the managers, finance, admins and delegates whose last check is longest ago: whether it reaches
    them, and whether their status says that they are away. Returns the changes.

    `among` limits it to some of them, and leaves out those who were checked within five minutes. Finance gets a message
    about each team whose managers are all unreachable now. A fault of Slack's own ends the run and changes nothing.
    """
    slack = context.slack
    workspace = None if slack is None else await home_workspace(context, slack)
    if slack is None or workspace is None:
        return 0
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        words = rulebook.attendance.away_words
        delegates = {one.delegate_id for one in rulebook.attendance.delegations}
        holders = delegates.union(person for _, person, role in rulebook.directory.roles if role in _ROLES)
        before = None if among is None else context.now_micros() - FRESH_MICROS
        asked = holders if among is None else holders & among
        ids = await tx.reachability.least_recent(asked, limit=limit, before=before)
        people = await tx.people.by_ids(ids)
    faults: dict[int, str] = {}
    absences: dict[int, Absence | None] = {}
    try:
        for person_id in ids:
            fault, user = await _look(slack, people[person_id], workspace)
            faults[person_id] = fault
            absences[person_id] = absence_of(user, words, at=context.now_micros())
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("people not checked", left=len(ids) - len(faults), error=repr(error))
    if not faults:
        return 0
    async with context.store.begin() as tx:
        at = context.now_micros()
        changed = await tx.reachability.record(faults, at=at)
        changed += await tx.absences.record(absences, at=at)
        await _notify_finance(tx, (await context.rulebooks.read(tx)).directory)
    if changed:
        log.info("people checked", changed=len(changed), unreachable=sum(map(bool, faults.values())))
        context.wake_outbox.set()
    return len(changed)


async def _look(slack: AsyncWebClient, person: Person, workspace: Workspace) -> tuple[str, dict[str, Any]]:
    """Returns why Slack does not reach a person, empty if it does, and the person as Slack describes them. Raises
    SlackApiError for all other faults."""
    try:
        if person.slack_id:
            answer = await slack.users_info(user=person.slack_id)
        elif person.email:
            answer = await slack.users_lookupByEmail(email=person.email)
        else:
            return "unknown", {}
    except SlackApiError as error:
        fault = error_name(error)
        if fault in _GONE:
            return fault, {}
        raise
    user = answer.get("user")
    if not names_user(user):
        raise aiohttp.ClientPayloadError("Slack named no user")
    caller = caller_of(user, workspace)
    if caller.is_deleted:
        return "deactivated", user
    return ("outsider" if caller.is_outsider else ""), user


async def lost_managers(tx: Transaction, directory: Directory) -> tuple[LostManagers, ...]:
    """Returns each team that names managers and has none whom Slack reaches, and finance if it has nobody left."""
    found = [
        await _lost(tx, directory, team, directory.people_with("manager", team), directory.responsible_for(team))
        for team in directory.real_teams
        if directory.has_lost_managers(team)
    ]
    if directory.finance and not directory.reachable(directory.finance):
        found.insert(0, await _lost(tx, directory, directory.root, directory.finance, frozenset()))
    return tuple(found)


async def _lost(
    tx: Transaction, directory: Directory, team: Team, gone: frozenset[int], instead: frozenset[int]
) -> LostManagers:
    people = await tx.people.by_ids(gone | instead)
    faults = await tx.reachability.unreachable()
    return LostManagers(
        team=team,
        gone=tuple(GonePerson(label=label_of(people[i]), fault=faults[i].fault) for i in sorted(gone)),
        instead=tuple(called(people[i]) for i in sorted(instead)),
    )


def label_of(person: Person) -> str:
    """Returns how a person is named outside of Slack: e-mail, else name, else Slack id."""
    return person.email or person.name or person.slack_id


async def _notify_finance(tx: Transaction, directory: Directory) -> None:
    """Stores one message per team and day on which its last manager became unreachable."""
    faults = await tx.reachability.unreachable()
    for lost in await lost_managers(tx, directory):
        named = directory.finance if lost.is_finance else directory.people_with("manager", lost.team)
        since = max(faults[person].since for person in named)
        key = f"managers-gone:{lost.team.id}:{since // DAY_MICROS}"
        message = lost_managers_message(lost)
        await post_to_people(tx, directory.reachable_finance, message, dedupe_key=key, at=since)
