"""Budgets of a part at a gateway: they deny their own calls alone, by usage and by reservations."""

from typing import Any

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from tests.scenarios.books.gatekeeping.test_reservations import balanced, calls, reserves
from tests.support.company import TEAMS_YML, Company

PARTS = """budget:
      amount: 1000
      parts: [{workflow: research, amount: 50}, {tool_kind: in_house, amount: 20, enforce: warn},
              {person: anna@acme.test, amount: 30}, {model: "claude-opus*", amount: 40, degrade_to: claude-haiku-4-5}]"""
WORKFLOWS = """workflows:
  - {name: research, match: {tag: "research:*"}}
  - {name: evals, priority: deferrable}
  - {name: oncall, match: {credential: "pager-*"}, priority: protected}
tools:"""
WITH_PARTS = TEAMS_YML.replace("budget: {amount: 1000, thresholds: [80, 100]}", PARTS).replace("tools:", WORKFLOWS)


async def declared(acme: Company, yml: str = WITH_PARTS) -> list[str]:
    assert yml != TEAMS_YML
    return await import_teams(acme.context, read_teams_file(yml), dry_run=False)


async def asks(acme: Company, **labels: str) -> dict[str, Any]:
    words = "&".join(f"{name}={value}" for name, value in labels.items())
    status, answer = await acme.gets(f"/v1/teams/search/allowance?{words}")
    assert status == 200, answer
    found: dict[str, Any] = answer
    return found


async def decision(acme: Company, **labels: str) -> tuple[str, str]:
    answer = await asks(acme, **labels)
    return answer["decision"], answer["limit"]


