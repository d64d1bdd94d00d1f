"""The figures of the year as tables."""

from collections.abc import Sequence

from rich.table import Table

from tests.bench.year.measure import Measured


def answers_table(runs: Sequence[Measured]) -> Table:
    """Returns how soon people are answered, beside a company of the same size that has hardly used anything."""
    names = (
        "database",
        "build",
        "asked",
        "p50",
        "p99",
        "empty p50",
        "p99",
        "ratio of p50",
        "bot's CPU",
        "empty",
        "ratio",
    )
    table = _table("Answers about a year", names)
    for run in runs:
        for full, empty in zip(run.answers, run.empty_answers, strict=True):
            p50, p99, empty_p50, empty_p99 = (_at(share, one.seconds) for one in (full, empty) for share in (0.5, 0.99))
            table.add_row(
                *(run.database, run.build, full.asked),
                *(_ms(value) for value in (p50, p99, empty_p50, empty_p99)),
                f"{p50 / empty_p50:.1f}",
                *(_ms(full.cpu), _ms(empty.cpu), f"{full.cpu / max(empty.cpu, 0.001):.1f}"),
            )
    return table


def books_table(runs: Sequence[Measured]) -> Table:
    """Returns what checks, jobs and commands take."""
    names = (
        *("database", "build", "check", "CPU", "memory", "explain p50", "longest"),
        *("idle keep_books p50", "CPU", "longest", "writer held", "month's reprice", "CPU"),
    )
    table = _table("Books of a year", names)
    for run in runs:
        cells = [run.database, run.build]
        done = run.check
        cells += [f"{done.seconds:.1f} s", f"{done.cpu:.1f} s", f"{done.memory >> 20} MB"] if done else [""] * 3
        rounds = run.explain
        cells += [_ms(_at(0.5, rounds.seconds)), _ms(rounds.seconds[-1])] if rounds else [""] * 2
        kept = run.keep_books
        if kept:
            cells += [_ms(_at(0.5, kept.seconds)), _ms(_at(0.5, kept.cpu)), _ms(kept.seconds[-1])]
            cells.append("" if kept.held is None else _ms(kept.held))
        else:
            cells += [""] * 4
        done = run.reprice
        cells += [f"{done.seconds:.1f} s", f"{done.cpu:.1f} s"] if done else [""] * 2
        if any(cells[2:]):
            table.add_row(*cells)
    return table


def allowance_table(runs: Sequence[Measured]) -> Table:
    """Returns how soon a gateway learns an allowance."""
    names = ("database", "build", "calls", "p50", "p99", "longest", "CPU a call", "full pace, events/s", "answers")
    table = _table("Allowances at 200 calls/s, beside usage at a quarter of its pace", names)
    for run in runs:
        if found := run.allowance:
            table.add_row(
                *(run.database, run.build, f"{len(found.seconds):,}"),
                *(_ms(_at(share, found.seconds)) for share in (0.5, 0.99, 1.0)),
                *(f"{found.cpu * 1_000:.1f} ms", f"{found.full_rate:,.0f}"),
                ", ".join(f"{count} x {status}" for status, count in sorted(found.statuses.items())),
            )
    return table


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place > 1 else "left")
    return table


def _at(share: float, ordered: Sequence[float]) -> float:
    """Returns the value below which this share of the sorted ones lies."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:,.1f} ms" if seconds < 0.1 else f"{seconds * 1_000:,.0f} ms"
