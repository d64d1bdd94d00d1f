"""The command line: `tokens …` or `python -m bot …`. Each noun's handler holds its own commands, loaded when it is typed."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from bot.clock import SystemClock

if TYPE_CHECKING:
    from storage.migrate import PendingMigration


@dataclass(frozen=True)
class Listed:
    """A command, or a group of commands: where it is, and its line in the list. A test holds the line to its docstring."""

    place: str
    line: str
    is_group: bool = False

    def load(self, name: str) -> Any:
        """Imports a command, which takes a second of processor time for all of them together."""
        module, attribute = self.place.split(":")
        found = getattr(import_module(module), attribute)
        if self.is_group:
            group = typer.main.get_group(found)
            group.name, group.help = name, self.line
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name)(found)
        return typer.main.get_command(alone)


LISTED: dict[str, Listed] = {
    "connect": Listed(
        "handlers.connect:connect_command",
        "What to paste into a client, with address and key; then waits for its first event. Without CLIENT: the list.",
    ),
    "replay": Listed(
        "handlers.intake.replays:replay_command",
        "Books a file of usage events, with a progress bar. Replaying it again books nothing twice.",
    ),
    "backfill": Listed(
        "handlers.intake.backfills:backfill_command",
        "Books LiteLLM's own log of spend from before its calls came live. Running it again books nothing twice.",
    ),
    "digest": Listed(
        "handlers.reporting.digests:digest_command", "Builds one digest: the message as JSON and its charts as PNG."
    ),
    "value": Listed(
        "handlers.reporting.outcomes:value_command",
        "What a team's spend brought: cost per merged change, by week, workflow and tool.",
    ),
    "reprice": Listed(
        "handlers.costs.reprice:reprice_command",
        "Prices usage again by today's prices, contracts and aliases, each day by what held on it.",
    ),
    "sources": Listed(
        "handlers.crosschecks.observations:sources_command",
        "Every source: when it was last heard of, its calls, what it has in quarantine, and how its cross-check stands.",
    ),
    "reconcile": Listed(
        "handlers.crosschecks.reconciliations:reconcile_command",
        "Holds a provider's report against the books, by UTC day, and posts the variance of what it billed.",
    ),
    "check": Listed(
        "handlers.books.checks:check_command",
        "Proves that events, rollups, ledger, periods, statements and audit log agree. Exit code 1 if anything does not.",
    ),
    "archive": Listed(
        "handlers.books.removals:archive_command",
        "Writes raw events of old months to Parquet files, one a month, and verifies them. Running it again goes on.",
    ),
    "statement": Listed(
        "handlers.books.statements.commands:statement_command",
        "A team's statement of a period: sealed if the period is closed, else preliminary. Without --out it is printed.",
    ),
    "verify": Listed(
        "handlers.books.statements.commands:verify_command",
        "Recomputes statements from their files and names what is wrong: sums, links, the chain, entries. "
        "Exit code 1 if anything is.",
    ),
    "chargeback": Listed(
        "handlers.books.chargeback:chargeback_command",
        "A period's cost by cost centre. Spreads a closed period's shared and unattributed cost, once, by teams.yml's rules.",
    ),
    "backtest": Listed(
        "handlers.detection.backtests:backtest_command",
        "What channels would have been told of past cost: a row per message, at the hour it would have come.",
    ),
    "rehearse": Listed(
        "handlers.requests.rehearsals.commands:rehearse_command",
        "Shows what a policy or budget plan would have meant for the requests of the last weeks. Changes nothing.",
    ),
    "requests": Listed(
        "handlers.requests.waiting.decision_times:commands", "Budget requests: how long decisions take.", is_group=True
    ),
    "manifest": Listed(
        "handlers.slack.installing.manifest:manifest_command",
        "Prints the Slack app's manifest, to paste at api.slack.com/apps.",
    ),
    "doctor": Listed(
        "handlers.doctor:doctor_command",
        "Settings, database, Slack and channels: what is well, what is not, and what to do. Exit code 1 if anything is not.",
    ),
    "teams": Listed(
        "handlers.org.teams:commands", "Organisation, teams, managers, budgets, rules, tools, prices.", is_group=True
    ),
    "people": Listed(
        "handlers.org.people:commands", "People, the ids that senders use for them, and their teams.", is_group=True
    ),
    "attribution": Listed(
        "handlers.org.attribution_commands:commands", "Which team usage belongs to, and by which rule.", is_group=True
    ),
    "keys": Listed(
        "handlers.intake.keys:commands",
        "Ingest keys of the sources of usage, and keys that read exports.",
        is_group=True,
    ),
    "quarantine": Listed(
        "handlers.intake.quarantine:commands", "Rows that could not be booked: look, mend, try again.", is_group=True
    ),
    "prices": Listed(
        "handlers.costs.price_commands:commands", "What models cost, why, and who says otherwise.", is_group=True
    ),
    "gateways": Listed(
        "handlers.crosschecks.caps.commands:commands",
        "Gateways whose caps follow the books: list them, test one.",
        is_group=True,
    ),
    "messages": Listed(
        "handlers.messages:commands",
        "Messages to Slack that wait or were given up: list them, try them again.",
        is_group=True,
    ),
    "outbox": Listed("handlers.messages:commands", "The same as `tokens messages`.", is_group=True),
    "export": Listed(
        "handlers.books.exports.commands:commands",
        "Usage, ledger and audit log as files, for finance and data teams.",
        is_group=True,
    ),
    "credits": Listed(
        "handlers.books.commitments.credits:commands",
        "Refunds and rebates of teams, each with its document.",
        is_group=True,
    ),
    "periods": Listed(
        "handlers.books.closing.commands:commands", "Periods of the books, and their close.", is_group=True
    ),
}
"""The commands that `tokens --help` lists without importing them."""


class _LoadedWhenTyped(TyperGroup):
    """A group whose listed commands are imported only when one of them is typed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {**{name: TyperCommand(name, help=one.line) for name, one in LISTED.items()}, **self.commands}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name in LISTED:
            command = self.commands[name] = LISTED[name].load(name)
        return name, command, rest


