"""What people type after the command, in a mention or to the app, answered privately."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.messages import Message
from bot.org.teams import Team
from bot.reporting.asking.asked_names import Names, PartKind
from bot.reporting.asking.asked_teams import may_see_keys, names_to_ask_about
from bot.reporting.questions import AboutPeople, Choice, NotUnderstood, Question, Reading, named_team, read_question
from bot.views.charts import without_chart
from bot.views.reporting import questions as views
from handlers.context import Context
from handlers.reporting import outcomes
from handlers.reporting.asking import alerts, exports, forecasts, spends, standings
from handlers.reporting.asking.meant_teams import MeantTeam, meant_team
from handlers.reporting.asking.needs import needs_message
from handlers.reporting.own_use import show_my_use
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers

_FOLDING = frozenset({"statement", "export"})
"""Subjects whose answers come from the ledger's sums, which take in what was booked just now."""
_ANSWERS = {
    "standing": standings.answer,
    "budget": standings.answer_budget,
    "statement": exports.answer_statement,
    "export": exports.answer_export,
    "forecast": forecasts.answer,
    "alerts": alerts.answer,
    "keys": spends.answer_keys,
    "top": spends.answer_top,
    "value": outcomes.answer,
    "history": standings.answer_history,
}


async def answer_question(asked: SlackRequest, text: str, *, commands: Collection[str] = ()) -> None:
    """Answers a typed question. `commands` are words that begin other commands, to suggest."""
    context = asked.context
    if any(word in text.casefold() for word in _FOLDING):
        await context.store.fold_totals()
    async with context.store.read() as tx:
        scope = await asked.scope(tx)
        names = Names()
        if text:
            names = names_to_ask_about(scope.directory, asked.person.id, channel_id=asked.channel_id)
            names = await _with_parts(scope, asked, names, named_team(text, names))
        message = await _answer(scope, asked, read_question(text, names, commands=commands))
    if message is None:
        await show_my_use(asked)
        return
    await asked.reply(message, fallback=without_chart(message))


async def _answer(scope: Scope, asked: SlackRequest, reading: Reading) -> Message | None:
    """Returns the answer; None for the person's own use, which is answered elsewhere."""
    if not isinstance(reading, Question):
        return _unanswered(scope, reading)
    if reading.subject == "me":
        is_plain = not (reading.team or reading.parts or reading.span)
        return None if is_plain else views.own_use_only_message(scope.command)
    if reading.subject == "own_history":
        return await standings.own_history(scope, asked)
    meant = MeantTeam(team=reading.team) if reading.team else meant_team(scope, asked)
    if meant.team is None:
        is_admin = asked.person.id in scope.directory.admins
        return await needs_message(scope, asked) if is_admin and reading == Question() else meant.instead
    answer = await _ANSWERS[reading.subject](scope.of_team(meant.team), asked, replace(reading, team=meant.team))
    return views.with_other_teams(answer, reading, meant.team, meant.others)


def _unanswered(scope: Scope, reading: Choice | NotUnderstood | AboutPeople) -> Message:
    if isinstance(reading, AboutPeople):
        return views.about_people_message(scope.command)
    if isinstance(reading, NotUnderstood):
        return views.not_understood_message(reading, scope.command)
    return views.choice_message(reading)


async def _with_parts(scope: Scope, asked: SlackRequest, names: Names, named: Team | None) -> Names:
    """Returns the names with the parts of the team that is meant, which the person may see. Keys are for managers."""
    team = named or meant_team(scope, asked).team
    if team is None:
        return names
    spending = spends.spending_teams(scope.of_team(team), asked.person.id)
    known = await scope.tx.reports.part_names([one.id for one in spending])
    parts: dict[PartKind, tuple[str, ...]] = {
        "tool": _distinct(tool for tool, _, _, _ in known),
        "model": _distinct(model for _, model, _, _ in known),
        "workflow": _distinct(workflow for _, _, workflow, _ in known),
    }
    if may_see_keys(scope.directory, asked.person.id, team):
        parts["credential"] = _distinct(key for _, _, _, key in known)
    return replace(names, parts=parts)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


async def click_question(asked: SlackRequest) -> None:
    """Asks what a button says, which is read and checked as if it was typed."""
    await answer_question(asked, asked.value.removeprefix(views.TYPED))


def register(app: AsyncApp, context: Context) -> None:
    app.action(re.compile(rf"\A{views.ASK_QUESTION}_\d\Z"))(answers(context, click_question))
