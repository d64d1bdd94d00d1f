"""`tokens reconcile`: compares a provider's report with the books and posts the variance."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.books.closing.period_states import charged_period
from bot.costs.comparisons import PriceDisagreement, explained
from bot.costs.price_book import PriceBook
from bot.crosschecks.provider_reports import PROVIDERS, Provider, Report, read_report
from bot.crosschecks.reconciliations import (
    BookedDay,
    DayCheck,
    StatementState,
    fees_of,
    lines_of,
    pair_models,
    pair_tokens,
    state_of,
    variance_accounts,
    variance_entries,
)
from bot.money import usd
from bot.periods import date_of
from bot.refusals import ConfigError
from bot.rulebook import Rulebook
from bot.views.wording import signed_usd
from handlers.cli import cell, opened, out, printable, run
from handlers.context import Context
from storage.crosschecks.reconciliations import BookedUsage
from storage.store import Transaction

_MODELS_SHOWN = 10
_WAITS: dict[StatementState, str] = {
    "before": "before anything was metered: not posted",
    "running": "not over: not posted",
    "provisional": "provisional, younger than 72 hours: not posted",
}


@dataclass(frozen=True, kw_only=True)
class ReconciledDay:
    """A day's comparison, the number of entries posted, and the reason if there are none."""

    check: DayCheck
    entries: int
    words: str


def is_billed_by(provider: Provider, part: BookedUsage | PriceDisagreement, book: PriceBook) -> bool:
    """Returns whether a provider bills a booked call."""
    return book.billing_provider(part.provider, part.model) == provider


async def reconcile(
    context: Context, report: Report, *, digest: str, dry_run: bool, provisional: bool
) -> list[ReconciledDay]:
    """Compares each day of a cost report with the books and posts the difference. Importing a report again posts nothing
    new.
    """
    at = context.now_micros()
    async with context.store.read() if dry_run else context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        directory = rulebook.directory
        known, calendar = await tx.periods.known(), directory.organisation.calendar
        periods = {day: charged_period(known, day, calendar.period_of).name for day in report.days}
        if not dry_run:
            accounts = [
                variance_accounts(report.provider, root_id=directory.root.id, period=p) for p in periods.values()
            ]
            await tx.ledger.lock(account for pair in accounts for account in pair)
        done = []
        for check in await _checks(tx, rulebook, report, now=at):
            posts = check.state == "settled" or (check.state == "provisional" and provisional)
            document = f"statement:{report.provider}:{check.day}:{digest}"
            entries = variance_entries(
                check, root_id=directory.root.id, period=periods[check.day], at=at, document=document
            )
            if posts and not dry_run:
                await tx.ledger.post(entries, at=at, currency=directory.organisation.currency)
                await tx.reconciliations.keep(check, document=document, at=at)
            done.append(_reconciled(check, len(entries), posts=posts, dry_run=dry_run))
        if not dry_run:
            detail = {"report": digest, "days": len(done), "entries": sum(d.entries for d in done)}
            await tx.audit.record(at=at, actor_id=None, action="reconcile", subject=report.provider, detail=detail)
    return done


def _reconciled(check: DayCheck, due: int, *, posts: bool, dry_run: bool) -> ReconciledDay:
    if not posts:
        words = _WAITS[check.state]
    elif not due:
        words = "agrees" if check.agrees else "posted before"
    else:
        words = ("would post " if dry_run else "posted ") + usd(check.due_nanos)
        words += ": it agrees now" if check.agrees else ""
    return ReconciledDay(check=check, entries=due if posts and not dry_run else 0, words=words)


async def _checks(tx: Transaction, rulebook: Rulebook, report: Report, *, now: int) -> list[DayCheck]:
    teams = [team.id for team in rulebook.directory.teams]
    parts = await tx.reconciliations.booked(teams, report.days)
    first_day = await tx.reconciliations.first_day(teams)
    posted = await tx.reconciliations.posted(report.provider)
    lines = lines_of(report.costs)
    checks = []
    for day in report.days:
        ours = [p for p in parts if p.day == day and is_billed_by(report.provider, p, rulebook.prices.book)]
        by_model: dict[str, int] = {}
        for part in ours:
            by_model[part.model] = by_model.get(part.model, 0) + part.cost_nanos
        before = posted.get(day)
        beside = await tx.prices.beside_a_bill(utc_day=day)
        billed = [one for one in beside if is_billed_by(report.provider, one, rulebook.prices.book)]
        checks.append(
            DayCheck(
                provider=report.provider,
                day=day,
                state=state_of(day, first_day=first_day, now=now),
                statement_nanos=sum(lines.get(day, {}).values()),
                lines=lines.get(day, {}),
                booked=BookedDay(
                    nanos=sum(by_model.values()),
                    unpriced_calls=sum(p.calls for p in ours if p.basis == "unpriced"),
                    by_model=by_model,
                ),
                posted_nanos=before.nanos if before else 0,
                posted_entries=before.entries if before else 0,
                causes=explained(billed),
            )
        )
    return checks


