"""A statement in words: for the terminal, and as a message."""

from bot.books.statements.coverage import coverage_lines
from bot.books.statements.figures import Statement, folded_tools, label_of
from bot.money import usd
from bot.org.teams import ORGANISATION_SLUG
from bot.periods import date_of, long_day_text

_STATES = {
    "sealed": "Sealed",
    "closing": "Closing: the period is over, and its statement is not sealed yet",
    "preliminary": "Preliminary: the period is open, so figures still change",
}


def state_words(statement: Statement) -> str:
    """Returns how final a statement is, in a sentence without its end."""
    return _STATES[statement.state]


def span_words(statement: Statement) -> str:
    """Returns the days of a statement, `1 October 2026 to 31 October 2026`."""
    period = statement.period
    return f"{long_day_text(period.first_day)} to {long_day_text(period.end_day - 1)}"


def figure_rows(statement: Statement) -> list[tuple[str, int]]:
    """Returns the lines from the opening to the closing; holds, which change nothing, come after it."""
    is_root = statement.slug == ORGANISATION_SLUG
    rows = [("Opening", statement.opening_nanos)]
    rows += [
        (label_of(line, is_organisation=is_root), nanos)
        for line, nanos in statement.lines
        if line not in ("opening", "held", "released")
    ]
    return [*rows, ("Closing", statement.closing_nanos)]


def statement_lines(statement: Statement) -> list[str]:
    """Returns a statement as lines of plain text."""
    lines = [f"{statement.name}, {statement.period.name} ({span_words(statement)}). {state_words(statement)}."]
    if statement.cost_center:
        lines.append(f"Cost centre {statement.cost_center}")
    lines += [f"{label:<50}{usd(nanos):>20}" for label, nanos in figure_rows(statement)]
    if statement.still_held_nanos:
        lines.append(f"{'Of it still held':<50}{usd(statement.still_held_nanos):>20}")
    if statement.days:
        lines += ["", "Charges by day"]
        lines += [f"{date_of(day).isoformat():<50}{usd(nanos):>20}" for day, nanos in statement.days]
    if statement.tools:
        lines += ["", "Charges by tool"]
        lines += [f"{name or '–':<50}{usd(nanos):>20}" for name, nanos in folded_tools(statement.tools)]
    lines += ["", *coverage_lines(statement.coverage)]
    if statement.seal:
        lines += [
            "",
            f"Statement {statement.number} of this team. Seal {statement.seal}",
            f"Seal before {statement.previous}",
        ]
    return lines
