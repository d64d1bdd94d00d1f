"""The demo's two controls: a spike now, and Monday 09:00 now. Only `tokens demo` mounts them."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.clock import ShiftedClock
from bot.demo.company import spike_events
from bot.demo.history import book_events
from bot.demo.scenarios import LaterEvents
from bot.demo.spikes import SPIKE_CHANNEL
from bot.org.attribution import Source
from bot.periods import micros, zone
from bot.reporting.digests import next_digest
from handlers.context import Context
from handlers.intake.routes.endpoint import Denied, authenticate_key, problem
from handlers.intake.usage import Intake
from handlers.schedule import run_due_jobs
from handlers.watcher import watch_budgets


def create_controls(
    context: Context,
    intake: Intake,
    clock: ShiftedClock,
    *,
    opened_at: datetime,
    later: LaterEvents,
) -> APIRouter:
    """Returns the routes `POST /demo/spike` and `POST /demo/monday`, which need the demo's ingest key.

    `later` returns the usage between two moments.
    """
    controls = APIRouter()
    booked_until = opened_at

    async def catch_up(source: Source, until: datetime) -> None:
        """Books the usage since the demo opened, so that skipped days are not empty."""
        nonlocal booked_until
        await book_events(context, intake, source, later(booked_until, until))
        booked_until = until

    @controls.post("/demo/spike")
    async def make_spike(request: Request) -> JSONResponse:
        try:
            source, _ = await authenticate_key(request, context)
        except Denied as error:
            return problem(error.status, str(error))
        await book_events(context, intake, source, spike_events(now=context.now()))
        await watch_budgets(context)
        text = "Checkout's key ci-7 just ran away. Its alert comes here in a moment."
        return JSONResponse({"text": text, "now": context.now().timestamp(), "channel": SPIKE_CHANNEL})

    @controls.post("/demo/monday")
    async def jump_to_monday(request: Request) -> JSONResponse:
        try:
            source, _ = await authenticate_key(request, context)
        except Denied as error:
            return problem(error.status, str(error))
        directory = (await context.rulebooks.latest()).directory
        now = context.now()
        zones = {team.zone_on(micros(now)) for team in directory.open_teams}
        for monday in sorted({next_digest(now=now, zone_name=zone_name) for zone_name in zones}):
            clock.jump_to(monday)  # each zone has its own Monday at 09:00
            await catch_up(source, monday)
            await run_due_jobs(context)
        context.wake_watcher.set()
        local = monday.astimezone(zone(directory.root.zone_on(micros(monday))))
        text = f"It is {local:%A %d %B, %H:%M}. Every team has its digest, each from 09:00 in its own zone."
        return JSONResponse({"text": text, "now": context.now().timestamp()})

    return controls
