"""A rehearsal in plain words, and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.money import usd, usd_exact
from bot.org.teams import Directory
from bot.periods import MICROS, date_of, day_text, long_day_text, moment
from bot.requests.rehearsals.budget_plans import UsedUp
from bot.requests.rehearsals.comparisons import Comparison
from bot.requests.rehearsals.fates import DECIDED_BY, DecidedBy
from bot.requests.rehearsals.past_asks import PastAsk
from bot.requests.rehearsals.replays import Tally

DECIDED_WORDS: Mapping[DecidedBy, str] = {
    "auto": "approved by policy",
    "team": "the team's managers",
    "above": "managers above",
    "finance": "finance",
    "quorum": "several together",
    "nobody": "nobody could decide",
    "refused": "refused",
}
_SHOWN = 10
_NONE = Tally()


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a rehearsal's words need beside its figures. `lines` are the policy's lines in words; moments are days."""

    directory: Directory
    names: Mapping[int, str]
    lines: Sequence[str]
    weeks: int
    first_day: int
    last_day: int
    used_up: Sequence[UsedUp] = ()


def counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def duration_words(micros: int) -> str:
    """Formats a duration as `2 days 3 h`, `1 h 40 min` or `5 min`."""
    minutes = micros // (60 * MICROS)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return counted(days, "day") + (f" {hours} h" if hours else "")


def heading_lines(comparison: Comparison, told: Told) -> list[str]:
    """Returns what was rehearsed: the weeks, the requests, and whether they are simulated."""
    asks = comparison.asks
    own = [ask for ask in asks if not ask.is_simulated]
    days = f"{long_day_text(told.first_day)} to {long_day_text(told.last_day)}"
    lines = [f"{counted(told.weeks, 'week')}, {days}: {_asked(own)}."]
    if comparison.simulated:
        made = [ask for ask in asks if ask.is_simulated]
        lines.append(
            f"Too few to judge a policy by, so {_asked(made)} were simulated from your teams and budgets. "
            "Read the figures as an example, not as your history."
        )
    return lines


def _asked(asks: Sequence[PastAsk]) -> str:
    people, teams = len({ask.person_id for ask in asks}), len({ask.team_id for ask in asks})
    amount = usd(sum(ask.amount_nanos for ask in asks))
    who = f" by {'1 person' if people == 1 else f'{people:,} people'} in {counted(teams, 'team')}" if asks else ""
    return f"{counted(len(asks), 'request')} for {amount}{who}" if asks else "no requests"


def decided_rows(comparison: Comparison) -> list[tuple[str, Tally, Tally]]:
    """Returns who decides: the words, the requests now and as planned. Ways that neither policy has are left out."""
    now, planned = comparison.now.by_kind(), comparison.planned.by_kind()
    return [
        (DECIDED_WORDS[by], now.get(by, _NONE), planned.get(by, _NONE))
        for by in DECIDED_BY
        if by in now or by in planned
    ]


def line_rows(comparison: Comparison, told: Told) -> list[tuple[str, Tally]]:
    """Returns each line of the planned policy with the requests that it decides."""
    planned = comparison.planned.by_line()
    rows = [(f"{number + 1}. {words}", planned.get(number, _NONE)) for number, words in enumerate(told.lines)]
    return [*rows, ("no line fits", planned[None])] if None in planned else rows


def effect_lines(comparison: Comparison, told: Told) -> list[str]:
    """Returns what would change, in sentences."""
    lines = [*_changed_lines(comparison), *_stuck_lines(comparison, told), *_split_lines(comparison, told)]
    lines += [*_workload_lines(comparison, told), *_pace_lines(comparison), *_budget_lines(told)]
    return [*lines, "Nothing was changed."]


def _changed_lines(comparison: Comparison) -> list[str]:
    changed = comparison.changed()
    if not changed:
        return ["The same people would decide every request."]
    amount = usd(sum(one.ask.amount_nanos for one in changed))
    return [f"{counted(len(changed), 'request')} for {amount} would be decided by others than now."]


def _stuck_lines(comparison: Comparison, told: Told) -> list[str]:
    stuck = comparison.stuck()
    lines = []
    for ask, fate in stuck[:_SHOWN]:
        what = f"{ask_words(ask, told)}: {DECIDED_WORDS[fate.by]}"
        lines.append(f"{what} ({fate.why})." if fate.why else f"{what}.")
    if len(stuck) > _SHOWN:
        lines.append(f"… and {counted(len(stuck) - _SHOWN, 'more request')} like these.")
    return lines


def _split_lines(comparison: Comparison, told: Told) -> list[str]:
    moved = comparison.moved_up()
    if not moved:
        return []
    first = ask_words(moved[0][0], told)
    verb = "goes" if len(moved) == 1 else "go"
    what = f"{counted(len(moved), 'request')} {verb} to a higher line, because others of the period count too"
    return [f"{what}: {first}." if len(moved) == 1 else f"{what}, such as {first}."]


