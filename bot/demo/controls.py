"""The demo's two levers: a spike now, and Monday 09:00 now. Mounted by `tokens demo` alone."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.clock import ShiftedClock
from bot.demo.company import spike_events
from bot.org.attribution import Source
from bot.periods import zone
from bot.reporting.digests import next_digest
from bot.sources import SOURCES
from handlers.context import Context
from handlers.intake.sources import Denied, authenticate_key, problem
from handlers.intake.usage import Intake
from handlers.schedule import run_due_jobs
from handlers.watcher import watch_budgets

_BATCH = 1_000


async def book_events(context: Context, intake: Intake, source: Source, events: Sequence[dict[str, Any]]) -> int:
    """Books native events in batches and says how many were new."""
    accepted = 0
    for start in range(0, len(events), _BATCH):
        body = json.dumps(events[start : start + _BATCH]).encode()
        accepted += (await intake.book(SOURCES["cloudevents"](body, now=context.now()), source=source)).accepted
    return accepted


def create_controls(
    context: Context,
    intake: Intake,
    clock: ShiftedClock,
    *,
    opened_at: datetime,
    later: Callable[[datetime, datetime], Sequence[dict[str, Any]]],
) -> APIRouter:
    """`POST /demo/spike` and `POST /demo/monday`, for whoever has the demo's ingest key. `later` gives the usage between
    two moments."""
    levers = APIRouter()
    booked_until = opened_at

    async def catch_up(source: Source, until: datetime) -> None:
        """What the company used since the demo opened, so that time moved ahead is not empty."""
        nonlocal booked_until
        await book_events(context, intake, source, later(booked_until, until))
        booked_until = until

    @levers.post("/demo/spike")
    async def make_spike(request: Request) -> JSONResponse:
        try:
            source, _ = await authenticate_key(request, context)
        except Denied as error:
            return problem(error.status, str(error))
        await book_events(context, intake, source, spike_events(now=context.now()))
        await watch_budgets(context)
        text = "Checkout's ci-7 just ran away. The alert is in #team-checkout in a moment."
        return JSONResponse({"text": text, "now": context.now().timestamp()})

    @levers.post("/demo/monday")
    async def jump_to_monday(request: Request) -> JSONResponse:
        try:
            source, _ = await authenticate_key(request, context)
        except Denied as error:
            return problem(error.status, str(error))
        directory = (await context.rulebooks.latest()).directory
        zone_name = directory.root.zone_on(context.now_micros())
        monday = next_digest(now=context.now(), zone_name=zone_name)
        clock.jump_to(monday)
        await catch_up(source, monday)
        await run_due_jobs(context)
        context.wake_watcher.set()
        local = monday.astimezone(zone(zone_name))
        text = f"It is {local:%A %d %B, %H:%M}. Digests are on their way; teams in later zones get theirs at their own 09:00."
        return JSONResponse({"text": text, "now": context.now().timestamp()})

    return levers