main = typer.Typer(
    cls=_LoadedWhenTyped,
    help="Tokens makes a company's AI spend visible, attributable and governable, from inside Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _serve(*, web: bool, worker: bool) -> None:
    from bot.app import configure_logs, serve
    from bot.settings import load_settings
    from handlers.cli import prepare, run

    async def prepared() -> None:
        context = await prepare(load_settings(), SystemClock())
        await serve(context, web=web, worker=worker)

    configure_logs()
    run(prepared())


@main.command("run")
def run_command() -> None:
    """Web and worker in one process."""
    _serve(web=True, worker=True)


@main.command("web")
def web_command() -> None:
    """The HTTP side alone: any number of them share a PostgreSQL."""
    _serve(web=True, worker=False)


@main.command("worker")
def worker_command() -> None:
    """Delivery, watching and the clock alone: any number of them share a PostgreSQL."""
    _serve(web=False, worker=True)


@main.command("migrate")
def migrate_command(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing if all went well.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be done.")] = False,
) -> None:
    """Brings the database's tables to the newest form."""
    from bot.settings import load_settings
    from handlers.cli import err, out, run
    from handlers.progress import Reporter
    from storage.migrate import migrate, pending_migrations

    url = load_settings().database_url
    if dry_run:
        for pending in run(pending_migrations(url)):
            out.print(describe(pending), markup=False)
        out.print("Nothing was changed.")
        return
    with Reporter(err) as reporter:
        revision = run(migrate(url, watch=lambda progress: reporter.show(*progress)))
    if not quiet:
        out.print(f"The database is at {revision}.")


@main.command("demo")
def demo_command(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The page's port.")] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
    usage: Annotated[Path | None, typer.Option("--usage", help="Your own usage: a CSV with native headers.")] = None,
    socket_mode: Annotated[bool, typer.Option("--socket", help="Slack's requests over a WebSocket.")] = False,
) -> None:
    """The sandbox workspace and the bot with a month of realistic usage, on a throw-away database."""
    from bot.app import configure_logs
    from bot.demo.stage import run_demo
    from handlers.cli import run

    configure_logs()
    run(run_demo(port=port, browser=not no_browser, usage=usage, socket_mode=socket_mode))


def with_all_loaded() -> Any:
    """Returns the command line with every command imported, for pages that describe all of them."""
    group = typer.main.get_group(main)
    group.commands.update({name: one.load(name) for name, one in LISTED.items()})
    return group


def describe(pending: "PendingMigration") -> str:
    """Returns a line about a migration that the database lacks."""
    pieces = " It works in pieces, which others don't wait for." if pending.works_in_pieces else ""
    space = f" It needs about {pending.needs_bytes / 1e9:.1f} GB more." if pending.needs_bytes else ""
    return f"{pending.revision}: {pending.about}{pieces}{space}"


if __name__ == "__main__":
    main()
