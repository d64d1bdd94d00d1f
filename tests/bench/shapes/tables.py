"""What the runs showed, as tables."""

from collections.abc import Callable, Sequence
from statistics import median

from rich.table import Table

from tests.bench.shapes.builds import BEFORE
from tests.bench.shapes.run import Run
from tests.bench.shapes.side_by_side import Compared


def pace_table(found: Sequence[Compared]) -> Table:
    """Events a second, with and without the time until all totals are exact."""
    table = _table(
        "Shapes of usage: the middle of all runs, and of each pair's ratio (lowest to highest)",
        *("database", "format", "shape", "stored", f"{BEFORE} /s", "now /s", "ratio", "with totals /s", "ratio"),
    )
    for one in found:
        table.add_row(
            *(one.database, one.form.name, one.shape.name, f"{one.stored:,}"),
            *(_rate(one.before, _answered), _rate(one.runs, _answered), _ratio(one, _answered)),
            *(_rate(one.runs, _exact), _ratio(one, _exact)),
        )
    return table


def cost_table(found: Sequence[Compared]) -> Table:
    """Processor time for an event, and memory."""
    table = _table(
        "Processor time for an event, and the bot's memory before and after",
        *("database", "format", "shape", "stored", f"{BEFORE}, bot", "now, bot", "ratio"),
        *(f"{BEFORE}, server", "now, server", f"{BEFORE}, MB", "now, MB"),
    )
    for one in found:
        table.add_row(
            *(one.database, one.form.name, one.shape.name, f"{one.stored:,}"),
            *(_micros(one.before, _bot_cpu), _micros(one.runs, _bot_cpu), _ratio(one, _bot_cpu)),
            *(_micros(one.before, _server_cpu), _micros(one.runs, _server_cpu)),
            *(_memory(one.before), _memory(one.runs)),
        )
    return table


def kept_table(found: Sequence[Compared]) -> Table:
    """The pace with stored events beside the pace on an empty database."""
    table = _table(
        "Pace with stored events ÷ pace on an empty database, with totals",
        *("database", "format", "shape", "stored", BEFORE, "now"),
    )
    empty = {(one.database, one.form.name, one.shape.name): one for one in found if not one.stored}
    for one in found:
        beside = empty.get((one.database, one.form.name, one.shape.name))
        if one.stored and beside is not None:
            shares = [
                f"{median(map(_exact, runs)) / median(map(_exact, on_empty)):.2f}" if runs and on_empty else ""
                for runs, on_empty in ((one.before, beside.before), (one.runs, beside.runs))
            ]
            table.add_row(one.database, one.form.name, one.shape.name, f"{one.stored:,}", *shares)
    return table


def _answered(run: Run) -> float:
    return run.rate


def _exact(run: Run) -> float:
    return run.exact_rate


def _bot_cpu(run: Run) -> float:
    return run.cpu / run.events


def _server_cpu(run: Run) -> float:
    return run.server_cpu / run.events


def _rate(runs: Sequence[Run], of: Callable[[Run], float]) -> str:
    return f"{median(map(of, runs)):,.0f}" if runs else ""


def _micros(runs: Sequence[Run], of: Callable[[Run], float]) -> str:
    spent = median(map(of, runs)) if runs else 0.0
    return f"{spent * 1e6:.1f} µs" if spent else ""


def _ratio(one: Compared, of: Callable[[Run], float]) -> str:
    if not one.before:
        return ""
    ratios = sorted(of(now) / of(then) for now, then in zip(one.runs, one.before, strict=True))
    spread = f" ({ratios[0]:.2f}–{ratios[-1]:.2f})" if len(ratios) > 1 else ""
    return f"{median(ratios):.2f}{spread}"


def _memory(runs: Sequence[Run]) -> str:
    return " → ".join(f"{median(run.memory[at] for run in runs) / 2**20:.0f}" for at in (0, 1)) if runs else ""


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place > 2 else "left", no_wrap=True)
    return table
