"""All Slack listeners, noun by noun."""

from functools import partial

from slack_bolt.async_app import AsyncApp

from handlers import commands, mentions
from handlers.alerting import delivery_updates, expectations
from handlers.alerting.reactions import alert_answers
from handlers.books.budgets import allocation_forms
from handlers.books.commitments import holds, transfers
from handlers.books.granting import early_ends
from handlers.books.statements import showing as statements
from handlers.context import Context
from handlers.costs import prices
from handlers.crosschecks.caps import conflicts as cap_conflicts
from handlers.org import alert_settings, attribution, setting_history, setup_forms
from handlers.reporting import company_weeks, digest_details, open_homes, outcomes
from handlers.reporting import questions as typed_questions
from handlers.reporting.asking import standings
from handlers.requests import history
from handlers.requests.asking import changes, request_forms, shortcuts
from handlers.requests.attendance import delegations
from handlers.requests.clicks import card_menu, nudges, other_amounts, questions, worth
from handlers.requests.deciding import approvals
from handlers.requests.waiting import emergencies, lists, reminders
from handlers.slack import channels, unknown_requests


def register_all(app: AsyncApp, context: Context) -> None:
    """Registers every listener with the app."""
    for noun in (
        commands,
        mentions,
        typed_questions,
        standings,
        request_forms,
        changes,
        shortcuts,
        approvals,
        delegations,
        reminders,
        lists,
        other_amounts,
        questions,
        emergencies,
        history,
        nudges,
        card_menu,
        worth,
        alert_settings,
        setup_forms,
        setting_history,
        allocation_forms,
        early_ends,
        expectations,
        delivery_updates,
        open_homes,
        company_weeks,
        digest_details,
        outcomes,
        channels,
        cap_conflicts,
        attribution,
        prices,
        holds,
        statements,
        transfers,
    ):
        noun.register(app, context)
    alert_answers.register(
        app,
        context,
        open_request_form=partial(request_forms.open_request_form, origin="button"),
        show_standing=standings.show_team,
    )
    unknown_requests.register(app, context)
