"""People of another company in a channel that both share: they see nothing and start nothing, whatever a request says."""

import pytest

from bot.app import open_slack_session
from bot.org.workspaces import Workspace
from bot.sandbox.settings import Member
from handlers.context import make_context
from handlers.slack.identity.lookups import find_in_slack, is_outsider
from tests.scenarios.slack.signed import click, command, home_opened, request_form, sends
from tests.support.company import Company

OUTSIDERS = "Tokens is for members of this workspace."
OTTO = Member(id="UOTTO", name="otto", real_name="Otto Other", email="otto@other.test", team_id="TOTHER")
"""Slack calls him no stranger, because he is in a channel that the app sees."""


def otto_joins(acme: Company, otto: Member = OTTO) -> None:
    acme.workspace.members[otto.id] = otto
    acme.workspace.rooms["CSEARCH"].members.append(otto.id)


def shown_to(acme: Company, member: str) -> list[str]:
    return [m.text for m in acme.workspace.rooms["CSEARCH"].messages if m.private_to == member]


async def search_id(acme: Company) -> int:
    team = (await acme.context.rulebooks.latest()).directory.by_slug("search")
    assert team is not None
    return team.id


async def known(acme: Company, slack_id: str) -> bool:
    async with acme.context.store.read() as tx:
        return await tx.people.by_slack_id(slack_id) is not None


@pytest.mark.parametrize("named", ["TOTHER", "TACME", None])
async def test_a_form_of_another_company_asks_for_nothing_whatever_team_it_names(
    acme_on_both: Company, named: str | None
) -> None:
    acme = acme_on_both
    otto_joins(acme)
    form = request_form("UOTTO", team=named, user_team="TOTHER", search_id=await search_id(acme))

    answer = await sends(acme, form)

    assert answer["response_action"] == "errors"
    assert answer["errors"]["reason"].startswith(OUTSIDERS)
    async with acme.context.store.read() as tx:
        assert await tx.budget_requests.pending() == []
    assert not await known(acme, "UOTTO")
    own = request_form("UANNA", team=named, user_team="TACME", search_id=await search_id(acme))
    assert await sends(acme, own) is None, "the members' own form passes"
    async with acme.context.store.read() as tx:
        assert len(await tx.budget_requests.pending()) == 1


@pytest.mark.parametrize("named", ["TOTHER", "TACME", None])
async def test_commands_and_clicks_of_another_company_show_the_one_sentence(acme: Company, named: str | None) -> None:
    otto_joins(acme)
    team = str(await search_id(acme))
    for text in ("", "me", "request 400 evals", "top", "settings", "alerts", "help"):
        await sends(acme, command(acme, "UOTTO", text, team=named))
    for action in ("request_budget", "show_standing", "share_standing", "approve_request"):
        await sends(acme, click(acme, "UOTTO", action, team, team=named, user_team="TOTHER"))

    shown = shown_to(acme, "UOTTO")
    assert len(shown) == 11
    assert all(text.startswith(OUTSIDERS) for text in shown)
    assert not [call for call in acme.workspace.calls if call["method"] == "views.open"]
    assert not await known(acme, "UOTTO")


@pytest.mark.parametrize("named", ["TOTHER", "TACME"])
async def test_home_of_another_company_is_empty_and_a_refused_one_is_no_error(acme: Company, named: str) -> None:
    otto_joins(acme)
    await sends(acme, home_opened("UOTTO", team=named))
    home = acme.workspace.modals.home("UOTTO")
    assert home is None or OUTSIDERS in str(home)

    acme.workspace.fail_next("views.publish", "user_not_found")
    await sends(acme, home_opened("UOTTO", team=named))


async def test_an_own_organisations_other_workspace_is_inside(acme: Company) -> None:
    """The token's organisation and the person's are the same."""
    otto_joins(acme, Member(id="UZOE", name="zoe", real_name="Zoe", email="zoe@acme.test", team_id="TSISTER"))
    await sends(acme, command(acme, "UZOE", "me", team="TSISTER"))
    assert shown_to(acme, "UZOE")[-1].startswith(OUTSIDERS)

    acme.context.callers["UZOE"][1]["enterprise_user"] = {"enterprise_id": "EACME", "teams": ["TSISTER"]}
    acme.context.workspace = Workspace(team_id="TACME", enterprise_id="EACME")
    await sends(acme, command(acme, "UZOE", "me", team="TSISTER"))
    assert shown_to(acme, "UZOE")[-1].startswith("Nothing is recorded for you")


async def test_somebody_whom_slack_shows_to_nobody_is_outside(acme: Company) -> None:
    acme.workspace.fail_next("users.info", "user_not_visible")
    await sends(acme, command(acme, "UUNSEEN", "", team="TACME"))
    assert shown_to(acme, "UUNSEEN")[-1].startswith(OUTSIDERS)


async def test_a_process_that_does_not_know_its_workspace_answers_nobody_and_asks_again(acme: Company) -> None:
    acme.context.workspace = None
    acme.workspace.fail_next("auth.test", status=503)
    await sends(acme, command(acme, "UANNA", "", team="TACME"))
    assert "Slack does not say who you are" in shown_to(acme, "UANNA")[-1]

    await sends(acme, command(acme, "UANNA", "", team="TACME"))
    assert "$1,000" in shown_to(acme, "UANNA")[-1]


async def test_an_old_answer_about_the_workspace_is_renewed_and_kept_while_slack_is_away(acme: Company) -> None:
    acme.context.workspace_asked_at -= 4_000
    acme.workspace.fail_next("auth.test", status=503)
    await sends(acme, command(acme, "UANNA", "", team="TACME"))
    assert acme.context.workspace_renewal is not None
    await acme.context.workspace_renewal

    assert "$1,000" in shown_to(acme, "UANNA")[-1]
    assert [call["ok"] for call in acme.workspace.calls if call["method"] == "auth.test"][-1] is False


async def test_every_process_asks_at_its_start_and_helpers_judge_alike(acme: Company) -> None:
    """An e-mail in teams.yml that belongs to another company's person in Slack links to nobody."""
    otto_joins(acme)
    async with acme.context.store.begin() as tx:
        otto, gus = [(await tx.people.ids_of([e]))[e] for e in ("otto@other.test", "gus@partner.test")]
    worker = make_context(acme.context.settings, acme.clock)
    async with open_slack_session(worker):
        assert worker.workspace == acme.context.workspace
        assert await find_in_slack(worker, frozenset({otto, gus})) == 0
        assert await is_outsider(worker, "UOTTO")
        assert not await is_outsider(worker, "UANNA")
    await worker.store.close()
    assert not await known(acme, "UOTTO")
    assert not await known(acme, "UGUS")
