"""The change of the books that tests of adapters write."""

from bot.crosschecks.caps import CapChange
from bot.money import NANOS

CHANGE = CapChange(
    id="apps:group:search:7",
    version=7,
    team="search",
    team_name="Search",
    period="2026-11",
    available_nanos=500 * NANOS,
    changed_by="U0BEN",
    because="Ben approved Anna's request for $250.00.",
)
