"""A person's own use, help, and the answers to people who cannot be helped here."""

from syrupy.assertion import SnapshotAssertion

from bot.views.org.channels import channel_paused_message
from bot.views.org.people import my_use_message
from bot.views.reporting.help import help_message, keys_message, outsider_message
from tests.bot.views.examples import COMMAND, HOSTILE, HOSTILE_TEAM, HOSTILE_TOOLS, NO_USE, SEARCH, use
from tests.bot.views.surfaces import all_text, posted


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


def test_help(snapshot: SnapshotAssertion) -> None:
    message = posted(help_message(COMMAND, unknown=None, suggestion=None))

    assert "`/tokens request`" in message["text"]
    assert message == snapshot


def test_help_after_a_near_miss(snapshot: SnapshotAssertion) -> None:
    message = posted(help_message("/ai-spend", unknown="reqest <!here>", suggestion="request"))

    assert "Did you mean `/ai-spend request`?" in message["text"]
    assert "/tokens" not in all_text(message)
    assert message == snapshot


def test_keys_and_outsiders_and_shared_channels(snapshot: SnapshotAssertion) -> None:
    messages = [
        posted(keys_message(COMMAND)),
        posted(outsider_message()),
        posted(channel_paused_message(team=SEARCH)),
        posted(channel_paused_message(team=HOSTILE_TEAM)),
    ]

    assert messages == snapshot
