"""A team's channels: which id a reference means, and whether posting is allowed. Shared channels are paused."""

from datetime import datetime
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import Message
from bot.org.alert_settings import Destination, DestinationState, MessageRoute
from bot.org.teams import Directory, Team
from bot.periods import micros
from bot.refusals import FieldRefusal, Refusal
from bot.views.org.channels import channel_paused_message, destination_paused_message
from handlers.context import Context
from handlers.slack.away import is_slack_away
from handlers.slack.client import error_name
from storage.outbox import copy_key
from storage.store import Transaction

log = structlog.get_logger()


def route_of(team: Team, route: MessageRoute = "", *, posted_in: str = "") -> str:
    """Returns the channel of a team's message; a posted message stays in the channel `posted_in`.

    A paused channel raises Refusal with the fault's name as text.
    """
    place = team.destination(route)
    if posted_in:
        place = next((known for known in team.destinations if known.ref == posted_in), place)
    if place.state == "paused":
        raise Refusal("team_channel_paused")
    return posted_in or place.ref


async def resolve_channels(context: Context) -> int:
    """Finds the ids of `#names` and checks whether linked channels still accept messages. Returns the number of changes.

    Queries Slack for each known channel by id, and lists channels only while a name is unresolved.
    """
    slack = context.slack
    if slack is None:
        return 0
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    linked = [team for team in directory.open_teams if team.channel_ref]
    unresolved = [team for team in linked if not team.channel_id]
    by_name = await _channels_by_name(context) if unresolved else {}
    changed = 0
    for team in linked:
        if team.channel_id:
            info = await _info(context, team.channel_id)
        else:
            info = by_name.get(team.channel_ref.lstrip("#"))
        if info is None:
            continue
        owner = directory.by_channel(info["id"])
        if owner is not None and owner.id != team.id and not owner.has_ended:
            log.warning("channel not linked", team=team.slug, channel=info["id"], because=f"{owner.slug} has it")
            continue
        state = _state_of(info)
        if (team.channel_id, team.channel_state) != (info["id"], state):
            changed += 1
            await set_channel(context, team.id, channel_id=info["id"], state=state)
    return changed + await _check_destinations(context, directory)


async def _check_destinations(context: Context, directory: Directory) -> int:
    """Checks whether separate channels for alerts or approvals still accept messages. Returns the number of changes."""
    changed = 0
    refs = {place.ref for team in directory.alert_teams for _, place in _separate_channels(team)}
    for channel_id in sorted(refs):
        info = await _info(context, channel_id)
        if info is not None:
            changed += await set_destinations(context, channel_id, state=_state_of(info))
    return changed


def _separate_channels(team: Team) -> list[tuple[MessageRoute, Destination]]:
    routes: tuple[MessageRoute, ...] = ("alerts", "approvals")
    own = (team.alerts.alerts_destination, team.alerts.approvals_destination)
    return [(route, place) for route, place in zip(routes, own, strict=True) if place is not None]


async def set_destinations(context: Context, channel_id: str, *, state: DestinationState) -> int:
    """Stores the state of a separate channel for each team that uses it. Notifies managers if it became shared. Returns
    the number of changes.
    """
    at = context.now_micros()
    changed = 0
    async with context.store.begin() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        for team in directory.alert_teams:
            for route, place in _separate_channels(team):
                if place.ref != channel_id or place.state == state:
                    continue
                changed += 1
                await tx.alert_settings.set_place(team.id, route, state=state)
                detail = {"channel": channel_id, "state": state, "for": route}
                subject = f"team:{team.id}"
                await tx.audit.record(at=at, actor_id=None, action="channel", subject=subject, detail=detail)
                if state == "paused":
                    key = f"paused:{team.id}:{route}:{at}"
                    people = directory.responsible_for(team)
                    await post_to_each(tx, people, destination_paused_message(team=team, route=route), key=key, at=at)
    return changed


async def require_postable(client: AsyncWebClient, field: str, channel_id: str) -> Destination:
    """Returns the channel as a destination. Raises FieldRefusal if it is shared, archived, or lacks the app."""
    try:
        info: dict[str, Any] = (await client.conversations_info(channel=channel_id))["channel"]
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        log.info("channel not read", channel=channel_id, error=repr(error))
        if is_slack_away(error):
            raise FieldRefusal(field, "Slack does not answer at the moment. Please try again in a minute.") from error
        raise FieldRefusal(field, "Tokens can't see that channel. Invite it there first: /invite @Tokens.") from error
    if _is_shared(info):
        raise FieldRefusal(field, "That channel is shared with another company. Choose one of your own alone.")
    if info.get("is_archived") or info.get("is_im") or info.get("is_mpim"):
        raise FieldRefusal(field, "Nothing can be posted there. Choose a channel that is in use.")
    if info.get("is_member") is False:
        raise FieldRefusal(field, "Tokens is not in that channel. Invite it there first: /invite @Tokens.")
    return Destination(ref=str(info["id"]), state="linked")


