"""The caller of a Slack request: a member of the workspace, or an outsider who sees nothing."""

import asyncio
import time
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.org.people import Person
from bot.org.workspaces import Workspace, caller_of, names_user
from bot.refusals import Refusal
from handlers.context import Context
from handlers.slack.away import is_slack_away
from handlers.slack.identity.workspaces import home_workspace

log = structlog.get_logger()

FRESH_SECONDS = 300.0
_LOOKUP_SHARE = 0.6
"""The part of the time for an answer that looking up its caller may take."""
_MOST_REMEMBERED = 20_000
_INVISIBLE = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
"""Slack's answers about somebody whom the app can't see, as people of other companies: nobody of ours."""


async def find_caller(context: Context, body: dict[str, Any], client: AsyncWebClient) -> Person | None:
    """Returns the caller, or None for guests, people of other companies, bots and deactivated users.

    Slack is queried about each user once in five minutes; its answer joins the Slack id to the e-mail that senders use.
    The workspace that the app belongs to is never read from the request: in a channel shared between companies
    Slack names the other one there.
    """
    user_id = _user_id(body)
    if not user_id:
        return None
    known, workspace = await _look_up_in_time(context, client, user_id)
    if known is None or workspace is None:
        raise Refusal(
            "Slack does not say who you are at the moment, so nothing was done. Please try again in a minute."
        )
    user = known[1]
    if caller_of(user, workspace).is_outsider:
        return None
    return await _person_of(context, user, is_new=False)


async def _look_up_in_time(
    context: Context, client: AsyncWebClient, user_id: str
) -> tuple[tuple[float, dict[str, Any]] | None, Workspace | None]:
    """Returns what is known of a user and of the app's workspace, after a look-up that leaves time to answer Slack.

    A look-up that takes longer goes on, for the person's next try; until then who was known is known still.
    """
    known = context.callers.get(user_id)
    if known is None or context.workspace is None or time.monotonic() - known[0] > FRESH_SECONDS:
        asked = context.lookups.get(user_id)
        if asked is None:
            asked = context.lookups[user_id] = asyncio.create_task(_look_up(context, client, user_id))
            asked.add_done_callback(lambda task: _look_up_ended(context, user_id, task))
        await asyncio.wait({asked}, timeout=context.settings.slack_answer_seconds * _LOOKUP_SHARE)
        if asked.done():
            await asked
        return context.callers.get(user_id), context.workspace
    return known, await home_workspace(context, client)


async def _look_up(context: Context, client: AsyncWebClient, user_id: str) -> None:
    """Asks Slack about a user and stores what its new answer says of them, also if the request has ended meanwhile."""
    workspace = await home_workspace(context, client)
    answer = await _ask_slack(context, client, user_id)
    if answer is not None and workspace is not None and not caller_of(answer[1], workspace).is_outsider:
        await _person_of(context, answer[1], is_new=True)


def _look_up_ended(context: Context, user_id: str, task: asyncio.Task[None]) -> None:
    context.lookups.pop(user_id, None)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("caller not stored", user=user_id, error=repr(error))


async def _ask_slack(context: Context, client: AsyncWebClient, user_id: str) -> tuple[float, dict[str, Any]] | None:
    """Queries Slack about a user and caches the answer; None if Slack does not answer, so that the last answer stays
    valid.
    """
    try:
        user = (await client.users_info(user=user_id))["user"]
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        if not (isinstance(error, SlackApiError) and _fault(error) in _INVISIBLE):
            log.warning("caller not looked up", user=user_id, error=repr(error))
            return None
        user = {"id": user_id, "is_stranger": True}
    if not names_user(user):
        log.warning("caller not looked up", user=user_id, error="Slack named no user")
        return None
    if len(context.callers) > _MOST_REMEMBERED:
        context.callers.clear()
    context.callers[user_id] = (time.monotonic(), user)
    return context.callers[user_id]


def _fault(error: SlackApiError) -> str:
    """Returns the name of Slack's error; empty if the answer was not JSON."""
    data = error.response.data
    return str(data.get("error") or "") if isinstance(data, dict) else ""


async def _person_of(context: Context, user: dict[str, Any], *, is_new: bool) -> Person:
    """Returns the person of Slack's user object. Only a new answer changes what is stored: an e-mail may have gone to
    somebody else since an older one.
    """
    profile = user.get("profile") or {}
    email = str(profile.get("email") or "").strip().casefold()
    name = str(
        profile.get("display_name") or user.get("real_name") or profile.get("real_name") or user.get("name") or ""
    )
    timezone = str(user.get("tz") or "")
    async with context.store.read() as tx:
        known = await tx.people.by_slack_id(user["id"])
    is_same = known and (known.name, known.timezone) == (name, timezone) and (not email or known.email == email)
    if known and (is_same or not is_new):
        return known
    async with context.store.begin() as tx:
        return await tx.people.ensure_from_slack(slack_id=user["id"], email=email, name=name, timezone=timezone)


async def find_in_slack(context: Context, person_ids: frozenset[int]) -> int:
    """Looks up people whom an operator named: the Slack account of an e-mail, so that they can receive messages, and the
    e-mail of a Slack id, so that their usage is found. Returns the number of accounts found.

    Somebody of another company, a guest or a bot stays unlinked, whatever their e-mail is.
    """
    workspace = None if context.slack is None else await home_workspace(context, context.slack)
    if context.slack is None or workspace is None:
        return 0
    async with context.store.read() as tx:
        unknown = await tx.people.without_slack_id(person_ids)
        unnamed = await tx.people.without_email(person_ids)
    linked = 0
    for person in unnamed:
        said = await _ask_slack(context, context.slack, person.slack_id)
        if said is None:
            break  # the next run looks up the others
        if not caller_of(said[1], workspace).is_outsider:
            await _person_of(context, said[1], is_new=True)
    for person in unknown:
        try:
            answer = await context.slack.users_lookupByEmail(email=person.email)
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            if is_slack_away(error):
                log.warning("person not looked up", person=person.id, error=repr(error))
                break  # the next run looks up the others
            if not isinstance(error, SlackApiError) or _fault(error) != "users_not_found":
                raise
            continue  # a person without an account does not stop the others
        if not names_user(answer.get("user")) or caller_of(answer["user"], workspace).is_outsider:
            continue
        await _person_of(context, answer["user"], is_new=True)
        linked += 1
    return linked


async def find_member(context: Context, slack_id: str) -> Person | None:
    """Returns the person of a Slack id, stored if they are new; None for guests, bots, deactivated users and people of other
    companies. Raises Refusal if Slack does not answer."""
    if await is_outsider(context, slack_id):
        if slack_id in context.callers:
            return None
        raise Refusal("Slack does not answer at the moment, so nothing was done. Please try again in a minute.")
    return await _person_of(context, context.callers[slack_id][1], is_new=True)


async def is_outsider(context: Context, slack_id: str) -> bool:
    """Returns whether a user is a guest, of another company, a bot or deactivated; also true if Slack does not answer."""
    if context.slack is None:
        return True
    workspace = await home_workspace(context, context.slack)
    known = context.callers.get(slack_id)
    if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
        known = await _ask_slack(context, context.slack, slack_id)
    return known is None or workspace is None or caller_of(known[1], workspace).is_outsider


def _user_id(body: dict[str, Any]) -> str:
    user = body.get("user")
    event = body.get("event") or {}
    return str(body.get("user_id") or (user.get("id") if isinstance(user, dict) else "") or event.get("user") or "")
