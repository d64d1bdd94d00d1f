"""Bodies of real programs with the calls behind them: what each model's API reported, and what a call cost.

A case is a folder with `truth.json`. It was written by one of three captures, each with its own shape.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bot.sources.otlp.parser import Form
from bot.sources.otlp.profiles import Meters
from bot.sources.otlp.records import Signal
from bot.usage import COUNTERS
from tests.support.paths import FIXTURES
from tests.support.traffic.otlp import SAMPLES, signal_of

BILLED = COUNTERS[:5]
UNTOLD = FIXTURES / "untold.csv"
"""What bodies can't tell: for each such call what it can tell at best, and why."""


class Call(NamedTuple):
    """A call's five disjoint counters (None if the API counts no tokens) and its cost (None if only a price book may know it)."""

    counters: tuple[int, ...] | None
    nanos: int | None


@dataclass(frozen=True)
class Body:
    """One body of a case. `signal` is "" for LiteLLM's own format."""

    signal: Signal | None
    form: Form
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class RealCase:
    """A program's run: what it sent, and the calls that should be in the books. `meters` is its source's option."""

    name: str
    bodies: tuple[Body, ...]
    calls: tuple[Call, ...]
    meters: Meters = "auto"

    @property
    def tells_sums(self) -> bool:
        """Whether its bodies are sums over calls, which can't be told apart."""
        return all(body.signal == "metrics" for body in self.bodies)


@cache
def real_cases() -> tuple[RealCase, ...]:
    """Every case, with the calls that its bodies can tell."""
    untold = _untold()
    found = [_told(case, untold) for case in (*_otlp_cases(), *_litellm_cases())]
    unknown = set(untold) - {case.name for case in found}
    assert not unknown, f"{UNTOLD.name} names cases that do not exist: {sorted(unknown)}"
    return tuple(found)


def _told(case: RealCase, untold: dict[str, dict[int, Call | None]]) -> RealCase:
    changed = untold.get(case.name, {})
    assert set(changed) <= set(range(len(case.calls))), case.name
    assert all(call != case.calls[at] for at, call in changed.items()), f"{case.name} tells all of a call"
    told = [changed.get(at, call) for at, call in enumerate(case.calls)]
    return replace(case, calls=tuple(call for call in told if call is not None))


def _untold() -> dict[str, dict[int, Call | None]]:
    """Returns each call as its body tells it, by case and place; None for one that it does not tell at all."""
    found: dict[str, dict[int, Call | None]] = {}
    with UNTOLD.open(newline="") as file:
        for row in csv.DictReader(file):
            assert row["reason"], row
            told = None
            if row["output"]:
                told = Call(tuple(int(row[counter]) for counter in BILLED), _nanos(row["cost_usd"] or None))
            found.setdefault(row["case"], {})[int(row["call"])] = told
    return found


def _otlp_cases() -> Iterator[RealCase]:
    for truth_file in sorted(SAMPLES.rglob("truth.json")):
        truth = json.loads(truth_file.read_text())
        yield RealCase(
            name=str(truth_file.parent.relative_to(SAMPLES)).removeprefix("real_"),
            bodies=tuple(_bodies(truth_file.parent)),
            calls=tuple(_assistants_calls(truth) if "mock_api_reported" in truth else _sdks_calls(truth)),
            meters="metrics" if "--signal metrics" in truth.get("case", "") else "auto",
        )


def _bodies(folder: Path) -> Iterator[Body]:
    for file in sorted(folder.iterdir()):
        if file.suffix == ".bin" or (file.suffix == ".json" and file.stem.endswith(("traces", "logs", "metrics"))):
            yield Body(signal_of(file.name), "json" if file.suffix == ".json" else "protobuf", file.read_bytes())


def _assistants_calls(truth: dict[str, Any]) -> Iterator[Call]:
    for call in truth["mock_api_reported"]:
        if call["status"] == 200:  # a failed try has no usage
            yield Call(tuple(call["counters"][counter] for counter in BILLED), _nanos(call.get("right_cost_usd")))


def _sdks_calls(truth: dict[str, Any]) -> Iterator[Call]:
    for call in truth["calls"]:
        yield Call(tuple(call[counter] for counter in BILLED), _nanos(call["list_price_usd"]))


def _litellm_cases() -> Iterator[RealCase]:
    for truth_file in sorted((FIXTURES / "litellm_new").glob("*.truth.json")):
        truth = json.loads(truth_file.read_text())
        counters = truth["counters"]
        name = truth_file.name.removesuffix(".truth.json")
        yield RealCase(
            name=f"litellm/{name}",
            bodies=(Body(None, "json", truth_file.with_name(f"{name}.body").read_bytes()),),
            calls=(
                Call(
                    counters and tuple(counters[short] for short in ("uncached", "read", "w5", "w1", "out")),
                    _nanos(truth["bill_usd"]),
                ),
            ),
        )


def _nanos(dollars: str | None) -> int | None:
    return None if dollars is None else int(Decimal(dollars).scaleb(9).to_integral_value())
