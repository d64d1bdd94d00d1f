"""`tokens people`: imports people.csv, and lists unknown people in the usage data."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.money import usd
from bot.org.people import UnmatchedPerson
from bot.org.people_file import PersonLine, raise_faults, read_people_file, read_text, team_faults
from bot.periods import day_number
from bot.refusals import ConfigError
from handlers.cli import cell, opened, out, printable, run
from handlers.context import Context
from storage.org.people_file import save_people

LISTED_DAYS = 90

commands = typer.Typer(help="People, the ids that senders use for them, and their teams.", no_args_is_help=True)


class _DryRun(Exception):
    """Rolls back a transaction."""


async def import_people(context: Context, lines: Sequence[PersonLine], *, dry_run: bool) -> list[str]:
    """Stores a people.csv and returns one line per change. A dry run does the same and rolls back."""
    changed: list[str] = []
    try:
        async with context.store.begin() as tx:
            at = context.now_micros()
            directory = await tx.teams.directory()
            assert directory is not None
            raise_faults(team_faults(lines, [team.slug for team in directory.real_teams]))
            changed = await save_people(tx, lines, directory=directory, today=directory.root.day_of(at))
            changes = {"lines": len(lines), "changes": len(changed)}
            await tx.audit.record(at=at, actor_id=None, action="import people", subject="people.csv", detail=changes)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return changed


async def managers_not_named(context: Context, lines: Sequence[PersonLine]) -> list[str]:
    """Returns managers in the file whom teams.yml does not name: only teams.yml grants the right to decide about money."""
    async with context.store.read() as tx:
        directory = await tx.teams.directory()
        assert directory is not None
        known = await tx.people.ids_of_emails({line.manager for line in lines if line.manager})
    notes = {
        f"{line.manager} is a manager in this file and not of {team.slug} in teams.yml: no right follows from it"
        for line in lines
        if line.manager and (team := directory.by_slug(line.team)) is not None
        if not directory.manages(known.get(line.manager, 0), team)
    }
    return sorted(notes)


async def unmatched_people(context: Context, *, since: date | None) -> list[UnmatchedPerson]:
    """Returns unknown people in the usage data since a day, by default of the last three months."""
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        today = directory.root.day_of(context.now_micros())
        first_day = today - LISTED_DAYS if since is None else day_number(since)
        teams = [team.id for team in directory.teams]
        return await tx.reports.unmatched_people(teams, first_day=first_day, end_day=today + 2)


def day_of_option(text: str | None, *, option: str = "--since") -> date | None:
    """Parses an option's date. Raises ConfigError for anything else."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {text!r} is no date like 2026-11-01") from error


@commands.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A CSV: email,aliases,team,manager,from")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Stores who is who: aliases are the ids that senders use, separated by semicolons."""

    async def work() -> None:
        lines = read_people_file(read_text(file.read_bytes()))
        async with opened() as context:
            changes = await import_people(context, lines, dry_run=dry_run)
            notes = await managers_not_named(context, lines)
        for line in changes or ["Nothing changes."]:
            out.print(printable(line), markup=False)
        for line in notes:
            out.print(f"note: {line}", markup=False)
        if dry_run:
            out.print("Dry run: nothing was stored.")
        elif changes:
            out.print("Usage that is booked stays where it is; `tokens attribution reapply --since DATE` moves it.")

    run(work())


@commands.command("unmatched")
def unmatched_command(
    since: Annotated[str | None, typer.Option("--since", help="From which day on; else 90 days.")] = None,
) -> None:
    """Lists whom senders name and nobody knows, with calls and spend. An alias or a team in people.csv mends it."""

    async def work() -> None:
        day = day_of_option(since)
        async with opened() as context:
            people = await unmatched_people(context, since=day)
        if not people:
            out.print("Everybody whom senders name is known.")
            return
        table = Table("named as", "calls", "spend", box=None)
        for one in people:
            table.add_row(cell(one.spelled), f"{one.calls:,}", usd(one.cost_nanos))
        out.print(table)

    run(work())
