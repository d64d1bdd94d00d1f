"""The surfaces as people meet them: what is typed or opened, and the words that come back."""

import csv
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from bot.messages import Message
from bot.periods import week_of
from handlers.books.exports.commands import export
from handlers.commands import dispatch
from handlers.context import Context
from handlers.reporting.company_digests import node_digest_of
from handlers.reporting.digests import digest_of
from handlers.reporting.open_homes import publish_home
from handlers.slack.answers import SlackRequest
from tests.scenarios.reporting.consistency.worlds import slack_id
from tests.support.seen import Surface


@dataclass
class _Answer:
    """Takes what a request is answered with."""

    raw: bytes = b""
    told: list[Message] = field(default_factory=list)

    async def tell(self, message: Message, **_: Any) -> None:
        self.told.append(message)

    async def done(self) -> None:
        pass


@dataclass
class _Client:
    """Takes what is sent to Slack."""

    views: list[dict[str, Any]] = field(default_factory=list)

    async def views_publish(self, *, user_id: str, view: dict[str, Any], **_: str) -> dict[str, Any]:
        self.views.append(view)
        return {}

    async def views_open(self, *, trigger_id: str, view: dict[str, Any]) -> None:
        self.views.append(view)


async def types(context: Context, who: str, text: str, *, channel: str = "CGENERAL") -> Surface:
    """What a person gets who types a command."""
    async with context.store.read() as tx:
        person = await tx.people.by_slack_id(slack_id(who))
    assert person is not None, who
    answer, client = _Answer(), _Client()
    body = {"text": text, "channel_id": channel, "trigger_id": "t"}
    asked = SlackRequest(
        context=context, body=body, person=person, now=context.now(), answer=cast(Any, answer), client=cast(Any, client)
    )
    await dispatch(asked)
    if client.views:
        return Surface(client.views[-1])
    message = answer.told[-1]
    return Surface({"text": message.text, "blocks": list(message.blocks)})


async def opens_home(context: Context, who: str) -> Surface:
    """What a person sees who opens Home."""
    client = _Client()
    async with context.store.read() as tx:
        person = await tx.people.by_slack_id(slack_id(who))
    assert person is not None, who
    context.slack = cast(Any, client)
    try:
        await publish_home(context, person)
    finally:
        context.slack = None
    return Surface(client.views[-1])


async def digest(context: Context, slug: str) -> Surface | None:
    """A team's digest of its last closed week; of a department or the company the managers' or finance's."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        directory = scope.directory
        team = directory.root if slug == "organisation" else directory.by_slug(slug)
        assert team is not None
        monday = week_of(team.day_of(scope.at))[0] - 7
        is_node = bool(directory.children(team)) or team.kind == "organisation"
        message = await (node_digest_of(scope, team, monday) if is_node else digest_of(scope.of_team(team), monday))
    return None if message is None else Surface({"text": message.text, "blocks": list(message.blocks)})


async def exports_usage(context: Context, period: str, folder: Path) -> list[dict[str, str]]:
    """The rows of `tokens export usage`."""
    file = folder / f"usage-{period}.csv"
    await export(context, "usage", str(file), period=period, file_format="csv", is_silent=True)
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def channel_of(slug: str) -> str:
    return f"C{slug.upper().replace('-', '')}"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
