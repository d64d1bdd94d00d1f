"""Chargeback: spreads a closed period's shared and unattributed cost once, reverses it, and shows it by cost centre."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import structlog
import typer

from bot.books.chargeback import (
    ChargebackRow,
    PostedSpread,
    Spread,
    chargeback_rows,
    reversing_entries,
    spread_entries,
    spreads_due,
)
from bot.books.ledger import Account
from bot.periods import Period
from bot.refusals import Refusal
from bot.views.books.chargeback import chargeback_csv, chargeback_lines
from handlers.books.statements.periods import asked_period, closed_periods, in_books
from handlers.cli import fail, opened, out, run
from handlers.context import Context
from handlers.scope import Scope

log = structlog.get_logger()

SpreadState = Literal["posted", "due", "preliminary", "none"]


@dataclass(frozen=True, kw_only=True)
class ChargebackOfPeriod:
    """A period's chargeback. `state` says whether its spreads are `posted`, `due`, `preliminary` as the period is not
    closed, or `none` because there is nothing to spread."""

    period: Period
    state: SpreadState
    rows: list[ChargebackRow]

    @property
    def words(self) -> str:
        return {
            "posted": "Shared and unattributed cost is spread.",
            "due": "Shared and unattributed cost is shown as it will be spread; nothing of it is posted yet.",
            "preliminary": "Preliminary: the period is not closed. Shared and unattributed cost is shown as it would be spread.",
            "none": "No cost is spread.",
        }[self.state]


async def chargeback_of(scope: Scope, period: Period) -> ChargebackOfPeriod:
    """Returns a period's chargeback: with the posted spreads, else with those that the rules would make now."""
    tx, directory = scope.tx, scope.directory
    period, seal = await in_books(tx, period)
    cost = await tx.chargeback.cost(period.name, first_day=period.first_day)
    charged = dict(cost.charged)
    if seal in ("preliminary", "earlier"):
        team_ids = [team.id for team in directory.teams]
        for (team_id, _), nanos in (await tx.charges.totals(team_ids, period.first_day, period.end_day)).items():
            charged[team_id] = charged.get(team_id, 0) + nanos
        for team_id, nanos in cost.of_its_days.items():
            charged[team_id] = charged.get(team_id, 0) - nanos
    posted = await tx.chargeback.spreads(period.name)
    spreads: list[PostedSpread] | list[Spread] = posted or spreads_due(charged, directory)
    is_closed = period.name in {one.name for one in await closed_periods(tx)}
    state: SpreadState = "posted" if posted else "none" if not spreads else "due" if is_closed else "preliminary"
    return ChargebackOfPeriod(
        period=period, state=state, rows=chargeback_rows(charged, cost.variance_nanos, spreads, directory)
    )


async def spread_cost(context: Context, period: Period, *, only_first: bool = False) -> int:
    """Posts the spreads of a closed period, unless they are posted, and returns the number of entries. With `only_first`
    a reversed period stays as it is, for the scheduled job."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        directory = scope.directory
        await tx.ledger.lock([_lock_of(directory.unattributed.id, period)])
        runs = await tx.chargeback.runs(period.name)
        if (only_first and runs) or await tx.chargeback.spreads(period.name):
            return 0
        cost = await tx.chargeback.cost(period.name, first_day=period.first_day)
        due = spreads_due(cost.charged, directory)
        entries = spread_entries(due, period=period.name, run=runs + 1, at=at, actor_id=None)
        posted = await tx.ledger.post(entries, at=at, currency=directory.organisation.currency)
        if posted:
            detail = {"run": runs + 1, "entries": posted, "nanos": sum(spread.nanos for spread in due)}
            await tx.audit.record(
                at=at, actor_id=None, action="spread cost", subject=f"period:{period.name}", detail=detail
            )
    return posted


async def reverse_spread(context: Context, period: Period) -> int:
    """Reverses the posted spreads of a period, and returns the number of entries."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        await tx.ledger.lock([_lock_of(scope.directory.unattributed.id, period)])
        posted = await tx.chargeback.spreads(period.name)
        entries = reversing_entries(posted, period=period.name, at=at, actor_id=None)
        reversed_ = await tx.ledger.post(entries, at=at, currency=scope.directory.organisation.currency)
        if reversed_:
            detail = {"entries": reversed_, "nanos": sum(one.nanos for one in posted)}
            await tx.audit.record(
                at=at, actor_id=None, action="reverse spread", subject=f"period:{period.name}", detail=detail
            )
    return reversed_


def _lock_of(team_id: int, period: Period) -> Account:
    """Returns the account that makes others wait who spread the same period's cost."""
    return Account(team_id=team_id, period=period.name, bucket="spread")


async def spread_closed(context: Context) -> int:
    """Spreads the cost of the last closed period, if it never was, and returns the number of entries; a scheduled job.
    Earlier periods are spread by the command alone, so that a new rule changes no old chargeback."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        closed = await closed_periods(scope.tx)
        if not closed or not await _is_due(scope, closed[-1]):
            return 0
    try:
        return await spread_cost(context, closed[-1], only_first=True)
    except Refusal as refusal:  # a rule that names a team which is gone: finance changes it
        log.warning("cost not spread", period=closed[-1].name, why=str(refusal))
        return 0


async def _is_due(scope: Scope, period: Period) -> bool:
    """Returns whether rules spread something of a period that was never spread. Without rules it asks for nothing."""
    directory = scope.directory
    if directory.organisation.chargeback.how == "none" and all(t.shared.how == "none" for t in directory.real_teams):
        return False
    if await scope.tx.chargeback.runs(period.name):
        return False
    cost = await scope.tx.chargeback.cost(period.name, first_day=period.first_day)
    try:
        return bool(spreads_due(cost.charged, directory))
    except Refusal:
        return True


def chargeback_command(
    period: Annotated[str, typer.Option("--period", help="Such as 2026-10.")],
    file: Annotated[Path | None, typer.Option("--out", help="A .csv file with a row per team.")] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Reverse what is spread of the period.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Post nothing.")] = False,
) -> None:
    """A period's cost by cost centre. Spreads a closed period's shared and unattributed cost, once, by teams.yml's rules."""
    if file is not None and file.suffix.lower() != ".csv":
        fail("--out: name a file that ends in .csv")

    async def work() -> None:
        async with opened() as context:
            await context.store.fold_totals()
            async with context.store.read() as tx:
                scope = await context.scope(tx)
                asked = asked_period(scope, period, default_day=scope.directory.root.day_of(scope.at))
                is_closed = asked.name in {one.name for one in await closed_periods(tx)}
            if not dry_run and reverse:
                out.print(f"{await reverse_spread(context, asked)} entries reversed.")
            elif not dry_run and is_closed:
                out.print(f"{await spread_cost(context, asked)} entries posted.")
            async with context.store.read() as tx:
                found = await chargeback_of(await context.scope(tx), asked)
            if file is not None:
                file.write_text(chargeback_csv(found.rows, period=asked.name), newline="")
                out.print(f"{file}: {len(found.rows)} rows. {found.words}", markup=False)
                return
            for line in chargeback_lines(found.rows):
                out.print(line, markup=False)
            out.print(found.words)

    run(work())
