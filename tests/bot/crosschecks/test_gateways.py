"""Drift between a gateway's figures and the books: a healthy gateway has none, and a lossy one is found."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from bot.crosschecks.gateways import (
    LAG_MICROS,
    BookedCall,
    Drift,
    GatewayTeam,
    ModelFigures,
    judge_drift,
    largest_disagreement,
    line_of,
    update_baseline,
    updated_line,
)
from bot.money import NANOS
from bot.periods import MICROS
from bot.usage import GatewayView

START = 1_795_455_770 * MICROS
HOUR = 3_600


def view(at: int, dollars: float, *, resets_at: int | None = None) -> GatewayView:
    return GatewayView(
        gateway_team="team-checkout",
        alias="Checkout",
        spend_nanos=round(dollars * NANOS),
        cap_nanos=500 * NANOS,
        resets_at=resets_at,
        at=START + at * MICROS,
    )


def call(at: int, dollars: float) -> BookedCall:
    return BookedCall(START + at * MICROS, round(dollars * NANOS), round(dollars * NANOS))


def after(*bodies: tuple[GatewayView | None, list[BookedCall]]) -> GatewayTeam:
    known: GatewayTeam | None = None
    for seen, booked in bodies:
        known = update_baseline(known, seen, source_id=1, booked=booked)
    assert known is not None
    return known


@dataclass
class Body:
    """One post of a gateway's worker: its calls, and the cached spend at the last call's admission."""

    arrives: float
    newest: tuple[float, float]
    calls: list[tuple[float, float]]


@dataclass(kw_only=True)
class Gateway:
    """A gateway whose workers cache the team's spend for up to a minute and post every five seconds."""

    seed: int
    hours: float = 3
    workers: int = 3
    per_minute: float = 20
    dollars: float = 0.08
    lost: float = 0
    uncounted: float = 0
    reset_at: float | None = None
    burst: tuple[float, float, float] = (0, 0, 1)
    latest: float = 15

    def bodies(self) -> list[Body]:
        """Returns its posts in the order of arrival."""
        rng = random.Random(self.seed)
        spend = 412.5
        cached = [(rng.uniform(0, 60), spend) for _ in range(self.workers)]
        waiting: list[tuple[list[tuple[float, float]], float]] = [([], 0.0) for _ in range(self.workers)]
        flushed = [rng.uniform(0, 5) for _ in range(self.workers)]
        found: list[Body] = []
        at = 0.0
        has_reset = False
        while at < self.hours * HOUR:
            first, last, times = self.burst
            rate = self.per_minute * (times if first <= at < last else 1)
            at += rng.expovariate(rate / 60)
            if self.reset_at is not None and at >= self.reset_at and not has_reset:
                spend, has_reset = 0.0, True
            worker = rng.randrange(self.workers)
            if at - cached[worker][0] > 60:
                cached[worker] = (at, spend)
            cost = rng.lognormvariate(0, 1) * self.dollars
            if rng.random() >= self.uncounted:
                spend += cost
            waiting[worker][0].append((at, cost))
            waiting[worker] = (waiting[worker][0], cached[worker][1])
            if at - flushed[worker] > 5:
                calls, seen = waiting[worker]
                if rng.random() >= self.lost:
                    found.append(Body(at + rng.uniform(0, self.latest), (calls[-1][0], seen), calls))
                waiting[worker] = ([], seen)
                flushed[worker] = at
        return sorted(found, key=lambda body: body.arrives)

    def observations(self) -> Iterator[tuple[float, GatewayTeam, Drift | None]]:
        """Yields the team every two minutes, and the drift that would be posted."""
        known: GatewayTeam | None = None
        swept = 0.0
        for body in self.bodies():
            at, seen = body.newest
            shown = word(at, seen)
            booked = [BookedCall(START + int(t * MICROS), round(c * NANOS), round(c * NANOS)) for t, c in body.calls]
            known = update_baseline(known, shown, source_id=1, booked=booked)
            assert known is not None
            if body.arrives - swept > 120:
                swept = body.arrives
                known, drift = judge_drift(known, now=START + int(swept * MICROS))
                yield swept, known, drift


def word(at: float, dollars: float) -> GatewayView:
    return GatewayView(
        gateway_team="team-checkout",
        alias="Checkout",
        spend_nanos=round(dollars * NANOS),
        cap_nanos=500 * NANOS,
        resets_at=None,
        at=START + int(at * MICROS),
    )


HEALTHY = [
    Gateway(seed=1),
    Gateway(seed=2, workers=1),
    Gateway(seed=3, workers=12, per_minute=200),
    Gateway(seed=4, per_minute=2, hours=12),
    Gateway(seed=5, dollars=4),
    Gateway(seed=6, burst=(0, 1_200, 40)),
    Gateway(seed=7, burst=(5_000, 5_600, 60)),
    Gateway(seed=8, latest=200, workers=6),
    Gateway(seed=9, reset_at=4_000),
    Gateway(seed=10, reset_at=4_000, workers=8, dollars=2),
]


@pytest.mark.parametrize("gateway", HEALTHY, ids=lambda gateway: f"seed {gateway.seed}")
def test_a_gateway_that_loses_nothing_never_drifts(gateway: Gateway) -> None:
    seen = list(gateway.observations())

    assert len(seen) > 30
    assert [at for at, _, drift in seen if drift is not None] == []


