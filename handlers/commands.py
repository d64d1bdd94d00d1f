"""The slash command: what it does by its first word; all else is a question."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp

from bot.reporting.asking.asked_words import nearest
from bot.requests.asking.typed_asks import parse_request
from bot.text import first_word
from bot.views.reporting import help as help_views
from handlers.alerting.expectations import expect
from handlers.books.budgets.allocation_forms import show_allocation
from handlers.books.commitments.credits import credit_command
from handlers.books.commitments.holds import hold_command, release_command
from handlers.books.commitments.transfers import transfer_command
from handlers.context import Context
from handlers.org.alert_settings import show_alert_settings
from handlers.org.setting_history import show_setting_history
from handlers.org.setup_forms import show_setup
from handlers.reporting.own_use import me_command
from handlers.reporting.questions import answer_question
from handlers.requests.asking.request_forms import open_request_form
from handlers.requests.attendance.delegations import delegate_command
from handlers.requests.waiting.emergencies import emergency_command
from handlers.requests.waiting.lists import requests_command
from handlers.slack.answers import SlackRequest, answers

_KEY_WORDS = frozenset({"key", "apikey", "api-key", "token", "tokens"})


async def show_help(asked: SlackRequest) -> None:
    """`/tokens help [more]`: the things that most people need, or every command."""
    command = asked.context.settings.command
    is_long = first_word(first_word(asked.text)[1])[0].casefold() in ("more", "all", "everything")
    await asked.reply(help_views.all_help_message(command) if is_long else help_views.help_message(command))


async def click_more_help(asked: SlackRequest) -> None:
    await asked.reply(help_views.all_help_message(asked.context.settings.command))


async def ask(asked: SlackRequest) -> None:
    """`/tokens request [amount] [team:name] [why]`: opens the form, prefilled with what was typed. With `emergency` before
    an amount it grants it at once."""
    _, rest = first_word(asked.text)
    word, typed_amount = first_word(rest)
    if word.casefold() == "emergency" and (not typed_amount or typed_amount[0] in "$0123456789"):
        await emergency_command(asked, typed_amount)
        return
    typed = parse_request(rest)
    await open_request_form(
        asked,
        amount=typed.amount,
        reason=typed.reason,
        slug=typed.team,
        origin="link" if typed.team else "command",
    )


async def dispatch(asked: SlackRequest) -> None:
    """Runs the typed command; what begins with none is a question."""
    word, rest = first_word(asked.text)
    word = word.casefold()
    found = COMMANDS.get(word)
    if word == "me":
        found = me_command if not rest or nearest(first_word(rest)[0].casefold(), ("limit",)) else None
    if word == "history" and first_word(rest)[0].casefold() == "settings":
        found = show_setting_history
    if found is not None:
        await found(asked)
    elif (word in _KEY_WORDS and not rest) or "api key" in asked.text.casefold():
        await asked.reply(help_views.keys_message(asked.context.settings.command))
    else:
        await answer_question(asked, asked.text, commands=COMMANDS)


COMMANDS: dict[str, Callable[[SlackRequest], Awaitable[None]]] = {
    "me": me_command,
    "help": show_help,
    "request": ask,
    "expect": expect,
    "hold": hold_command,
    "holds": hold_command,
    "release": release_command,
    "transfer": transfer_command,
    "credit": credit_command,
    "allocate": show_allocation,
    "requests": requests_command,
    "delegate": delegate_command,
    "delegates": delegate_command,
    "settings": show_alert_settings,
    "setup": show_setup,
}
"""Commands that do something, by their first word. All else is a question, which `answer_question` reads."""


def register(app: AsyncApp, context: Context) -> None:
    app.command(context.settings.command)(answers(context, dispatch))
    app.action(help_views.MORE_HELP)(answers(context, click_more_help))
