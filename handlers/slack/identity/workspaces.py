"""The workspace that the app belongs to: asked of Slack at the start, kept, and asked again every hour."""

import asyncio
import time

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.org.workspaces import Workspace
from handlers.context import Context

log = structlog.get_logger()

FRESH_SECONDS = 3600.0
_AGAIN_SECONDS = 60.0
_PATIENCE_SECONDS = 1.5
"""Slack takes an answer for three seconds only, and the look-up of the caller needs some of them."""


async def home_workspace(context: Context, client: AsyncWebClient) -> Workspace | None:
    """Returns the app's workspace, or None if Slack has not said it yet. An old answer is renewed in the background."""
    known = context.workspace
    if known is None:
        return await ask_workspace(context, client)
    if time.monotonic() - context.workspace_asked_at > FRESH_SECONDS:
        context.workspace_asked_at = time.monotonic()
        context.workspace_renewal = asyncio.create_task(ask_workspace(context, client))
    return known


async def ask_workspace(context: Context, client: AsyncWebClient) -> Workspace | None:
    """Asks Slack which workspace the app's token belongs to. Without an answer the last one stays."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer = await client.auth_test()
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("workspace not looked up", error=repr(error))
        return context.workspace
    found = Workspace.of(answer.data if isinstance(answer.data, dict) else {})
    if found is None:
        log.warning("Slack names no workspace for the bot token")
        return context.workspace
    context.workspace, context.workspace_asked_at = found, time.monotonic()
    return found


async def app_id_of(context: Context, client: AsyncWebClient) -> str:
    """Returns the app's own id, by which links open its Home; "" if Slack does not say it. It is asked once, and again a
    minute after a failure."""
    workspace = context.workspace
    if context.app_id or workspace is None or not workspace.bot_user_id:
        return context.app_id
    if time.monotonic() - context.app_id_asked_at < _AGAIN_SECONDS:
        return ""
    context.app_id_asked_at = time.monotonic()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer = await client.users_info(user=workspace.bot_user_id)
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("app id not looked up", error=repr(error))
        return ""
    user = answer.data.get("user") if isinstance(answer.data, dict) else None
    profile = user.get("profile") if isinstance(user, dict) else None
    context.app_id = str((profile or {}).get("api_app_id") or "")
    return context.app_id
