"""The ledger: append-only entries between accounts, and balances that are always current."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    case,
    func,
    insert,
    literal,
    literal_column,
    select,
)

from bot.books.budgets import PostedTotal
from bot.books.ledger import SPREAD, VARIANCE, Account, Balance, Entry, Overdrawn, PeriodClosed, promised_changes
from bot.periods import Period
from storage import bulk
from storage.books.ledger_sums import TEAMS, sums_statement
from storage.books.promises import promised
from storage.crosschecks.caps import CapMarks
from storage.queries.statements import Prepared, bucket_size, one
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries, periods
from storage.transaction import OpenTransaction

_ACCOUNT = ("team_id", "period", "bucket")
_NOTHING = PostedTotal(nanos=0, entries=0)
_IS_OPEN = Prepared(select(entries.c.id).where(entries.c.document == one("document")).limit(1))
_FIRST_GRANTS = Prepared(
    select(accounts.c.team_id, func.min(entries.c.effective_at))
    .join(entries, entries.c.to_account_id == accounts.c.id)
    .where(accounts.c.team_id.in_(TEAMS), accounts.c.period == one("period"))
    .where(accounts.c.bucket == "available", entries.c.kind.in_(("allocation", "transfer")))
    .where(entries.c.document.not_like("budget:%"))
    .group_by(accounts.c.team_id)
)


class Ledger:
    """The ledger within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def lock(self, required: Iterable[Account]) -> dict[Account, int]:
        """Returns account ids, creates missing accounts, and locks all in ascending id until the transaction ends."""
        keys = sorted({(a.team_id, a.period, a.bucket) for a in required})
        await self._connection.execute(select(literal(1)))
        await bulk.insert_missing(self._connection, "accounts", _ACCOUNT, _ACCOUNT, keys)
        rows = await bulk.select(self._connection, "accounts", ("id", *_ACCOUNT), _ACCOUNT, keys)
        ids = sorted(int(row[0]) for row in rows)
        locked = select(accounts.c.id).where(accounts.c.id.in_(ids)).order_by(accounts.c.id).with_for_update()
        (await self._connection.execute(locked)).all()
        return {Account(team_id=t, period=p, bucket=b): int(i) for i, t, p, b in rows}

    async def wait_for(self, required: Iterable[Account]) -> None:
        """Makes sure that nobody else posts to these accounts until the transaction ends. It locks them, if others could."""
        if not self._tx.is_alone:
            await self.lock(required)

    async def post(self, posted: Sequence[Entry], *, at: int, currency: str = "USD") -> int:
        """Posts entries and returns the number of new ones. An entry whose dedupe key exists was posted before, and
        stays. Raises PeriodClosed for a new entry of a period that is closed.
        """
        if not posted:
            return 0
        states = await self._states({a.period for e in posted for a in (e.from_account, e.to_account)})
        ids = await self.lock(account for e in posted for account in (e.from_account, e.to_account))
        known_rows = await self._connection.execute(
            select(entries.c.dedupe_key).where(entries.c.dedupe_key.in_([e.dedupe_key for e in posted]))
        )
        known = set(known_rows.scalars())
        rows = [
            {
                "dedupe_key": e.dedupe_key,
                "kind": e.kind,
                "period": e.period,
                "posted_at": at,
                "effective_at": e.effective_at,
                "usage_day": e.usage_day,
                "from_account_id": ids[e.from_account],
                "to_account_id": ids[e.to_account],
                "amount_nanos": e.amount_nanos,
                "currency": currency,
                "actor_id": e.actor_id,
                "reason": e.reason,
                "document": e.document,
                "reverses_id": e.reverses_id,
            }
            for e in posted
            if e.dedupe_key not in known
        ]
        if rows:
            new = [e for e in posted if e.dedupe_key not in known]
            _require_open(new, states)
            await self._require_promised(new, ids)
            await self._connection.execute(insert(entries), rows)
            await CapMarks(self._tx).entries_posted(new, at=at)
            if any(row["usage_day"] is None for row in rows):  # a charge changes no balance: its usage counts already
                self._tx.after_commit(self._tx.memory.count_ledger_post)
        return len(rows)

    async def _require_promised(self, posted: Sequence[Entry], ids: dict[Account, int]) -> None:
        """Raises Overdrawn if entries promise more than an account has. The accounts are locked."""
        changes: dict[Account, int] = {}
        for entry in posted:
            for account, nanos in promised_changes(entry):
                changes[account] = changes.get(account, 0) + nanos
        drained = {ids[account]: account for account, nanos in changes.items() if nanos < 0}
        if not drained:
            return
        left = await promised(self._connection, list(drained))
        short = {a: -left.get(i, 0) - changes[a] for i, a in drained.items() if left.get(i, 0) + changes[a] < 0}
        if short:
            raise Overdrawn(short)

    async def _states(self, names: set[str]) -> dict[str, str]:
        """Returns the states of periods that the books have opened. None of them changes until the transaction ends."""
        query = select(periods.c.name, periods.c.state).where(periods.c.name.in_(names)).order_by(periods.c.name)
        return {
            str(name): str(state) for name, state in await self._connection.execute(query.with_for_update(read=True))
        }

    async def balances(
        self,
        keys: Iterable[tuple[int, Period]],
        *,
        root_id: int,
        unattributed_id: int,
        since: Mapping[int, int] = MappingProxyType({}),
        known_usage: Mapping[tuple[int, int], int] | None = None,
    ) -> dict[int, Balance]:
        """Returns the balance of each (team, period), in one statement per period, so that usage and ledger agree.

        `known_usage` has nano-dollars by (team, day) that were read in the same snapshot, which then are not summed again.

        Charged is the usage of the period's own days with what was charged to it for earlier ones, less credits; once it
        closes, what was posted. The organisation's balance counts unattributed usage, and, as charges, the variances that
        providers billed beyond the usage. `since` has the first day that counts of teams whose budget begins within the
        period.
        """
        by_period: dict[Period, list[int]] = {}
        for team_id, period in keys:
            by_period.setdefault(period, []).append(team_id)
        found: dict[int, Balance] = {}
        for period, team_ids in by_period.items():
            included = [*team_ids, unattributed_id] if root_id in team_ids else team_ids
            begins = {team: day for team, day in since.items() if team in team_ids and day > period.first_day}
            sums = await self._sums(included, period, begins, known_usage)
            is_open = not sums.pop((0, "is closed"), 0)
            variances: dict[int, int] = {}
            for (team_id, bucket), nanos in sums.items():
                if bucket.startswith(VARIANCE):
                    variances[team_id] = variances.get(team_id, 0) + nanos
            for team_id in team_ids:
                spenders = (team_id, unattributed_id) if team_id == root_id else (team_id,)
                held = sums.get((team_id, "held"), 0)
                spent = sum(sums.get((s, "spent"), 0) for s in spenders)
                charged = sum(sums.get((s, part), 0) for s in spenders for part in ("usage", "beside usage"))
                variance = variances.get(team_id, 0)
                allocated = sums.get((team_id, "available"), 0) + held + spent + variance
                found[team_id] = Balance(
                    allocated_nanos=allocated,
                    charged_nanos=(charged if is_open else spent) + variance,
                    held_nanos=held,
                    handed_nanos=-sums.get((team_id, "handed"), 0),
                    base_nanos=sums.get((team_id, "base"), 0),
                    uncounted_nanos=sums.get((team_id, "uncounted"), 0) if is_open else 0,
                    since_day=begins.get(team_id),
                )
        return found

    async def _sums(
        self,
        team_ids: list[int],
        period: Period,
        begins: Mapping[int, int],
        known_usage: Mapping[tuple[int, int], int] | None,
    ) -> dict[tuple[int, str], int]:
        """Returns sums by team and bucket, and parts of them: `base`, the declared budget, `handed`, what went to the teams
        below, and `beside usage`, what is spent but not the usage of the period's days. Usage before a budget's first day is
        `uncounted`. Of no team is `is closed`, 1 for a period that takes no charges."""
        values: dict[str, Any] = {"teams": team_ids, "period": period.name}
        values |= {"first_day": period.first_day, "end_day": period.end_day}
        counted = list(begins.items()) if known_usage is None else []
        for number in range(begins_size := bucket_size(len(counted))):
            team, day = counted[min(number, len(counted) - 1)]
            values |= {f"begins_team_{number}": team, f"begins_day_{number}": day}
        statement = sums_statement(begins_size, has_usage=known_usage is None)
        sums: dict[tuple[int, str], int] = {}
        for team_id, bucket_name, part_name, sign, dollars, rest in await self._tx.rows(statement, **values):
            for name in filter(None, (str(bucket_name), str(part_name))):
                at = (int(team_id), name)
                sums[at] = sums.get(at, 0) + int(sign) * whole(dollars, rest)
        wanted = frozenset(team_ids)
        for (team_id, day), nanos in (known_usage or {}).items():
            if team_id in wanted and period.first_day <= day < period.end_day:
                at = (team_id, "uncounted" if day < begins.get(team_id, day) else "usage")
                sums[at] = sums.get(at, 0) + nanos
        return sums

    async def period_names(self) -> set[str]:
        """Returns the names of all periods with accounts."""
        return set((await self._connection.execute(select(accounts.c.period).distinct())).scalars())

    async def count_of(self, document: str) -> int:
        """Returns the number of a document's entries."""
        query = select(func.count()).select_from(entries).where(entries.c.document == document)
        return int((await self._connection.execute(query)).scalar_one())

    async def last_entry(self) -> int:
        """Returns the id of the newest entry; 0 without any."""
        return int((await self._connection.execute(select(func.max(entries.c.id)))).scalar() or 0)

    async def is_open(self, root_id: int, period: Period) -> bool:
        """Returns whether the declared budgets of a period are posted."""
        return bool(await self._tx.rows(_IS_OPEN, document=f"budget:{root_id}:{period.name}"))

    async def first_grants(self, team_ids: Iterable[int], period: Period) -> dict[int, int]:
        """Returns the moment, in microseconds, of each team's first approved request in a period."""
        rows = await self._tx.rows(_FIRST_GRANTS, teams=list(team_ids), period=period.name)
        return {int(team): int(at) for team, at in rows}

    async def posted_budgets(self, period: Period, team_ids: Iterable[int]) -> dict[tuple[int, str], PostedTotal]:
        """Returns the net sum, in nano-dollars, and the number of teams' base budget entries of a period, and who paid."""
        found: dict[tuple[int, str], PostedTotal] = {}
        payer, payee = accounts.alias(), accounts.alias()
        paying = case((entries.c.kind == "correction", payee.c.team_id), else_=payer.c.team_id).label("paying")
        rows = await self._connection.execute(
            select(entries.c.document, entries.c.kind, paying, func.count(), *nano_sums(entries.c.amount_nanos))
            .join(payer, payer.c.id == entries.c.from_account_id)
            .join(payee, payee.c.id == entries.c.to_account_id)
            .where(entries.c.document.in_([f"budget:{team_id}:{period.name}" for team_id in team_ids]))
            .group_by(entries.c.document, entries.c.kind, literal_column("paying"))
        )
        paid: dict[tuple[int, str], dict[int, int]] = {}
        for document, kind, payer_id, count, dollars, rest in rows:
            at = (int(str(document).split(":")[1]), period.name)
            before = found.get(at, _NOTHING)
            signed = whole(dollars, rest) * (-1 if kind == "correction" else 1)
            found[at] = PostedTotal(nanos=before.nanos + signed, entries=before.entries + int(count))
            by_payer = paid.setdefault(at, {})
            by_payer[int(payer_id)] = by_payer.get(int(payer_id), 0) + signed
        return {
            at: replace(total, by_payer=tuple(sorted((p, nanos) for p, nanos in paid[at].items() if nanos)))
            for at, total in found.items()
        }


def _require_open(posted: Sequence[Entry], states: Mapping[str, str]) -> None:
    """Raises PeriodClosed unless the periods of all entries take them.

    A closed period takes only the cost that is spread after its close. A closing one takes all but charges.
    """
    for entry in posted:
        for name in sorted({entry.from_account.period, entry.to_account.period}):
            state = states.get(name, "open")
            charges = entry.usage_day is not None or entry.kind in ("charge", "credit", "variance")
            is_spread = entry.from_account.bucket in SPREAD and entry.to_account.bucket in SPREAD
            if (state == "closed" and not is_spread) or (state == "closing" and charges):
                raise PeriodClosed(name)
