"""What an amount would do to a team's budget."""

from dataclasses import replace

from bot.books.budgets import Standing
from bot.books.forecasts import forecast
from bot.books.ledger import with_grant


def after_grant(standing: Standing, nanos: int) -> Standing:
    """Returns a team's standing as it would be with so much more budget, its run-out included."""
    balance = with_grant(standing.balance, nanos)
    then = forecast(
        balance,
        spent_by_day=dict(standing.spent_by_day),
        today=standing.today,
        period=standing.period,
        day_left=standing.day_left,
        rate=standing.rate,
    )
    return replace(standing, balance=balance, forecast=then)