async def test_a_parts_budget_denies_its_calls_and_no_others(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declared(acme)
    await acme.uses(acme.event(1, dollars=40, workflow="research", user="emi@acme.test"))
    assert await decision(acme, workflow="research") == ("warn", "workflow:research")
    await acme.uses(acme.event(2, dollars=10, tags=["research:embeddings"], user="emi@acme.test"))

    used = await asks(acme, workflow="Research", model="acme-large")
    assert (used["decision"], used["limit"], used["available_usd"]) == ("deny", "workflow:research", "950.000000000")
    assert used["reason"].startswith("The budget for research in Search is used: $0.00 of $50.00 left.")
    assert await decision(acme, workflow="other") == ("allow", "team")
    assert await decision(acme) == ("allow", "team")


async def test_the_kind_of_tool_and_the_model_are_told_as_usage_is_booked(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declared(acme)
    await acme.uses(
        acme.event(
            1, dollars=20, model="metacode-2", tool=None, user=None, cost_usd=None, uncached_input_tokens=50_000_000
        ),
        acme.event(2, dollars=40, model="claude-opus-of-acme", tool="Cursor", user=None),
    )

    warned = await asks(acme, model="metacode-2")
    assert (warned["decision"], warned["would_be"], warned["limit"]) == ("warn", "deny", "tool_kind:in_house")
    denied = await asks(acme, model="anthropic/claude-opus-4-5", tool="cursor")
    assert (denied["decision"], denied["limit"], denied["degrade_to"]) == (
        "deny",
        "model:claude-opus*",
        "claude-haiku-4-5",
    )
    assert await decision(acme, model="claude-haiku-4-5") == ("allow", "team")


async def test_a_persons_part_denies_that_person_and_names_no_amount(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declared(acme)
    await acme.uses(acme.event(1, dollars=31, user="Anna@acme.test"))

    denied = await asks(acme, user="anna@acme.test")
    assert (denied["decision"], denied["limit"]) == ("deny", "person")
    assert (
        denied["reason"] == "The budget for this person in Search is used. Ask for more in Slack with /tokens request."
    )
    assert await decision(acme, user="emi@acme.test") == ("allow", "team")
    assert await decision(acme) == ("allow", "team")


async def test_reservations_count_in_their_parts(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declared(acme)
    made = await reserves(acme, "45", workflow="research")
    await reserves(acme, "30", user="anna@acme.test")

    status, denied = await calls(acme, "POST", "", {"team": "search", "max_usd": "6", "workflow": "research"})
    assert (status, denied["decision"], denied["limit"]) == (200, "deny", "workflow:research")
    status, denied = await calls(acme, "POST", "", {"team": "search", "max_usd": "1", "user": "ANNA@acme.test"})
    assert (status, denied["decision"], denied["limit"]) == (200, "deny", "person")
    await reserves(acme, "900", workflow="other")
    await calls(acme, "POST", f"/{made['id']}/settle", {"cost_usd": "1"})
    assert (await reserves(acme, "10", workflow="research"))["limit"] == "team"
    await balanced(acme)


async def test_workflows_are_named_when_their_usage_is_booked(acme_on_both: Company) -> None:
    acme = acme_on_both
    plain = acme.event(1, dollars=1, tags=["research:embeddings"], workflow="nightly")
    await acme.uses(plain)
    await declared(acme)
    await acme.uses(plain, acme.event(2, dollars=1, tags=["research:embeddings"], workflow="nightly"))
    await acme.uses(acme.event(3, dollars=1, credential="pager-1"), acme.event(4, dollars=1, workflow="evals"))
    await acme.uses(acme.event(5, cost_usd=None, model="metacode-2", tags=["research:x"]))

    async with acme.context.store.read() as tx:
        search = (await acme.context.scope(tx)).directory.by_slug("search")
        assert search is not None
        spend = await tx.part_spend.by_label([search.id], first_day=0, end_day=10**6)
    found = {(workflow, model) for _, _, model, workflow, _, _ in spend}
    assert found == {
        ("nightly", "acme-large"),
        ("research", "acme-large"),
        ("oncall", "acme-large"),
        ("evals", "acme-large"),
        ("research", "metacode-2"),
    }
    assert await acme.uses(plain) == {"accepted": 0, "duplicates": 1, "conflicts": 0, "quarantined": 0, "errors": []}


async def test_deferrable_workflows_stop_first_and_protected_ones_last(acme_on_both: Company) -> None:
    acme = acme_on_both
    await declared(acme)
    await acme.uses(acme.event(1, dollars=900, user="emi@acme.test"))
    stopped = await asks(acme, workflow="evals")
    assert stopped["decision"] == "deny"
    assert "keeps the last 10% of its budget for workflows that can't wait" in stopped["reason"]
    assert await decision(acme, workflow="oncall") == ("warn", "team")
    assert (await calls(acme, "POST", "", {"team": "search", "max_usd": "1", "workflow": "evals"}))[0] == 200

    await acme.uses(acme.event(2, dollars=100, user="emi@acme.test"))
    assert await decision(acme) == ("deny", "team")
    going = await asks(acme, workflow="oncall")
    assert going["reason"] == "Search is used. Protected calls go on while Product has money left."
    assert (await reserves(acme, "9000", workflow="oncall"))["decision"] == "warn"
    assert await decision(acme, workflow="oncall") == ("deny", "team")
    assert (await calls(acme, "POST", "", {"team": "search", "max_usd": "0.01", "workflow": "oncall"}))[0] == 200


@pytest.mark.parametrize(("enforce", "told"), [("warn", "warn"), ("advisory", "allow")])
async def test_a_teams_budget_is_enforced_as_it_says(acme: Company, enforce: str, told: str) -> None:
    yml = TEAMS_YML.replace(
        "amount: 1000, thresholds", f"amount: 1000, enforce: {enforce}, degrade_to: metacode-2, thresholds"
    )
    await declared(acme, yml)
    await acme.uses(acme.event(1, dollars=1_000))

    answer = await asks(acme)
    assert (answer["decision"], answer["would_be"]) == (told, "deny")
    assert answer.get("degrade_to") == ("metacode-2" if told == "warn" else None)
    assert (await reserves(acme, "5"))["decision"] == told


async def test_a_match_of_an_unknown_label_is_refused_by_its_field(acme: Company) -> None:
    yml = TEAMS_YML.replace("tools:", "workflows: [{name: evals, match: {repo: x}}]\ntools:")
    with pytest.raises(Exception, match=r"workflows\[evals\]\.match\.repo"):
        await declared(acme, yml)
