"""The verdict of a drill as text and as a table of docs/reliability.md."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.drill.judge import Finding, answered
from tests.drill.records import Records
from tests.drill.stored import Stored

BEGIN, END = "<!-- drill: begin -->", "<!-- drill: end -->"
_EXAMPLES = 5

Row = tuple[str, str]


def as_text(found: Sequence[Finding], records: Records, stored: Stored, *, minutes: float, seed: int) -> str:
    """Returns the tables, examples of every line, and the verdict as the last line."""
    lines = [*_tables(found, records, stored, minutes=minutes, seed=seed), ""]
    for finding in found:
        for example in finding.found[:_EXAMPLES]:
            lines.append(f"{finding.what}: {example}")
    for words, count in records.warnings.most_common(20):
        lines.append(f"warning × {count}: {words}")
    refused = Counter(run.output.strip()[-200:] for run in records.commands if not run.killed and run.code)
    lines += [f"command refused × {count}: {words}" for words, count in refused.most_common(_EXAMPLES)]
    return "\n".join([*lines, "", _verdict(found)])


def as_page(
    page: Path, found: Sequence[Finding], records: Records, stored: Stored, *, minutes: float, seed: int
) -> None:
    """Writes the tables and the verdict between the marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    tables = "\n".join(_tables(found, records, stored, minutes=minutes, seed=seed))
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{_verdict(found)}\n\n{END}{after}")


def _verdict(found: Sequence[Finding]) -> str:
    failed = [finding.what for finding in found if finding.fails]
    if not failed:
        return "Verdict: clean."
    return f"Verdict: not clean: {', '.join(failed)}."


def _tables(found: Sequence[Finding], records: Records, stored: Stored, *, minutes: float, seed: int) -> list[str]:
    verdict = [(finding.what, _count(finding)) for finding in found]
    return [
        *_table(("what was judged", "count"), verdict),
        "",
        *_table(("what happened", "count"), [*_load(records, stored, minutes, seed), *_faults(records)]),
    ]


def _count(finding: Finding) -> str:
    if finding.fails:
        return f"**{finding.count}**"
    return str(finding.count)


def _load(records: Records, stored: Stored, minutes: float, seed: int) -> list[Row]:
    """Returns what the drill did."""
    deeds = Counter(e.intent.deed for e in records.exchanges)
    states = Counter(request.state for request in stored.requests)
    commands = Counter(run.words.split(" /")[0].partition(" --")[0] for run in records.commands if not run.killed)
    seconds = sorted(e.seconds for e in answered(records))
    slowness = sorted(factor for _, factor in records.slowness) or [1.0]
    return [
        ("minutes, seed, processors", f"{minutes:g}, {seed}, {os.cpu_count()}"),
        ("usage events acknowledged", f"{len(records.acknowledged):,}"),
        ("answers to senders", _counts(records.statuses)),
        ("requests from Slack", f"{len(records.exchanges):,}"),
        ("of them sent twice", f"{sum(e.repeats for e in records.exchanges):,}"),
        ("of them about budget requests", _counts(Counter({d: n for d, n in deeds.items() if d != "other"}))),
        ("budget requests", _counts(states)),
        ("messages", f"{len(stored.messages):,}"),
        ("commands", _counts(commands)),
        ("answers to Slack: median, 99%, slowest", _spread(seconds)),
        (
            "slowed down by the drill itself and others: median, most",
            f"{_at(0.5, slowness):.1f} ×, {slowness[-1]:.1f} ×",
        ),
    ]


def _faults(records: Records) -> list[Row]:
    kills = Counter(kill.process for kill in records.kills)
    return [("`kill -9`", _counts(kills)), ("faults of Slack", _counts(records.faults))]


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "0"


def _spread(ordered: Sequence[float]) -> str:
    if not ordered:
        return "none"
    picked = (_at(0.5, ordered), _at(0.99, ordered), ordered[-1])
    return ", ".join(f"{value:.2f} s" for value in picked)


def _at(share: float, ordered: Sequence[float]) -> float:
    return ordered[int((len(ordered) - 1) * share)]


def _table(names: Row, rows: Sequence[Row]) -> list[str]:
    return [f"| {names[0]} | {names[1]} |", "|---|---|", *(f"| {what} | {count} |" for what, count in rows)]
