"""`/tokens forecast`: what a team's period comes to, and when its budget runs out."""

from bot.messages import Message
from bot.refusals import Refusal
from bot.reporting.questions import Question
from bot.views.reporting.asking import forecasts as views
from handlers.books.standings import standing_of
from handlers.requests.askers import may_ask
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest


async def answer(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns the forecast of the present period. Raises Refusal for other days."""
    if question.span is not None and (question.span.kind, question.span.unit) not in _PRESENT:
        raise Refusal(
            f"A forecast is of the present period. For earlier days type `{scope.command} {question.span.typed}` without it."
        )
    standing = await standing_of(scope)
    may_request = may_ask(scope.directory, scope.team, person_id=asked.person.id, channel=asked.channel_id)
    return views.forecast_message(standing, may_request=may_request)


_PRESENT = frozenset({("this", "period"), ("this", "month"), ("this", "quarter"), ("this", "year")})
