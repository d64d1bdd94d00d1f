"""The digest of each kind of week, from usage to its message; `python -m tests.scenarios.reporting.six_weeks` shows them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.charts.render import render
from bot.charts.values import decode
from bot.clock import ShiftedClock
from bot.periods import day_number
from handlers.reporting.digests import digest_of
from tests.bot.views.surfaces import posted
from tests.scenarios.reporting.six_weeks.seeds import KINDS, Kind, seeded

MONDAY = date(2026, 11, 16)
FINDINGS: dict[Kind, str] = {
    "growth": "up 57%: acme-large replaced acme-mini on code-review.",
    "quiet": ": a usual week.",
    "spike": ": key ci-4 (new) on code-review.",
    "overrun": "over its budget of $4,000. It spent",
    "first": "in its first week, from Wed 18 Nov on.",
    "outage": "last week: 14 hours of data from gateway-eu are missing.",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_digest_of_each_kind_of_week(kind: Kind, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    clock = ShiftedClock(starts_at=datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC))
    context = await seeded(kind, f"sqlite:///{tmp_path}/tokens.db", monday=MONDAY, clock=clock)
    try:
        async with context.store.read() as tx:
            scope = await context.scope(tx)
            team = scope.directory.by_slug("search")
            assert team is not None
            message = await digest_of(scope.of_team(team), day_number(MONDAY))
    finally:
        await context.store.close()

    assert message is not None
    assert FINDINGS[kind] in message.text
    assert len(message.charts) == (kind != "quiet")
    for chart in message.charts:
        assert render(decode(chart)).startswith(b"\x89PNG")
    assert posted(message) == snapshot
