"""The facts of a spike, for tests that need one and no history."""

from typing import Any

from bot.alerting.spike_facts import SpikeFacts
from bot.money import NANOS

PLAIN = SpikeFacts(
    severity="high",
    part=None,
    from_hour=490_000,
    last_hour=490_000,
    window_hours=1,
    observed_nanos=600 * NANOS,
    usual_nanos=2 * NANOS,
    excess_nanos=598 * NANOS,
    contributors=(),
    silences=(),
    shared=False,
    chart={},
)


def stored_facts(**changed: Any) -> dict[str, Any]:
    """The stored JSON of a spike with some keys changed."""
    return PLAIN.to_facts() | changed
