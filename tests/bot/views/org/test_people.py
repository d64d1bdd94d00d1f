"""A person's own use, help, and the answers to people who cannot be helped here."""

from syrupy.assertion import SnapshotAssertion

from bot.views.org.channels import channel_paused_message
from bot.views.org.people import my_use_message
from bot.views.reporting.help import all_help_message, help_message, keys_message, outsider_message
from tests.bot.views.examples import COMMAND, HOSTILE, HOSTILE_TEAM, HOSTILE_TOOLS, NO_USE, SEARCH, use
from tests.bot.views.surfaces import all_text, buttons, posted


def test_my_use(snapshot: SnapshotAssertion) -> None:
    message = posted(my_use_message(use(), command=COMMAND))

    assert message["text"].startswith("You used $180 this month: 2,310 calls, 64.2M tokens.")
    assert "Only you see this." in message["text"]
    assert "not charged: $22.40 at list prices" in message["text"]
    assert message == snapshot


def test_nothing_used(snapshot: SnapshotAssertion) -> None:
    assert posted(my_use_message(NO_USE, command=COMMAND)) == snapshot


def test_hostile_names_in_my_use(snapshot: SnapshotAssertion) -> None:
    mine = use(tools=HOSTILE_TOOLS, models=HOSTILE_TOOLS, teams=(HOSTILE,) * 9)

    assert posted(my_use_message(mine, command=COMMAND)) == snapshot


def test_help_is_short_and_leads_to_the_rest(snapshot: SnapshotAssertion) -> None:
    message = posted(help_message(COMMAND))

    assert "`/tokens request 500 load test`" in message["text"]
    assert len(message["text"]) < 700
    assert buttons(message) == ["More"]
    assert message == snapshot


def test_the_whole_help_has_every_command(snapshot: SnapshotAssertion) -> None:
    message = posted(all_help_message("/ai-spend"))

    assert "/tokens" not in all_text(message).replace("@Tokens", "")
    assert message == snapshot


def test_keys_and_outsiders_and_shared_channels(snapshot: SnapshotAssertion) -> None:
    messages = [
        posted(keys_message(COMMAND)),
        posted(outsider_message()),
        posted(channel_paused_message(team=SEARCH)),
        posted(channel_paused_message(team=HOSTILE_TEAM)),
    ]

    assert messages == snapshot
