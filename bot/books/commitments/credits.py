"""Credits: money that a team gets back for its spend, such as a refund or a negotiated rebate, with its document."""

from dataclasses import dataclass

from bot.books.ledger import Account, Entry
from bot.refusals import Refusal
from bot.text import spaced

MAX_PAPER_CHARACTERS = 200


@dataclass(frozen=True, kw_only=True)
class Credit:
    """A credit of a team in a period. `paper` names the document that proves it, such as a credit note's number."""

    id: int
    team_id: int
    period: str
    amount_nanos: int
    paper: str
    made_by: int | None
    made_at: int
    reversed_at: int | None = None

    @property
    def document(self) -> str:
        return f"credit:{self.id}"


def checked_paper(text: str) -> str:
    """Returns the name of a credit's document. Raises Refusal without one."""
    paper = spaced(text.replace("\x00", ""))
    if not paper:
        raise Refusal("Name the document that proves the credit, such as the number of the credit note.")
    if len(paper) > MAX_PAPER_CHARACTERS:
        raise Refusal(f"Name the document in at most {MAX_PAPER_CHARACTERS} characters.")
    return paper


def credit_entry(credit: Credit, *, at: int) -> Entry:
    """Returns the entry that gives the amount back to what the team may spend."""
    return Entry(
        kind="credit",
        dedupe_key=credit.document,
        period=credit.period,
        effective_at=at,
        from_account=Account(team_id=credit.team_id, period=credit.period, bucket="spent"),
        to_account=Account(team_id=credit.team_id, period=credit.period, bucket="available"),
        amount_nanos=credit.amount_nanos,
        actor_id=credit.made_by,
        reason="credit",
        document=credit.document,
    )


def credit_reversal_entry(credit: Credit, *, period: str, by: int | None, at: int, reverses_id: int) -> Entry:
    """Returns the entry that takes a credit back, in the period that is open."""
    return Entry(
        kind="reversal",
        dedupe_key=f"{credit.document}:reversal",
        period=period,
        effective_at=at,
        from_account=Account(team_id=credit.team_id, period=period, bucket="available"),
        to_account=Account(team_id=credit.team_id, period=period, bucket="spent"),
        amount_nanos=credit.amount_nanos,
        actor_id=by,
        reason="credit taken back",
        document=credit.document,
        reverses_id=reverses_id,
    )