@pytest.mark.parametrize("lost", [0.12, 0.31, 0.73])
def test_lost_calls_are_found_and_their_sum_is_about_right(lost: float) -> None:
    """LiteLLM 1.106 lost 31 and 73 percent with answers after one and six seconds."""
    seen = list(Gateway(seed=21, lost=lost).observations())
    said = [(at, drift) for at, _, drift in seen if drift is not None]
    _, last, _ = seen[-1]

    assert said[0][0] < 2 * HOUR
    assert {drift.more for _, drift in said} == {"gateway"}
    share = last.drift_nanos / last.counted_nanos
    assert share == pytest.approx(lost, abs=0.05)


def test_calls_that_the_gateway_does_not_count_are_found() -> None:
    seen = list(Gateway(seed=22, uncounted=0.3).observations())
    said = [drift for _, _, drift in seen if drift is not None]
    _, last, _ = seen[-1]

    assert {drift.more for drift in said} == {"books"}
    assert -last.drift_nanos / last.booked_nanos == pytest.approx(0.3, abs=0.07)


def test_a_reset_begins_a_new_baseline_and_loss_after_it_is_found() -> None:
    seen = list(Gateway(seed=23, reset_at=3_000, hours=4, lost=0.2).observations())
    last = seen[-1][1]

    assert last.base_at >= START + 3_000 * MICROS
    assert last.base_nanos < 30 * NANOS
    assert seen[-1][2] is not None


def test_the_first_figure_is_the_baseline_and_earlier_calls_are_ignored() -> None:
    known = after((view(0, 412.5), [call(0, 0.00375)]))

    assert (known.counted_nanos, known.booked_nanos, known.drift_nanos) == (0, 0, 0)


def test_a_lower_word_of_another_worker_is_not_a_reset() -> None:
    known = after((view(0, 412.5), []), (view(10, 420), [call(10, 7)]), (view(20, 412.5), [call(20, 1)]))

    assert (known.spend_nanos, known.base_nanos) == (420 * NANOS, 412_500_000_000)
    assert known.booked_nanos == 8 * NANOS


def test_a_word_that_stays_lower_is_a_reset_and_so_is_a_later_one() -> None:
    minutes = LAG_MICROS // MICROS
    stayed = after((view(0, 412.5), []), (view(10, 420), []), (view(10 + minutes, 3), [call(10 + minutes, 2)]))
    later = after((view(0, 412.5, resets_at=5), []), (view(10, 3, resets_at=9), []))

    assert (stayed.base_nanos, stayed.booked_nanos, stayed.edge_nanos) == (3 * NANOS, 0, 2 * NANOS)
    assert later.base_nanos == 3 * NANOS


def test_a_body_that_comes_late_counts_and_one_from_before_the_baseline_does_not() -> None:
    known = after((view(100, 10), []), (view(900, 30), [call(900, 20)]), (view(500, 15), [call(500, 5), call(50, 9)]))

    assert (known.booked_nanos, known.seen_at) == (25 * NANOS, START + 900 * MICROS)


def test_a_lasting_drift_is_posted_and_closes_after_the_log_is_read() -> None:
    known = after((view(0, 100), []), (view(4_000, 200), [call(4_000, 40)]))
    marked, none = judge_drift(known, now=START + 4_000 * MICROS)
    again, drift = judge_drift(marked, now=START + 4_700 * MICROS)

    assert none is None
    assert drift is not None
    line = line_of(drift, model=None)
    assert (line.more, line.drift_nanos, line.counted_nanos, line.booked_nanos) == (
        *("gateway", 60 * NANOS, 100 * NANOS, 40 * NANOS),
    )
    assert updated_line(line, again) == line

    read = update_baseline(again, None, source_id=1, booked=[call(3_000 + n, 6) for n in range(10)])
    assert read is not None
    assert updated_line(line, read).is_closed
    assert judge_drift(read, now=START + 4_800 * MICROS)[0].over_since is None


def test_a_call_that_the_gateway_had_no_time_to_count_yet_is_no_drift() -> None:
    minutes = LAG_MICROS // MICROS
    soon = after((view(0, 100), []), (view(minutes - 50, 100), [call(minutes - 50, 50)]), (view(minutes + 10, 100), []))
    late = after(
        *((view(0, 100), []), (view(minutes - 50, 100), [call(minutes - 50, 50)]), (view(minutes + 10, 100), [])),
        (view(2 * minutes + 10, 100), []),
    )

    assert soon.drift_nanos == 0
    assert late.drift_nanos == -50 * NANOS


def test_a_small_difference_is_none() -> None:
    known = after((view(0, 100), []), (view(4_000, 200), [call(4_000, 96)]))

    assert judge_drift(replace(known, over_since=START), now=START + 9_000 * MICROS) == (known, None)


def test_the_model_whose_price_differs_most_is_named_if_it_differs_much() -> None:
    figures = [
        ModelFigures("gpt-4o", 10, 100 * NANOS, 97 * NANOS),
        ModelFigures("our-llama-70b", 10, 0, 20 * NANOS),
        ModelFigures("tiny", 10, 0, NANOS // 2),
    ]

    assert largest_disagreement(figures) == figures[1]
    assert largest_disagreement(figures[:1]) is None
    assert largest_disagreement([]) is None
