"""Which periods are closed, and which one somebody asks for."""

from bot.books.statements.figures import Beside, Seal
from bot.periods import Period
from bot.refusals import Refusal
from handlers.scope import Scope
from storage.store import Transaction


async def closed_periods(tx: Transaction) -> list[Period]:
    """Returns the closed periods, the oldest first."""
    known = await tx.periods.known()
    return sorted((one.period for one in known.values() if one.state == "closed"), key=lambda one: one.first_day)


async def in_books(tx: Transaction, period: Period) -> tuple[Period, Seal]:
    """Returns a period with the days that it has in the books, as one may be closed early, and how final a statement of it
    is that is not sealed."""
    known = await tx.periods.known()
    found = known.get(period.name)
    if found is not None:
        return found.period, "preliminary" if found.state == "open" else "closing"
    if known and period.end_day <= min(one.first_day for one in known.values()):
        return period, "earlier"
    if known and period.first_day >= max(one.end_day for one in known.values()):
        return period, "later"
    return period, "preliminary"


async def beside(scope: Scope, period: Period) -> Beside:
    """Returns what a reader of a period's statement may look at next."""
    known, calendar = await scope.tx.periods.known(), scope.directory.organisation.calendar
    first = min(known.values(), key=lambda one: one.first_day, default=None)
    before = known.get(calendar.before(period).name)
    return Beside(
        before=calendar.before(period).name,
        ended_early=None if before is None or before.name not in dict(calendar.ended_early) else before.period,
        is_sealed=before is not None and before.state == "closed",
        books_begin=None if first is None else first.name,
        begins_before_books=first is not None and period.first_day <= first.first_day,
    )


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
