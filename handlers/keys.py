"""`tokens keys`: the credentials that senders of usage authorise themselves with."""

import re
from typing import Annotated, Literal

import typer
from rich.table import Table

from bot.refusals import ConfigError
from bot.sources import SOURCES
from handlers.cli import opened, out, run
from handlers.context import Context

commands = typer.Typer(help="Ingest keys of the sources of usage.", no_args_is_help=True)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


async def create_key(
    context: Context, name: str, *, source: str, team: str | None = None, role: Literal["meter", "observe"] = "meter"
) -> str:
    """Makes a source with its first key and returns the key, which is shown this once."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"NAME: {name!r} must be letters, digits, dots, dashes or underscores, at most 63.")
    if source not in SOURCES:
        raise ConfigError(f"--source: {source!r} is no format; there are: {', '.join(sorted(SOURCES))}")
    if role == "observe":
        raise ConfigError("--role: observing sources are not cross-checked yet; leave the role at meter")
    at = context.now_micros()
    async with context.store.begin() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        bound = directory.by_slug(team) if team else None
        if team and bound is None:
            raise ConfigError(f"--team: there is no team {team!r}; `tokens teams list` shows them")
        if await tx.keys.source(name) is not None:
            raise ConfigError(
                f"NAME: there is a source {name!r} already; `tokens keys rotate {name}` gives it a new key"
            )
        made = await tx.keys.create_source(
            name=name, source_format=source, role=role, team_id=bound.id if bound else None, at=at
        )
        token = await tx.keys.create_key(made, at=at)
        await tx.audit.record(
            at=at, actor_id=None, action="create key", subject=f"source:{name}", detail={"format": source}
        )
    return token


@commands.command("create")
def create_command(
    name: Annotated[str, typer.Argument(help="What the source is called, for example gateway-eu.")],
    source: Annotated[str, typer.Option("--source", help="The format it sends: " + ", ".join(sorted(SOURCES)))],
    team: Annotated[str | None, typer.Option("--team", help="Binds the key to one team's slug.")] = None,
    role: Annotated[str, typer.Option("--role", help="meter books usage.")] = "meter",
) -> None:
    """Makes a source and prints its ingest key on the last line, once."""

    async def work() -> None:
        if role not in ("meter", "observe"):
            raise ConfigError("--role: must be meter or observe")
        async with opened() as context:
            token = await create_key(context, name, source=source, team=team, role=role)  # type: ignore[arg-type]  # checked
        out.print(f"Key of {name}; it is not shown again:")
        out.print(token, markup=False)

    run(work())


@commands.command("list")
def list_command() -> None:
    """Every source with the number of its keys in force."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            listed = await tx.keys.listed()
            slugs = {t.id: t.slug for t in (await context.rulebooks.current(tx)).directory.teams}
        table = Table("source", "format", "role", "team", "keys", box=None)
        for found, count in listed:
            bound = slugs[found.team_id] if found.team_id is not None else "any"
            table.add_row(found.name, found.format, found.role, bound, str(count))
        out.print(table)

    run(work())


@commands.command("rotate")
def rotate_command(name: str) -> None:
    """Ends a source's keys and prints a new one; what it sent before stays known as its own."""

    async def work() -> None:
        async with opened() as context:
            at = context.now_micros()
            async with context.store.begin() as tx:
                found = await tx.keys.source(name)
                if found is None:
                    raise ConfigError(f"NAME: there is no source {name!r}; `tokens keys list` shows them")
                await tx.keys.revoke(found, at=at)
                token = await tx.keys.create_key(found, at=at)
                await tx.audit.record(at=at, actor_id=None, action="rotate key", subject=f"source:{name}", detail={})
        out.print(f"New key of {name}; the old ones have ended:")
        out.print(token, markup=False)

    run(work())


@commands.command("revoke")
def revoke_command(name: str) -> None:
    """Ends a source's keys, from its next commit on."""

    async def work() -> None:
        async with opened() as context:
            at = context.now_micros()
            async with context.store.begin() as tx:
                found = await tx.keys.source(name)
                if found is None:
                    raise ConfigError(f"NAME: there is no source {name!r}; `tokens keys list` shows them")
                ended = await tx.keys.revoke(found, at=at)
                await tx.audit.record(at=at, actor_id=None, action="revoke key", subject=f"source:{name}", detail={})
        out.print(f"{ended} key{'' if ended == 1 else 's'} of {name} revoked.")

    run(work())
