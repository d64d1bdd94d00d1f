"""`tokens keys`: the ingest keys with which senders of usage authenticate."""

import secrets
from typing import Annotated, Literal, NamedTuple

import typer
from rich.table import Table

from bot.org.attribution import Source
from bot.refusals import ConfigError
from bot.sources import SOURCES
from bot.sources.forges.merges import FORGES
from handlers.books.exports.read_keys import (
    create_read_key,
    require_free,
    require_name,
    revoke_read_key,
    rotate_read_key,
)
from handlers.cli import cell, opened, out, run
from handlers.context import Context
from handlers.crosschecks.observations import change_role
from handlers.intake.source_options import (
    DefaultTeamOption,
    MapOption,
    ReportedOption,
    SecretOption,
    SignalOption,
    SignatureOption,
    TypedOptions,
    in_words,
    options_of,
    typed_options,
)
from storage.intake.read_keys import Reader
from storage.store import Transaction

commands = typer.Typer(help="Ingest keys of the sources of usage, and keys that read exports.", no_args_is_help=True)


class CreatedKey(NamedTuple):
    """Values that are shown once: the key, and the secret of the source's signatures if one was generated."""

    token: str
    secret: str | None


async def create_key(
    context: Context, name: str, *, source: str, team: str | None = None, role: Literal["meter", "observe"] = "meter"
) -> str:
    """Creates a source with its first key and returns the key, which is shown only now."""
    return (await create_source(context, name, source=source, team=team, role=role, typed=TypedOptions())).token


async def create_source(
    context: Context,
    name: str,
    *,
    source: str,
    team: str | None,
    role: Literal["meter", "observe"],
    typed: TypedOptions,
) -> CreatedKey:
    """Creates a source with options and its first key."""
    require_name(name)
    if source not in SOURCES:
        raise ConfigError(f"--source: {source!r} is no format; there are: {', '.join(sorted(SOURCES))}")
    at = context.now_micros()
    async with context.store.begin() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        bound = directory.by_slug(team) if team else None
        if team and bound is None:
            raise ConfigError(f"--team: there is no team {team!r}; `tokens teams list` shows them")
        await require_free(tx, name)
        options = options_of(typed, source_format=source, before={}, directory=directory)
        source_row = await tx.keys.create_source(
            name=name,
            source_format=source,
            role=role,
            team_id=bound.id if bound else None,
            at=at,
            options=options.stored,
        )
        token = await tx.keys.create_key(source_row, at=at)
        detail = {"format": source, **options.audit({})}
        await tx.audit.record(at=at, actor_id=None, action="create key", subject=f"source:{name}", detail=detail)
    return CreatedKey(token, options.new_secret)


