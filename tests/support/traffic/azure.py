"""Real calls as usage events: the public Azure LLM inference traces with who and what added by a seeded rule.

`python -m tests.support.traffic.azure OUT.csv [--seed N] [--ids]` writes the file and prints the plain sums over it.
"""

import argparse
import csv
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from genai_prices import Usage, calc_price

from tests.support.paths import SHARED

TRACES = SHARED / "data"
"""Where the two traces lie if they were fetched (Azure/AzurePublicDataset, CC BY 4.0); nothing needs them to be there."""
UNATTRIBUTED = "unattributed"
TEAMS_YML = """
organisation:
  {name: Acme, currency: USD, timezone: Europe/London, period: month, funding: 20000, mode: preview, people: self,
   finance: [chloe@acme.test], admins: [dan@acme.test]}
teams:
  - {slug: product, name: Product, managers: [ben@acme.test], budget: {amount: 10000}}
  - {slug: search, name: Search, parent: product, managers: [ben@acme.test], members: [anna@acme.test],
     timezone: Europe/London, budget: {amount: 1000}}
  - {slug: mobile, name: Mobile, managers: [mia@acme.test], timezone: Asia/Kolkata, budget: {amount: 500}}
  - {slug: support, name: Support, managers: [sol@acme.test], timezone: America/Los_Angeles, budget: {amount: 500}}
attribution:
  - {credential: key-12, team: support}
  - {tag: "repo:mobile-*", team: mobile}
tools:
  - {name: MetaCode, kind: in_house, match: {model: "metacode*"}}
prices:
  - {model: "metacode*", input_per_mtok: 0.40, output_per_mtok: 1.60}
"""
"""The organisation that the rule speaks of."""
_CONTRACT = {"metacode-2": (Decimal("0.40"), Decimal("1.60"))}
_UNPRICED = "acme-large"
_MODELS = (
    *(("anthropic", "claude-opus-4-5"), ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-4o")),
    *(("openai", "gpt-5-mini"), ("google", "gemini-2.5-pro"), ("vllm", "metacode-2"), ("vllm", _UNPRICED)),
)
_WEIGHTS = (4, 10, 6, 6, 4, 8, 1)
_PLACES: tuple[tuple[str, dict[str, str]], ...] = (
    ("search", {"team": "search", "user": "emi@acme.test"}),
    ("search", {"user": "anna@acme.test"}),
    ("mobile", {"tags": "repo:mobile-app;env:ci", "user": "mia@acme.test"}),
    ("support", {"credential": "key-12", "user": "svc-support"}),
    ("product", {"team": "product", "user": "Ben@Acme.test", "workflow": "evals"}),
    (UNATTRIBUTED, {"user": "somebody-else"}),
)
"""A team, and what an event says that places it there: declared, by its user, by tag, by credential, or nothing."""
COUNTERS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
HEADERS = (
    *("id", "source", "time", "provider", "model", "tool", "workflow", "user", "team", "credential", "tags"),
    *(f"{name}_tokens" for name in COUNTERS),
)


class TracedCall(NamedTuple):
    """One row of a trace: when, the tokens of its context and those generated."""

    at: datetime
    context: int
    generated: int
    is_code: bool


@dataclass
class Sums:
    """Plain sums over a file's rows; money in nano-dollars, rounded once per row, half to even."""

    calls: int = 0
    calls_by_team: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    nanos_by_team: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [f"calls {self.calls}", *(f"{name} {self.tokens[name]}" for name in COUNTERS)]
        teams = sorted(self.calls_by_team)
        return "\n".join(
            lines + [f"{t}: {self.calls_by_team[t]} calls, {self.nanos_by_team[t]} nano-dollars" for t in teams]
        )


@cache
def calls(folder: Path = TRACES) -> list[TracedCall]:
    """The calls of both traces in the order of time; where they are missing, a smaller made-up trace of their shape."""
    files = [(folder / f"azure_llm_trace_{kind}.csv", kind == "code") for kind in ("code", "conv")]
    if not all(file.exists() for file, _ in files):
        return _made_up()
    found = []
    for file, is_code in files:
        with file.open(newline="") as lines:
            for row in csv.DictReader(lines):
                at = datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC)
                found.append(TracedCall(at, int(row["ContextTokens"]), int(row["GeneratedTokens"]), is_code))
    return sorted(found, key=lambda call: call.at)


