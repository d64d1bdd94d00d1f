"""Credits: `/tokens credit` and `tokens credits` book a refund or a rebate of a team, with its document."""

import re
from dataclasses import replace
from typing import Annotated

import typer
from rich.table import Table

from bot.books.commitments.credits import Credit, checked_paper, credit_entry, credit_reversal_entry
from bot.money import parse_amount, usd
from bot.org.teams import Team
from bot.periods import moment
from bot.refusals import ConfigError, Refusal
from bot.text import first_word
from bot.views.blocks import name
from bot.views.books.commitments.credits import credit_message, reversed_message
from handlers.books.commitments.funds import lock_budgets
from handlers.cli import cell, opened, out, run
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest
from handlers.slack.callers import called

_TYPED = re.compile(r"(?P<amount>\S+)\s+(?:to\s+)?(?P<team>\S+)\s+(?P<paper>.+)", re.DOTALL)

commands = typer.Typer(help="Refunds and rebates of teams, each with its document.", no_args_is_help=True)


async def book_credit(scope: TeamScope, *, amount_nanos: int, paper: str, by: int | None) -> Credit:
    """Books a credit of a team in its open period, and says so in its channel."""
    tx, team, at = scope.tx, scope.team, scope.at
    await lock_budgets(scope, [team])
    period = scope.directory.period_at(team, at).name
    credit = await tx.credits.add(
        team_id=team.id, period=period, amount_nanos=amount_nanos, paper=checked_paper(paper), by=by, at=at
    )
    await tx.ledger.post([credit_entry(credit, at=at)], at=at)
    await _audit(scope, "book credit", credit, by=by)
    who = "" if by is None else called(await tx.people.by_id(by))
    await tx.outbox.put(
        credit_message(credit, team=team, who=who), dedupe_key=credit.document, at=at, to_team_id=team.id
    )
    return credit


async def reverse_credit(scope: Scope, credit_id: int, *, by: int | None) -> Credit:
    """Takes a credit back, in the team's open period. Raises Refusal if there is none, or if it is taken back already."""
    tx, at = scope.tx, scope.at
    credit = await tx.credits.by_id(credit_id, locked=True)
    if credit is None:
        raise Refusal(f"There is no credit {credit_id}. `tokens credits list` shows all.")
    if credit.reversed_at is not None:
        raise Refusal(f"Credit {credit_id} is taken back already.")
    team_scope = scope.of_team_id(credit.team_id)
    await lock_budgets(scope, [team_scope.team])
    period = scope.directory.period_at(team_scope.team, at).name
    entry_id = await tx.credits.entry_id(credit)
    await tx.ledger.post([credit_reversal_entry(credit, period=period, by=by, at=at, reverses_id=entry_id)], at=at)
    taken = replace(credit, reversed_at=at)
    await tx.credits.save(taken)
    await _audit(scope, "take credit back", taken, by=by)
    await tx.outbox.change(credit.document, reversed_message(taken, team=team_scope.team), at=at)
    return taken


async def _audit(scope: Scope, action: str, credit: Credit, *, by: int | None) -> None:
    detail = {"team": credit.team_id, "amount_nanos": credit.amount_nanos, "period": credit.period}
    paper = await scope.tx.audit.hashed(credit.paper)
    await scope.tx.audit.record(
        at=scope.at, actor_id=by, action=action, subject=credit.document, detail={**detail, "paper": paper}
    )


async def credit_command(asked: SlackRequest) -> None:
    """`/tokens credit 120 search CN-4711`, for finance."""
    command = asked.context.settings.command
    found = _TYPED.fullmatch(first_word(asked.text)[1])
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        if asked.person.id not in scope.directory.finance:
            raise Refusal("Only finance books credits.")
        if found is None:
            raise Refusal(f"Write it like `{command} credit 120 search credit note CN-4711`.")
        team = scope.directory.by_slug(found["team"])
        if team is None:
            raise Refusal(f"There is no team “{name(found['team'])}”. Name it by its slug in teams.yml.")
        credit = await book_credit(
            scope.of_team(team),
            amount_nanos=parse_amount(found["amount"]),
            paper=found["paper"],
            by=asked.person.id,
        )
        await asked.context.budget_changed(scope.of_team(team), f"{usd(credit.amount_nanos)} was credited.")
    asked.context.wake_outbox.set()
    await asked.ack()


@commands.command("add")
def add_command(
    team: Annotated[str, typer.Argument(help="The team's slug.")],
    amount: Annotated[str, typer.Argument(help="Dollars, such as 1,250.50.")],
    document: Annotated[str, typer.Option(help="The document that proves it, such as a credit note's number.")],
) -> None:
    """Books a refund or a rebate of a team, in its open period."""

    async def work() -> Credit:
        async with opened() as context, context.store.begin() as tx:
            scope = await context.scope(tx)
            found = scope.directory.by_slug(team)
            if found is None:
                raise ConfigError(f"team: there is no team {team!r}. `tokens teams list` shows all.")
            try:
                nanos = parse_amount(amount)
            except Refusal as refusal:
                raise ConfigError(f"amount: {refusal.sentence}") from refusal
            return await book_credit(scope.of_team(found), amount_nanos=nanos, paper=document, by=None)

    credit = run(work())
    out.print(f"Credit {credit.id}: {usd(credit.amount_nanos)} for {team} in {credit.period}.", markup=False)


@commands.command("reverse")
def reverse_command(
    number: Annotated[int, typer.Argument(help="The credit's number in `tokens credits list`.")],
) -> None:
    """Takes a credit back, in the team's open period."""

    async def work() -> Credit:
        async with opened() as context, context.store.begin() as tx:
            try:
                return await reverse_credit(await context.scope(tx), number, by=None)
            except Refusal as refusal:
                raise ConfigError(refusal.sentence) from refusal

    credit = run(work())
    out.print(f"Credit {credit.id} is taken back: {usd(credit.amount_nanos)}.", markup=False)


@commands.command("list")
def list_command() -> None:
    """Every credit with its team, period and document."""

    async def work() -> list[tuple[Credit, Team]]:
        async with opened() as context, context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            return [(credit, directory.by_id(credit.team_id)) for credit in await tx.credits.all()]

    table = Table("credit", "team", "period", "amount", "document", "booked", "state", box=None)
    for credit, team in run(work()):
        state = "taken back" if credit.reversed_at is not None else "booked"
        booked = f"{moment(credit.made_at):%Y-%m-%d %H:%M}"
        shown = (str(credit.id), team.slug, credit.period, usd(credit.amount_nanos), credit.paper, booked, state)
        table.add_row(*map(cell, shown))
    out.print(table)
