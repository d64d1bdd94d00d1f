"""Reads how long budget lasts from the fields of a form, and finds a team's own end."""

from bot.books.grant_ends import KIND_FIELD, EndChoice, TypedEnd
from bot.books.grants import DAY_FIELD, MEASURE_FIELD, GrantEnd
from bot.org.teams import Team
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest


def typed_end(asked: SlackRequest) -> TypedEnd:
    """Returns what is chosen and typed now in the fields of `end_fields`."""
    return TypedEnd(kind=asked.field(KIND_FIELD), day=asked.field(DAY_FIELD), measure=asked.field(MEASURE_FIELD))


def end_for(scope: Scope, team: Team, choice: EndChoice) -> GrantEnd | None:
    """Returns when a team's grant ends that begins now; None for budget from now on."""
    period = scope.directory.period_at(team, scope.at)
    return choice.end_for(period, today=team.day_of(scope.at), zone=team.zone_on(scope.at))
