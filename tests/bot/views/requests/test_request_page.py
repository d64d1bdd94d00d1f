"""The page behind a gateway's link: it escapes what its address says, and leads to Slack."""

import pytest

from bot.org.workspaces import Workspace
from bot.views.requests.request_page import SlackLinks, command_of, request_page, slack_links

ACME = Workspace(team_id="T1", url="https://acme.slack.com/", bot_user_id="U1")


@pytest.mark.parametrize(
    ("team", "amount", "command"),
    [
        ("", "", "/tokens request"),
        ("search", "500", "/tokens request $500 team:search"),
        ("Search", "2k", "/tokens request $2000 team:search"),
        ("search", "-5", "/tokens request team:search"),
        ("<script>alert(1)</script>", "1.5", "/tokens request $1.50"),
        ("a" * 90, "x" * 90, "/tokens request"),
        ("search why", "5 /tokens transfer", "/tokens request"),
    ],
)
def test_the_command_holds_a_teams_name_and_an_amount_and_nothing_else(team: str, amount: str, command: str) -> None:
    assert command_of("/tokens", team=team, amount=amount) == command


@pytest.mark.parametrize(
    ("workspace", "app_id", "links"),
    [
        (None, "A1", SlackLinks()),
        (
            ACME,
            "A1",
            SlackLinks(
                web="https://slack.com/app_redirect?app=A1&team=T1", desktop="slack://app?team=T1&id=A1&tab=home"
            ),
        ),
        (ACME, "", SlackLinks(web="https://acme.slack.com/")),
        (
            Workspace(team_id="", enterprise_id="E1", url="https://acme.enterprise.slack.com/"),
            "A1",
            SlackLinks(web="https://slack.com/app_redirect?app=A1"),
        ),
        (
            Workspace(team_id="T1", url="https://acme.slack-gov.com/"),
            "A1",
            SlackLinks(
                web="https://slack-gov.com/app_redirect?app=A1&team=T1", desktop="slack://app?team=T1&id=A1&tab=home"
            ),
        ),
        (Workspace(team_id="T1", url="http://127.0.0.1:8765/"), "A1", SlackLinks(web="http://127.0.0.1:8765/#at=home")),
        (Workspace(team_id="T1", url="https://notslack.com/"), "A1", SlackLinks(web="https://notslack.com/#at=home")),
    ],
)
def test_the_ways_to_slack(workspace: Workspace | None, app_id: str, links: SlackLinks) -> None:
    assert slack_links(workspace, app_id) == links


def test_the_page_escapes_what_it_shows() -> None:
    page = request_page("/tokens <b>&", SlackLinks(web='https://x.test/"><script>', desktop="slack://app?a=1&b=2"))

    assert "<code>/tokens &lt;b&gt;&amp;</code>" in page
    assert "<script>" not in page
    assert "slack://app?a=1&amp;b=2" in page


def test_without_slack_the_page_only_says_what_to_type() -> None:
    assert "<a " not in request_page("/tokens request", SlackLinks())
