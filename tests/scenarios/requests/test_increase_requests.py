"""Requests for a higher limit that members make in Claude Enterprise: asked of the manager in Slack, and answered there."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.crosschecks.caps.apis import claude_enterprise
from handlers.org.teams import import_teams
from handlers.requests.increases.increase_requests import take_increase_requests
from storage.books.checks import faults
from tests.gateways.anthropic_api import EnterpriseApi
from tests.gateways.claude_gateway import Person as Member
from tests.support.company import TEAMS_YML, Company

MEMBERS = [
    Member("user_anna", "Anna@acme.test", "Anna Ito", (), "5000"),
    Member("user_emi", "emi@acme.test", "Emi Tanaka", (), "100"),
    Member("user_zoe", "zoe@other.test", "Zoë <Approved by Ben>", (), "1"),
]


@dataclass(frozen=True, kw_only=True)
class Story:
    """Acme with a Claude Enterprise whose members ask there."""

    acme: Company
    api: EnterpriseApi
    url: str

    async def follows(self, *, teams: str = "", mode: str = "write") -> None:
        """Names the gateway in teams.yml, with the members whose caps follow a team's books."""
        what = f"url: '{self.url}', key_env: CLAUDE_KEY, mode: {mode}, teams: {{{teams}}}"
        text = f"{TEAMS_YML}gateways:\n  - {{name: claude, kind: claude_enterprise, {what}}}\n"
        await import_teams(self.acme.context, read_teams_file(text), dry_run=False)

    async def works(self) -> int:
        """A minute passes, and the job runs."""
        done = await take_increase_requests(self.acme.context, environment={"CLAUDE_KEY": self.api.key})
        await self.acme.settles()
        self.acme.clock.jump_to(self.acme.clock.now() + timedelta(minutes=61))
        return done

    def state(self, ref: str) -> str:
        return str(self.api.increases[ref]["status"])

    def cap(self, user_id: str) -> str | None:
        limit = self.api.find({"type": "user", "user_id": user_id}, "monthly")
        return limit["amount"] if limit else None


@pytest.fixture
async def story(acme: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Story]:
    monkeypatch.setattr(claude_enterprise._PacedCalls, "_paces", {})
    monkeypatch.setattr(claude_enterprise.ClaudeEnterprise, "_ids", {})
    api = EnterpriseApi(people=list(MEMBERS))
    api.set_scope({"type": "organization"}, "5000")
    async with api.serving() as url:
        made = Story(acme=acme, api=api, url=url)
        await made.follows()
        yield made
    assert api.wrongs == []
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_annas_ask_in_claude_is_a_card_for_ben_and_his_click_raises_her_limit(story: Story) -> None:
    acme = story.acme
    story.api.ask("slir_1", "user_anna")

    await story.works()
    await story.works()  # taken once
    card = await acme.ben.sees("asks for", channel="CSEARCH")
    assert "$25.00" in card.text_everywhere()
    assert "$50.00 used of a limit of $50.00 this month" in card.text_everywhere()
    await acme.ben.clicks("Approve", card)
    await acme.settles()
    assert story.state("slir_1") == "pending"
    waits = (await acme.anna.dms())[-1].text
    await story.works()

    assert (story.state("slir_1"), story.cap("user_anna")) == ("approved", "7500")
    assert "waiting: the new limit is sent within a minute" in waits
    for shown in ((await acme.anna.dms())[-1], await acme.ben.sees("Approved by", channel="CSEARCH")):
        assert "Claude Enterprise claude: $75.00 set and read back" in shown.text
    assert [seen.path for seen in story.api.seen if seen.method == "POST"] == [
        "/v1/organizations/spend_limit_increase_requests/slir_1/approve"
    ]
    assert len([m for m in await acme.ben.messages("CSEARCH") if "asks for" in m.text or "Approved" in m.text]) == 1
    assert await story.works() == 0


