"""`tokens messages`: lists messages that wait or were given up, and tries them again."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from bot.periods import moment
from bot.refusals import ConfigError
from bot.text import cut
from handlers.cli import cell, opened, out, printable, run
from handlers.context import Context
from handlers.slack.reachability import label_of
from storage.outbox import MESSAGE_STATES, MessageState, UndeliveredMessage
from storage.store import Transaction

commands = typer.Typer(help="Messages to Slack that wait or were given up: list them, try them again.")
_MOST_SHOWN = 50
_MOST_RETRIED = 100_000
_LISTED: tuple[MessageState, ...] = ("waiting", "given-up")

_STATE = Annotated[
    str | None, typer.Option("--state", help="Only waiting, given-up or closed. Closed ones went to somebody else.")
]
_LIMIT = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, oldest first.")]
_JSON = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def _states(state: str | None, default: Sequence[MessageState]) -> Sequence[MessageState]:
    chosen = [one for one in MESSAGE_STATES if one == state]
    if state is not None and not chosen:
        raise ConfigError(f"--state: {state!r} is none; there are: {', '.join(MESSAGE_STATES)}")
    return chosen or default


async def retry_messages(
    context: Context, ids: Sequence[int], *, states: Sequence[MessageState], fault: str = ""
) -> list[UndeliveredMessage]:
    """Makes messages due now, as if they were new, and returns them. Without ids it takes all in these states."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        named = await tx.outbox.undelivered(states, limit=_MOST_RETRIED, ids=ids, fault=fault)
        missing = sorted(set(ids) - {message.id for message in named})
        if missing:
            listed = ", ".join(map(str, missing[:10]))
            raise ConfigError(f"no message waits or was given up with id {listed}; `tokens messages` lists them")
        for message in named:
            await tx.outbox.retry(message, at=at)
        detail = {"messages": len(named), "ids": [message.id for message in named[:50]]}
        await tx.audit.record(at=at, actor_id=None, action="retry messages", subject="outbox", detail=detail)
    return named


@commands.callback(invoke_without_command=True)
def messages_command(
    context: typer.Context, state: _STATE = None, limit: _LIMIT = _MOST_SHOWN, as_json: _JSON = False
) -> None:
    """Lists messages that wait or were given up."""
    if context.invoked_subcommand is None:
        list_command(state=state, limit=limit, as_json=as_json)


@commands.command("list")
def list_command(state: _STATE = None, limit: _LIMIT = _MOST_SHOWN, as_json: _JSON = False) -> None:
    """Messages that wait or were given up, oldest first, with the last fault and the next attempt."""

    async def work() -> None:
        states = _states(state, _LISTED)
        async with opened() as opened_context, opened_context.store.read() as tx:
            directory = (await opened_context.rulebooks.current(tx)).directory
            messages = await tx.outbox.undelivered(states, limit=limit)
            counts = await tx.outbox.undelivered_counts()
            teams = {team.id: team.slug for team in directory.teams}
            to = {message.id: await _recipient(tx, teams, message) for message in messages}
            repeated = await tx.outbox.repeated()
        if as_json:
            for message in messages:
                out.print(json.dumps(_fields(message, to[message.id])), markup=False)
            return
        if messages:
            table = Table("id", "message", "to", "since", "state", "tries", "next try", "fault", box=None)
            for message in messages:
                table.add_row(*_row(message, to[message.id]))
            out.print(table)
        out.print(", ".join(f"{counts[one]:,} {one}" for one in MESSAGE_STATES))
        if counts["given-up"]:
            out.print("`tokens messages retry` posts the given-up ones; with ids, those alone.", markup=False)
        if repeated:
            out.print(f"{repeated:,} posted messages may be in Slack twice: the answer to a post was lost.")

    run(work())


def _row(message: UndeliveredMessage, to: str) -> list[str]:
    following = _minute(message.next_at) if message.state == "waiting" else ""
    since, tries = _minute(message.created_at), str(message.attempts)
    facts = (str(message.id), message.dedupe_key, to, since, message.state, tries, following, cut(message.fault, 60))
    return [cell(fact) for fact in facts]


def _fields(message: UndeliveredMessage, to: str) -> dict[str, object]:
    return {
        "id": message.id,
        "message": message.dedupe_key,
        "to": printable(to),
        "since": moment(message.created_at).isoformat(),
        "state": message.state,
        "attempts": message.attempts,
        "next_attempt": moment(message.next_at).isoformat() if message.state == "waiting" else None,
        "fault": message.fault,
    }


def _minute(at: int) -> str:
    return f"{moment(at):%Y-%m-%d %H:%M}"


async def _recipient(tx: Transaction, teams: dict[int, str], message: UndeliveredMessage) -> str:
    if message.to_team_id is not None:
        return teams.get(message.to_team_id, "")
    assert message.to_person_id is not None
    return label_of(await tx.people.by_id(message.to_person_id))


@commands.command("retry")
def retry_command(
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID...", help="Which ones; else all of a state.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="All that are waiting, given-up or closed; else given-up.")
    ] = None,
    fault: Annotated[str, typer.Option("--fault", help="Only those with this last fault, such as invalid_auth.")] = "",
) -> None:
    """Tries messages again at once, for as long as when they were new. A running worker posts them."""

    async def work() -> None:
        default: tuple[MessageState, ...] = MESSAGE_STATES if ids else ("given-up",)
        async with opened() as context:
            retried = await retry_messages(context, ids or (), states=_states(state, default), fault=fault)
        out.print(f"{len(retried):,} message{'' if len(retried) == 1 else 's'} will be tried again now.")

    run(work())
