"""A statement in words: for the terminal, and as a message."""

from bot.books.statements.coverage import coverage_lines
from bot.books.statements.figures import Beside, Statement, folded_tools, label_of
from bot.charts.pages import PageRow, StatementPage
from bot.money import usd
from bot.org.teams import ORGANISATION_SLUG
from bot.periods import DAY_MICROS, date_of, long_day_text, moment

_STATES = {
    "closing": "Closing: the period is over, and its statement is not sealed yet",
    "preliminary": "Preliminary: the period is open, so figures still change",
    "earlier": "History: it was over before the books began, so it is never sealed",
    "later": "The period has not begun",
}


def state_words(statement: Statement) -> str:
    """Returns how final a statement is, in a sentence without its end."""
    if statement.state == "sealed":
        return f"Sealed on {long_day_text(statement.made_at // DAY_MICROS)}"
    return _STATES[statement.state]


def span_words(statement: Statement) -> str:
    """Returns the days of a statement, `1 October 2026 to 31 October 2026`."""
    period = statement.period
    return f"{long_day_text(period.first_day)} to {long_day_text(period.end_day - 1)}"


def beside_words(beside: Beside, *, command: str) -> str:
    """Returns what a reader may look at next: the period before, or that the books begin with this one."""
    if beside.begins_before_books:
        return f"The books begin with {beside.books_begin}."
    shows = f"`{command} statement {beside.before}` shows"
    if beside.ended_early is None:
        return f"{shows} the period before."
    ended = f"{beside.before} was closed early: it ended with {long_day_text(beside.ended_early.end_day - 1)}"
    return f"{ended}{', and its statement is sealed' if beside.is_sealed else ''}. {shows} it."


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


def statement_page(statement: Statement, *, organisation: str) -> StatementPage:
    """Returns the page that finance files."""
    rows = [
        PageRow(label=label, amount=usd(nanos), is_sum=label in ("Opening", "Closing"))
        for label, nanos in figure_rows(statement)
    ]
    if statement.still_held_nanos:
        rows.append(PageRow(label="of it still held", amount=usd(statement.still_held_nanos)))
    tools = [PageRow(label=name or "–", amount=usd(nanos)) for name, nanos in folded_tools(statement.tools)]
    tools.append(PageRow(label="All charges", amount=usd(statement.charged_nanos), is_sum=True))
    centre = f" · cost centre {statement.cost_center}" if statement.cost_center else ""
    return StatementPage(
        organisation=organisation,
        title=statement.name,
        period=statement.period.name,
        subtitle=f"{span_words(statement)} · {statement.currency}{centre}",
        state=f"{state_words(statement)}.",
        is_final=statement.state == "sealed",
        figures=tuple(rows),
        tools=tuple(tools),
        days=statement.days,
        first_day=statement.period.first_day,
        end_day=statement.period.end_day,
        notes=tuple(coverage_lines(statement.coverage)),
        footer=tuple(_footer(statement)),
    )


def _footer(statement: Statement) -> list[str]:
    made = f"{moment(statement.made_at):%d %B %Y %H:%M} UTC".lstrip("0")
    if not statement.seal:
        return [f"Figures of {made}. Without a seal: do not file this page as final."]
    return [
        f"Statement {statement.number} of this team, of {made}. Verify its CSV with `tokens verify` or docs/verify.py.",
        f"Seal {statement.seal}",
        f"Before {statement.previous}",
    ]