async def compare_tokens(context: Context, report: Report) -> list[tuple[int, str, int, int]]:
    """Returns (day, model, reported, booked) tokens of a usage report. Claude Code's report covers that tool only."""
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        parts = await tx.reconciliations.booked([team.id for team in rulebook.directory.teams], report.days)
    booked: dict[tuple[int, str], int] = {}
    for part in parts:
        if report.kind == "claude_code":
            counts = part.tool.casefold() == "claude code"
        else:
            counts = is_billed_by(report.provider, part, rulebook.prices.book)
        if counts:
            booked[part.day, part.model] = booked.get((part.day, part.model), 0) + part.tokens
    return pair_tokens(report.tokens, booked)


def reconcile_command(
    file: Annotated[Path, typer.Argument(help="A cost or usage report: pages as JSON, in an array or a line each.")],
    *,
    source: Annotated[str, typer.Option("--source", help="Whose report it is: " + " or ".join(PROVIDERS))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only compare.")] = False,
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Post days that are over, but younger than 72 hours.")
    ] = False,
) -> None:
    """Holds a provider's report against the books, by UTC day, and posts the variance of what it billed."""

    async def work() -> None:
        if source not in PROVIDERS:
            raise ConfigError(f"--source: {source!r} is none; there are: {', '.join(PROVIDERS)}")
        body = file.read_bytes()
        report = read_report(source, body)
        async with opened() as context:
            if report.kind != "costs":
                _print_tokens(await compare_tokens(context, report))
                return
            digest = hashlib.sha256(body).hexdigest()[:16]
            done = await reconcile(context, report, digest=digest, dry_run=dry_run, provisional=provisional)
        _print_costs(report, done)

    run(work())


def _print_costs(report: Report, done: Sequence[ReconciledDay]) -> None:
    table = Table("day", "billed", "booked", "difference", "", box=None)
    for one in done:
        check = one.check
        amounts = (usd(n) for n in (check.statement_nanos, check.booked.nanos, check.difference_nanos))
        table.add_row(str(date_of(check.day)), *amounts, one.words)
    out.print(table)
    for check in (one.check for one in done if not one.check.agrees and one.check.state != "before"):
        out.print(f"{date_of(check.day)}, by model:", markup=False)
        rows = pair_models([c for c in report.costs if c.day == check.day], check.booked.by_model)
        for model, billed, booked in rows[:_MODELS_SHOWN]:
            out.print(f"  {printable(model) or 'no model'}: billed {usd(billed)}, booked {usd(booked)}", markup=False)
        if rest := rows[_MODELS_SHOWN:]:
            out.print(f"  {len(rest)} more: {usd(sum(r[1] for r in rest))}, {usd(sum(r[2] for r in rest))}")
        if calls := check.booked.unpriced_calls:
            out.print(f"  {calls:,} of its calls have no price: set one, and `tokens reprice` books them", markup=False)
        if fees := fees_of(report.costs, check.day):
            listed = ", ".join(f"{printable(fee)} {usd(nanos)}" for fee, nanos in fees[:_MODELS_SHOWN])
            out.print(f"  billed beside tokens: {listed}; booked only where senders tell their number", markup=False)
        _print_causes(check)
    posted = sum(one.entries for one in done)
    out.print(f"{posted} {'entry' if posted == 1 else 'entries'} posted.")


def _print_causes(check: DayCheck) -> None:
    """Says what of a difference is explained by what senders themselves said their calls cost."""
    if not check.causes:
        return
    listed = ", ".join(f"{words} {signed_usd(nanos)}" for words, nanos in check.causes)
    out.print(f"  of {signed_usd(check.difference_nanos)}, senders' own costs explain: {listed}", markup=False)
    out.print(
        f"  not explained: {signed_usd(check.unexplained_nanos)}, of calls that no source sent, or other prices",
        markup=False,
    )


def _print_tokens(rows: Sequence[tuple[int, str, int, int]]) -> None:
    table = Table("day", "model", "reported tokens", "booked tokens", "difference", box=None)
    for day, model, reported, booked in rows:
        table.add_row(str(date_of(day)), cell(model), f"{reported:,}", f"{booked:,}", f"{reported - booked:+,}")
    out.print(table)
    out.print("Usage reports are compared, and post nothing.")
