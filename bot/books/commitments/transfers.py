"""Transfers: budget that moves from one team to another once the managers of both have agreed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.books.ledger import Account, Entry
from bot.money import parse_amount
from bot.org.teams import Directory, Team
from bot.refusals import Refusal

TransferState = Literal["waiting", "booked", "declined", "withdrawn", "lapsed", "taken_back"]
MAX_REASON_CHARACTERS = 300

_SLUG = r"[\w#<>|@&;.-]+"
_TYPED = re.compile(
    rf"(?P<amount>\S+)\s+(?:from\s+(?P<giver>{_SLUG})\s+)?to\s+(?P<taker>{_SLUG})(?:\s+(?:for\s+)?(?P<reason>.+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class PlannedTransfer:
    """What somebody typed: `giver` is empty if the channel's team gives."""

    amount_nanos: int
    giver: str
    taker: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A transfer between two teams in a period, with who agreed for each. `returned_nanos` is what was taken back."""

    id: int
    giver_id: int
    taker_id: int
    amount_nanos: int
    reason: str
    period: str
    state: TransferState
    made_by: int
    made_at: int
    giver_agreed: int | None = None
    taker_agreed: int | None = None
    ended_by: int | None = None
    ended_at: int | None = None
    returned_nanos: int = 0

    @property
    def document(self) -> str:
        return f"transfer:{self.id}"

    @property
    def is_agreed(self) -> bool:
        return self.giver_agreed is not None and self.taker_agreed is not None


def parse_transfer(text: str, *, command: str) -> PlannedTransfer:
    """Parses `500 from search to checkout for the launch`. Raises Refusal with an example."""
    example = f"Write it like `{command} transfer 500 from search to checkout`."
    found = _TYPED.fullmatch(" ".join(text.replace("\x00", "").split()))
    if found is None:
        raise Refusal(f"Say how much to move, and to which team. {example}")
    try:
        amount_nanos = parse_amount(found["amount"])
    except Refusal as refusal:
        raise Refusal(f"How much? {refusal.sentence} {example}") from refusal
    reason = found["reason"] or ""
    if len(reason) > MAX_REASON_CHARACTERS:
        raise Refusal(f"Keep the reason under {MAX_REASON_CHARACTERS} characters.")
    return PlannedTransfer(amount_nanos=amount_nanos, giver=found["giver"] or "", taker=found["taker"], reason=reason)


def may_agree(directory: Directory, person_id: int, team: Team) -> bool:
    """Whether a person may agree for a team: its managers, those above it, and finance."""
    return directory.manages(person_id, team) or person_id in directory.finance


def with_agreement(transfer: Transfer, *, by: int, giver: bool, taker: bool) -> Transfer:
    """Returns a transfer with a person's agreement for the sides that they may speak for. Who agreed first stays."""
    return replace(
        transfer,
        giver_agreed=by if giver and transfer.giver_agreed is None else transfer.giver_agreed,
        taker_agreed=by if taker and transfer.taker_agreed is None else transfer.taker_agreed,
    )


def transfer_entry(transfer: Transfer, *, by: int, at: int) -> Entry:
    """Returns the entry that moves the amount."""
    return Entry(
        kind="transfer",
        dedupe_key=transfer.document,
        period=transfer.period,
        effective_at=at,
        from_account=_account(transfer, transfer.giver_id),
        to_account=_account(transfer, transfer.taker_id),
        amount_nanos=transfer.amount_nanos,
        actor_id=by,
        reason="agreed transfer",
        document=transfer.document,
    )


def return_entry(transfer: Transfer, nanos: int, *, by: int, at: int, reverses_id: int) -> Entry:
    """Returns the entry that moves an unspent amount back. The transfer's returned amount makes its key."""
    return Entry(
        kind="reversal",
        dedupe_key=f"{transfer.document}:back:{transfer.returned_nanos}",
        period=transfer.period,
        effective_at=at,
        from_account=_account(transfer, transfer.taker_id),
        to_account=_account(transfer, transfer.giver_id),
        amount_nanos=nanos,
        actor_id=by,
        reason="transfer taken back",
        document=transfer.document,
        reverses_id=reverses_id,
    )


def returnable_nanos(transfer: Transfer, *, taker_available_nanos: int) -> int:
    """Returns how much of a booked transfer may come back: what is not back yet, and not spent."""
    if transfer.state != "booked":
        return 0
    return max(0, min(transfer.amount_nanos - transfer.returned_nanos, taker_available_nanos))


def missing_agreements(transfer: Transfer, *, giver: Team, taker: Team) -> Sequence[Team]:
    """Returns the teams whose managers have still to agree, the giver first."""
    sides = ((giver, transfer.giver_agreed), (taker, transfer.taker_agreed))
    return [team for team, agreed in sides if agreed is None]


def _account(transfer: Transfer, team_id: int) -> Account:
    return Account(team_id=team_id, period=transfer.period, bucket="available")
