"""Sweeps: the search for spikes in all teams that are due, then their incidents one by one.

The result depends on the database alone: a sweep may run twice, on several machines, late, or by a wrong clock.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime

import structlog

from bot.alerting.expectations import Expectation
from bot.detection.detector.spike_hours import HISTORY_HOURS
from bot.detection.expected_parts import spend_part
from bot.detection.histories import SpendPart
from bot.detection.incident_measures import SweepContext
from bot.detection.sweeps import MAX_HOURS, RECENT_WINDOW_HOURS, SweepView, find_spiking_hours
from bot.periods import HOUR_MICROS, hour_of, micros
from handlers.alerting.expected_spend import expected_of
from handlers.alerting.spikes import follow_spikes
from handlers.context import Context
from handlers.detection.data_gaps import source_silences
from handlers.detection.double_reports import without_double_counts
from handlers.detection.histories import refresh
from handlers.detection.shared_rises import hold_shared_rise, shared_hours
from storage.faults import DatabaseError
from storage.store import Transaction

log = structlog.get_logger()

RECENT_HOURS = 49
"""The hours judged again if it is unknown which of them changed: two days and the open one."""
_USUAL_HOURS = 2
"""The open hour and the one before, of which usage came in after its end."""


async def sweep_spikes(context: Context, team_ids: Sequence[int], *, now: datetime) -> frozenset[int]:
    """Judges the hours of teams that are new or changed, and opens, edits and closes their incidents.

    Returns the teams for which that failed: they are judged again.
    """
    if not team_ids:
        return frozenset()
    this_hour = hour_of(micros(now))
    histories = context.histories
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        due = [team.id for team in directory.real_teams if team.id in set(team_ids)]
        first_hour = this_hour - HISTORY_HOURS + 1
        changed = await refresh(tx, histories, due, first_hour=first_hour)
        judged_at = await tx.histories.judged_at()
        running = await tx.alerts.running_teams("spike")
        silent = await source_silences(tx, from_hour=this_hour - RECENT_WINDOW_HOURS, this_hour=this_hour)
        expectations = await tx.expectations.since(first_hour * HOUR_MICROS)
        view = SweepView(
            this_hour=this_hour,
            excluded_spend=await _excluded_costs(tx, due, expectations, this_hour=this_hour, at=micros(now)),
            shared=await shared_hours(tx, directory.root.id, since_hour=first_hour),
            silent=[(s.from_hour, s.end_hour) for s in silent if s.end_hour is not None],
            expected=_expected(expectations, at=micros(now)),
            set_aside=await _set_aside(tx, due, expectations, at=micros(now)),
        )
    last_hours = {
        team_id: _hours_to_judge(
            this_hour,
            judged=hour_of(judged_at[team_id]) if team_id in judged_at else None,
            is_changed=team_id in changed,
            since=changed.get(team_id),
        )
        for team_id in due
    }
    found = await asyncio.to_thread(find_spiking_hours, histories, last_hours, view)
    once = await without_double_counts(context, found, view, running=running)
    if once is not None:
        view = once
        found = await asyncio.to_thread(
            find_spiking_hours, histories, {team_id: last_hours[team_id] for team_id in found}, view
        )
    held = await hold_shared_rise(context, found, view, running=running, now=now)
    if held is not None:
        view = held
        found = await asyncio.to_thread(
            find_spiking_hours, histories, {team_id: last_hours[team_id] for team_id in found}, view
        )
    sweep = SweepContext(histories=histories, view=view, silences=tuple(silent))
    failed = set()
    for team_id in sorted(found.keys() | (running & set(due))):
        try:
            async with context.store.begin() as tx:
                scope = (await context.scope(tx, now=now)).of_team_id(team_id)
                await follow_spikes(scope, found.get(team_id, []), sweep)
        except DatabaseError:
            raise  # no single team's fault: the next round tries again
        except Exception as error:  # noqa: BLE001  # one team's failure must not block the others
            log.error("spikes of a team not followed", team=team_id, error=repr(error))
            failed.add(team_id)
    return frozenset(failed)


def _hours_to_judge(this_hour: int, *, judged: int | None, is_changed: bool, since: int | None) -> int:
    """Returns the number of last hours to judge.

    The past of a team that was never judged is imported and raises no alert; neither does a change of over three days ago.
    """
    if judged is None:
        return _USUAL_HOURS
    if judged > this_hour:  # by a clock that was ahead
        return RECENT_HOURS
    hours = max(_USUAL_HOURS, this_hour - judged + 1)
    if is_changed and since is None:
        hours = max(hours, RECENT_HOURS)
    elif since is not None and since > this_hour - RECENT_WINDOW_HOURS:
        hours = max(hours, this_hour - since + 1)
    return min(hours, MAX_HOURS)


async def _excluded_costs(
    tx: Transaction, team_ids: Sequence[int], expectations: Sequence[Expectation], *, this_hour: int, at: int
) -> dict[int, dict[int, int]]:
    """Returns the cost by team and hour that needs no alert: moved, repriced or expected."""
    found: dict[int, dict[int, int]] = {}
    for team_id, brought in (
        await tx.adjustments.by_hour(team_ids, first_hour=this_hour - RECENT_WINDOW_HOURS)
    ).items():
        found[team_id] = {hour: nanos for hour, nanos in brought.items() if nanos > 0}
    for team_id in {expectation.team_id for expectation in expectations} & set(team_ids):
        own = [expectation for expectation in expectations if expectation.team_id == team_id]
        hours = found.setdefault(team_id, {})
        for hour, nanos in (await expected_of(tx, own, at=at)).items():
            hours[hour] = hours.get(hour, 0) + nanos
    return found


def _expected(expectations: Sequence[Expectation], *, at: int) -> dict[int, frozenset[SpendPart]]:
    """Returns the parts of each team that are expected to cost more now."""
    found: dict[int, frozenset[SpendPart]] = {}
    for expectation in expectations:
        part = spend_part(expectation.team_id, expectation.cause)
        if part is not None and expectation.is_in_force(at):
            found[part.team_id] = found.get(part.team_id, frozenset()) | {part}
    return found


async def _set_aside(
    tx: Transaction, team_ids: Collection[int], expectations: Sequence[Expectation], *, at: int
) -> dict[SpendPart, dict[int, int]]:
    """Returns what parts cost, by hour, while it was expected of them; detection judges the hours after it."""
    found: dict[SpendPart, dict[int, int]] = {}
    for expectation in expectations:
        part = spend_part(expectation.team_id, expectation.cause)
        if part is not None and expectation.is_over(at) and expectation.team_id in team_ids:
            own = found.setdefault(part, {})
            for hour, nanos in (await expected_of(tx, [expectation], at=at)).items():
                own[hour] = max(own.get(hour, 0), nanos)
    return found
