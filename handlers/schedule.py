"""Scheduled jobs. Each queries the database for due work at this moment, and none relies on an earlier run."""

from collections.abc import Awaitable, Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from handlers.alerting.delivery_updates import update_deliveries
from handlers.alerting.expectations import close_expectations
from handlers.alerting.key_owners import notify_owners
from handlers.alerting.part_alerts import watch_parts
from handlers.alerting.person_limits import warn_people
from handlers.alerting.reactions.snoozes import wake_snoozed
from handlers.books.chargeback import spread_closed
from handlers.books.commitments.kept_holds import keep_holds
from handlers.books.commitments.transfers import lapse_transfers
from handlers.books.gatekeeping.sweeping import end_reservations
from handlers.books.granting.grants import end_grants
from handlers.books.periods import keep_books
from handlers.books.removals import remove_old_events
from handlers.books.statements.sealing import seal_statements
from handlers.context import Context
from handlers.costs.prices import compare_prices, notify_unpriced, reprice_due
from handlers.crosschecks.gateways import notify_blocked, watch_gateways
from handlers.crosschecks.health_alerts import watch_routes, watch_sources
from handlers.crosschecks.observations import cross_check
from handlers.crosschecks.overlaps import find_overlaps
from handlers.crosschecks.unread_usage import watch_unread
from handlers.intake.old_keys import read_old_keys
from handlers.intake.reattributions import move_usage
from handlers.intake.totals import fold_totals
from handlers.intake.twins.pruning import delete_old_marks, delete_old_records
from handlers.reporting.canvases import update_canvases
from handlers.reporting.company_digests import post_due_company_digests
from handlers.reporting.digests import post_due_digests
from handlers.requests.asking.ask_forms import DRAFT_MICROS
from handlers.requests.increases.increase_requests import take_increase_requests
from handlers.requests.request_periods import carry_requests
from handlers.requests.rerouting import reroute_requests
from handlers.requests.waiting.emergencies import ask_about_emergencies
from handlers.requests.waiting.reminders import watch_waiting
from handlers.slack.away import waits_for_slack
from handlers.slack.channels import resolve_channels
from handlers.slack.identity.lookups import find_in_slack
from handlers.slack.reachability import check_people
from storage.faults import is_away, retry_conflicts

log = structlog.get_logger()

Job = Callable[[Context], Awaitable[object]]


@waits_for_slack
async def look_up_slack(context: Context) -> None:
    """Resolves the channels and people that teams.yml names by `#name` and e-mail, and finds those that are gone.

    Pending requests are then asked of the people who can decide them.
    """
    if context.slack is None:
        return
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    await find_in_slack(context, frozenset(person for _, person, _ in directory.roles))
    await check_people(context)
    await resolve_channels(context)
    await reroute_requests(context)


async def delete_old_requests(context: Context) -> int:
    """Deletes the remembered requests of Slack that are too old to be sent again, and forms that were not sent in a week. Returns
    the number of the former."""
    async with context.store.begin() as tx:
        await tx.request_drafts.remove_old(before=context.now_micros() - DRAFT_MICROS)
        return await tx.slack_requests.delete_old(now=context.now_micros())


def jobs(context: Context) -> tuple[tuple[str, Job, float], ...]:
    """Returns (name, job, seconds between runs) of every job."""
    pace = context.settings.schedule_seconds
    return (
        ("fold totals", fold_totals, pace),
        ("end grants", end_grants, pace),
        ("keep holds", keep_holds, max(pace, 60.0)),
        ("lapse transfers", lapse_transfers, max(pace, 60.0)),
        ("keep the books", keep_books, max(pace, 60.0)),
        ("seal statements", seal_statements, max(pace, 60.0)),
        ("spread shared cost", spread_closed, max(pace, 60.0)),
        ("end reservations", end_reservations, pace),
        ("carry requests", carry_requests, max(pace, 60.0)),
        ("remind of requests", watch_waiting, max(pace, 30.0)),
        ("ask about emergencies", ask_about_emergencies, max(pace, 60.0)),
        ("take increase requests", take_increase_requests, max(pace, 60.0)),
        ("move usage", move_usage, pace),
        ("read old keys", read_old_keys, max(pace, 60.0)),
        ("delete old marks of calls", delete_old_marks, max(pace, 300.0)),
        ("delete old records of calls", delete_old_records, max(pace, 600.0)),
        ("delete old requests", delete_old_requests, max(pace, 600.0)),
        ("remove old events", remove_old_events, max(pace, 3_600.0)),
        ("post digests", post_due_digests, pace),
        ("post company digests", post_due_company_digests, pace),
        ("keep canvases", update_canvases, max(pace, 60.0)),
        ("keep manners", update_deliveries, pace),
        ("look up Slack", look_up_slack, max(pace, 120.0)),
        ("cross-check sources", cross_check, max(pace, 3600.0)),
        ("find overlaps", find_overlaps, max(pace, 900.0)),
        ("tell whom a gateway's budget blocked", notify_blocked, pace),
        ("watch parts of budgets", watch_parts, pace),
        ("warn people of their limits", warn_people, pace),
        ("wake snoozed alerts", wake_snoozed, pace),
        ("tell owners of keys", notify_owners, pace),
        ("close expectations", close_expectations, pace),
        ("watch sources", watch_sources, max(pace, 120.0)),
        ("watch unread usage", watch_unread, max(pace, 60.0)),
        ("watch routes", watch_routes, max(pace, 60.0)),
        ("watch gateways", watch_gateways, max(pace, 120.0)),
        ("tell of unpriced models", notify_unpriced, max(pace, 60.0)),
        ("price again", reprice_due, pace),
        ("compare prices", compare_prices, 3_600.0),
    )


def create_schedule(context: Context) -> AsyncIOScheduler:
    """Returns a scheduler with all jobs. A missed run is made up for once."""
    schedule = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    for name, job, seconds in jobs(context):
        schedule.add_job(_guarded(name, job), "interval", args=[context], seconds=seconds, id=name)
    return schedule


async def run_due_jobs(context: Context) -> None:
    """Runs every job once: when a worker starts, and after the demo's clock jumps."""
    for name, job, _ in jobs(context):
        await _guarded(name, job)(context)


def _guarded(name: str, job: Job) -> Job:
    async def run(context: Context) -> None:
        try:
            await retry_conflicts(lambda: job(context))  # no job relies on an earlier run, so it can run again
        except Exception as error:  # a job's fault is logged; its next run retries
            trace = None if is_away(error) else error  # an unreachable database needs no stack trace
            log.error("job failed", job=name, error=repr(error), exc_info=trace)

    return run
