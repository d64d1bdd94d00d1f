"""A person's Home: what needs them first, then what they decide, their teams, their own use, and for some the company."""

from typing import Any

from bot.messages import Block
from bot.reporting.reports import CompanyView, Home
from bot.views.alerting.alert_quality import company_quality_block, managed_quality_blocks
from bot.views.blocks import actions, context, date_mark, divider, header, home, section
from bot.views.books.budgets import may_request
from bot.views.crosschecks import caps as cap_views
from bot.views.org.attribution import unattributed_blocks
from bot.views.reporting.home.company import company_blocks
from bot.views.reporting.home.decisions import alert_blocks, approval_blocks, own_request_blocks
from bot.views.reporting.home.own_use import own_use_blocks
from bot.views.reporting.home.status import status_words
from bot.views.reporting.home.teams import team_blocks
from bot.views.requests.waiting.reminders import list_button

_IN_PREVIEW = (
    "Tokens is in preview: it counts usage, and only finance sees the figures of teams until they switch it on."
)


def home_view(shown: Home) -> dict[str, Any]:
    """Returns a person's Home. Outsiders see `outsider_home`."""
    if shown.is_outsider:
        return outsider_home()
    blocks: list[Block] = [
        header("AI spend", block_id="home-title"),
        section(f"*{status_words(shown)}*", block_id="home-status"),
    ]
    if shown.in_preview:
        blocks.append(context(_IN_PREVIEW, block_id="home-preview"))
    for name, part in _parts(shown):
        if part:
            blocks += [divider(block_id=f"home-{name}-rule"), *part]
    blocks.append(context(_you_can(shown), block_id="home-you-can"))
    updated = f"Updated {date_mark(shown.now)}. In a channel, `{shown.command} help` lists what you can type."
    blocks.append(context(updated, block_id="home-notes"))
    return home(blocks, metadata=shown.place.written())


def _you_can(shown: Home) -> str:
    """Returns what the person may do beside the buttons, with the words to type."""
    command = shown.command
    typed = [f"`{command} me limit 40` warns you at $40 a month"]
    if any(may_request(s) for s in shown.standings):
        typed.insert(0, f"`{command} request 400` requests more budget")
    if shown.standings:
        typed.append(f"`{command} top` shows what costs most")
    if shown.managed_alerts:
        typed.append(f"`{command} transfer` and `{command} hold` move and set aside budget")
    if shown.company is not None:
        typed.append(f"`{command} statement` shows a closed period")
    return f"You can type: {'; '.join(typed)}."


def outsider_home() -> dict[str, Any]:
    """Returns the Home of guests and people of other companies."""
    text = "Tokens is for members of this workspace. Guests and people from other companies can't use it."
    return home([section(text, block_id="home-outsider")])


def _parts(shown: Home) -> list[tuple[str, list[Block]]]:
    """Returns the parts of a Home in their order: what waits, then figures, then the rest."""
    place, company = shown.place, shown.company
    approvals = approval_blocks(shown.approvals, place=place) if shown.approvals else []
    if shown.decision_times:
        approvals += [
            context(*shown.decision_times, block_id="home-decision-times"),
            actions(list_button(), block_id="home-decisions"),
        ]
    return [
        ("approvals", approvals),
        ("caps", cap_views.home_blocks(shown.cap_conflicts) if shown.cap_conflicts else []),
        ("alerts", alert_blocks(shown.alerts, place=place) if shown.alerts else []),
        ("company", company_blocks(company, place=place) if company else []),
        ("teams", team_blocks(shown.standings, place=place) if shown.standings else []),
        ("use", own_use_blocks(shown.use)),
        ("requests", own_request_blocks(shown.own_requests, place=place) if shown.own_requests else []),
        ("quality", managed_quality_blocks(shown.managed_alerts)),
        ("keys", _keys(shown, company) if company else []),
    ]


def _keys(shown: Home, company: CompanyView) -> list[Block]:
    organisation = company.organisation.team
    quality = [company_quality_block(*shown.company_alerts, organisation=organisation)] if shown.company_alerts else []
    return [*quality, *unattributed_blocks(company.unattributed)]
