"""Channels: which one a team's reference means, and whether it may be posted to. Shared ones are paused."""

from datetime import datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.periods import micros
from bot.refusals import Refusal
from bot.teams import Directory, Team
from bot.views.channels import channel_paused_message
from handlers.context import Context
from storage.store import Transaction

log = structlog.get_logger()


def route_of(team: Team) -> str:
    """The channel that a team's messages go to. A paused one raises Refusal, whose text is the fault's name."""
    if team.channel_state == "paused":
        raise Refusal("team_channel_paused")
    return team.channel_id or team.channel_ref


async def resolve_channels(context: Context) -> int:
    """Finds the ids behind `#names`, and looks whether linked channels may still be posted to. Returns how many changed.

    Asks Slack for each channel by id where it is known, and lists channels only while a name is unknown.
    """
    slack = context.slack
    if slack is None:
        return 0
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    linked = [team for team in directory.real_teams if team.channel_ref]
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
        state = "paused" if _is_shared(info) else "broken" if _is_closed(info) else "linked"
        if (team.channel_id, team.channel_state) != (info["id"], state):
            changed += 1
            await set_channel(context, team.id, channel_id=info["id"], state=state)
    return changed


async def set_channel(context: Context, team_id: int, *, channel_id: str, state: str) -> None:
    """Keeps what a team's channel is; when it became shared, its managers are told once."""
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
            await _tell_managers(tx, directory, team, at=at)


async def _tell_managers(tx: Transaction, directory: Directory, team: Team, *, at: int) -> None:
    people = directory.people_with("manager", team) or directory.finance
    message = channel_paused_message(team=team)
    for person_id in sorted(people):
        await tx.outbox.put(message, dedupe_key=f"paused:{team.id}:{at}:to:{person_id}", at=at, to_person_id=person_id)


async def _channels_by_name(context: Context) -> dict[str, dict[str, Any]]:
    slack = context.slack
    assert slack is not None
    found: dict[str, dict[str, Any]] = {}
    cursor = ""
    for _ in range(50):
        answer = await slack.conversations_list(
            types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor
        )
        found |= {str(channel["name"]): channel for channel in answer["channels"]}
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return found


async def _info(context: Context, channel_id: str) -> dict[str, Any] | None:
    slack = context.slack
    assert slack is not None
    try:
        answer = await slack.conversations_info(channel=channel_id)
    except SlackApiError as error:
        log.warning("channel not read", channel=channel_id, fault=error.response.get("error"))
        return None
    found: dict[str, Any] = answer["channel"]
    return found


def _is_shared(info: dict[str, Any]) -> bool:
    return bool(info.get("is_ext_shared") or info.get("is_pending_ext_shared"))


def _is_closed(info: dict[str, Any]) -> bool:
    """Archived, or the bot is not in it: then Slack refuses what is posted."""
    return bool(info.get("is_archived")) or info.get("is_member") is False


async def channel_changed(context: Context, event: dict[str, Any], *, now: datetime) -> None:
    """What Slack says about a channel that a team is linked to: shared, unshared, archived, unarchived, left, renamed."""
    channel = event.get("channel")
    channel_id = channel.get("id") if isinstance(channel, dict) else channel
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    team = directory.by_channel(str(channel_id))
    if team is None:
        return
    state = {
        "channel_shared": "paused",
        "channel_unshared": "linked",
        "channel_archive": "broken",
        "channel_unarchive": "linked",
        "channel_left": "broken",
        "channel_deleted": "broken",
        "group_left": "broken",
        "group_archive": "broken",
        "group_unarchive": "linked",
    }.get(str(event.get("type")))
    if state == "linked" and event.get("is_ext_shared"):
        state = "paused"  # unshared with one company, still shared with another
    if state is not None and state != team.channel_state:
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
        except Exception as error:  # the listener boundary for events, which have nobody to answer
            log.error("channel event failed", error=repr(error), exc_info=error)

    for name in EVENTS:
        app.event(name)(hear)
