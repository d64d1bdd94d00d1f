"""A backtest against the sweeps themselves: the same cost, the same messages."""

from datetime import timedelta

import numpy as np

from bot.detection.backtests import backtest
from bot.periods import hour_of, micros
from tests.scenarios.detection.spike_stories import HOUR, start_of_hour, usual, usual_dollars
from tests.support.company import Company

BURSTS = {2: 60, 3: 70, 9: 120, 20: 900, 21: 2_500, 30: 40}
"""Dollars beside the usual, by hours after the quiet weeks."""


async def test_a_backtest_has_the_messages_that_sweeps_posted_and_the_edits_that_raised_a_severity(
    acme: Company,
) -> None:
    await usual(acme)
    start = start_of_hour(acme) + HOUR
    async with acme.context.store.read() as tx:
        team = (await acme.context.rulebooks.current(tx)).directory.by_slug("search")
    assert team is not None
    swept: list[tuple[int, str, bool]] = []
    for number in range(32):
        acme.clock.jump_to(start + number * HOUR + timedelta(minutes=59, seconds=50))
        now = acme.clock.now()
        dollars = usual_dollars(now) + BURSTS.get(number, 0)
        await acme.uses(acme.event(f"hour-{number}", dollars=dollars, credential="key-12"))
        await acme.settles()
        async with acme.context.store.read() as tx:
            record = await tx.alerts.newest_spike(team.id)
        if record is not None and (not swept or swept[-1][1] != record.facts["severity"]):
            swept.append((hour_of(micros(now)) + 1, record.facts["severity"], bool(swept)))
    this_hour = hour_of(micros(acme.clock.now()))
    async with acme.context.store.read() as tx:
        by_hour = await tx.reports.by_hour(team.id, first_hour=0, end_hour=this_hour + 1)
    first_hour = min(by_hour)
    nanos = np.array([by_hour.get(hour, 0) for hour in range(first_hour, this_hour + 1)], dtype=np.int64)

    alerts = backtest([("search", first_hour, nanos)])

    assert [(alert.at, alert.severity, alert.is_edit) for alert in alerts] == swept
    assert [severity for _, severity, _ in swept] == ["low", "medium", "high", "critical"]
