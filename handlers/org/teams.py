"""`tokens teams`: imports teams.yml and lists its changes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.books.budgets import check_budgets_fit
from bot.costs.stored_documents import contracts_of
from bot.money import usd
from bot.org.set_budgets import kept_line
from bot.org.setting_up.exported import exported_yaml
from bot.org.setting_up.setups import kept_lines, with_setups
from bot.org.teams import ORGANISATION_SLUG, Directory
from bot.org.teams_yml.models import TeamsFile
from bot.org.teams_yml.teams_file import read_teams_file
from bot.org.tree.faults import calendar_faults, tree_faults
from bot.refusals import ConfigError
from handlers.books.balances import balances_of
from handlers.books.endings import hand_on_unspent
from handlers.books.periods import open_periods
from handlers.books.subtrees import subtree_figures_of
from handlers.cli import cell, opened, out, run
from handlers.context import Context
from handlers.org.team_pictures import budget_words, differences, end_words, first_day_words, picture_of
from storage.faults import retry_conflicts
from storage.store import Transaction

commands = typer.Typer(help="Organisation, teams, managers, budgets, rules, tools, prices.", no_args_is_help=True)


class _DryRun(Exception):
    """Rolls back a transaction."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import changed, and which budgets set in Slack it kept; one line each."""

    changes: list[str]
    kept: list[str]


async def import_teams(context: Context, file: TeamsFile, *, dry_run: bool) -> list[str]:
    """Stores a teams.yml, posts the differences of its budgets, and returns one line per change."""
    return (await import_file(context, file, dry_run=dry_run)).changes


async def import_file(
    context: Context, file: TeamsFile, *, dry_run: bool, reset_budgets: bool = False, reset_settings: bool = False
) -> Imported:
    """Stores a teams.yml and posts the differences of its budgets. What was set in Slack stays, unless it is reset.

    A dry run does the same and rolls back, so that its output is exact.
    """
    lines: list[str] = []
    kept: list[str] = []
    try:
        async with context.store.begin() as tx:
            at = context.now_micros()
            earlier, renamed = await tx.teams.directory(), await tx.tree.renames(file.teams)
            before = await picture_of(tx, at=at, renamed=renamed)
            try:
                contracts_of(file.model_dump(mode="json", by_alias=True)["prices"])
            except ValueError as error:
                raise ConfigError(f"prices: {error}") from error
            if reset_settings:
                await tx.team_setups.reset([ORGANISATION_SLUG, *(team.slug for team in file.teams)])
            setups = {renamed.get(slug, slug): setup for slug, setup in (await tx.team_setups.by_slug()).items()}
            await tx.teams.save_file(with_setups(file, setups, root_slug=ORGANISATION_SLUG), at=at)
            if reset_budgets:
                await tx.set_budgets.reset(team.slug for team in file.teams)
            rulebook = await context.rulebooks.read(tx)
            faults = tree_faults(rulebook.directory)
            if earlier is not None and earlier.organisation.calendar != rulebook.directory.organisation.calendar:
                calendars = (earlier.organisation.calendar, rulebook.directory.organisation.calendar)
                faults += calendar_faults(*calendars, await tx.ledger.period_names())
            if faults:
                raise ConfigError("\n".join(faults))
            check_budgets_fit(rulebook.directory)
            entries = await open_periods(tx, rulebook, at=at) + await hand_on_unspent(tx, rulebook, at=at)
            await _mark_caps(tx, earlier, rulebook.directory, at=at)
            lines = differences(before, await picture_of(tx, at=at))
            kept = kept_lines(file, setups, root_slug=ORGANISATION_SLUG)
            kept += await budgets_kept(tx, rulebook.directory)
            if entries:
                lines.append(f"ledger: {entries} budget entries posted for the current period")
            changes = {"changes": len(lines)}
            await tx.audit.record(at=at, actor_id=None, action="import teams", subject="teams.yml", detail=changes)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return Imported(changes=lines, kept=kept)


async def _mark_caps(tx: Transaction, earlier: Directory | None, now: Directory, *, at: int) -> None:
    """Makes the caps of all teams due: modes, terms and gateways may have changed without an entry. For a team whose budget is
    another one the import is a decision.
    """
    before = {team.id: (team.budget_nanos, team.terms) for team in earlier.teams} if earlier is not None else {}
    decided = {team.id for team in now.teams if before.get(team.id) != (team.budget_nanos, team.terms)}
    await tx.cap_marks.mark(decided, at=at, document="teams.yml")
    await tx.cap_marks.mark({team.id for team in now.teams} - decided, at=at)


