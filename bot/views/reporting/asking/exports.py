"""`/tokens export`: which files of a period there are, and how to get them."""

from bot.messages import Block, Message
from bot.org.teams import ORGANISATION_SLUG, Team
from bot.text import plain
from bot.views.blocks import actions, button, context, name, section
from bot.views.books.statement_messages import STATEMENT_CSV, STATEMENT_PDF
from bot.views.wording import period_words


def export_message(team: Team, period_name: str, *, account_id: int | None, is_operator: bool, command: str) -> Message:
    """Returns the files of a team's period. Without an account nothing is booked, so there is nothing to send."""
    key = f"export-{team.id}"
    what = f"{name(team.name)}, {period_words(period_name)}"
    if account_id is None:
        text = f"Nothing is booked for {what}, so there is nothing to export."
        return Message(text=text, blocks=(section(text, block_id=key),))
    lead = f"Files of {what}: the statement as CSV or PDF comes to you as a direct message."
    shown = plain(team.name, limit=40)
    blocks: list[Block] = [
        section(lead, block_id=key),
        actions(
            button("Send CSV", action_id=STATEMENT_CSV, value=account_id, label=f"Send the CSV of {shown}"),
            button("Send PDF", action_id=STATEMENT_PDF, value=account_id, label=f"Send the page of {shown}"),
            block_id=f"{key}-files",
        ),
    ]
    slug = team.slug if team.kind == "team" else ORGANISATION_SLUG
    note = "Finance and admins export single calls and ledger entries from the command line."
    if is_operator:
        note = (
            f"Every call: `tokens export usage --period {period_name} --out usage.csv`. Every entry: `tokens export ledger "
            f"--period {period_name} --out ledger.csv`. Statement: `tokens statement --team {slug} --period {period_name}`."
        )
    blocks.append(context(note, block_id=f"{key}-note"))
    return Message(text=f"{lead} {note}", blocks=tuple(blocks))
