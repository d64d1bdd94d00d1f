"""The people of a team that is set up: of its channel, of the form's menus, and those whom no menu shows."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.org.setting_up.zones import likely_zone
from bot.org.teams import Role, Team
from bot.refusals import FieldRefusal
from bot.views.blocks import MOST_SELECTED, name
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest
from handlers.slack.identity.lookups import find_member
from storage.store import Transaction

log = structlog.get_logger()

_PEOPLE_SECONDS = 0.7
"""How long the look-up of a channel's people may take: Slack opens a form within three seconds."""
_MOST_ASKED = 200


async def zone_of_channel(asked: SlackRequest) -> str:
    """Returns the zone of most people in the channel, as far as they are known, else the person's own."""
    ids: list[str] = []
    if asked.channel_id:
        try:
            async with asyncio.timeout(_PEOPLE_SECONDS):
                answer = await asked.client.conversations_members(channel=asked.channel_id, limit=_MOST_ASKED)
            ids = [str(one) for one in answer.get("members") or []]
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            log.info("channel's people not looked up", error=repr(error))
    async with asked.context.store.read() as tx:
        zones = await tx.people.zones_in_slack(ids)
        root = (await asked.context.rulebooks.current(tx)).directory.root.timezone
    return likely_zone(zones, otherwise=(asked.person.timezone, root))


async def chosen_people(asked: SlackRequest, block_id: str, chosen: Sequence[str]) -> frozenset[int]:
    """Returns the people of Slack ids. Raises FieldRefusal for guests, bots and people of other companies."""
    found = await asyncio.gather(*(find_member(asked.context, slack_id) for slack_id in chosen[:MOST_SELECTED]))
    outside = [slack_id for slack_id, person in zip(chosen, found, strict=False) if person is None]
    if outside:
        user = asked.context.callers[outside[0]][1]
        who = str(user.get("real_name") or user.get("name") or "Somebody here")
        words = f"{name(who)} is a guest, an app or from another company. Choose members of this workspace."
        raise FieldRefusal(block_id, words)
    return frozenset(person.id for person in found if person is not None)


async def slack_ids(scope: Scope, team: Team, role: Role) -> tuple[str, ...]:
    """Returns a team's people of a role who have a Slack account."""
    people = await scope.tx.people.by_ids(scope.directory.people_with(role, team))
    return tuple(sorted({one.slack_id for one in people.values() if one.slack_id}))


async def not_in_slack(scope: Scope, team: Team) -> list[str]:
    """Returns the people of any role of a team, or of the organisation, who have no Slack account."""
    roles: tuple[Role, ...] = ("manager", "member", "finance", "admin")
    ids = frozenset().union(*(scope.directory.people_with(role, team) for role in roles))
    people = await scope.tx.people.by_ids(ids)
    return sorted(one.email or one.name for one in people.values() if not one.slack_id)


async def with_unseen(scope: Scope, team: Team, chosen: Mapping[Role, frozenset[int]]) -> dict[Role, frozenset[int]]:
    """Returns the chosen people of each role with those whom no menu shows: people without a Slack account, and those beyond
    what a menu holds, stay."""
    kept: dict[Role, frozenset[int]] = {}
    for role, selected in chosen.items():
        people = await scope.tx.people.by_ids(scope.directory.people_with(role, team))
        shown = frozenset((await slack_ids(scope, team, role))[:MOST_SELECTED])
        kept[role] = selected | {person_id for person_id, one in people.items() if one.slack_id not in shown}
    return kept


async def references_of(tx: Transaction, people: Iterable[int]) -> list[str]:
    """Returns people as a file names them: by e-mail, else by Slack id."""
    found = await tx.people.by_ids(people)
    return sorted(person.email or person.slack_id for person in found.values() if person.email or person.slack_id)
