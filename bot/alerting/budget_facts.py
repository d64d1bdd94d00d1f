"""The facts of budget alerts: the figures that their rows hold as JSON and that their messages show."""

import msgspec

from bot.alerting.budget_alerts import PostedForecast
from bot.alerting.facts import AlertFacts


class ThresholdFacts(AlertFacts, frozen=True, kw_only=True):
    """A crossed threshold. `by_holds` means that holds count towards it, not spend alone."""

    percent: int
    period: str | None = None
    by_holds: bool = False


class ForecastFacts(AlertFacts, frozen=True, kw_only=True):
    """A posted forecast of a run-out, stored as `foretold`."""

    period: str
    forecast: PostedForecast = msgspec.field(name="foretold")
