"""The page behind a gateway's link: what to type in Slack, and the way there. It shows nothing but what its address says."""

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode, urlsplit

from bot.money import parse_amount, usd
from bot.org.workspaces import Workspace
from bot.refusals import Refusal

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_SLACK = "slack.com"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page runs no script, loads nothing and can't be framed."""
_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f6f8f7;color:#1f2927}"
    "main{max-width:34rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:12px;border:1px solid #dbe2df}"
    "h1{font-size:1.4rem;margin:0 0 1rem}code{display:block;padding:.8rem 1rem;background:#eef2f0;border-radius:8px;"
    "font-size:1.05rem;overflow-wrap:anywhere;user-select:all}a.button{display:inline-block;padding:.7rem 1.2rem;"
    "border-radius:8px;background:#0f6e56;color:#fff;text-decoration:none;font-weight:600}small{color:#5b6965}"
    "@media(prefers-color-scheme:dark){body{background:#17201d;color:#e6ecea}main{background:#1f2927;border-color:#33403c}"
    "code{background:#17201d}small{color:#9fb0aa}a{color:#7fd1b5}}"
)


@dataclass(frozen=True, kw_only=True)
class SlackLinks:
    """The ways to the app's Home: in the browser, and in the desktop app; "" where Slack has not said enough."""

    web: str = ""
    desktop: str = ""


def slack_links(workspace: Workspace | None, app_id: str) -> SlackLinks:
    """Returns the ways to the app. A stand-in for Slack has none but its own page."""
    if workspace is None:
        return SlackLinks()
    host = urlsplit(workspace.url).hostname or _SLACK
    domain = next((d for d in (_SLACK, "slack-gov.com") if host == d or host.endswith(f".{d}")), "")
    if not domain:
        return SlackLinks(web=f"{workspace.url.rstrip('/')}/#at=home")
    if not app_id:
        return SlackLinks(web=workspace.url)
    team = {"team": workspace.team_id} if workspace.team_id else {}
    web = f"https://{domain}/app_redirect?{urlencode({'app': app_id, **team})}"
    desktop = f"slack://app?{urlencode({**team, 'id': app_id, 'tab': 'home'})}" if team else ""
    return SlackLinks(web=web, desktop=desktop)


def command_of(command: str, *, team: str, amount: str) -> str:
    """Returns the command to type. What is no team's name and no amount is left out."""
    try:
        typed = usd(parse_amount(amount)).removesuffix(".00").replace(",", "")
    except Refusal:
        typed = ""
    slug = team.strip().casefold()
    named = f"team:{slug}" if _SLUG.fullmatch(slug) else ""
    return " ".join(part for part in (f"{command} request", typed, named) if part)


def request_page(command: str, links: SlackLinks) -> str:
    """Returns the page with the command to type, and the way to Slack."""
    button = (
        f'<p><a class="button" href="{escape(links.web)}" rel="noreferrer">Open Tokens in Slack</a></p>'
        if links.web
        else ""
    )
    app = f'<p><small><a href="{escape(links.desktop)}">Open the desktop app</a></small></p>' if links.desktop else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>Request AI budget</title><style>{_STYLE}</style></head><body><main>"
        "<h1>Request AI budget</h1>"
        "<p>Type this in Slack, in your team’s channel or in a message to Tokens, and say what it is for:</p>"
        f"<p><code>{escape(command)}</code></p>"
        "<p>Or press <b>Request budget</b> beside your team in the Home of Tokens. A manager decides with one click.</p>"
        f"{button}{app}"
        "<p><small>This page knows nothing of you, your teams or their budgets.</small></p>"
        "</main></body></html>"
    )
