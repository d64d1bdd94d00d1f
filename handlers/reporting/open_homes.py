"""Publishing Homes: when one is opened or turned, after what its person did in it, and when others changed what it shows."""

import asyncio

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.org.people import Person
from bot.refusals import Refusal
from bot.reporting.home_places import read_place
from bot.reporting.open_homes import OpenHome, content_of
from bot.views.reporting.home.home import home_view
from bot.views.reporting.home.pages import TURN_PAGE, turned_list
from handlers.context import Context
from handlers.reporting.home import home_of
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.away import is_slack_away
from handlers.slack.replies import AWAY
from storage.faults import DatabaseError

log = structlog.get_logger()

_LOOK_SECONDS = 5.0
"""How often a process with open Homes looks for what other processes changed."""
_GATHER_SECONDS = 0.5
"""How long it waits after a change for those that come with it."""
_BETWEEN_SECONDS = 0.7
"""The pause between two publishes of open Homes: Slack takes some hundred a minute."""


async def publish_home(context: Context, person: Person) -> None:
    """Builds a person's Home and publishes it. What another process published since the person looked is built again:
    no publish replaces something newer."""
    client = context.slack
    if client is None or not person.slack_id:
        return
    home = context.open_homes.of(person.id) or OpenHome(person=person, used_at=context.now_micros())
    async with home.lock:
        try:
            await _publish(context, client, home)
        except SlackApiError as error:
            if not home.hash or not is_hash_conflict(error):
                raise
            home.hash = ""
            await _publish(context, client, home)


async def _publish(context: Context, client: AsyncWebClient, home: OpenHome, *, if_changed: bool = False) -> bool:
    """Builds a Home from one snapshot and publishes it; with `if_changed` only if it shows something else. Returns whether
    it did."""
    async with context.store.read() as tx:
        changes = await tx.home_changes.latest()
        view = home_view(await home_of(await context.scope(tx), home.person, place=home.place))
    content = content_of(view)
    if if_changed and content == home.shown:
        home.changes = changes
        return False
    expected = {"hash": home.hash} if home.hash else {}
    answer = await client.views_publish(user_id=str(home.person.slack_id), view=view, **expected)
    home.hash, home.shown, home.changes = str((answer.get("view") or {}).get("hash") or ""), content, changes
    return True


def is_hash_conflict(error: SlackApiError) -> bool:
    data = error.response.data
    return isinstance(data, dict) and data.get("error") == "hash_conflict"


async def refresh_open_homes(context: Context) -> int:
    """Publishes the Homes opened lately that show something else by now. Returns how many.

    One that can't be built, or that Slack refuses, is logged and dropped until its person opens it again: it keeps no other
    from being shown. Raises what `is_slack_away` and the database's faults are.
    """
    client, homes = context.slack, context.open_homes
    listed = homes.lately(at=context.now_micros())
    if client is None or not listed:
        return 0
    async with context.store.read() as tx:
        changes = await tx.home_changes.latest()
    published = 0
    for home in listed:
        async with home.lock:
            if home.changes == changes:
                continue
            if published:
                await asyncio.sleep(_BETWEEN_SECONDS)
            try:
                published += await _publish(context, client, home, if_changed=True)
            except (DatabaseError, OSError):
                raise
            except Exception as error:
                if is_slack_away(error):
                    raise
                homes.drop(home.person.id)
                if not (isinstance(error, SlackApiError) and is_hash_conflict(error)):
                    log.error("home not refreshed", person=home.person.id, error=repr(error), exc_info=error)
    return published


async def refresh_homes_forever(context: Context) -> None:
    """Brings open Homes up to date soon after a change by this process, and a little later after one by another."""
    while True:
        try:
            await asyncio.wait_for(context.wake_homes.wait(), _LOOK_SECONDS)
        except TimeoutError:
            pass
        else:
            await asyncio.sleep(_GATHER_SECONDS)
        context.wake_homes.clear()
        try:
            await refresh_open_homes(context)
        except (SlackApiError, DatabaseError, OSError, *AWAY) as error:
            log.warning("open homes not refreshed", error=repr(error))
        except Exception as error:  # the loop is the process's only one
            log.error("open homes not refreshed", error=repr(error), exc_info=error)


async def show_home(asked: SlackRequest) -> None:
    """Publishes Home when it is opened, from its first pages."""
    event = asked.body.get("event") or {}
    if event.get("tab", "home") == "home":
        seen = str((event.get("view") or {}).get("hash") or "")
        asked.context.open_homes.opened(asked.person, at=asked.context.now_micros(), seen=seen)
        await asked.refresh_home()


async def turn_page(asked: SlackRequest) -> None:
    """Shows another page of one of Home's lists; the others stay on theirs."""
    action, value = asked.body["actions"][0], asked.value
    listed = turned_list(str(action.get("action_id") or ""))
    if listed is None or not asked.in_home or not value.isdecimal() or len(value) > 5:
        raise Refusal(asked.old_button)
    shown = asked.body["view"]
    place = read_place(str(shown.get("private_metadata") or "")).turned(listed, int(value))
    now = asked.context.now_micros()
    asked.context.open_homes.opened(asked.person, at=now, place=place, seen=str(shown.get("hash") or ""))
    await asked.refresh_home()


def register(app: AsyncApp, context: Context) -> None:
    app.event("app_home_opened")(answers(context, show_home))
    app.action(TURN_PAGE)(answers(context, turn_page))
