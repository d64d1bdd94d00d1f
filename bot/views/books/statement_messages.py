"""A statement in Slack: its figures as a table, its error bar, its seal, and buttons for the files."""

from collections.abc import Sequence

from bot.books.statements.coverage import coverage_lines
from bot.books.statements.figures import Beside, Statement, folded_tools
from bot.charts.pages import page_file
from bot.messages import Block, Message, text_file
from bot.money import usd
from bot.text import plain
from bot.views.blocks import actions, button, context, escape, name, section, table
from bot.views.books.statements import beside_words, figure_rows, span_words, state_words, statement_page

STATEMENT_CSV = "statement_csv"
"""Action id of the button that sends a statement's CSV; its value is the id of the team's account of the period."""
STATEMENT_PDF = "statement_pdf"
_TOOLS = 5


def statement_message(
    statement: Statement, *, account_id: int | None, command: str, beside: Beside, chargeback: Sequence[Block] = ()
) -> Message:
    """Returns the answer to `/tokens statement`. Without an account there is nothing to send as a file.

    The organisation's has the blocks of its chargeback too.
    """
    key = f"statement-{statement.slug}"[:200]
    team, period = name(statement.name), statement.period.name
    lead = f"*Statement of {team}, {period}*\n{span_words(statement)}. {state_words(statement)}."
    rows = [("In the period", "US dollars"), *((label, usd(nanos)) for label, nanos in figure_rows(statement))]
    if statement.still_held_nanos:
        rows.append(("Of it still held", usd(statement.still_held_nanos)))
    blocks: list[Block] = [section(lead, block_id=f"{key}-lead"), table(rows, block_id=f"{key}-figures")]
    tools = folded_tools(statement.tools, most=_TOOLS)
    if tools:
        lines = "\n".join(f"• {name(tool) if tool.strip() else 'unnamed tool'}: {usd(nanos)}" for tool, nanos in tools)
        blocks.append(section(f"*Charges by tool*\n{lines}", block_id=f"{key}-tools"))
    notes = coverage_lines(statement.coverage)
    sure = "\n".join(f"• {escape(note)}" for note in notes)
    blocks.append(section(f"*How sure these figures are*\n{sure}", block_id=f"{key}-coverage"))
    blocks += chargeback
    if account_id is not None:
        shown = plain(statement.name, limit=40)
        csv = button("Send CSV", action_id=STATEMENT_CSV, value=account_id, label=f"Send the CSV of {shown}")
        pdf = button("Send PDF", action_id=STATEMENT_PDF, value=account_id, label=f"Send the page of {shown}")
        blocks.append(actions(csv, pdf, block_id=f"{key}-files"))
    seal = f"Seal `{statement.seal}`. " if statement.seal else ""
    blocks.append(context(f"{seal}{beside_words(beside, command=command)}", block_id=f"{key}-notes"))
    early = f" {beside_words(beside, command=command)}" if beside.ended_early or statement.state == "earlier" else ""
    return Message(text=f"{_text(statement)}{early}", blocks=tuple(blocks))


def _text(statement: Statement) -> str:
    """Returns a statement in a few sentences, for screen readers and notifications."""
    return (
        f"Statement of {name(statement.name)}, {statement.period.name}. {state_words(statement)}. "
        f"Opening {usd(statement.opening_nanos)}, in {usd(statement.in_nanos)}, out {usd(statement.out_nanos)}, "
        f"closing {usd(statement.closing_nanos)}. Charged for its days: {usd(statement.charged_nanos)}."
    )


def file_message(statement: Statement, *, sheet: str, organisation: str, kind: str) -> Message:
    """Returns the message that brings a statement's CSV or page to whoever asked."""
    stem = f"statement-{statement.slug}-{statement.period.name}"
    if kind == "csv":
        file = text_file(f"{stem}.csv", sheet)
    else:
        file = page_file(f"{stem}.pdf", statement_page(statement, organisation=organisation))
    text = f"{'CSV' if kind == 'csv' else 'Page'} of the statement of {name(statement.name)}, {statement.period.name}."
    state = f"{text} {state_words(statement)}."
    return Message(text=state, blocks=(section(state, block_id=f"{stem}-file"[:200]),), files=(file,))


def sent_message(kind: str) -> Message:
    """Returns the answer to a click on a file's button."""
    words = f"The {'CSV' if kind == 'csv' else 'PDF'} comes to you as a direct message."
    return Message(text=words, blocks=(section(words, block_id="statement-sent"),))
