"""Keeps a canvas in each team's channel and the company's: creates it, edits it when figures changed, withdraws it.

Canvases are optional: without their scope nothing else is missing, and a try a day finds out when it was added.
"""

from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.books.budgets import Standing
from bot.periods import MICROS
from bot.reporting.canvases import (
    AWAY,
    AWAY_MICROS,
    LEASE_MICROS,
    NEVER,
    PACE_MICROS,
    UNAVAILABLE_MICROS,
    WITHDRAWAL,
    CanvasPage,
    CanvasPlace,
    CanvasWork,
    StoredCanvas,
    TeamCanvas,
    canvas_fault,
    canvas_places,
    canvas_work,
    resting_channels,
)
from bot.reporting.spans import Span
from bot.views.reporting.canvases import canvas_title, company_canvas, team_canvas
from handlers.books.standings import standing_of
from handlers.context import Context
from handlers.reporting.figures import parts_of, span_at
from handlers.reporting.subtree_reports import subtree_report
from handlers.scope import TeamScope
from handlers.slack.away import is_slack_away, waits_for_slack
from handlers.slack.client import error_name, without_retries

log = structlog.get_logger()

MOST_A_RUN = 20
"""Slack allows about 20 new canvases and 50 edits a minute."""


@waits_for_slack
async def update_canvases(context: Context) -> None:
    """Does what is due for canvases, within Slack's limits for a minute; the next run does the rest."""
    if context.slack is None:
        return
    slack = without_retries(context.slack)
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        stored = await tx.canvases.all()
    now = context.now_micros()
    due = canvas_work(canvas_places(directory), stored, resting=resting_channels(directory), now=now)
    for work in due[:MOST_A_RUN]:
        if not await _do(context, slack, work):
            return


async def _do(context: Context, slack: AsyncWebClient, work: CanvasWork) -> bool:
    """Does one piece of work; returns whether the run may go on."""
    team_id = work.place.team.id if work.place is not None else work.stored.team_id if work.stored is not None else 0
    doing = WITHDRAWAL if work.place is None else ""
    try:
        if work.place is None:
            assert work.stored is not None
            await _withdraw(context, slack, work.stored)
        elif await _claim(context, work.place, work.stored):
            await _show(context, slack, work.place, work.stored)
    except Exception as error:
        if isinstance(error, SlackApiError) and not is_slack_away(error):
            return await _put_off(context, team_id, error_name(error), doing=doing)
        if not is_slack_away(error):
            raise
        async with context.store.begin() as tx:
            await tx.canvases.wait(team_id, next_at=context.now_micros() + _pause(error), fault=AWAY)
        raise
    return True


def _pause(error: Exception) -> int:
    """Returns how long Slack asks to wait, in microseconds."""
    headers: Any = error.response.headers if isinstance(error, SlackApiError) else {}
    seconds = str((headers or {}).get("Retry-After", "")).strip()
    return max(AWAY_MICROS, int(seconds) * MICROS if seconds.isdigit() and len(seconds) < 6 else 0)


async def _put_off(context: Context, team_id: int, error: str, *, doing: str) -> bool:
    """Schedules the next try after Slack refused one; returns whether other canvases may be tried."""
    kind, now, fault = canvas_fault(error), context.now_micros(), f"{doing}{error}"
    async with context.store.begin() as tx:
        if kind == "workspace":
            await tx.canvases.wait_all(next_at=now + UNAVAILABLE_MICROS, fault=fault)
        else:
            pause = UNAVAILABLE_MICROS if kind == "channel" else PACE_MICROS
            await tx.canvases.wait(team_id, next_at=now + pause, fault=fault)
    log.info("canvas put off", fault=fault)
    return kind != "workspace"


async def _claim(context: Context, place: CanvasPlace, stored: StoredCanvas | None) -> bool:
    """Takes a canvas for this process. A new one is noted before it is created: a worker killed between finds it again."""
    now = context.now_micros()
    async with context.store.begin() as tx:
        return await tx.canvases.claim(
            place.team.id,
            place.channel,
            title=canvas_title(place.team.name),
            seen_next_at=None if stored is None else stored.next_at,
            until=now + LEASE_MICROS,
            at=now,
        )


