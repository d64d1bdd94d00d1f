"""Why a team's week changed: read, compared and chosen, for the digests of the team and of those above it."""

from collections.abc import Sequence

from bot.org.teams import Team
from bot.reporting.causes.choosing import WeekChange, week_change
from bot.reporting.causes.weeks import HISTORY_WEEKS, USUAL_WEIGHTS, Weeks, WeekUse, Weigh
from bot.rulebook import Rulebook
from handlers.scope import Scope


async def week_uses_of(scope: Scope, team: Team, monday: int) -> tuple[list[WeekUse], int | None]:
    """Returns a team's uses of a week and of those that it is compared with, and its first day if that is among them."""
    history = monday - 7 * HISTORY_WEEKS
    first_day = await scope.tx.reports.first_day_after([team.id], history)
    return await scope.tx.week_uses.by_week([team.id], first_day=history, end_day=monday + 7), first_day


def change_of(scope: Scope, uses: Sequence[WeekUse], *, monday: int, first_day: int | None) -> WeekChange:
    """Returns what kind of week it was and its cause."""
    full = HISTORY_WEEKS if first_day is None else max(0, (monday - first_day) // 7)
    return week_change(Weeks(uses=tuple(uses), full=full), weigh=_weights(scope.rulebook, day=monday))


async def is_personal(scope: Scope, change: WeekChange) -> bool:
    """Returns whether the cause is a key that one known person alone uses: its figures are that person's."""
    owner_id = change.cause.owner_id if change.cause is not None else 0
    people = await scope.tx.people.by_ids({owner_id}) if owner_id else {}
    return any(person.slack_id for person in people.values())


def _weights(rulebook: Rulebook, *, day: int) -> Weigh:
    """Returns what reads the relative prices of a model's tokens from the prices in force; usual ones if it has none."""

    def weights(provider: str, model: str) -> Sequence[float]:
        rates = rulebook.prices.explain(provider, model, day=day).rates
        if rates is None or not rates.uncached_input or rates.unpriced:
            return USUAL_WEIGHTS
        counters = (rates.cache_read, rates.cache_write_5m, rates.cache_write_1h, rates.output)
        return (1.0, *(rate / rates.uncached_input for rate in counters))

    return weights
