"""Histories of this process, kept up to date: for most teams the last two days are read again, for new ones all hours."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bot.books.charges import RECENT_HOURS
from bot.detection.histories import Histories, History, Ints, PartKind, first_difference
from storage.detection.histories import TeamChange
from storage.store import Transaction

_CHUNK = 50


async def refresh(
    tx: Transaction, histories: Histories, team_ids: Sequence[int], *, first_hour: int
) -> dict[int, int | None]:
    """Reads the teams' hours that changed since `first_hour`; returns the oldest changed hour by team, None for a new team.

    In one snapshot, by versions and hours; the result equals reading everything.
    """
    changes = await tx.histories.changes()
    to_read: list[tuple[int, int]] = []
    for team_id in team_ids:
        known, change = histories.teams.get(team_id), changes.get(team_id, TeamChange(0, 0, 0))
        if known is None or known.rewrites != change.rewrites or known.first_hour > first_hour:
            to_read.append((team_id, first_hour))
        elif known.version != change.version:
            to_read.append((team_id, max(first_hour, known.newest_hour - RECENT_HOURS)))
    found: dict[int, int | None] = {}
    for start in range(0, len(to_read), _CHUNK):
        chunk = to_read[start : start + _CHUNK]
        teams, hours, series, nanos = await tx.histories.hours(chunk)
        await _load(tx, histories, teams, series)
        order = np.lexsort((hours, teams))
        teams, hours, series, nanos = teams[order], hours[order], histories.places(series[order]), nanos[order]
        chunk_ids = [team_id for team_id, _ in chunk]
        begins, ends = (np.searchsorted(teams, chunk_ids, side=side).tolist() for side in ("left", "right"))
        for (team_id, from_hour), begin, end in zip(chunk, begins, ends, strict=True):
            fresh = History(
                first_hour=first_hour,
                **changes.get(team_id, TeamChange(0, 0, 0))._asdict(),
                hours=hours[begin:end].copy(),
                series=series[begin:end].copy(),
                nanos=nanos[begin:end].copy(),
            )
            before = histories.teams.get(team_id)
            if before is None:
                histories.teams[team_id], found[team_id] = fresh, None
                continue
            after = _joined(before, fresh, from_hour=from_hour, first_hour=first_hour)
            difference = first_difference(_since(before, first_hour), after)
            histories.teams[team_id] = after
            if difference is not None:
                found[team_id] = difference
    return found


async def _load(tx: Transaction, histories: Histories, teams: Ints, series: Ints) -> None:
    unknown = histories.unknown_series(series)
    if not unknown:
        return
    places = np.searchsorted(series, unknown, sorter=(order := np.argsort(series, kind="stable")))
    owner = dict(zip(unknown, teams[order[places]].tolist(), strict=True))
    for series_id, of in (await tx.histories.series(unknown)).items():
        names: dict[PartKind, str] = {
            "credential": of.credential,
            "workflow": of.workflow,
            "model": of.model,
            "tool": of.tool,
            "person": str(of.person_id or ""),
        }
        histories.add_series(series_id, names, team_id=owner[series_id])


def _since(history: History, first_hour: int) -> History:
    kept = history.hours >= first_hour
    return replace(history, hours=history.hours[kept], series=history.series[kept], nanos=history.nanos[kept])


def _joined(before: History, fresh: History, *, from_hour: int, first_hour: int) -> History:
    """Returns the known hours before `from_hour` with the hours read since."""
    kept = (before.hours < from_hour) & (before.hours >= first_hour)
    return replace(
        fresh,
        hours=np.concatenate([before.hours[kept], fresh.hours]),
        series=np.concatenate([before.series[kept], fresh.series]),
        nanos=np.concatenate([before.nanos[kept], fresh.nanos]),
    )