async def test_a_denial_goes_back_and_so_does_a_withdrawal(story: Story) -> None:
    acme = story.acme
    story.api.ask("slir_1", "user_anna")
    story.api.ask("slir_2", "user_emi")
    await story.works()

    card = next(m for m in await acme.ben.messages("CSEARCH") if "<@UANNA>" in m.text_everywhere())
    form = (await acme.ben.clicks("Deny", card)).modal
    assert form is not None
    await acme.ben.submits(form, reason="Wait for December")
    await acme.settles()
    await acme.emi.clicks("Withdraw", (await acme.emi.dms())[-1])
    await acme.settles()
    await story.works()

    assert (story.state("slir_1"), story.state("slir_2")) == ("denied", "denied")
    assert story.cap("user_anna") is None


async def test_an_answer_whose_reply_was_lost_is_sent_once(story: Story) -> None:
    """After a crash between the answer and its record the gateway is asked first: it has the answer."""
    acme = story.acme
    story.api.ask("slir_1", "user_anna")
    await story.works()
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    await acme.settles()

    story.api.faults += [None, None, "lost"]  # the list, her request, and the answer
    await story.works()
    assert story.state("slir_1") == "approved"
    await story.works()

    posts = [seen for seen in story.api.seen if seen.path.endswith("/approve")]
    assert len(posts) == 1
    assert story.cap("user_anna") == "7500"


async def test_a_request_answered_in_claude_ends_here(story: Story) -> None:
    acme = story.acme
    story.api.ask("slir_1", "user_anna")
    await story.works()
    card = await acme.ben.sees("asks for", channel="CSEARCH")
    story.api._resolve(story.api.increases["slir_1"], "approved")
    await story.works()

    ended = next(m for m in await acme.ben.messages("CSEARCH") if m.ts == card.ts)
    assert ended.buttons() == []
    assert not [seen for seen in story.api.seen if seen.method == "POST"]


async def test_who_is_unknown_here_gets_finance_one_clear_line(story: Story) -> None:
    story.api.ask("slir_1", "user_zoe")
    for _ in range(3):
        await story.works()

    lines = [m.text_everywhere() for m in await story.acme.chloe.dms() if "asked Claude" in m.text]
    assert len(lines) == 1
    assert "zoe@other.test" in lines[0]
    assert "Nobody in teams.yml has this e-mail." in lines[0]
    assert "Their limit is $50.00." in lines[0]
    assert "<Approved by Ben>" not in lines[0]
    assert story.state("slir_1") == "pending"

    await import_teams(
        story.acme.context,
        read_teams_file(f"{TEAMS_YML}gateways: []\n"),
        dry_run=False,
    )
    assert await story.works() == 0


async def test_a_member_below_a_team_of_the_gateway_is_asked_of_that_team(story: Story) -> None:
    acme = story.acme
    await story.follows(teams="mobile: [{user: anna@acme.test}]")
    story.api.ask("slir_1", "user_anna")
    await story.works()

    assert await acme.mia.sees("asks for", channel="CMOBILE")


async def test_a_refused_answer_is_told_to_finance_once_and_tried_again(story: Story) -> None:
    acme = story.acme
    story.api.ask("slir_1", "user_anna")
    await story.works()
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    await acme.settles()
    for _ in range(2):
        story.api.faults += [None, None, "403"]
        await story.works()
        acme.clock.jump_to(acme.clock.now() + timedelta(hours=2))
    lines = [m.text_everywhere() for m in await acme.chloe.dms() if "doesn't take the answer" in m.text]
    await story.works()

    assert len(lines) == 1
    assert re.search("anna's request for Search is approved.*scopes read:spend_limits", lines[0], re.DOTALL)
    assert story.api.key not in lines[0]
    assert story.state("slir_1") == "approved"


async def test_a_dry_run_takes_nothing(story: Story) -> None:
    await story.follows(mode="dry_run")
    story.api.ask("slir_1", "user_anna")

    assert await story.works() == 0
    assert story.api.seen == []


async def test_a_gateway_that_is_away_stops_nothing(story: Story) -> None:
    story.api.ask("slir_1", "user_anna")
    story.api.faults += ["500", "429", "html"]
    for _ in range(3):
        assert await story.works() == 0

    assert await story.works() == 1
