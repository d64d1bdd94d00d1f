"""Questions in messages: to @Tokens in a channel, and in a direct message to the app."""

import json
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from handlers.commands import dispatch
from handlers.slack.answers import SlackRequest
from tests.scenarios.slack.signed import sends
from tests.support.company import Company


async def direct_channel(acme: Company, who: str) -> str:
    return acme.workspace.direct(who).id


async def test_a_mention_is_answered_to_the_asker_alone(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=250.5))
    reply = await acme.anna.asks("@Tokens how is search doing?", channel="CSEARCH")

    answer = reply.messages[-1]
    assert answer.is_ephemeral
    assert "$750 left of $1,000" in answer.text
    await acme.ben.does_not_see("$750 left", channel="CSEARCH")


async def test_a_direct_message_is_answered_in_the_conversation(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=250.5))
    place = await direct_channel(acme, "UANNA")
    reply = await acme.anna.asks("search today", channel=place)

    answer = reply.messages[-1]
    assert not answer.is_ephemeral
    assert answer.channel == place
    assert "Search spent $251 today so far" in answer.text
    own = (await acme.anna.asks("me", channel=place)).messages[-1]
    assert "You used $251" in own.text


async def test_what_changes_something_is_typed_as_a_command(acme: Company) -> None:
    place = await direct_channel(acme, "UBEN")
    for text in (
        "hold 300 eval-run",
        "transfer 5 to mobile",
        "request 500 evals",
        "me limit 40",
        "settings",
        "delegate @emi until friday",
    ):
        answer = (await acme.ben.asks(text, channel=place)).messages[-1]
        assert "A message to me only asks." in answer.text, text
    async with acme.context.store.read() as tx:
        assert await tx.holds.uses_of([team.id for team in (await acme.context.scope(tx)).directory.real_teams]) == []


async def test_outsiders_and_hidden_teams_get_nothing_by_mention(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=250.5), acme.event(2, dollars=77, team="mobile", user="mia@acme.test"))
    for person in (acme.gus, acme.stranger):
        answer = (await person.asks("@Tokens search", channel="CSEARCH")).messages[-1]
        assert "$" not in answer.text
    assert "I don't know “mobile”" in (await acme.anna.asks("@Tokens mobile", channel="CSEARCH")).messages[-1].text


async def test_plain_messages_are_not_read(acme: Company) -> None:
    reply = await acme.anna.asks("how is search doing?", channel="CSEARCH")

    assert [message.text for message in reply.messages] == ["how is search doing?"]


def mention(event_id: str, **changed: Any) -> dict[str, Any]:
    event = {"type": "app_mention", "user": "UANNA", "text": "<@UTOKENS> search", "ts": "1.1", "channel": "CSEARCH"}
    return {
        "type": "event_callback",
        "event_id": event_id,
        "team_id": "TACME",
        "authorizations": [{"user_id": "UTOKENS", "is_bot": True}],
        "event": {**event, **changed},
    }


async def test_an_event_that_comes_again_is_answered_once(acme: Company) -> None:
    for _ in range(3):
        await sends(acme, mention("Ev1"))

    answers = [m for m in await acme.anna.messages("CSEARCH") if m.is_ephemeral]
    assert len(answers) == 1


async def test_an_answer_that_the_database_undid_is_made_again(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    undone = Exception("could not serialize access")
    undone.sqlstate = "40001"  # type: ignore[attr-defined]
    tries: list[str] = []

    async def undone_at_first(asked: SlackRequest) -> None:
        tries.append(asked.text)
        if len(tries) == 1:
            raise DBAPIError("SELECT", {}, undone)
        await dispatch(asked)

    monkeypatch.setattr("handlers.mentions.dispatch", undone_at_first)
    for _ in range(2):
        await sends(acme, mention("Ev1"))

    assert tries == ["search", "search"]
    assert len([m for m in await acme.anna.messages("CSEARCH") if m.is_ephemeral]) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"bot_id": "B1"},
        {"app_id": "A1"},
        {"user": "UTOKENS"},
        {"edited": {"user": "UANNA", "ts": "2.2"}},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"type": "message", "channel_type": "channel"},
        {"type": "message", "channel_type": "im", "subtype": "message_deleted"},
        {"user": None},
    ],
)
async def test_bots_the_app_itself_and_edits_are_not_answered(acme: Company, changed: dict[str, Any]) -> None:
    await sends(acme, mention(f"Ev{json.dumps(changed)}", **changed))
    await acme.settles()

    assert [m for m in await acme.anna.messages("CSEARCH") if m.is_ephemeral] == []
    assert await acme.anna.dms() == []


async def test_where_nothing_can_be_said_the_answer_comes_directly(acme: Company) -> None:
    acme.workspace.fail_next("chat.postEphemeral", "user_not_in_channel")
    await acme.anna.asks("@Tokens search", channel="CSEARCH")
    await acme.settles()

    assert "Search has $" in (await acme.anna.dms())[-1].text


async def test_refused_blocks_become_a_table(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=10))
    acme.workspace.fail_next("chat.postEphemeral", "invalid_blocks")
    answer = (await acme.anna.asks("@Tokens search", channel="CSEARCH")).messages[-1]

    assert answer.is_ephemeral
    assert "$990 left of $1,000" in answer.text
    assert "data_visualization" not in [block["type"] for block in answer.blocks]