async def _show(context: Context, slack: AsyncWebClient, place: CanvasPlace, stored: StoredCanvas | None) -> None:
    """Shows the figures of now: in a canvas that is there, or in a new one."""
    page = await page_of(context, place)
    next_at = context.now_micros() + PACE_MICROS
    team_id = place.team.id
    canvas_id = stored.canvas_id if stored is not None else ""
    if stored is not None and canvas_id:
        if (stored.shown, stored.title) == (page.shown, page.title):
            async with context.store.begin() as tx:
                await tx.canvases.edited(team_id, title=page.title, shown=page.shown, next_at=next_at)
            return
        try:
            await _edit(slack, canvas_id, page, old_title=stored.title)
        except SlackApiError as error:
            if canvas_fault(error_name(error)) != "gone":
                raise
            async with context.store.begin() as tx:
                await tx.canvases.lost(team_id, at=context.now_micros())
                if stored.made > 1:  # people deleted it twice
                    await tx.canvases.wait(team_id, next_at=NEVER, fault="deleted")
                    return
        else:
            async with context.store.begin() as tx:
                await tx.canvases.edited(team_id, title=page.title, shown=page.shown, next_at=next_at)
            return
    begun = stored if stored is not None and not stored.canvas_id else None
    canvas_id = await _find(slack, place.channel, begun.title, page.title) if begun is not None else ""
    if begun is not None and canvas_id:
        await _edit(slack, canvas_id, page, old_title=begun.title)
    else:
        canvas_id = await _create(slack, place.channel, page)
    try:  # before the note of its id: Slack away in between finds the canvas again, and tries once more
        await slack.api_call(
            "canvases.access.set",
            json={"canvas_id": canvas_id, "access_level": "read", "channel_ids": [place.channel]},
        )
    except SlackApiError as error:
        if is_slack_away(error):
            raise
        log.warning("canvas may be written by others", team_id=team_id, fault=error_name(error))
    async with context.store.begin() as tx:
        await tx.canvases.made(team_id, canvas_id=canvas_id, title=page.title, shown=page.shown, next_at=next_at)


async def _create(slack: AsyncWebClient, channel: str, page: CanvasPage) -> str:
    answer = await slack.canvases_create(
        title=page.title, channel_id=channel, document_content={"type": "markdown", "markdown": page.markdown}
    )
    return str(answer["canvas_id"])


async def _edit(slack: AsyncWebClient, canvas_id: str, page: CanvasPage, *, old_title: str) -> None:
    """Replaces the whole content, and the title if the team got another name. Slack takes one change per call."""
    content = {"type": "markdown", "markdown": page.markdown}
    await slack.canvases_edit(canvas_id=canvas_id, changes=[{"operation": "replace", "document_content": content}])
    if page.title != old_title:
        title = {"type": "markdown", "markdown": page.title}
        await slack.canvases_edit(canvas_id=canvas_id, changes=[{"operation": "rename", "title_content": title}])


async def _find(slack: AsyncWebClient, channel: str, *titles: str) -> str:
    """Returns the canvas in the channel's tabs that was created before its id could be stored, if there is one.

    It has the title that was noted, or that of now, if the team got another name in between.
    """
    answer = await slack.conversations_info(channel=channel)
    tabs = ((answer["channel"].get("properties") or {}).get("tabs")) or []
    for tab in tabs:
        if tab.get("type") == "canvas" and tab.get("label") in titles:
            return str((tab.get("data") or {}).get("file_id") or "")
    return ""


async def _withdraw(context: Context, slack: AsyncWebClient, canvas: StoredCanvas) -> None:
    """Deletes the canvas of a team whose figures don't belong into that channel any more. In a channel that is gone there is
    none to find."""
    canvas_id = canvas.canvas_id
    if not canvas_id:
        try:
            canvas_id = await _find(slack, canvas.channel, canvas.title)
        except SlackApiError as error:
            if canvas_fault(error_name(error)) != "channel":
                raise
    if canvas_id:
        try:
            await slack.api_call("canvases.delete", json={"canvas_id": canvas_id})
        except SlackApiError as error:
            if canvas_fault(error_name(error)) != "gone":
                raise
    async with context.store.begin() as tx:
        await tx.canvases.remove(canvas.team_id)
    log.info("canvas withdrawn", team_id=canvas.team_id)


async def page_of(context: Context, place: CanvasPlace) -> CanvasPage:
    """Returns the canvas of a place with the figures of one snapshot."""
    async with context.store.read() as tx:
        scope = (await context.scope(tx)).of_team(place.team)
        span = span_at(scope, place.team, "7d")
        if place.team.kind == "team":
            return team_canvas(await _team_canvas(scope, span), command=scope.command)
        report = await subtree_report(scope, [place.team], span, shows_preview=False)
        return company_canvas(
            report, name=place.team.name, at=scope.at, timezone=place.team.zone_on(scope.at), command=scope.command
        )


async def _team_canvas(scope: TeamScope, span: Span) -> TeamCanvas:
    standing: Standing = await standing_of(scope)
    tools = await parts_of(scope, [scope.team], span, "tool")
    waiting = await scope.tx.budget_requests.pending([scope.team.id])
    return TeamCanvas(standing=standing, at=scope.at, tools=tools, span=span, waiting=waiting)
