"""The traces as usage events: the file has every call of theirs, token for token, and the same seed writes the same
file.
"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.support.traffic.azure import COUNTERS, TRACES, calls, write_csv
from tests.support.traffic.azure import _rows as rows_of

RAW = tuple(TRACES / f"azure_llm_trace_{kind}.csv" for kind in ("code", "conv"))
INPUT = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h")
REAL_CALLS = 28_185


@pytest.mark.skipif(not all(file.exists() for file in RAW), reason="the traces were not fetched")
def test_every_call_of_both_traces_is_in_the_file_token_for_token(tmp_path: Path) -> None:
    """Against the traces read here, by their own columns: a call dropped by the conversion would be missing."""
    out = tmp_path / "azure.csv"
    traced: Counter[tuple[int, int]] = Counter()
    for file in RAW:
        with file.open(newline="") as lines:
            traced.update((int(r["ContextTokens"]), int(r["GeneratedTokens"])) for r in csv.DictReader(lines))

    sums = write_csv(out)

    with out.open(newline="") as lines:
        written = Counter(
            (sum(int(r[f"{name}_tokens"]) for name in INPUT), int(r["output_tokens"])) for r in csv.DictReader(lines)
        )
    assert written == traced
    assert sums.calls == traced.total() == REAL_CALLS
    assert sum(sums.tokens[name] for name in INPUT) == sum(context * n for (context, _), n in traced.items())


def test_the_printed_sums_are_those_of_the_rows_in_the_file(tmp_path: Path) -> None:
    out = tmp_path / "azure.csv"
    sums = write_csv(out, most=2_000)

    with out.open(newline="") as lines:
        rows = list(csv.DictReader(lines))

    assert len(rows) == sums.calls == sums.calls_by_team.total() == 2_000
    assert {name: sum(int(r[f"{name}_tokens"]) for r in rows) for name in COUNTERS} == dict(sums.tokens)
    assert all(sums.nanos_by_team[team] > 0 for team in ("product", "search", "mobile", "support", "unattributed"))


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(tmp_path: Path) -> None:
    """The rule itself, as written files share rows that were made once."""
    some = calls(tmp_path)[:500]

    first, again, other = (list(rows_of(some, seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_without_the_traces_a_smaller_one_of_their_shape_stands_in_always_the_same(tmp_path: Path) -> None:
    made_up = calls(tmp_path)

    assert made_up == calls(tmp_path)
    assert len(made_up) > 5_000
    assert [call.at for call in made_up] == sorted(call.at for call in made_up)
    code = [call for call in made_up if call.is_code]
    talk = [call for call in made_up if not call.is_code]
    assert sum(c.context for c in code) / len(code) > sum(c.context for c in talk) / len(talk)
    assert sum(c.generated for c in code) / len(code) < sum(c.generated for c in talk) / len(talk)
