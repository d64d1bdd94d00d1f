"""The allowance while a budget is used, held, requested, and ends with its month."""

from typing import Any

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.periods import keep_books
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams
from tests.support.company import TEAMS_YML, Company, middle_of_next_month


async def allowance(acme: Company, slug: str = "search", **asked: str) -> dict[str, str]:
    words = "&".join(f"{name}={value}" for name, value in asked.items())
    status, answer = await acme.gets(f"/v1/teams/{slug}/allowance?{words}")
    assert status == 200, answer
    found: dict[str, str] = answer
    return found


async def declares(acme: Company, old: str, new: str) -> None:
    """Changes teams.yml and imports it again."""
    assert old in TEAMS_YML
    await import_teams(acme.context, read_teams_file(TEAMS_YML.replace(old, new)), dry_run=False)


async def test_the_answer_is_the_contracts(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=12.000000001))
    month = acme.clock.now()

    answer = await allowance(acme, workflow="evals", tool="Claude%20Code", model="claude-opus-4-5")

    ends, age = answer.pop("period_ends_at"), answer.pop("age_seconds")
    assert answer == {
        "decision": "allow",
        "team": "search",
        "reason": "Search has $988.00 available.",
        "available_usd": "987.999999999",
        "allocated_usd": "1000.000000000",
        "spent_usd": "12.000000001",
        "held_usd": "0.000000000",
        "withheld_usd": "0.000000000",
        "reserved_usd": "0.000000000",
        "period": f"{month:%Y-%m}",
        "budget": "set",
        "would_be": "allow",
        "limit": "team",
    }
    assert ends.endswith(":00:00Z")
    assert month.isoformat() < ends
    assert float(age) >= 0


async def test_it_turns_to_the_nano_dollar(acme: Company) -> None:
    told = []
    for number, cost in enumerate(("799.999999999", "0.000000001", "199.999999999", "0.000000001", "0.000000001")):
        await acme.uses(acme.event(number, cost_usd=cost))
        answer = await allowance(acme)
        told.append((answer["decision"], answer["available_usd"]))

    assert told == [
        ("allow", "200.000000001"),
        ("warn", "200.000000000"),
        ("warn", "0.000000001"),
        ("deny", "0.000000000"),
        ("deny", "-0.000000001"),
    ]


async def test_a_denied_call_passes_once_ben_has_approved(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=1_100))
    denied = await allowance(acme)
    assert (denied["decision"], denied["available_usd"]) == ("deny", "-100.000000000")
    assert "/tokens request" in denied["reason"]

    form = (await acme.anna.runs("/tokens request 2000 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await acme.settles()
    assert (await allowance(acme))["decision"] == "deny"
    assert (await allowance(acme, "product"))["held_usd"] == "2000.000000000"
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))

    passed = await allowance(acme)
    assert (passed["decision"], passed["available_usd"]) == ("allow", "1900.000000000")
    product = await allowance(acme, "product")
    assert (product["available_usd"], product["held_usd"]) == ("7000.000000000", "0.000000000")


@pytest.mark.parametrize("mode", ["preview", "announce"])
async def test_a_team_that_is_not_governed_yet_is_allowed_whatever_it_spent(acme: Company, mode: str) -> None:
    await declares(acme, "cost_center: CC-100", f"cost_center: CC-100\n    mode: {mode}")
    await acme.uses(acme.event(1, dollars=5_000))

    answer = await allowance(acme)

    assert (answer["decision"], answer["available_usd"]) == ("allow", "-4000.000000000")
    assert f"mode {mode}" in answer["reason"]


async def test_a_team_without_a_budget_is_allowed(acme: Company) -> None:
    await declares(acme, ", budget: {amount: 500}}", "}")
    await acme.uses(acme.event(1, dollars=5, team="mobile"))

    answer = await allowance(acme, "mobile")

    assert (answer["decision"], answer["spent_usd"]) == ("allow", "5.000000000")
    assert "no budget" in answer["reason"]


async def test_a_team_warns_from_its_own_first_threshold_on(acme: Company) -> None:
    await declares(acme, "thresholds: [80, 100]", "thresholds: [50, 100]")
    await acme.uses(acme.event(1, dollars=500))

    assert (await allowance(acme))["decision"] == "warn"


async def test_a_lowered_budget_denies_at_once_and_a_raised_one_allows(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=600))
    decisions = []
    for amount in (500, 2_000, 700):
        await declares(acme, "amount: 1000,", f"amount: {amount},")
        decisions.append((await allowance(acme))["decision"])

    assert decisions == ["deny", "allow", "warn"]


async def test_a_new_month_starts_with_its_own_budget(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=1_500))
    before = await allowance(acme)
    acme.clock.jump_to(middle_of_next_month(acme.clock.now()))
    await keep_books(acme.context)

    after = await allowance(acme)

    assert (before["decision"], after["decision"]) == ("deny", "allow")
    assert (after["spent_usd"], after["available_usd"]) == ("0.000000000", "1000.000000000")
    assert after["period"] != before["period"]


async def test_a_key_of_one_team_learns_nothing_of_others_not_even_that_they_exist(acme: Company) -> None:
    bound = await create_key(acme.context, "mobile-ci", source="cloudevents", team="mobile")

    assert (await acme.gets("/v1/teams/mobile/allowance", key=bound))[0] == 200
    answers = [
        await acme.gets(f"/v1/teams/{slug}/allowance", key=bound) for slug in ("search", "made-up", "organisation")
    ]
    assert answers == [answers[0]] * 3
    assert answers[0][0] == 403


async def test_a_team_that_does_not_exist_is_allowed_and_named_as_unknown(acme: Company) -> None:
    """A gateway's typing error must not stop anybody's work."""
    for slug in ("made-up", "%00", "'%20OR%201=1--", "x" * 4_000, "%ED%A0%80", "⁂"):
        answer = await allowance(acme, slug)
        assert (answer["decision"], answer["budget"], answer["limit"]) == ("allow", "none", "none")
        assert answer["reason"].startswith("No team has this slug")
        assert answer["available_usd"] == "0.000000000"
        assert len(answer["team"]) <= 256
    assert (await acme.gets("/v1/teams/..%2Fsearch/allowance"))[0] == 404


async def test_query_members_that_nothing_reads_are_named(acme: Company) -> None:
    answer: dict[str, Any] = await allowance(acme, person="anna", model="acme-large")

    assert answer["warnings"] == ["person is not known here, so it was left out. Known: workflow, tool, model, user."]


async def test_a_gateways_key_reads_a_team_with_its_teams_and_a_teams_key_its_own_alone(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=30), acme.event(2, dollars=5, team="product"))

    (_, whole), own = await acme.gets("/v1/teams/product/allowance"), await allowance(acme)
    assert whole["spent_usd"] == "5.000000000"
    assert whole["with_teams"] == {
        "teams": 1,
        "available_usd": "9965.000000000",
        "allocated_usd": "10000.000000000",
        "spent_usd": "35.000000000",
        "held_usd": "0.000000000",
    }
    assert "with_teams" not in own

    key = await create_key(acme.context, "products", source="cloudevents", team="product")
    _, answer = await acme.gets("/v1/teams/product/allowance", key=key)
    assert (answer["spent_usd"], "with_teams" in answer) == ("5.000000000", False)
