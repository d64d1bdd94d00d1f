"""`tokens messages`: what waits or was given up, and another try."""

import asyncio
import json

from bot.messages import Message
from bot.periods import MICROS
from handlers.cli import opened
from storage.outbox import GIVEN_UP
from tests.scenarios.commands import Run

AT = 1_795_000_000 * MICROS


async def _give_one_up() -> None:
    async with opened() as context, context.store.begin() as tx:
        team = (await context.rulebooks.current(tx)).directory.by_slug("mobile")
        assert team is not None
        await tx.outbox.put(Message(text="lost"), dedupe_key="digest:3:2026-W47", at=AT, to_team_id=team.id)
        (item,) = await tx.deliveries.claim(owner="one", now=AT, lease_seconds=60)
        await tx.deliveries.end(item, owner="one", fault="msg_too_long", given_up=GIVEN_UP)


def test_given_up_messages_are_listed_and_tried_again(run: Run) -> None:
    assert run("teams", "import", "teams.yml").exit_code == 0
    asyncio.run(_give_one_up())

    listed = run("messages").stdout
    assert "digest:3:2026-W47" in listed
    assert "msg_too_long" in listed
    assert "0 waiting, 1 given-up, 0 closed" in listed
    found = json.loads(run("outbox", "list", "--json").stdout)
    assert (found["to"], found["state"], found["fault"]) == ("mobile", "given-up", "msg_too_long")

    assert "1 message will be tried again now." in run("messages", "retry", str(found["id"])).stdout
    assert "1 waiting, 0 given-up, 0 closed" in run("messages", "list").stdout
    assert "0 messages" in run("messages", "retry").stdout


def test_an_unknown_message_or_state_is_named(run: Run) -> None:
    unknown = run("messages", "retry", "17")
    assert unknown.exit_code == 1
    assert "no message waits or was given up with id 17" in unknown.output
    assert "--state: 'lost' is none; there are: waiting, given-up, closed" in run("messages", "--state", "lost").output
