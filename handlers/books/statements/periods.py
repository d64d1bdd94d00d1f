"""Which periods are closed, and which one somebody asks for."""

from bot.books.statements.figures import Seal
from bot.periods import Period, period_named, period_of
from bot.refusals import Refusal
from handlers.scope import Scope


async def closed_periods(scope: Scope) -> list[Period]:
    """Returns the closed periods that have accounts, the oldest first."""
    today = min(team.day_of(scope.at) for team in scope.directory.teams)
    named = [period_named(name) for name in await scope.tx.statements.periods()]
    return sorted((period for period in named if period.end_day < today), key=lambda period: period.first_day)


async def state_of(scope: Scope, period: Period) -> Seal:
    """Returns how final a statement of a period is that is not sealed."""
    last = max(team.day_of(scope.at) for team in scope.directory.teams)
    return "closing" if period.end_day <= last else "preliminary"


def asked_period(scope: Scope, typed: str, *, default_day: int) -> Period:
    """Returns the period of a typed name, or the one of a day if nothing was typed. Raises Refusal for anything else."""
    kind = scope.directory.organisation.period
    if not typed:
        return period_of(default_day, kind)
    try:
        period = period_named(typed.upper())
    except ValueError as error:
        example = period_of(default_day, kind).name
        raise Refusal(f"`{typed[:30]}` is no period. Write one like {example}.") from error
    if period_of(period.first_day, kind) != period:
        raise Refusal(f"Budgets here are per {kind}. Write a period like {period_of(default_day, kind).name}.")
    return period
