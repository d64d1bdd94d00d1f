"""The details of a spike, for those who may see the figures of its team. Managers see people if the company allows
it."""

from typing import cast

from bot.alerting.alert_details import SMALLEST_GROUP, AlertDetails, HourLine, PartLine, may_see_people
from bot.alerting.alerts import Contributor
from bot.alerting.key_owners import NOBODY, USUAL_WEEKS, usual_of_same_hours
from bot.alerting.spike_facts import SpikeFacts
from bot.charts.values import SpikeHours, decode
from bot.refusals import Refusal
from bot.views.alerting.alert_details import details_view
from bot.views.blocks import name
from handlers.alerting.alert_messages import NO_ALERT
from handlers.alerting.reactions.answer_text import answer_text
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest
from handlers.slack.callers import called
from storage.alerting.alert_records import AlertRecord
from storage.reporting.reports import Dimension
from storage.store import Transaction

_PARTS: tuple[Dimension, ...] = ("credential", "workflow", "model", "tool")
_WEEK_HOURS = 168
_HOURS_BEFORE = 3
_MIN_SHARE = 50
"""Parts with less than one fiftieth of the spike are left out."""


async def open_details(asked: SlackRequest) -> None:
    """Opens the modal. Looking at people is recorded, and they can see it."""
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        record = await tx.alerts.by_id(asked.id)
        if record is None or record.kind != "spike":
            raise Refusal(NO_ALERT)
        team = scope.directory.by_id(record.team_id)
        in_its_channel = team.is_at(asked.channel_id) and team.mode != "preview"
        if not in_its_channel and not scope.directory.may_see(asked.person.id, team):
            raise Refusal(f"The figures of {name(team.name)} are for its members and managers.")
        view = details_view(await details_of(scope, record, viewer_id=asked.person.id))
    await asked.open_form(view)


async def details_of(scope: Scope, record: AlertRecord, *, viewer_id: int) -> AlertDetails:
    """Returns the details of a spike for one viewer, with a note about the people looked at."""
    facts, tx = SpikeFacts.from_facts(record.facts), scope.tx
    team_scope = scope.of_team_id(record.team_id)
    team = team_scope.team
    first, end = facts.from_hour, facts.from_hour + facts.window_hours
    spent = await tx.reports.by_person_in_hours(team.id, first_hour=first, end_hour=end)
    people, note = await _people(team_scope, spent, record=record, viewer_id=viewer_id)
    return AlertDetails(
        team=team,
        alert_id=record.id,
        severity=facts.severity,
        from_hour=first,
        window_hours=facts.window_hours,
        observed_nanos=facts.observed_nanos,
        usual_nanos=facts.usual_nanos,
        hours=_hours(facts),
        parts=await _parts(tx, team.id, facts, first=first, end=end),
        people=people,
        people_note=note,
        own_nanos=spent.get(viewer_id, 0),
        answered=await answer_text(tx, record),
    )


def _hours(facts: SpikeFacts) -> tuple[HourLine, ...]:
    """Returns the hours of the chart, from three hours before the spike on."""
    chart = decode(facts.chart)
    assert isinstance(chart, SpikeHours)
    columns = zip(chart.hours, chart.observed_nanos, chart.usual_low_nanos, chart.usual_high_nanos, strict=True)
    return tuple(
        HourLine(hour=hour, cost_nanos=cost, low_nanos=low, high_nanos=high)
        for hour, cost, low, high in columns
        if hour >= facts.from_hour - _HOURS_BEFORE
    )


async def _parts(tx: Transaction, team_id: int, facts: SpikeFacts, *, first: int, end: int) -> tuple[PartLine, ...]:
    """Returns the parts of the spike with their usual cost, the largest rise first. Those that its message names have the
    figures of the message."""
    named: dict[tuple[str, str], Contributor] = {(one.dimension, one.name): one for one in facts.contributors}
    found = []
    for part in _PARTS:
        weeks = [
            await tx.reports.by_part_in_hours(
                part, team_id, first_hour=first - week * _WEEK_HOURS, end_hour=end - week * _WEEK_HOURS
            )
            for week in range(USUAL_WEEKS + 1)
        ]
        total, before = sum(weeks[0].values()), [sum(week.values()) for week in weeks[1:]]
        found += [
            PartLine(
                dimension=part,
                name=part_name,
                cost_nanos=one.cost_nanos if (one := named.get((part, part_name))) is not None else nanos,
                usual_nanos=one.usual_nanos
                if one is not None
                else usual_of_same_hours([week.get(part_name, 0) for week in weeks[1:]], before),
            )
            for part_name, nanos in weeks[0].items()
            if part_name and nanos * _MIN_SHARE >= total > 0
        ]
    return tuple(
        sorted(
            found,
            key=lambda line: (
                line.usual_nanos - line.cost_nanos,
                _PARTS.index(cast(Dimension, line.dimension)),
                line.name,
            ),
        )
    )


async def _people(
    scope: TeamScope, spent: dict[int, int], *, record: AlertRecord, viewer_id: int
) -> tuple[tuple[tuple[str, int], ...] | None, str]:
    """Returns (mention, nano-dollars) and a note, or None if the viewer may not see people."""
    if not may_see_people(scope.directory, viewer_id, scope.team):
        return None, ""
    ids = [person_id for person_id, nanos in spent.items() if person_id != NOBODY and nanos > 0]
    if len(ids) < SMALLEST_GROUP:
        return None, f"Fewer than {SMALLEST_GROUP} people used something in these hours, so they are not told apart."
    tx, team_id, at = scope.tx, scope.team.id, scope.at
    await tx.people.record_look(ids, by=viewer_id, team_id=team_id, at=at)
    await tx.audit.record(
        at=at,
        actor_id=viewer_id,
        action="look at people",
        subject=f"alert:{record.id}",
        detail={"team_id": team_id, "people": sorted(ids)},
    )
    known = await tx.people.by_ids(ids)
    ranked = sorted(ids, key=lambda person_id: (-spent[person_id], person_id))
    listed = tuple((called(known[person_id]), spent[person_id]) for person_id in ranked)
    return listed, "Those whose figures you see here can see that you looked."
