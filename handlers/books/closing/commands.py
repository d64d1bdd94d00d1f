"""`tokens periods`: lists the periods of the books, closes one early, and keeps one open."""

from typing import Annotated

import typer
from rich.table import Table

from bot.books.closing.period_states import BudgetPeriod
from bot.periods import date_of, moment
from bot.refusals import ConfigError
from handlers.books.closing.closes import end_early, keep_open
from handlers.books.periods import keep_books
from handlers.cli import opened, out, run
from handlers.context import Context

commands = typer.Typer(no_args_is_help=True, help="Periods of the books, and their close.")
Name = Annotated[str, typer.Argument(metavar="PERIOD", help="Such as 2026-11; `tokens periods list` shows them.")]


By = Annotated[
    str, typer.Option("--by", metavar="EMAIL", help="Who does it, for the audit log: an e-mail or a Slack id.")
]


@commands.command("list")
def list_command() -> None:
    """The periods that the books have opened, newest first."""

    async def work() -> tuple[list[BudgetPeriod], int]:
        async with opened() as context, context.store.read() as tx:
            organisation = (await context.rulebooks.current(tx)).directory.organisation
            return list((await tx.periods.known()).values()), organisation.close_after_days

    found, usual_days = run(work())
    table = Table("period", "first day", "last day", "state", "closes", box=None)
    for one in reversed(found):
        table.add_row(
            one.name, str(date_of(one.first_day)), str(date_of(one.end_day - 1)), one.state, _when(one, usual_days)
        )
    out.print(table)


def _when(period: BudgetPeriod, usual_days: int) -> str:
    if period.state == "closed":
        return (
            f"{moment(period.closed_at):%Y-%m-%d %H:%M} UTC" if period.closed_at else "as it was, before periods closed"
        )
    days = usual_days if period.close_after_days is None else period.close_after_days
    return f"on {date_of(period.end_day + days)}" if period.state == "open" else "now"


@commands.command("close")
def close_command(name: Name, by: By = "") -> None:
    """Closes a period now, also before its end: its last day is then yesterday, and the next one begins today."""

    async def work() -> BudgetPeriod:
        async with opened() as context:
            person = await _person(context, by)
            await keep_books(context)  # which opens what has begun
            ended = await end_early(context, name, by=person)
            await keep_books(context)
            return await _state_of(context, ended.name)

    found = run(work())
    if found.state == "closed":
        out.print(f"{name} is closed. Its last day was {date_of(found.end_day - 1)}.")
    else:
        out.print(
            f"{name} ended with {date_of(found.end_day - 1)}. It closes by itself once that day is over in every team's zone, "
            "its charges are posted, and nothing is held in it."
        )


@commands.command("keep-open")
def keep_open_command(
    name: Name,
    days: Annotated[int, typer.Option("--days", min=0, max=90, help="How many days after its end it closes.")],
    by: By = "",
) -> None:
    """Keeps a period open for some days after its end, so that late usage still counts in it."""

    async def work() -> BudgetPeriod:
        async with opened() as context:
            person = await _person(context, by)
            await keep_books(context)
            return await keep_open(context, name, days=days, by=person)

    found = run(work())
    out.print(f"{name} closes on {date_of(found.end_day + days)}.")


async def _person(context: Context, reference: str) -> int | None:
    """Returns the person that `--by` names. Raises ConfigError if nobody here has this e-mail or Slack id."""
    if not reference:
        return None
    async with context.store.read() as tx:
        found = await tx.people.named(reference)
    if found is None:
        raise ConfigError(
            f"--by: nobody here has the e-mail or Slack id {reference[:80]!r}; `tokens people list` shows them"
        )
    return found


async def _state_of(context: Context, name: str) -> BudgetPeriod:
    async with context.store.read() as tx:
        return (await tx.periods.known())[name]