async def set_source(context: Context, name: str, typed: TypedOptions) -> str | None:
    """Changes a source's options; returns a generated secret, which is shown only now."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        found = await tx.keys.for_options(name)
        if found is None:
            raise ConfigError(f"NAME: there is no source {name!r}; `tokens keys list` shows them")
        source, before = found
        directory = (await context.rulebooks.current(tx)).directory
        options = options_of(typed, source_format=source.format, before=before, directory=directory)
        await tx.keys.set_options(source, options.stored)
        detail = options.audit(before)
        await tx.audit.record(at=at, actor_id=None, action="set source", subject=f"source:{name}", detail=detail)
    return options.new_secret


@commands.command("create")
def create_command(
    *,
    name: Annotated[str, typer.Argument(help="What the source is called, for example gateway-eu.")],
    source: Annotated[
        str | None, typer.Option("--source", help="The format it sends: " + ", ".join(sorted(SOURCES)))
    ] = None,
    read: Annotated[bool, typer.Option("--read", help="A key that reads exports, and sends nothing.")] = False,
    team: Annotated[str | None, typer.Option("--team", help="Binds the key to one team's slug.")] = None,
    role: Annotated[str, typer.Option("--role", help="meter books usage; observe only compares.")] = "meter",
    signature: SignatureOption = None,
    secret: SecretOption = None,
    mapping: MapOption = None,
    default_team: DefaultTeamOption = None,
    reported_first: ReportedOption = None,
    signal: SignalOption = None,
) -> None:
    """Makes a source and prints its ingest key, or a read key, on the last line, once."""

    async def work() -> None:
        if (source is None) != read:
            raise ConfigError("Give --source FORMAT for a key that sends usage, or --read for one that reads exports.")
        if role not in ("meter", "observe"):
            raise ConfigError("--role: must be meter or observe")
        typed = typed_options(signature, secret, mapping, default_team, reported_first, signal=signal)
        if source is None:
            await _print_read_key(name, team=team, has_options=typed != TypedOptions() or role != "meter")
            return
        async with opened() as context:
            created = await create_source(context, name, source=source, team=team, role=role, typed=typed)  # type: ignore[arg-type]  # checked
        if source in FORGES:
            out.print(f"{name} sends to /v1/outcomes/{source}, or to /v1/outcomes/{source}/{name}.", markup=False)
            _show_secret(name, created.secret)
            return
        _show_secret(name, created.secret)
        if typed.signature not in (None, "none"):
            out.print(f"Signed bodies go to /v1/usage/hooks/{name}, without the key.")
        out.print(f"Key of {name}; it is not shown again:")
        out.print(created.token, markup=False)

    run(work())


async def _print_read_key(name: str, *, team: str | None, has_options: bool) -> None:
    if has_options:
        raise ConfigError("--read: a read key has no options but --team")
    async with opened() as context:
        token = await create_read_key(context, name, team=team)
    out.print(f"Read key {name}; it is not shown again:")
    out.print(token, markup=False)


def _show_secret(name: str, secret: str | None) -> None:
    if secret:
        out.print(f"Secret of {name}'s signatures; it is not shown again:")
        out.print(secret, markup=False)


@commands.command("set")
def set_command(
    *,
    name: str,
    role: Annotated[str | None, typer.Option("--role", help="meter books usage; observe only compares.")] = None,
    signature: SignatureOption = None,
    secret: SecretOption = None,
    mapping: MapOption = None,
    default_team: DefaultTeamOption = None,
    reported_first: ReportedOption = None,
    signal: SignalOption = None,
) -> None:
    """Changes what is said of a source, from its next commit on; what is not named stays."""

    async def work() -> None:
        typed = typed_options(signature, secret, mapping, default_team, reported_first, signal=signal)
        if typed == TypedOptions() and role is None:
            raise ConfigError(f"Say what to change of {name}: `tokens keys set --help` lists it")
        if role not in (None, "meter", "observe"):
            raise ConfigError("--role: must be meter or observe")
        async with opened() as context:
            new_secret = await set_source(context, name, typed) if typed != TypedOptions() else None
            if role is not None:
                await change_role(context, name, role)  # type: ignore[arg-type]  # checked
            async with context.store.read() as tx:
                slugs = {t.id: t.slug for t in (await context.rulebooks.current(tx)).directory.teams}
                found = await tx.keys.source(name)
        assert found is not None
        _show_secret(name, new_secret)
        out.print(f"{name}: {found.role}, {in_words(found, slugs) or 'nothing special'}", markup=False)

    run(work())


@commands.command("list")
def list_command() -> None:
    """Every source with the number of its keys in force."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            listed, readers = await tx.keys.listed(), await tx.read_keys.listed()
            slugs = {t.id: t.slug for t in (await context.rulebooks.current(tx)).directory.teams}
        table = Table("source", "format", "role", "team", "keys", "options", box=None)
        for found, count in listed:
            bound = slugs[found.team_id] if found.team_id is not None else "any"
            table.add_row(found.name, found.format, found.role, bound, str(count), cell(in_words(found, slugs)))
        for reader, count in readers:
            bound = slugs[reader.team_id] if reader.team_id is not None else "any"
            table.add_row(reader.name, "", "read", bound, str(count), "reads exports")
        out.print(table)

    run(work())


async def _key_named(tx: Transaction, name: str) -> Source | Reader:
    """Returns the source or the reader of a name. Raises ConfigError if there is neither."""
    found = await tx.keys.source(name) or await tx.read_keys.named(name)
    if found is None:
        raise ConfigError(f"NAME: there is no source {name!r}; `tokens keys list` shows them")
    return found


async def _rotate(tx: Transaction, source: Source, *, at: int) -> str:
    """Ends a source's keys and returns a new one; of a forge, which has no key but a secret, the new secret."""
    await tx.keys.revoke(source, at=at)
    token = await tx.keys.create_key(source, at=at)
    found = await tx.keys.for_options(source.name)
    if source.format in FORGES and found is not None:
        token = secrets.token_urlsafe(32)
        await tx.keys.set_options(source, {**found[1], "secret": token})
    subject = f"source:{source.name}"
    await tx.audit.record(at=at, actor_id=None, action="rotate key", subject=subject, detail={})
    return token


@commands.command("rotate")
def rotate_command(name: str) -> None:
    """Ends a source's keys and prints a new one; what it sent before stays known as its own."""

    async def work() -> None:
        async with opened() as context:
            at = context.now_micros()
            async with context.store.begin() as tx:
                found = await _key_named(tx, name)
                if isinstance(found, Reader):
                    token = await rotate_read_key(tx, found, at=at)
                else:
                    token = await _rotate(tx, found, at=at)
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
                found = await _key_named(tx, name)
                if isinstance(found, Reader):
                    ended = await revoke_read_key(tx, found, at=at)
                else:
                    ended = await tx.keys.revoke(found, at=at)
                    subject = f"source:{name}"
                    await tx.audit.record(at=at, actor_id=None, action="revoke key", subject=subject, detail={})
        out.print(f"{ended} key{'' if ended == 1 else 's'} of {name} revoked.")

    run(work())
