"""Everything that Slack can ask of the bot, noun by noun."""

from slack_bolt.async_app import AsyncApp

from handlers import (
    alert_answers,
    alert_settings,
    approvals,
    attribution,
    channels,
    commands,
    expectations,
    home,
    manners,
    prices,
    request_forms,
)
from handlers.context import Context


def register_all(app: AsyncApp, context: Context) -> None:
    """Hands every listener to the app."""
    for noun in (
        commands,
        request_forms,
        approvals,
        alert_answers,
        alert_settings,
        expectations,
        manners,
        home,
        channels,
        attribution,
        prices,
    ):
        noun.register(app, context)
