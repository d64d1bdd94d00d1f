"""`tokens gateways`: the gateways whose caps follow the books, and whether each can be read and written."""

from typing import Annotated

import aiohttp
import typer
from rich.table import Table

from bot.crosschecks.caps import Connection, GatewaySettings
from bot.crosschecks.gateway_caps import GatewayCap
from bot.money import usd
from bot.periods import moment
from bot.refusals import ConfigError
from bot.views.crosschecks.caps import amount_words
from handlers.cli import cell, opened, out, run
from handlers.context import Context
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.adapters import adapter_of
from handlers.crosschecks.caps.lines import shown_caps

commands = typer.Typer(help="Gateways whose caps follow the books: list them, test one.", no_args_is_help=True)

_ADVICE = "name one below `gateways:` in teams.yml and import it (docs/gateways.md)"


async def try_gateway(settings: GatewaySettings, session: aiohttp.ClientSession) -> Connection:
    """Returns what a gateway's key may do. Changes nothing there."""
    try:
        return await adapter_of(settings, session).test_connection()
    except (CapRefused, CapUnreachable) as fault:
        return Connection(can_read=False, can_write=False, notes=(str(fault),))


async def _gateways(context: Context) -> tuple[GatewaySettings, ...]:
    async with context.store.read() as tx:
        return (await context.rulebooks.current(tx)).gateways


@commands.command("list")
def list_command() -> None:
    """Every gateway with its targets: the cap wanted, the cap that was set and read back, and how it stands."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            scope = await context.scope(tx)
            if not scope.rulebook.gateways:
                out.print(f"No gateway's caps follow the books: {_ADVICE}.", markup=False)
                return
            table = Table(
                "gateway", "kind", "mode", "team", "target", "wanted", "set", "there", "looked at", "state", box=None
            )
            for gateway in scope.rulebook.gateways:
                if not gateway.teams:
                    table.add_row(*map(cell, (gateway.name, gateway.kind, gateway.mode, *[""] * 6, "names no team")))
            modes = {gateway.name: (gateway.kind, gateway.mode) for gateway in scope.rulebook.gateways}
            for team in scope.directory.real_teams:
                for shown in await shown_caps(scope, team):
                    kind, mode = modes.get(shown.row.gateway, ("", "no more in teams.yml"))
                    table.add_row(*map(cell, (shown.row.gateway, kind, mode, team.slug, *_cells(shown.row))))
        out.print(table)

    run(work())


def _cells(row: GatewayCap) -> tuple[str, ...]:
    target = f"{row.target.kind} {row.target.ref}" + (f" of {row.target.member_of}" if row.target.member_of else "")
    wanted = usd(row.wanted_nanos) if row.wanted_nanos is not None else ""
    was_set = usd(row.set_nanos) if row.set_nanos is not None else ""
    seen = f"{moment(row.seen_at):%Y-%m-%d %H:%M} UTC" if row.seen_at is not None else "never"
    there = amount_words(row.seen_nanos) if row.seen_at is not None else ""
    state = row.state.replace("_", " ") + (f": {row.sentence}" if row.sentence else "")
    return target, wanted, was_set, there, seen, state


@commands.command("test")
def test_command(name: Annotated[str, typer.Argument(help="A gateway's name in teams.yml.")]) -> None:
    """Connects to a gateway and says whether its caps can be read and written, and what to do if not. Changes nothing."""

    async def work() -> bool:
        async with opened() as context, aiohttp.ClientSession() as session:
            settings = next((one for one in await _gateways(context) if one.name == name), None)
            if settings is None:
                known = ", ".join(one.name for one in await _gateways(context)) or "none yet"
                raise ConfigError(f"There is no gateway {name} in teams.yml (there: {known}); {_ADVICE}.")
            found = await try_gateway(settings, session)
            out.print(f"{name}: {settings.kind} at {settings.url}, mode {settings.mode}", markup=False)
            out.print(f"  caps can be read: {'yes' if found.can_read else 'no'}", markup=False)
            out.print(f"  caps can be written: {_written(found, settings)}", markup=False)
            for note in found.notes:
                out.print(f"  - {note}", markup=False)
            return found.can_read and found.can_write

    if not run(work()):
        raise typer.Exit(1)


def _written(found: Connection, settings: GatewaySettings) -> str:
    if not found.can_write:
        return "no"
    return "yes" if settings.mode == "write" else "yes, but mode dry_run only shows them"