async def claims_kept(context: Context) -> list[str]:
    """Returns one line per claim made in Slack, which an import does not change."""
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        rules = await tx.attribution.rules()
    lines = {rule.pattern.casefold() for rule in rules if rule.origin == "file" and rule.until_at is None}
    kept = []
    for rule in rules:
        if rule.origin == "claim" and rule.until_at is None:
            team = directory.by_id(rule.team_id).slug
            covered = "; a line of the file goes before it" if rule.pattern.casefold() in lines else ""
            since = first_day_words(rule, directory.root)
            kept.append(f"claimed in Slack, kept: credential {rule.pattern}{since}: {team}{covered}")
    return kept


async def budgets_kept(tx: Transaction, directory: Directory) -> list[str]:
    """Returns one line per budget set in Slack that differs from the file's."""
    declared = await tx.set_budgets.declared()
    return [
        line
        for team in sorted(directory.real_teams, key=lambda team: team.slug)
        if team.set_budget is not None
        and (line := kept_line(team.slug, team.set_budget, declared_nanos=declared[team.id])) is not None
    ]


async def settings_kept(context: Context) -> list[str]:
    """Returns one line per team with thresholds set in Slack, which override the file's."""
    async with context.store.read() as tx:
        thresholds = await tx.alert_settings.thresholds_set()

    def words(percents: tuple[int, ...]) -> str:
        return ", ".join(f"{percent}%" for percent in percents)

    return [
        f"set in Slack, kept: {slug}: thresholds {words(own)} (the file says {words(declared)})"
        for slug, own, declared in thresholds
    ]


@commands.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A teams.yml.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    reset_budgets: Annotated[
        bool, typer.Option("--reset-budgets", help="Take the file's budgets in place of those set in Slack.")
    ] = False,
    reset_settings: Annotated[
        bool, typer.Option("--reset-settings", help="Take the file's channels, people and zones in place of Slack's.")
    ] = False,
) -> None:
    """Stores a teams.yml; importing again posts the differences."""

    async def work() -> None:
        declared = read_teams_file(file.read_text(encoding="utf-8", errors="surrogateescape"))
        async with opened() as context:
            done = await retry_conflicts(
                lambda: import_file(
                    context, declared, dry_run=dry_run, reset_budgets=reset_budgets, reset_settings=reset_settings
                )
            )
            kept = [*await claims_kept(context), *await settings_kept(context), *done.kept]
        for line in done.changes or ["Nothing changes."]:
            out.print(line, markup=False)
        for line in kept:
            out.print(line, markup=False)
        for line in declared.not_applied_yet():
            out.print(f"stored, not applied yet: {line}", markup=False)
        if dry_run:
            out.print("Dry run: nothing was stored.")

    run(work())


@commands.command("export")
def export_command(
    file: Annotated[Path | None, typer.Argument(help="The file to write; without it the YAML is printed.")] = None,
) -> None:
    """Writes what was set in Slack as YAML, to carry it to teams.yml."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            directory = (await context.scope(tx)).directory
            text = exported_yaml(directory, await tx.team_setups.by_slug())
        if file is None:
            out.print(text, end="", markup=False)
            return
        if file.exists():
            raise ConfigError(f"{file} is there already. Name another file, and nothing is overwritten.")
        file.write_text(text, encoding="utf-8")
        out.print(f"{file}: {len(text.splitlines())} lines", markup=False)

    run(work())


@commands.command("list")
def list_command() -> None:
    """Every team below its parent, with its budget, channel and managers, its own figures, and those with its teams."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            scope = await context.scope(tx, now=context.now())
            directory = scope.directory
            people = await tx.people.by_ids({p for _, p, _ in directory.roles})
            listed = directory.subtree(directory.root)[1:]
            own = await balances_of(scope, listed, {team.id: directory.period_at(team, scope.at) for team in listed})
            below = await subtree_figures_of(scope, listed, known=own)
        headings = (
            "team",
            "name",
            "parent",
            "budget",
            "channel",
            "managers",
            "mode",
            "spent",
            "left",
            "with its teams",
        )
        table = Table(*headings, box=None)
        for team in listed:
            managers = sorted(people[p].email or people[p].slack_id for p in directory.people_with("manager", team))
            parent = directory.by_id(team.parent_id).slug if team.parent_id else ""
            channel = f"{team.channel_ref} {'' if team.channel_state == 'linked' else team.channel_state}".strip()
            figures, balance = below.get(team.id), own[team.id]
            with_teams = f"{usd(figures.charged_nanos)} spent" if figures else ""
            if figures and figures.allocated_nanos > 0:
                with_teams += f", {usd(figures.available_nanos)} left"
            left = usd(balance.available_nanos) if balance.budget == "set" else ""
            amounts = (usd(balance.charged_nanos + balance.uncounted_nanos), left, with_teams)
            state = ", ".join(filter(None, (team.mode, end_words(directory, team))))
            named = (team.slug, team.name, parent, budget_words(team), channel, ", ".join(managers), state, *amounts)
            table.add_row(*map(cell, named))
        out.print(table)

    run(work())
