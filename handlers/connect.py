"""`tokens connect`: the lines to paste into a client, with address and key, and the wait for its first event."""

import asyncio
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated

import typer
from rich.table import Table

from bot.crosschecks.producers import SeenProducer, lost, quarantine_reason
from bot.money import usd
from bot.org.attribution import Source
from bot.periods import HOUR_MICROS
from bot.refusals import ConfigError
from bot.settings import Settings
from bot.sources.clients.catalog import SECRET, Client, clients, filled, find_client
from handlers.cli import cell, opened, out, printable, run
from handlers.context import Context
from handlers.intake.keys import create_source
from handlers.intake.source_options import TypedOptions, typed_secret
from storage.crosschecks.producers import BookedCalls

POLL_SECONDS, SETTLE_SECONDS = 1.0, 2.0
_EARLIER_MICROS = 24 * HOUR_MICROS
"""How old a call may be that a client sends now: programs send what waited."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What has come from a source since a moment: who sent it, what was booked, and what was not and why."""

    producer: str
    booked: BookedCalls
    reasons: tuple[str, ...]
    is_observed: bool
    may_follow: bool
    """True if only another signal of the calls has come."""
    outcomes: int = 0

    @property
    def sentence(self) -> str:
        """Returns `Claude Code 2.1.328 is sending; 3 calls booked, $0.04.`"""
        calls, cost, unpriced = self.booked
        if self.outcomes:
            return f"{self.producer} is sending; {self.outcomes:,} merged change{'' if self.outcomes == 1 else 's'} counted."
        if self.is_observed:
            return f"{self.producer} is sending. The source observes, so nothing is booked."
        if not calls:
            return f"{self.producer} is sending, and nothing was booked."
        words = f"{calls:,} call{'' if calls == 1 else 's'} booked, {usd(cost)}"
        return f"{self.producer} is sending; {words}" + (f"; {unpriced:,} without a price." if unpriced else ".")


