"""Alerts about budgets of a part: posted in the team's channel at 80% and 100%, and ended when the amount grows."""

from dataclasses import replace

from bot.alerting.budget_alerts import HISTORY_AFTER_DAYS
from bot.alerting.part_alerts import PartFacts, has_crossed, part_alerts_due
from bot.books.gatekeeping.parts import Part, spent_by_part
from bot.books.gatekeeping.team_budgets import TeamBudget
from bot.messages import Message
from bot.org.teams import Team
from bot.views.alerting import part_alerts as views
from handlers.alerting.delivery_rules import alert_key, post_alert
from handlers.alerting.reactions.answer_text import answer_text
from handlers.books.gatekeeping.parts import labelled
from handlers.books.gatekeeping.team_budgets import read_team_budgets
from handlers.context import Context
from handlers.scope import TeamScope
from storage.alerting.alert_records import AlertRecord

PART = "part"


async def watch_parts(context: Context) -> int:
    """Judges the parts of every team that has some; returns the number of teams with something to say."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        teams = [team for team in scope.directory.real_teams if _shared_parts(team)]
        if not teams:
            return 0
        budgets = await read_team_budgets(scope, teams)
        records = await tx.alerts.of_periods((PART,), {team.id: budgets[team.id].period.name for team in teams})
        due = [team for team in teams if _has_news(budgets[team.id], records.get((team.id, PART), []))]
    for team in due:
        async with context.store.begin() as tx:
            scope = await context.scope(tx)
            if team in scope.directory.real_teams:
                await judge_parts(scope.of_team(team))
    if due:
        context.wake_outbox.set()
    return len(due)


def _shared_parts(team: Team) -> bool:
    return any(part.kind != "person" for part in team.terms.parts)


def _parts(budget: TeamBudget) -> list[Part]:
    """Returns the parts that a team may hear of; a person's are told to that person alone."""
    return [part for part in budget.parts if not part.is_private]


def _has_news(budget: TeamBudget, records: list[AlertRecord]) -> bool:
    known = {record.dedupe_key for record in records}
    if any(_ended(budget, record) is not None for record in records):
        return True
    return any(
        part_alerts_due(
            budget.team.id,
            budget.period.name,
            part,
            spent_nanos=budget.spent_by_part.get(part, 0),
            earlier_nanos=0,
            known=known,
            quiet=False,
        )
        for part in _parts(budget)
    )


async def judge_parts(scope: TeamScope) -> None:
    """Records and posts what a team's parts have crossed, and ends the alerts that are no longer true."""
    tx, team = scope.tx, scope.team
    budget = (await read_team_budgets(scope, [team]))[team.id]
    records = await tx.alerts.of_period(team_id=team.id, kind=PART, period=budget.period.name)
    for record in records:
        await _end(scope, budget, record)
    earlier = await _earlier(scope, budget)
    for part in _parts(budget):
        due = part_alerts_due(
            team.id,
            budget.period.name,
            part,
            spent_nanos=budget.spent_by_part.get(part, 0),
            earlier_nanos=earlier.get(part, 0),
            known={record.dedupe_key for record in records},
            quiet=team.mode == "announce",
        )
        for alert in due:
            facts = PartFacts(
                kind=part.kind,
                pattern=part.pattern,
                percent=alert.percent,
                amount_nanos=part.amount_nanos,
                spent_nanos=budget.spent_by_part.get(part, 0),
                period=budget.period.name,
                enforce=part.enforce,
            )
            new = await tx.alerts.add(
                dedupe_key=alert.dedupe_key,
                team_id=team.id,
                kind=PART,
                state="silent" if alert.silent else "open",
                at=scope.at,
                facts=facts.to_facts(),
            )
            if new is not None and not alert.silent:
                message = views.part_message(facts, team=team, alert_id=new.id, command=scope.command, answered=None)
                await post_alert(scope, message, record=new, severity="medium")


async def _earlier(scope: TeamScope, budget: TeamBudget) -> dict[Part, int]:
    """Returns what was spent before the last days, by part: imported history alerts nobody."""
    first = max(budget.period.first_day, budget.balance.since_day or budget.period.first_day)
    end = scope.team.day_of(scope.at) - HISTORY_AFTER_DAYS + 1
    if end <= first:
        return {}
    rows = await scope.tx.part_spend.by_label([scope.team.id], first_day=first, end_day=end)
    return spent_by_part(budget.parts, labelled(rows), budget.tools)


def _ended(budget: TeamBudget, record: AlertRecord) -> tuple[int | None] | None:
    """Returns the part's amount now, None if it has no budget, in a tuple; None if the alert goes on."""
    if record.closed_at is not None or record.state == "silent":
        return None
    facts = PartFacts.from_facts(record.facts)
    for part in _parts(budget):
        if (part.kind, part.pattern) == (facts.kind, facts.pattern):
            spent = budget.spent_by_part.get(part, 0)
            grew = part.amount_nanos > facts.amount_nanos
            return (part.amount_nanos,) if grew and not has_crossed(spent, part.amount_nanos, facts.percent) else None
    return (None,)


async def _end(scope: TeamScope, budget: TeamBudget, record: AlertRecord) -> None:
    ended = _ended(budget, record)
    if ended is None:
        return
    await scope.tx.alerts.save(replace(record, closed_at=scope.at))
    facts = PartFacts.from_facts(record.facts)
    message = views.part_ended_message(facts, team=scope.team, alert_id=record.id, amount_nanos=ended[0])
    await scope.tx.outbox.change(alert_key(record.id), message, at=scope.at)


async def part_message(scope: TeamScope, record: AlertRecord) -> Message:
    """Returns the message of an alert about a part, with its answer."""
    answered = await answer_text(scope.tx, record)
    facts = PartFacts.from_facts(record.facts)
    return views.part_message(facts, team=scope.team, alert_id=record.id, command=scope.command, answered=answered)
