"""The facts of alerts about sources, channels and gateways: what their rows hold as JSON and their messages show."""

from bot.alerting.facts import AlertFacts
from bot.crosschecks.gateways import DriftLine


class DriftFacts(AlertFacts, frozen=True, kw_only=True):
    """The drifts of one gateway, a line per team."""

    source_id: int
    source: str
    lines: tuple[DriftLine, ...]


class SilenceFacts(AlertFacts, frozen=True, kw_only=True, omit_defaults=True):
    """A silent source: silent `since` a moment in microseconds, until it sent again or its keys were revoked."""

    source_id: int
    source: str
    role: str
    since: int
    heard_at: int | None = None
    is_revoked: bool = False


class RouteFacts(AlertFacts, frozen=True, kw_only=True, omit_defaults=True):
    """A channel that the bot cannot reach, from `since` until `works_since`, in microseconds."""

    since: int
    channel: str | None = None
    works_since: int | None = None
