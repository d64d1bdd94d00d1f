"""The shapes have what their names promise."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.bench.shapes.events import SHAPES

_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _counted(name: str, count: int = 6_000) -> list[dict[str, Any]]:
    return list(SHAPES[name].counted(count, 10, _NOW))


def _combination(event: dict[str, Any], *labels: str) -> tuple[str, ...]:
    return tuple(event["data"].get(label, "") for label in labels)


def test_the_warm_up_and_the_counted_events_share_no_id() -> None:
    for name, shape in SHAPES.items():
        ids = [event["id"] for event in [*shape.before(10, _NOW), *_counted(name)]]

        assert len(set(ids)) == len(ids), name


def test_six_hundred_people_keep_to_three_combinations_that_the_warm_up_has_had() -> None:
    labels = ("tool", "model", "workflow")
    by_person = defaultdict(set)
    for event in _counted("habits"):
        by_person[event["data"]["user"]].add(_combination(event, *labels))
    known = {_combination(event, "user", *labels) for event in SHAPES["habits"].before(10, _NOW)}

    assert len(by_person) > 550
    assert max(map(len, by_person.values())) == 3
    assert {(person, *used) for person, of_one in by_person.items() for used in of_one} <= known


def test_people_with_habits_call_at_the_same_time() -> None:
    people = [event["data"]["user"] for event in _counted("habits")]
    repeated = sum(first == second for first, second in pairwise(people))

    assert repeated < len(people) / 50


def test_no_combination_of_a_first_day_comes_twice_or_was_known() -> None:
    labels = ("user", "credential", "model", "workflow")
    known = {_combination(event, *labels) for event in SHAPES["first day"].before(10, _NOW)}
    new = [_combination(event, *labels) for event in _counted("first day")]

    assert len(set(new)) == len(new)
    assert not known & set(new)


def test_each_body_of_a_backfill_has_times_of_thirty_days() -> None:
    times = [datetime.fromisoformat(event["time"]) for event in _counted("backfill")[:500]]

    assert {(_NOW - at) // timedelta(days=1) for at in times} == set(range(30))