def _budget_lines(told: Told) -> list[str]:
    lines = [_used_up_words(one, told) for one in told.used_up[:_SHOWN]]
    rest = len(told.used_up) - _SHOWN
    return [*lines, f"… and {counted(rest, 'more budget')} like these."] if rest > 0 else lines


def _used_up_words(one: UsedUp, told: Told) -> str:
    """Returns when a budget would have been used up: `Search, 2026-11: $800.00 lasts until 17 Nov ($1,000.00: 24 Nov).`"""
    team = told.directory.by_id(one.team_id).name
    planned, now = (
        "no budget" if nanos is None else f"{usd(nanos)} {'lasts' if day is None else f'is used up on {day_text(day)}'}"
        for nanos, day in ((one.planned_nanos, one.planned_day), (one.now_nanos, one.now_day))
    )
    return f"{team}, {one.period.name}: {planned} (now: {now}). It spent {usd(one.spent_nanos)}."


def _workload_lines(comparison: Comparison, told: Told) -> list[str]:
    found = comparison.workloads()
    more = [one for one in found if one.planned > one.now]
    less = [one for one in found if one.planned < one.now]
    lines = []
    for words, group in (("More to decide", more), ("Less to decide", less)):
        named = [f"{told.names[one.person_id]} {one.now} → {one.planned}" for one in group[:_SHOWN]]
        rest = [f"and {len(group) - _SHOWN} others"] if len(group) > _SHOWN else []
        if named:
            lines.append(f"{words}: {', '.join(named + rest)}.")
    return lines


def _pace_lines(comparison: Comparison) -> list[str]:
    now, planned = (one.median_wait(comparison.pace) for one in (comparison.now, comparison.planned))
    if now is None or planned is None or comparison.pace.everybody is None:
        return ["Nobody has decided a request yet, so the time to decide can't be estimated."]
    words = f"Median time to decide, by how long these people took: {duration_words(planned)}"
    return [f"{words} (now {duration_words(now)})." if planned != now else f"{words}, as now."]


def ask_words(ask: PastAsk, told: Told) -> str:
    """Returns a request in a few words."""
    team = told.directory.by_id(ask.team_id)
    day = long_day_text(team.day_of(ask.at))
    return f"{told.names[ask.person_id]}'s {usd(ask.amount_nanos)} for {team.name} on {day}"


def as_json(comparison: Comparison, told: Told) -> dict[str, Any]:
    """Returns a rehearsal for machines: amounts as text in dollars, durations in seconds, moments in RFC 3339."""
    now, planned = (one.median_wait(comparison.pace) for one in (comparison.now, comparison.planned))
    return {
        "weeks": told.weeks,
        "requests": len(comparison.asks),
        "simulated": comparison.simulated,
        "amount_usd": usd_exact(sum(ask.amount_nanos for ask in comparison.asks)),
        "decided_by": {
            by: {
                "now": _tally(comparison.now.by_kind().get(by)),
                "planned": _tally(comparison.planned.by_kind().get(by)),
            }
            for by in DECIDED_BY
        },
        "lines": [{"words": words, **_tally(tally)} for words, tally in line_rows(comparison, told)],
        "changed": [
            {**_ask(one.ask, told), "now": one.now.by, "planned": one.planned.by} for one in comparison.changed()
        ],
        "stuck": [{**_ask(ask, told), "as": fate.by, "why": fate.why} for ask, fate in comparison.stuck()],
        "moved_up": [_ask(ask, told) for ask, _ in comparison.moved_up()],
        "budgets": [
            {
                "team": told.directory.by_id(one.team_id).slug,
                "period": one.period.name,
                "spent_usd": usd_exact(one.spent_nanos),
                "now": _budget(one.now_nanos, one.now_day),
                "planned": _budget(one.planned_nanos, one.planned_day),
            }
            for one in told.used_up
        ],
        "workloads": [
            {"person": told.names[one.person_id], "now": one.now, "planned": one.planned}
            for one in comparison.workloads()
        ],
        "median_seconds_to_decide": {"now": _seconds(now), "planned": _seconds(planned)},
    }


def _tally(tally: Tally | None) -> dict[str, Any]:
    found = tally or _NONE
    return {"requests": found.requests, "amount_usd": usd_exact(found.amount_nanos)}


def _budget(nanos: int | None, day: int | None) -> dict[str, str | None]:
    return {
        "budget_usd": None if nanos is None else usd_exact(nanos),
        "used_up_on": None if day is None else date_of(day).isoformat(),
    }


def _seconds(micros: int | None) -> int | None:
    return None if micros is None else micros // MICROS


def _ask(ask: PastAsk, told: Told) -> dict[str, Any]:
    return {
        "request": None if ask.is_simulated else ask.id,
        "team": told.directory.by_id(ask.team_id).slug,
        "person": told.names[ask.person_id],
        "amount_usd": usd_exact(ask.amount_nanos),
        "asked_at": moment(ask.at).isoformat().replace("+00:00", "Z"),
    }