def _made_up(count: int = 6_000) -> list[TracedCall]:
    """As many long contexts with short answers, and short ones with long answers, as the traces have, within an hour."""
    chance = random.Random(7)
    at = datetime(2023, 11, 16, 18, 15, 46, tzinfo=UTC)
    found = []
    for _ in range(count):
        at += timedelta(microseconds=round(chance.expovariate(1 / 550_000)))
        is_code = chance.random() < 0.31
        context = min(7_400, round(chance.lognormvariate(7.2 if is_code else 6.5, 0.9)) + 1)
        generated = min(1_900, round(chance.lognormvariate(2.6 if is_code else 4.8, 0.9)) + 1)
        found.append(TracedCall(at, context, generated, is_code))
    return found


class Traced(NamedTuple):
    """A CSV row with the team that it belongs to and what it costs."""

    team: str
    nanos: int
    row: dict[str, str]


@cache
def traced_rows(seed: int) -> list[Traced]:
    """All calls, priced. Made once per process: the price list's own calculation takes seconds."""
    return [Traced(team, nanos_of(row), row) for team, row in _rows(calls(), seed)]


def _rows(traced: list[TracedCall], seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Each call as (its team, a CSV row): model, tool, person and cached parts by the seeded rule."""
    chance = random.Random(seed)
    for number, call in enumerate(traced, 1):
        provider, model = chance.choices(_MODELS, _WEIGHTS)[0]
        team, said = chance.choice(_PLACES)
        cached = chance.randrange(call.context) if call.is_code and chance.random() < 0.6 else 0
        written = chance.randrange(call.context - cached) if provider == "anthropic" and chance.random() < 0.2 else 0
        reasoning = chance.randrange(call.generated + 1) if model in ("gpt-5-mini", "gemini-2.5-pro") else 0
        tool = ("MetaCode" if model == "metacode-2" else "Claude Code") if call.is_code else "Assistant"
        counts = (call.context - cached - written, cached, written, 0, call.generated, reasoning)
        yield (
            team,
            {
                "id": f"call-{number}",
                "source": "/azure",
                "time": call.at.isoformat(),
                "provider": provider,
                "model": model,
                "tool": tool,
                **said,
                **{f"{name}_tokens": str(count) for name, count in zip(COUNTERS, counts, strict=True)},
            },
        )


def nanos_of(row: dict[str, str]) -> int:
    """What a row costs by the public price list's own calculation, or by the contract; 0 where nobody knows a price."""
    uncached, read, write_5m, _, output, _ = (int(row[f"{name}_tokens"]) for name in COUNTERS)
    if row["model"] == _UNPRICED:
        return 0
    if row["model"] in _CONTRACT:
        # A contract that names no cached rate sells cached input as input.
        into, out = _CONTRACT[row["model"]]
        dollars = ((uncached + read + write_5m) * into + output * out) / 1_000_000
    else:
        usage = Usage(
            input_tokens=uncached + read + write_5m,
            cache_read_tokens=read,
            cache_write_tokens=write_5m,
            output_tokens=output,
        )
        at = datetime.fromisoformat(row["time"])
        priced = calc_price(usage, row["model"], provider_id=row["provider"], genai_request_timestamp=at)
        dollars = priced.total_price
    return int((dollars * 1_000_000_000).to_integral_value(rounding=ROUND_HALF_EVEN))


def write_csv(out: Path, *, seed: int = 1, with_ids: bool = False, most: int | None = None) -> Sums:
    """Writes a native CSV of the calls (at most so many) and returns the plain sums over it.

    Without ids, a row's key is the file's digest and its number.
    """
    sums = Sums()
    headers = [name for name in HEADERS if with_ids or name not in ("id", "source")]
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, headers, extrasaction="ignore")
        writer.writeheader()
        for team, nanos, row in traced_rows(seed)[:most]:
            writer.writerow(row)
            sums.calls += 1
            sums.calls_by_team[team] += 1
            sums.nanos_by_team[team] += nanos
            sums.tokens.update({name: int(row[f"{name}_tokens"]) for name in COUNTERS})
    return sums


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="Writes the Azure traces as a native CSV and prints the plain sums.")
    asked.add_argument("out", type=Path, metavar="OUT.csv")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--ids", action="store_true", help="with an id and a source per row")
    given = asked.parse_args()
    sys.stdout.write(f"{write_csv(given.out, seed=given.seed, with_ids=given.ids)}\n")
