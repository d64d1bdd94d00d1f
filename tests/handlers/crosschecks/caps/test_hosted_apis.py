"""OpenAI, the Claude Console and GitHub: what each alone has, against stand-ins made from their documentation."""

import pytest

from bot.crosschecks.caps import CapTarget
from bot.money import NANOS
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from tests.gateways.anthropic_api import ConsoleApi
from tests.gateways.changes import CHANGE
from tests.gateways.connections import connected
from tests.gateways.github_api import GitHubApi
from tests.gateways.openai_api import OpenAIApi

PROJECT = CapTarget(kind="project", ref="proj_abc")
WORKSPACE = CapTarget(kind="workspace", ref="wrkspc_1")
ACME = CapTarget(kind="organisation", ref="acme")
ANNA = CapTarget(kind="user", ref="Anna")
PLATFORM = CapTarget(kind="group", ref="Platform")


async def test_openai_reads_a_projects_limit_and_this_months_costs_of_that_project_alone() -> None:
    api = OpenAIApi(limits={"proj_abc": 75_012, "": 999_900}, costs={"proj_abc": 12.5, "proj_other": 99.0})
    async with connected(api, "openai", PROJECT) as openai:
        project, all_of_it = await openai.read_cap(PROJECT), await openai.read_cap(ACME)

    assert (project.cap_nanos, project.spent_nanos) == (750_120_000_000, 12_500_000_000)
    assert (all_of_it.cap_nanos, all_of_it.spent_nanos) == (9_999 * NANOS, 111_500_000_000)
    costs = [seen for seen in api.seen if seen.path.endswith("/costs")]
    assert costs[0].query["project_ids[]"] == "proj_abc"
    assert int(costs[0].query["start_time"]) % 86_400 == 0
    assert api.wrongs == []


async def test_openai_tells_a_project_without_a_limit_from_one_that_is_not_there() -> None:
    async with connected(OpenAIApi(), "openai", PROJECT) as openai:
        found = await openai.read_cap(PROJECT)
        with pytest.raises(CapRefused, match=r'"No project found with id \'proj_nope\'"\. Check the project'):
            await openai.read_cap(CapTarget(kind="project", ref="proj_nope"))

    assert found.cap_nanos is None


async def test_openai_has_no_limit_of_nothing_so_a_blocked_project_gets_a_cent() -> None:
    api = OpenAIApi()
    async with connected(api, "openai", PROJECT) as openai:
        after = await openai.write_cap(PROJECT, 0, seen=await openai.read_cap(PROJECT), change=CHANGE)

    assert after.cap_nanos == NANOS // 100
    assert api.limits == {"proj_abc": 1}


async def test_openais_test_names_a_key_that_may_not_set_limits_and_projects_that_are_not_there() -> None:
    async with connected(OpenAIApi(may_set=False), "openai", CapTarget(kind="project", ref="proj_nope")) as openai:
        found = await openai.test_connection()

    assert (found.can_read, found.can_write) == (True, False)
    assert "Create an Admin API key that may read and write spend limits" in found.notes[0]
    assert "proj_nope" in found.notes[1]


async def test_a_projects_id_that_would_lead_to_another_path_is_refused() -> None:
    async with connected(OpenAIApi(), "openai", PROJECT) as openai:
        with pytest.raises(CapRefused, match="neither"):
            await openai.read_cap(CapTarget(kind="project", ref="../../v1/organization"))


async def test_the_console_reads_a_workspaces_limit_and_costs() -> None:
    api = ConsoleApi(costs={"wrkspc_1": "12378.912", None: "5.5"})
    api.set_scope({"type": "workspace", "workspace_id": "wrkspc_1"}, "50000")
    api.set_scope({"type": "usage_tier"}, "9999900")
    async with connected(api, "anthropic", WORKSPACE) as console:
        workspace, all_of_it = await console.read_cap(WORKSPACE), await console.read_cap(ACME)

    assert (workspace.cap_nanos, workspace.spent_nanos) == (500 * NANOS, 123_789_120_000)
    assert (all_of_it.cap_nanos, all_of_it.spent_nanos) == (None, 123_844_120_000)
    assert api.wrongs == []


