"""What real programs sent is booked as the calls that their models' APIs reported, in any order and batching.

`tests/fixtures/untold.csv` lists the calls of which a body lacks something, with the reason.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Prices
from bot.intake.running_sums import SumState, advanced, event_of
from bot.intake.twins.calls import calls_of, same_key_is_one_call
from bot.periods import DAY_MICROS
from bot.sources.litellm.parser import parse
from bot.sources.otlp.parser import read
from bot.usage import Parsed, UsageEvent
from tests.support.paths import ROOT
from tests.support.traffic.judged import Booked, faults_of
from tests.support.traffic.real_bodies import UNTOLD, Body, RealCase, real_cases
from tests.support.traffic.rebatched import rebatched

NOW = datetime(2026, 12, 2, tzinfo=UTC)
PRICES = Prices(PriceBook(), [])
CASES = {case.name: case for case in real_cases()}


def judged(case: RealCase, bodies: Sequence[Body]) -> list[str]:
    """Returns the faults of a case's books if these bodies come in, in words."""
    told: dict[tuple[bytes, bytes], UsageEvent] = {}
    states: dict[bytes, SumState] = {}
    faults = []
    for body in bodies:
        if body.signal is None:
            parsed = parse(body.content, now=NOW)
        else:
            parsed = read(body.content, body.signal, body.form, meters=case.meters, now=NOW)
        faults += [f"quarantined: {row.reason}" for row in parsed.unusable]
        for event in [*(event for _, event in parsed.events), *used(parsed, states)]:
            same = [known for (key, _), known in told.items() if key == event.key]
            told.setdefault((event.key, event.fingerprint), event)
            if any(known.fingerprint != event.fingerprint and not same_key_is_one_call(known, event) for known in same):
                faults.append(f"{event.event_id} is in conflict with itself")
    return faults + faults_of(case, [priced(event) for event in calls_of(list(told.values()))])


def used(parsed: Parsed, states: dict[bytes, SumState]) -> Iterator[UsageEvent]:
    """Yields the usage of a body's running sums."""
    for _, running in parsed.sums:
        after = advanced(states.get(running.stream, SumState()), running.value, running.at)
        if after is not None:
            states[running.stream] = after.settled
            yield event_of(running, after)


def priced(event: UsageEvent) -> Booked:
    price = PRICES.price(event, day=event.occurred_at // DAY_MICROS)
    counters = (event.uncached_input, event.cache_read, event.cache_write_5m, event.cache_write_1h, event.output)
    return Booked(counters, price.cost_nanos, price.basis)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_programs_calls_are_booked_as_its_api_reported_them(name: str) -> None:
    case = CASES[name]
    faults = judged(case, case.bodies)
    for seed in range(4):
        faults += [f"in other batches ({seed}): {fault}" for fault in judged(case, rebatched(case.bodies, seed=seed))]

    assert faults == []


def test_the_judge_sees_a_lost_call_a_doubled_one_and_a_wrong_cost() -> None:
    case = CASES["claude_code/tool"]
    right = [Booked(call.counters or (), call.nanos or 0, "book") for call in case.calls]
    other = right[0]._replace(counters=(1, 2, 3, 4, 5))

    assert faults_of(case, right[::-1]) == []
    assert faults_of(case, [*right, Booked((0,) * 5, 0, "failed")]) == []
    assert "1 calls for 2" in faults_of(case, right[:1])[0]
    assert "3 calls for 2" in faults_of(case, [*right, right[0]])[0]
    assert "(1, 2, 3, 4, 5)" in faults_of(case, [other, right[1]])[0]
    assert len(faults_of(case, [right[0]._replace(nanos=right[0].nanos * 998 // 1000), right[1]])) == 1


def test_the_page_says_what_each_body_lacks() -> None:
    page = (ROOT / "docs" / "connect" / "untold.md").read_text()
    rows = re.findall(r"^\| ([A-Z][^|]*) \| [^|]+ \| (`[^|]*`) \|$", page, flags=re.MULTILINE)
    said = {(what, case) for what, cases in rows for case in re.findall(r"`([^`]+)`", cases)}

    assert said == {
        (lack[0].upper() + lack[1:], row["case"].removeprefix("sdks/"))
        for row in csv.DictReader(UNTOLD.open(newline=""))
        for lack in row["reason"].split("; ")
    }
