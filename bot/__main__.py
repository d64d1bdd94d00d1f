"""The command line: `tokens …` or `python -m bot …`. Each noun's handler holds its own commands."""

from pathlib import Path
from typing import Annotated

import typer

from bot.clock import SystemClock
from bot.settings import load_settings
from handlers import messages
from handlers.books.chargeback import chargeback_command
from handlers.books.checks import check_command
from handlers.books.closing import commands as periods
from handlers.books.commitments.credits import commands as credit_commands
from handlers.books.exports import commands as exports
from handlers.books.removals import archive_command
from handlers.books.statements.commands import statement_command, verify_command
from handlers.cli import err, out, prepare, run
from handlers.connect import connect_command
from handlers.costs import price_commands
from handlers.costs.reprice import reprice_command
from handlers.crosschecks.observations import sources_command
from handlers.crosschecks.reconciliations import reconcile_command
from handlers.detection.backtests import backtest_command
from handlers.doctor import doctor_command
from handlers.intake import keys, quarantine
from handlers.intake.backfills import backfill_command
from handlers.intake.replays import replay_command
from handlers.org import attribution_commands, people, teams
from handlers.progress import Reporter
from handlers.reporting.digests import digest_command
from handlers.requests.rehearsals.commands import rehearse_command
from storage.migrate import PendingMigration, migrate, pending_migrations

main = typer.Typer(
    help="Tokens makes a company's AI spend visible, attributable and governable, from inside Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
main.add_typer(teams.commands, name="teams")
main.add_typer(people.commands, name="people")
main.add_typer(attribution_commands.commands, name="attribution")
main.add_typer(keys.commands, name="keys")
main.add_typer(quarantine.commands, name="quarantine")
main.add_typer(price_commands.commands, name="prices")
main.add_typer(messages.commands, name="messages")
main.add_typer(messages.commands, name="outbox", help="The same as `tokens messages`.")
main.add_typer(exports.commands, name="export")
main.add_typer(credit_commands, name="credits")
main.add_typer(periods.commands, name="periods")
main.command("connect")(connect_command)
main.command("replay")(replay_command)
main.command("backfill")(backfill_command)
main.command("digest")(digest_command)
main.command("reprice")(reprice_command)
main.command("sources")(sources_command)
main.command("reconcile")(reconcile_command)
main.command("check")(check_command)
main.command("archive")(archive_command)
main.command("statement")(statement_command)
main.command("verify")(verify_command)
main.command("chargeback")(chargeback_command)
main.command("backtest")(backtest_command)
main.command("rehearse")(rehearse_command)
main.command("doctor")(doctor_command)


def _serve(*, web: bool, worker: bool) -> None:
    from bot.app import configure_logs, serve

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
) -> None:
    """The sandbox workspace and the bot with a month of realistic usage, on a throw-away database."""
    from bot.app import configure_logs
    from bot.demo.stage import run_demo

    configure_logs()
    run(run_demo(port=port, browser=not no_browser, usage=usage))


def describe(pending: PendingMigration) -> str:
    """Returns a line about a migration that the database lacks."""
    pieces = " It works in pieces, which others don't wait for." if pending.works_in_pieces else ""
    space = f" It needs about {pending.needs_bytes / 1e9:.1f} GB more." if pending.needs_bytes else ""
    return f"{pending.revision}: {pending.about}{pieces}{space}"


if __name__ == "__main__":
    main()
