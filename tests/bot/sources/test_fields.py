"""Both sides of each limit of an event's fields."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.money import nanos_from_decimal
from bot.periods import micros
from bot.refusals import SourceError
from bot.sources.cloudevents.labels import LabelCache
from bot.sources.fields import count, latest_at, moment_within, name, reported
from bot.sources.labels import Notes, label
from bot.sources.rows import unusable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START_OF_2020 = micros(datetime(2020, 1, 1, tzinfo=UTC))


def test_a_call_happened_in_2020_at_the_earliest() -> None:
    assert moment_within("time", START_OF_2020, latest_at(NOW)) == START_OF_2020
    with pytest.raises(SourceError, match="time is before 2020"):
        moment_within("time", START_OF_2020 - 1, latest_at(NOW))


def test_a_call_may_be_24_hours_ahead() -> None:
    last = micros(NOW + timedelta(hours=24))

    assert moment_within("time", last, latest_at(NOW)) == last
    with pytest.raises(SourceError, match="time is more than 24 hours ahead"):
        moment_within("time", last + 1, latest_at(NOW))


def test_a_call_has_a_hundred_billion_tokens_at_most() -> None:
    assert count("tokens", 100_000_000_000) == 100_000_000_000
    with pytest.raises(SourceError, match="tokens is over a hundred billion"):
        count("tokens", 100_000_000_001)


def test_a_call_has_no_negative_count_or_cost() -> None:
    assert (count("tokens", 0), reported("cost", 0)) == (0, 0)
    with pytest.raises(SourceError, match="tokens is negative"):
        count("tokens", -1)
    with pytest.raises(SourceError, match="cost is negative"):
        reported("cost", "-0.000000001")


def test_a_call_costs_ten_million_dollars_at_most() -> None:
    assert reported("cost", "10000000") == 10_000_000_000_000_000
    with pytest.raises(SourceError, match="cost is over ten million dollars"):
        reported("cost", "10000000.000000001")


def test_a_name_has_256_characters_at_most() -> None:
    assert name("model", "x" * 256) == "x" * 256
    notes = Notes()
    assert label("user", "x" * 257, notes) == "x" * 256
    assert [note.sentence for note in notes] == ["user is longer than 256 characters: it was cut"]
    with pytest.raises(SourceError, match="model is longer than 256 characters"):
        name("model", "x" * 257)


@pytest.mark.parametrize(("length", "is_kept"), [(16_384, True), (16_385, False)])
def test_quarantine_keeps_16_kib_of_a_row(length: int, is_kept: bool) -> None:
    padding = "x" * (length - len('{"model": ""}'))
    row = f'{{"model": "{padding}"}}'.encode()

    kept = unusable(0, row, "a reason", {"model": True}).kept

    assert len(row) == length
    assert kept == (row if is_kept else b"")


def test_an_event_has_64_tags_at_most() -> None:
    words: tuple[str | None, ...] = (None, "gpt-4o", None, None, None, None, None, None)

    assert len(LabelCache().checked((*words, *["tag"] * 64)).labels.tags) == 64
    assert not LabelCache().checked((*words, *["tag"] * 64)).notes
    packed = LabelCache().checked((*words, *["tag"] * 65))
    assert len(packed.labels.tags) == 64
    assert [note.sentence for note in packed.notes] == ["data.tags has more than 64 tags: the others were left out"]


@pytest.mark.parametrize("unit", [1e-9, 1e-7, 1e-4, 1.0, 100.0])
def test_a_cost_in_a_float_is_rounded_by_its_digits_half_to_even(unit: float) -> None:
    chance = random.Random(7)
    halves = [(nanos + 0.5) / 1e9 for nanos in range(50)]
    near_limits = [0.0, 5e-324, 999.9999999995, 999.999999999, 1000.0, 1000.0000000005]
    for dollars in [*halves, *near_limits, *(chance.random() * unit for _ in range(2_000))]:
        assert reported("cost_usd", dollars) == nanos_from_decimal(repr(dollars)), dollars
