"""`tokens statement` writes a team's statement; `tokens verify` recomputes one from its files."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.books.statements.reading import facts_of, read_rows
from bot.books.statements.verification import (
    faults_of_chain,
    faults_of_entries,
    faults_of_sheet,
    is_ledger,
    read_ledger,
    slugs_in,
)
from bot.charts.render import render_page
from bot.org.teams import ORGANISATION_SLUG, Directory, Team
from bot.refusals import ConfigError, Refusal
from bot.views.books.statements import beside_words, state_words, statement_lines, statement_page
from handlers.books.statements.making import sealed_or_so_far
from handlers.books.statements.periods import asked_period, beside
from handlers.cli import fail, opened, out, run
from storage.store import Transaction


def statement_command(
    team: Annotated[str, typer.Option("--team", help="The team's slug, or `organisation`.")],
    period: Annotated[str, typer.Option("--period", help="Such as 2026-10; the current one without it.")] = "",
    file: Annotated[
        Path | None, typer.Option("--out", help="A .csv or .pdf file; `-` is the CSV on standard output.")
    ] = None,
) -> None:
    """A team's statement of a period: sealed if the period is closed, else preliminary. Without --out it is printed."""
    if file is not None and str(file) != "-" and file.suffix.lower() not in (".csv", ".pdf"):
        fail("--out: name a file that ends in .csv or .pdf, or - for standard output")

    async def work() -> None:
        async with opened() as context:
            await context.store.fold_totals()
            async with context.store.read() as tx:
                scope = await context.scope(tx)
                chosen = team_of(scope.directory, team)
                asked = asked_period(scope, period, default_day=chosen.day_of(scope.at))
                statement, sheet = await sealed_or_so_far(scope.of_team(chosen), asked)
                around = await beside(scope, asked)
        if file is None:
            for line in statement_lines(statement):
                out.print(line, markup=False)
            if around.ended_early or statement.state == "earlier":
                out.print(beside_words(around, command="tokens"), markup=False)
        elif str(file) == "-":
            sys.stdout.write(sheet)
        else:
            page = statement_page(statement, organisation=scope.directory.organisation.name)
            file.write_bytes(render_page(page) if file.suffix.lower() == ".pdf" else sheet.encode())
            out.print(f"{file}: {state_words(statement)}.", markup=False)

    run(work())


def team_of(directory: Directory, slug: str) -> Team:
    """Returns the team of a slug, or the organisation. Raises ConfigError if there is none."""
    if slug.casefold() == ORGANISATION_SLUG:
        return directory.root
    found = directory.by_slug(slug)
    if found is None:
        raise ConfigError(f"--team: there is no team {slug!r}; `tokens teams list` shows them")
    return found


def verify_command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Statements and exports of the ledger, as CSV; `new=old` if a team was renamed."),
    ],
    files_only: Annotated[bool, typer.Option("--files-only", help="Don't compare with the database.")] = False,
) -> None:
    """Recomputes statements from their files and names what is wrong: sums, links, the chain, entries. Exit code 1 if
    anything is."""

    async def work() -> list[str]:
        named = [str(file) for file in files if "=" in str(file)]
        renamed = dict(name.split("=", 1) for name in named)
        sheets, ledgers = _read([file for file in files if str(file) not in named])
        if files_only:
            return _faults(sheets, ledgers, renamed)
        async with opened() as context, context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            for text in sheets.values():
                teams = ((slug, directory.by_slug(slug)) for slug in slugs_in(text))
                renamed |= {team.slug: slug for slug, team in teams if team is not None and team.slug != slug}
            faults = _faults(sheets, ledgers, renamed)
            for path, text in sheets.items():
                faults += [f"{path}: {fault}" for fault in await _faults_beside_books(tx, directory, text)]
        return faults

    faults = run(work())
    for fault in faults:
        out.print(fault, markup=False)
    if faults:
        raise typer.Exit(1)
    out.print("Everything agrees.")


def _faults(sheets: dict[Path, str], ledgers: list[str], renamed: dict[str, str]) -> list[str]:
    """Returns what is wrong with statements, by their files alone."""
    faults = []
    for path, text in sheets.items():
        try:
            found = faults_of_sheet(text)
        except (Refusal, ValueError, KeyError) as error:
            raise Refusal(f"{path}: {error}") from error
        found += [fault for ledger in ledgers for fault in faults_of_entries(text, ledger, renamed)]
        faults += [f"{path}: {fault}" for fault in found]
    return faults + faults_of_chain(list(sheets.values()))


def _read(files: list[Path]) -> tuple[dict[Path, str], list[str]]:
    """Returns the statements by path, and the ledgers. Raises Refusal, with the file, for anything else."""
    sheets: dict[Path, str] = {}
    ledgers = []
    for path in files:
        try:
            text = path.read_bytes().decode("utf-8-sig")
            if is_ledger(text):
                read_ledger(text)
                ledgers.append(text)
            else:
                read_rows(text)
                sheets[path] = text
        except UnicodeDecodeError as error:
            raise Refusal(f"{path}: this is no CSV. A PDF shows the seal; verify its CSV.") from error
        except Refusal as refusal:
            raise Refusal(f"{path}: {refusal}") from refusal
    if not sheets:
        raise Refusal("Name the CSV of a statement: `tokens statement --team SLUG --period 2026-10 --out FILE.csv`.")
    return sheets, ledgers


async def _faults_beside_books(tx: Transaction, directory: Directory, text: str) -> list[str]:
    """Returns where a sealed statement differs from the one in the database."""
    rows = read_rows(text)
    facts = facts_of(rows)
    if facts["state"] != "sealed":
        return []
    team = directory.root if facts["team"] == ORGANISATION_SLUG else directory.by_slug(facts["team"])
    sealed = None if team is None else await tx.statements.of(team.id, facts["period"])
    if sealed is None:
        return [f"the database has no sealed statement of {facts['team']} for {facts['period']}"]
    if sealed.seal != rows[-1]["link"]:
        return [f"the seal is {rows[-1]['link'][:16]}…, and the database's is {sealed.seal[:16]}…"]
    return []
