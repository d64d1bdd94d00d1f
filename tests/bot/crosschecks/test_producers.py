"""The producers of a source's rows: what is lost, what repeats, and how many are told apart."""

import pytest

from bot.crosschecks.producers import (
    BY_MANY,
    MAX_BOOKED,
    MAX_OTHERS,
    ProducerKey,
    SeenProducer,
    bounded,
    lost,
    quarantine_reason,
    resolved,
    wants_rows,
)
from bot.unread import MAX_UNREAD_KEPT

METRICS = ProducerKey("Claude Code", "2.1.328", "", "other_signal", "metrics don't separate calls")
LOGS = ProducerKey("Claude Code", "2.1.300", "", "booked", "")


def seen(*keys: ProducerKey) -> list[SeenProducer]:
    return [SeenProducer(key=key, rows=1, first_at=0, last_at=0) for key in keys]


def test_another_signal_is_lost_only_without_the_booked_one_of_the_same_program_and_service() -> None:
    assert [row.key for row in lost(seen(METRICS))] == [METRICS]
    assert lost(seen(METRICS, LOGS)) == []  # in any version
    assert lost(seen(METRICS, LOGS._replace(service="other"))) != []
    assert lost(seen(METRICS, LOGS._replace(name="Codex"))) != []


def test_what_nobody_knows_is_lost_whatever_else_is_booked_and_a_repeat_never_is() -> None:
    unknown, repeat = METRICS._replace(kind="unknown"), METRICS._replace(kind="repeat")

    assert [row.key for row in lost(seen(unknown, repeat, LOGS))] == [unknown]
    assert resolved(unknown, {("Claude Code", "")}) == unknown


@pytest.mark.parametrize(("kind", "most"), [("unknown", MAX_OTHERS), ("repeat", MAX_OTHERS), ("booked", MAX_BOOKED)])
def test_a_source_tells_a_bounded_number_of_producers_apart(kind: str, most: int) -> None:
    known = [METRICS._replace(name=f"p{n}", kind=kind) for n in range(most)]  # type: ignore[arg-type]
    fresh = METRICS._replace(name="fresh", kind=kind)  # type: ignore[arg-type]

    assert bounded(fresh, known[:-1]) == fresh
    assert bounded(fresh, known).name == "other producers"
    assert bounded(fresh, known).reason == ("" if kind == "booked" else BY_MANY)


def test_quarantine_keeps_a_bounded_number_of_rows_of_each_and_none_of_repeats() -> None:
    assert wants_rows(METRICS, {})
    assert wants_rows(METRICS, {METRICS: MAX_UNREAD_KEPT - 1})
    assert not wants_rows(METRICS, {METRICS: MAX_UNREAD_KEPT})
    assert not wants_rows(METRICS._replace(kind="repeat"), {})


def test_a_label_names_version_and_service_once() -> None:
    assert quarantine_reason(METRICS) == "Claude Code 2.1.328: metrics don't separate calls"
    assert METRICS._replace(version="", service="shop").label == "Claude Code in shop"
    assert METRICS._replace(service="Claude Code").label == "Claude Code 2.1.328"
