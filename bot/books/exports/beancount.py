"""The ledger as a beancount file: a transaction per entry, and every account's balance, exact to the nano-dollar."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.money import usd_exact
from bot.periods import date_of, moment

_ROOTS = {"funding": "Equity", "available": "Assets", "held": "Assets"}
"""The kinds of beancount's accounts; all other buckets are expenses."""
_NO_PART = re.compile(r"[^A-Za-z0-9-]")
_OPENED = "1970-01-01"


class LedgerAccount(NamedTuple):
    """An account of the ledger, with its team's slug."""

    slug: str
    bucket: str
    period: str

    @property
    def name(self) -> str:
        """Returns its name in beancount, such as `Assets:Available:Search:2026-11`."""
        parts = (self.bucket, self.slug, self.period)
        return ":".join([_ROOTS.get(self.bucket, "Expenses"), *map(_part, parts)])


class LedgerMove(NamedTuple):
    """An entry, with both of its accounts."""

    entry_id: int
    posted_at: int
    effective_at: int
    kind: str
    giver: LedgerAccount
    taker: LedgerAccount
    amount_nanos: int
    currency: str
    actor: str
    reason: str
    document: str


def beancount_header(name: str) -> str:
    """Returns the first lines of a file."""
    return f'option "title" {_quoted(f"{name}: budgets and spend of AI")}\noption "operating_currency" "USD"\n'


def beancount_opened(accounts: Iterable[LedgerAccount]) -> str:
    """Returns the lines that open accounts. Beancount sorts lines by date, so they may stand anywhere."""
    return "".join(f"{_OPENED} open {account.name}\n" for account in sorted(accounts))


def beancount_moves(moves: Sequence[LedgerMove]) -> str:
    """Returns the transactions of entries."""
    return "".join(_transaction(move) for move in moves)


def beancount_balances(balances: Iterable[tuple[LedgerAccount, str, int]], *, last_day: int) -> str:
    """Returns the assertions of what each account has, in a currency and nano-dollars, after a day.

    `~ 0` makes them exact: without it beancount lets a unit of the last decimal pass.
    """
    day = date_of(last_day + 1)
    return "".join(
        f"{day} balance {account.name} {usd_exact(nanos)} ~ 0 {currency}\n"
        for account, currency, nanos in sorted(balances)
    )


def _transaction(move: LedgerMove) -> str:
    amount = usd_exact(move.amount_nanos)
    facts = {"posted-at": moment(move.posted_at).isoformat(), "actor": move.actor, "from-document": move.document}
    return "".join(
        [
            f"\n{moment(move.effective_at):%Y-%m-%d} * {_quoted(move.kind)} {_quoted(move.reason)}\n",
            f"  entry-id: {move.entry_id}\n",
            *(f"  {name}: {_quoted(value)}\n" for name, value in facts.items() if value),
            f"  {move.taker.name} {amount} {move.currency}\n",
            f"  {move.giver.name} -{amount} {move.currency}\n",
        ]
    )


def _part(text: str) -> str:
    """Returns a part of an account's name: it begins with a capital letter or a digit."""
    plain = _NO_PART.sub("-", text)
    return plain[:1].upper() + plain[1:] if plain[:1].isalnum() else f"X{plain}"


def _quoted(text: str) -> str:
    """Returns a text in quotes, on one line."""
    return '"' + " ".join(text.replace("\\", "\\\\").replace('"', '\\"').split()) + '"'
