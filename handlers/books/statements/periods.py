"""Which periods are closed, and which one somebody asks for."""

from bot.books.statements.figures import Seal
from bot.periods import Period
from bot.refusals import Refusal
from handlers.scope import Scope


async def closed_periods(scope: Scope) -> list[Period]:
    """Returns the closed periods that have accounts, the oldest first."""
    today = min(team.day_of(scope.at) for team in scope.directory.teams)
    calendar = scope.directory.organisation.calendar
    named = [calendar.named(name) for name in await scope.tx.statements.periods()]
    return sorted((period for period in named if period.end_day < today), key=lambda period: period.first_day)


async def state_of(scope: Scope, period: Period) -> Seal:
    """Returns how final a statement of a period is that is not sealed."""
    last = max(team.day_of(scope.at) for team in scope.directory.teams)
    return "closing" if period.end_day <= last else "preliminary"


def asked_period(scope: Scope, typed: str, *, default_day: int) -> Period:
    """Returns the period of a typed name, or the one of a day if nothing was typed. Raises Refusal for anything else."""
    calendar = scope.directory.organisation.calendar
    around = calendar.period_of(default_day)
    if not typed:
        return around
    try:
        period = calendar.named(typed.upper())
    except ValueError as error:
        raise Refusal(f"`{typed[:30]}` is no period. Write one like {around.name}.") from error
    if calendar.period_of(period.first_day) != period:
        raise Refusal(f"Budgets here are per {calendar.kind}. Write a period like {around.name}.")
    return period