async def set_channel(context: Context, team_id: int, *, channel_id: str, state: str) -> None:
    """Stores the state of a team's channel, and notifies its managers once if it became shared."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        team = directory.by_id(team_id)
        await tx.teams.set_channel(team_id, channel_id=channel_id, state=state)
        await tx.audit.record(
            at=at,
            actor_id=None,
            action="channel",
            subject=f"team:{team_id}",
            detail={"channel": channel_id, "state": state},
        )
        if state == "paused" and team.channel_state != "paused":
            await _notify_managers(tx, directory, team, at=at)


async def _notify_managers(tx: Transaction, directory: Directory, team: Team, *, at: int) -> None:
    people = directory.responsible_for(team)
    await post_to_each(tx, people, channel_paused_message(team=team), key=f"paused:{team.id}:{at}", at=at)


async def post_to_each(tx: Transaction, people: frozenset[int], message: Message, *, key: str, at: int) -> None:
    for person_id in sorted(people):
        await tx.outbox.put(message, dedupe_key=copy_key(key, person_id), at=at, to_person_id=person_id)


async def _channels_by_name(context: Context) -> dict[str, dict[str, Any]]:
    slack = context.slack
    assert slack is not None
    channels: dict[str, dict[str, Any]] = {}
    cursor = ""
    for _ in range(50):
        answer = await slack.conversations_list(
            types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor
        )
        channels |= {str(channel["name"]): channel for channel in answer["channels"]}
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return channels


async def _info(context: Context, channel_id: str) -> dict[str, Any] | None:
    """Returns Slack's channel object, for a deleted channel or a private one without the bot an archived one. None if
    Slack does not say.
    """
    slack = context.slack
    assert slack is not None
    try:
        answer = await slack.conversations_info(channel=channel_id)
    except SlackApiError as error:
        fault = error_name(error)
        log.warning("channel not read", channel=channel_id, fault="Slack is away" if is_slack_away(error) else fault)
        return {"id": channel_id, "is_archived": True} if fault == "channel_not_found" else None
    channel: dict[str, Any] = answer["channel"]
    return channel


def _is_shared(info: dict[str, Any]) -> bool:
    """Returns whether another company is in the channel, or invited. Workspaces of one organisation may share it."""
    named = ("is_ext_shared", "is_pending_ext_shared", "pending_shared", "pending_connected_team_ids")
    return any(info.get(name) for name in named) or bool(info.get("is_shared") and not info.get("is_org_shared"))


def _state_of(info: dict[str, Any]) -> DestinationState:
    """Returns the state of a channel: shared, or archived or without the bot, so that Slack rejects messages, or fine."""
    if _is_shared(info):
        return "paused"
    return "broken" if info.get("is_archived") or info.get("is_member") is False else "linked"


async def require_unshared(context: Context, team: Team, channel_id: str) -> None:
    """Raises Refusal if a message stands in a channel that is no longer the team's and is now shared, or not to be seen.

    The states of the team's own channels are kept up to date; those of former ones are asked for.
    """
    if any(place.ref == channel_id for place in team.destinations):
        return
    info = await _info(context, channel_id)
    if info is None:
        raise Refusal("service_unavailable")  # tried again once Slack says
    if _is_shared(info):
        raise Refusal("team_channel_paused")


async def channel_changed(context: Context, event: dict[str, Any], *, now: datetime) -> None:
    """Handles Slack's events about a linked channel: shared, unshared, archived, unarchived, left, renamed."""
    channel = event.get("channel")
    channel_id = channel.get("id") if isinstance(channel, dict) else channel
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    states: dict[str, DestinationState] = {
        "channel_shared": "paused",
        "channel_unshared": "linked",
        "channel_archive": "broken",
        "channel_unarchive": "linked",
        "channel_left": "broken",
        "channel_deleted": "broken",
        "group_left": "broken",
        "group_archive": "broken",
        "group_unarchive": "linked",
    }
    state = states.get(str(event.get("type")))
    if state == "linked":  # an unarchived channel may still be shared; without an answer the next check opens it
        info = await _info(context, str(channel_id)) if context.slack is not None else None
        state = None if info is None else _state_of(info)
        if event.get("is_ext_shared"):
            state = "paused"
    if state is None:
        return
    if any(place.ref == channel_id for team in directory.alert_teams for _, place in _separate_channels(team)):
        await set_destinations(context, str(channel_id), state=state)
    team = directory.by_channel(str(channel_id))
    if team is not None and state != team.channel_state:
        log.info("channel changed", team=team.slug, state=state, at=micros(now))
        await set_channel(context, team.id, channel_id=str(channel_id), state=state)


EVENTS = (
    *("channel_shared", "channel_unshared", "channel_archive", "channel_unarchive", "channel_left", "channel_deleted"),
    *("group_left", "group_archive", "group_unarchive"),
)


def register(app: AsyncApp, context: Context) -> None:
    async def hear(event: dict[str, Any]) -> None:
        try:
            await channel_changed(context, event, now=context.now())
        except Exception as error:  # the listener boundary for events, which have no caller
            log.error("channel event failed", error=repr(error), exc_info=error)

    for name in EVENTS:
        app.event(name)(hear)
