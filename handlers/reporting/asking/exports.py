"""`/tokens statement` and `/tokens export`: a period's figures as a message, and as files for whoever may have them."""

from bot.messages import Message
from bot.periods import Period
from bot.refusals import Refusal
from bot.reporting.questions import Question
from bot.views.reporting.asking import exports as views
from handlers.books.statements.showing import statement_answer
from handlers.reporting.asking.spends import days_of
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest


async def answer_statement(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns a team's statement of the asked period, or of the present one."""
    return await statement_answer(scope, period_of(scope, question))


async def answer_export(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns which files of a period there are for a person: the statement's CSV for all who may see the team, and for
    finance and admins the lines of usage and ledger from the command line."""
    directory, person_id = scope.directory, asked.person.id
    period = period_of(scope, question)
    return views.export_message(
        scope.team,
        period.name,
        account_id=await scope.tx.statements.account_id(scope.team.id, period.name),
        is_operator=person_id in directory.finance or person_id in directory.admins,
        command=scope.command,
    )


def period_of(scope: TeamScope, question: Question) -> Period:
    """Returns the budget period that a question asks about. Raises Refusal for other days."""
    if question.span is None:
        return scope.directory.period_at(scope.team, scope.at)
    period = days_of(scope, question).period
    if period is None:
        calendar = scope.directory.organisation.calendar
        around = scope.directory.period_at(scope.team, scope.at).name
        raise Refusal(
            f"Statements are per {calendar.kind}, and “{question.span.typed}” is none. Write a period like {around}."
        )
    return period