async def test_where_anthropic_lets_no_api_set_limits_the_refusal_says_where_to_set_them() -> None:
    api = ConsoleApi(may_set=False)
    async with connected(api, "anthropic", WORKSPACE) as console:
        found = await console.test_connection()
        with pytest.raises(CapRefused, match=r"early access preview.*account team.*Console"):
            await console.write_cap(WORKSPACE, NANOS, seen=await console.read_cap(WORKSPACE), change=CHANGE)

    assert (found.can_read, found.can_write) == (True, False)
    assert "until then set the limit in the Console" in found.notes[0]


async def test_github_counts_in_whole_dollars_and_finds_a_user_whatever_the_case() -> None:
    api = GitHubApi(page_size=2)
    for number in range(5):
        api.add(30, budget_scope="user", user=f"user-{number}", budget_entity_name="", consumed_amount=1)
    api.add(40, budget_scope="user", user="anna", budget_entity_name="", consumed_amount=12.345)
    async with connected(api, "github", ANNA, options={"organisation": "acme"}) as github:
        before = await github.read_cap(ANNA)
        after = await github.write_cap(ANNA, 99_990_000_000, seen=before, change=CHANGE)

    assert (before.cap_nanos, before.spent_nanos) == (40 * NANOS, 12_345_000_000)
    assert (after.cap_nanos, after.spent_nanos) == (99 * NANOS, 12_345_000_000)
    assert api.seen[-1].body == {"budget_amount": 99, "prevent_further_usage": True}
    assert api.wrongs == []


async def test_a_budget_of_github_that_only_sends_mail_is_no_cap_until_it_is_written() -> None:
    api = GitHubApi(answers_in_full=False)
    api.add(500, prevent_further_usage=False)
    async with connected(api, "github", ACME) as github:
        notes = (await github.test_connection()).notes
        before = await github.read_cap(ACME)
        after = await github.write_cap(ACME, 300 * NANOS, seen=before, change=CHANGE)

    assert "only sends e-mail today" in notes[0]
    assert before.cap_nanos is None
    assert after.cap_nanos == 300 * NANOS
    assert api.budgets[0]["prevent_further_usage"] is True


async def test_two_budgets_of_github_for_one_thing_are_refused_rather_than_guessed() -> None:
    api = GitHubApi()
    api.add(100)
    api.add(200)
    async with connected(api, "github", ACME) as github:
        with pytest.raises(CapRefused, match=r"2 budgets for the AI credits of acme\. Remove all but one"):
            await github.read_cap(ACME)


async def test_budgets_of_other_products_are_left_alone() -> None:
    api = GitHubApi()
    api.add(100, budget_product_sku="actions", budget_type="ProductPricing")
    async with connected(api, "github", ACME) as github:
        await github.write_cap(ACME, 50 * NANOS, seen=await github.read_cap(ACME), change=CHANGE)

    assert [(b["budget_product_sku"], b["budget_amount"]) for b in api.budgets] == [
        ("actions", 100),
        ("ai_credits", 50),
    ]


async def test_a_cost_centre_is_an_enterprises() -> None:
    api = GitHubApi()
    async with connected(api, "github", PLATFORM, options={"enterprise": "acme-inc"}) as github:
        await github.write_cap(PLATFORM, 70 * NANOS, seen=await github.read_cap(PLATFORM), change=CHANGE)
    async with connected(api, "github", PLATFORM, options={"organisation": "acme"}) as github:
        with pytest.raises(CapRefused, match="Cost centres are an enterprise's"):
            await github.read_cap(PLATFORM)

    assert (api.budgets[0]["budget_scope"], api.budgets[0]["budget_entity_name"]) == ("cost_center", "Platform")


async def test_githubs_limit_of_requests_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers 403 and names the moment of its reset."""
    api = GitHubApi()
    made = GitHubApi.error

    def limited(self: GitHubApi, status: int, message: str) -> object:
        answer = made(self, status, message)
        answer.headers.update({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800"})
        return answer

    monkeypatch.setattr(GitHubApi, "error", limited)
    api.faults.append("403")
    async with connected(api, "github", ACME) as github:
        with pytest.raises(CapUnreachable) as fell:
            await github.read_cap(ACME)

    assert fell.value.retry_after_seconds == 3_600