def connect_command(
    client: Annotated[str | None, typer.Argument(metavar="[CLIENT]", help="For example claude-code.")] = None,
    *,
    source: Annotated[str | None, typer.Option("--source", help="The name of its source.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="The source's ingest key, if there is one already.")] = None,
    secret: Annotated[
        str | None,
        typer.Option("--secret", help="The client's secret, if its own signs: @FILE, or - to be asked for it."),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the source and its key without asking.")] = False,
    url: Annotated[str | None, typer.Option("--url", help="The bot's address as the client reaches it.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the first event.")] = True,
    minutes: Annotated[float, typer.Option("--minutes", help="How long to wait.")] = 10.0,
) -> None:
    """What to paste into a client, with address and key; then waits for its first event. Without CLIENT: the list."""

    async def work() -> None:
        if client is None:
            out.print(_listed())
            return
        found = find_client(client)
        async with opened() as context:
            address = url or _local(context.settings)
            if found.secret_of:  # the client shows it after these steps
                _print_steps(found, address=address, shown=None, name=source or found.source)
            shown = await _source_and_key(context, found, name=source, key=key, create=create, secret=secret)
            named = shown.source
            since = context.now_micros()
            if not found.secret_of:
                _print_steps(found, address=address, shown=shown, name=named.name)
            if not wait:
                return
            out.print(f"Waiting for the first event of {named.name} (Ctrl-C to stop) …", markup=False)
            sys.stdout.flush()  # also into a pipe: somebody pastes the lines while this waits
            arrival = await wait_for(context, found, named, since=since, seconds=minutes * 60)
        if arrival is None:
            raise ConfigError(
                f"Nothing came from {named.name} in {minutes:g} minutes. Is the program restarted, the address reachable from "
                f"it, and the key in force (`tokens keys list`)? docs/connect/{found.page}.md has more."
            )
        out.print(arrival.sentence, markup=False)
        for reason in arrival.reasons:
            out.print(f"Not booked: {printable(reason)}", markup=False)

    run(work())


def _listed() -> Table:
    table = Table("client", "name", "format", "page", box=None)
    for client_id, client in clients().items():
        table.add_row(client_id, client.name, client.format, f"docs/connect/{client.page}.md")
    return table


@dataclass(frozen=True)
class _Shown:
    """A source with its key, and the secret of its signatures; empty ones were shown before, and are not known here."""

    source: Source
    key: str = ""
    secret: str = ""


async def _source_and_key(
    context: Context, client: Client, *, name: str | None, key: str | None, create: bool, secret: str | None
) -> _Shown:
    """Returns the client's source, which may have to be made, with its key."""
    if key is not None:
        found = await context.rulebooks.source_of(key.strip())
        if found is None:
            raise ConfigError(
                "--key: this ingest key is not known, or was revoked; `tokens keys list` shows the sources"
            )
        return _Shown(_checked(found, client, name), key.strip())
    wanted = name or client.source
    async with context.store.read() as tx:
        existing = await tx.keys.source(wanted)
    if existing is not None:
        return _Shown(_checked(existing, client, name))
    if not create and not _agrees(wanted, client):
        raise ConfigError(
            f"There is no source {wanted!r}. `--create` makes it with a key, `--source NAME` takes another, `--key KEY` one that "
            "you have."
        )
    if client.secret_of and secret is None:
        raise ConfigError(
            f"--secret: {client.secret_of} signs what it sends; give it as @FILE, or - to be asked for it"
        )
    if secret is not None and not client.signature:
        raise ConfigError(f"--secret: {client.name} does not sign what it sends; leave it out")
    typed = TypedOptions(
        signature=client.signature or None, secret=typed_secret(secret), reported_first=client.reported_first or None
    )
    made = await create_source(context, wanted, source=client.format, team=None, role="meter", typed=typed)
    async with context.store.read() as tx:
        created = await tx.keys.source(wanted)
    if created is None:
        raise ConfigError(f"The source {wanted!r} was removed meanwhile. Run the command again.")
    return _Shown(created, made.token, made.secret or "")


def _checked(found: Source, client: Client, name: str | None) -> Source:
    """Returns a source. Raises ConfigError if it is another than the one named, or of another format."""
    if name is not None and found.name != name:
        raise ConfigError(f"--key: it belongs to the source {found.name!r}, not to {name!r}")
    if found.format != client.format:
        raise ConfigError(
            f"--source: {found.name!r} takes {found.format}, and {client.name} sends {client.format}: name another source"
        )
    return found


def _agrees(name: str, client: Client) -> bool:
    """Asks a person at a terminal whether to make a source."""
    return sys.stdin.isatty() and typer.confirm(f"Make the source {name} for {client.name}, with a key?", default=True)


def _print_steps(client: Client, *, address: str, shown: _Shown | None, name: str) -> None:
    """Prints what to paste or enter. `shown` is None before there is a source."""
    key, secret = (shown.key, shown.secret) if shown is not None else ("", "")

    def fill(text: str) -> str:
        text = text.replace(f"/hooks/{client.source}", f"/hooks/{name}").replace(SECRET, secret or SECRET)
        return filled(text, address=address, key=key)

    for step in client.steps:
        out.print(fill(step.say), markup=False)
        out.print()
        if step.paste:
            out.print(fill(step.paste), markup=False)
        for field, value in step.fields.items():
            out.print(f"  {field}: {fill(value)}", markup=False)
        out.print()
    if client.signature:
        if shown is not None and not secret:
            out.print(
                f"The secret was shown when it was made. `tokens keys set {name} --secret @FILE` sets another.",
                markup=False,
            )
    elif not key:
        out.print(
            "Put the source's key in place of tok_…: it was shown when it was made. `tokens keys rotate NAME` makes a new "
            "one, and `--key KEY` fills it in.",
            markup=False,
        )


def _local(settings: Settings) -> str:
    """Returns the bot's own address, for clients on this machine."""
    try:
        is_every_address = ip_address(settings.host).is_unspecified
    except ValueError:  # a name
        is_every_address = False
    return f"http://{'127.0.0.1' if is_every_address else settings.host}:{settings.port}"


async def wait_for(context: Context, client: Client, source: Source, *, since: int, seconds: float) -> Arrival | None:
    """Returns what came from a source since a moment, a little after its first event; None if nothing came in time.

    A program's metrics may come before its records of calls, so those are waited for too.
    """
    found: Arrival | None = None
    for _ in range(max(1, int(seconds / POLL_SECONDS))):
        if await _has_sent(context, source, since=since):
            await asyncio.sleep(SETTLE_SECONDS)
            found = await arrival_of(context, client, source, since=since)
            if not found.may_follow:
                return found
        await asyncio.sleep(POLL_SECONDS)
    return found


async def _has_sent(context: Context, source: Source, *, since: int) -> bool:
    """Returns whether a source has sent calls, rows for quarantine, or usage that no rule reads."""
    async with context.store.read() as tx:
        if (await tx.observations.last_received()).get(source.id, 0) >= since:
            return True
        if await tx.outcomes.received_since(source.id, since=since):
            return True
        newest = await tx.quarantine.listed(source_id=source.id, kind=None, limit=1)
        if newest and newest[0].received_at >= since:
            return True
        return any(found.seen.last_at >= since for found in await tx.producers.of([source.id]))


async def arrival_of(context: Context, client: Client, source: Source, *, since: int) -> Arrival:
    """Returns what came from a source since a moment."""
    async with context.store.read() as tx:
        booked = await tx.producers.booked_since(source.id, received_at=since, occurred_at=since - _EARLIER_MICROS)
        seen = [found.seen for found in await tx.producers.of([source.id]) if found.seen.last_at >= since]
        wrong = await tx.quarantine.listed(source_id=source.id, kind=None, limit=5)
        outcomes = await tx.outcomes.received_since(source.id, since=since)
    missing = lost(seen)
    unusable = [row.reason for row in reversed(wrong) if row.received_at >= since and row.kind != "unread"]
    reasons = [*(quarantine_reason(row.key) for row in missing), *unusable]
    return Arrival(
        producer=cell(_producer(seen) or client.name),
        booked=booked,
        reasons=tuple(dict.fromkeys(reasons)),
        is_observed=source.role == "observe",
        outcomes=outcomes,
        may_follow=bool(missing) and not unusable and {row.key.kind for row in missing} == {"other_signal"},
    )


def _producer(seen: list[SeenProducer]) -> str:
    """Returns the name and version of the newest producer."""
    if not seen:
        return ""
    newest = max(seen, key=lambda row: (row.key.kind == "booked", row.last_at))
    return f"{newest.key.name} {newest.key.version}".strip()
