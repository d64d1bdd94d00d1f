"""The filters of keys: what they say is new is new, and they say so of nearly all that is."""

import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.known_keys import KeySizes, KnownKeys, RunFilters, heads_of, key_hashes, packed_hashes

MULTIPLIER = 0x5DEECE66D1234567 | 1
TINY = KeySizes(run_keys=4, filter_runs=3)


def run_of(keys: list[tuple[int, bytes]]) -> object:
    by_source = {source: heads_of([key for other, key in keys if other == source]) for source, _ in keys}
    return packed_hashes(list(by_source.items()), MULTIPLIER)


def knowing(runs: list[list[tuple[int, bytes]]], sizes: KeySizes, *, at_once: int = 1) -> KnownKeys:
    known = KnownKeys(sizes)
    known.token, known.run, known.multiplier, known.knows_old = 7, len(runs) + 1, MULTIPLIER, True
    rest = iter(runs)
    while piece := list(islice(rest, at_once)):
        known.sealed.add([run_of(keys) for keys in piece])  # type: ignore[misc]
    return known


@pytest.mark.timeless
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 3), st.binary(min_size=1, max_size=16)), min_size=1), max_size=9),
    st.integers(1, 5),
)
def test_every_key_of_a_run_may_be_there_and_in_that_run(runs: list[list[tuple[int, bytes]]], at_once: int) -> None:
    known = knowing(runs, TINY, at_once=at_once)
    every = [key for keys in runs for key in keys]

    found = set(known.suspects(every).in_runs)

    assert found >= {(number, *key) for number, keys in enumerate(runs, 1) for key in keys}


@pytest.mark.timeless
@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_nearly_all_new_keys_are_known_to_be_new_whatever_the_filters_hold(at_once: int) -> None:
    sizes = KeySizes(run_keys=256, filter_runs=16)
    random_bytes = random.Random(5)
    keys = [(1, random_bytes.randbytes(16)) for _ in range(60 * 256)]
    runs = [keys[at : at + 256] for at in range(0, len(keys), 256)]
    known = knowing(runs, sizes, at_once=at_once)
    new = [(1, random_bytes.randbytes(16)) for _ in range(20_000)]

    assert len(known.suspects(new).in_runs) < 40  # four filters, each in vain for one of 16,000
    assert len(known.suspects(keys).in_runs) < len(keys) + 40
    assert known.sealed.size < 7 * len(keys)


def test_the_same_key_of_another_source_is_another_key() -> None:
    known = knowing([[(1, b"0123456789abcdef")]], KeySizes())

    assert known.suspects([(1, b"0123456789abcdef")]).in_runs == [(1, 1, b"0123456789abcdef")]
    assert known.suspects([(2, b"0123456789abcdef")]).in_runs == []


def test_until_all_keys_before_the_runs_are_read_each_may_be_there() -> None:
    known = knowing([[(1, b"sealed")]], KeySizes())
    known.knows_old = False
    assert known.suspects([(1, b"a"), (2, b"b")]).in_old == [(1, b"a"), (2, b"b")]

    known.old.add([run_of([(1, b"a")])])  # type: ignore[list-item]
    known.knows_old = True
    assert known.suspects([(1, b"a"), (2, b"b")]).in_old == [(1, b"a")]


def test_a_hash_depends_on_the_secret_of_the_database() -> None:
    heads = heads_of([b"0123456789abcdef"])

    assert key_hashes([1], heads, MULTIPLIER)[0] != key_hashes([1], heads, MULTIPLIER + 2)[0]


def test_no_keys_and_no_runs_are_no_trouble() -> None:
    assert KnownKeys().suspects([]) == ([], [])
    assert RunFilters(TINY).matches(key_hashes([], b"", MULTIPLIER)) == []
    assert knowing([[(1, b"a")]], TINY).suspects([]) == ([], [])


def test_a_run_is_full_when_it_has_its_keys_and_only_keys_of_its_state_count() -> None:
    known = knowing([], TINY)
    known.count_written(3, 7)
    known.count_written(5, 6)
    assert not known.is_full

    known.count_written(1, 7)
    assert known.is_full
