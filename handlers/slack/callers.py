"""The caller of a Slack request: a member of the workspace, or an outsider who sees nothing."""

import time
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.org.people import Caller, Person
from bot.refusals import Refusal
from bot.views import blocks
from handlers.context import Context

log = structlog.get_logger()

FRESH_SECONDS = 300.0
_MOST_REMEMBERED = 20_000


async def find_caller(context: Context, body: dict[str, Any], client: AsyncWebClient) -> Person | None:
    """Returns the caller, or None for guests, strangers, bots and deactivated users.

    Slack is queried about each user once in five minutes; its answer joins the Slack id to the e-mail that senders use.
    """
    user_id = _user_id(body)
    if not user_id:
        return None
    team_id = _workspace_id(body)
    known = context.callers.get(user_id)
    if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
        known = await _ask_slack(context, client, user_id) or known
    if known is None:
        raise Refusal("Slack does not say who you are at the moment. Please try again in a minute.")
    user = known[1]
    if caller_of(user, team_id).is_outsider:
        return None
    return await _person_of(context, user)


async def _ask_slack(context: Context, client: AsyncWebClient, user_id: str) -> tuple[float, dict[str, Any]] | None:
    """Queries Slack about a user and caches the answer; None if Slack does not answer, so that the last answer stays
    valid.
    """
    try:
        answer = await client.users_info(user=user_id)
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("caller not looked up", user=user_id, error=repr(error))
        return None
    if len(context.callers) > _MOST_REMEMBERED:
        context.callers.clear()
    context.callers[user_id] = (time.monotonic(), answer["user"])
    return context.callers[user_id]


def caller_of(user: dict[str, Any], workspace_id: str) -> Caller:
    """Returns the caller of Slack's user object, as seen from a workspace."""
    home = str(user.get("team_id") or workspace_id)
    enterprise = (user.get("enterprise_user") or {}).get("teams") or []
    is_foreign = bool(workspace_id) and home != workspace_id and workspace_id not in enterprise
    return Caller(
        slack_id=str(user["id"]),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")) or is_foreign,
        is_bot=bool(user.get("is_bot")),
        is_deleted=bool(user.get("deleted")),
    )


def called(person: Person) -> str:
    """Returns a person's mention if Slack knows them, else their escaped name."""
    return blocks.mention(person.slack_id) if person.slack_id else blocks.name(person.name or person.email)


async def _person_of(context: Context, user: dict[str, Any]) -> Person:
    profile = user.get("profile") or {}
    email = str(profile.get("email") or "").strip().casefold()
    name = str(
        profile.get("display_name") or user.get("real_name") or profile.get("real_name") or user.get("name") or ""
    )
    timezone = str(user.get("tz") or "")
    async with context.store.read() as tx:
        known = await tx.people.by_slack_id(user["id"])
    if known and (known.name, known.timezone) == (name, timezone) and (not email or known.email == email):
        return known
    async with context.store.begin() as tx:
        return await tx.people.ensure_from_slack(slack_id=user["id"], email=email, name=name, timezone=timezone)


async def find_in_slack(context: Context, person_ids: frozenset[int]) -> int:
    """Looks up the Slack accounts of people whom an operator named by e-mail, so that they can receive messages."""
    if context.slack is None:
        return 0
    async with context.store.read() as tx:
        unknown = await tx.people.without_slack_id(person_ids)
    linked = 0
    for person in unknown:
        try:
            answer = await context.slack.users_lookupByEmail(email=person.email)
        except SlackApiError as error:
            if error.response.get("error") != "users_not_found":
                raise
            continue  # a person without an account does not stop the others
        await _person_of(context, answer["user"])
        linked += 1
    return linked


async def is_outsider(context: Context, slack_id: str) -> bool:
    """Returns whether a user is a guest, stranger, bot or deactivated; also true if Slack does not answer."""
    known = context.callers.get(slack_id)
    if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
        known = await _ask_slack(context, context.slack, slack_id) if context.slack is not None else None
    return known is None or caller_of(known[1], "").is_outsider


def _user_id(body: dict[str, Any]) -> str:
    user = body.get("user")
    event = body.get("event") or {}
    return str(body.get("user_id") or (user.get("id") if isinstance(user, dict) else "") or event.get("user") or "")


def _workspace_id(body: dict[str, Any]) -> str:
    """Returns the workspace that the app is installed in, from the request. Users of other workspaces are strangers."""
    team = body.get("team")
    authorizations = body.get("authorizations") or [{}]
    installed = authorizations[0].get("team_id")
    return str(installed or body.get("team_id") or (team.get("id") if isinstance(team, dict) else "") or "")
