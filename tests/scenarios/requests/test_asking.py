"""How people ask: the form that knows the budget, shortcuts, and what is typed and never lost."""

from datetime import timedelta

from bot.org.teams_yml.teams_file import read_teams_file
from bot.requests.budget_requests import BudgetRequest
from bot.usage import BudgetBlock
from handlers.org.teams import import_teams
from tests.scenarios.requests.test_budget_requests import books_agree
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person
from tests.support.seen import View

WITH_PARTS = TEAMS_YML.replace(
    "budget: {amount: 1000, thresholds: [80, 100]}",
    "budget: {amount: 1000, parts: [{workflow: evals, amount: 100}, {tool: Codex, amount: 200}]}",
)
NOBODY = TEAMS_YML.replace("managers: [ben@acme.test]", "managers: [anna@acme.test]").replace("chloe@", "anna@")
MOBILE_TOO = TEAMS_YML.replace("managers: [mia@acme.test]", "managers: [mia@acme.test], members: [anna@acme.test]")


async def opens(person: Person, command: str = "/tokens request", channel: str = "CSEARCH") -> View:
    form = (await person.runs(command, channel=channel)).modal
    assert form is not None
    return form


async def requests(acme: Company) -> list[BudgetRequest]:
    async with acme.context.store.read() as tx:
        return await tx.budget_requests.pending()


def value(form: View, block: str) -> str:
    return str(form.find(block)[1].get("initial_value", ""))


async def spends(acme: Company, **data: object) -> None:
    """Search spends $30 a day for ten days."""
    for day in range(10):
        await acme.uses(acme.event(f"{data}{day}", dollars=30, ago=timedelta(days=day), **data))


async def test_a_button_fills_in_the_amount_and_what_was_typed_stays(acme_on_both: Company) -> None:
    acme = acme_on_both
    await spends(acme)
    form = await opens(acme.anna)
    assert "$30.00 a day" in form.text_everywhere()
    assert form.buttons() == ["$210 · about a week", "$250 · 25% more", "$425 · about two weeks"]

    await acme.anna.fills(form, reason="eval run")
    filled = (await acme.anna.clicks("$250 · 25% more", form)).modal
    assert filled is not None
    assert filled.id == form.id
    assert (value(filled, "amount-1"), value(filled, "reason")) == ("$250", "eval run")
    assert "$250: about 8 days at $30.00 a day" in filled.text_everywhere()
    assert (await acme.anna.submits(filled)).closed

    (request,) = await requests(acme)
    assert (request.amount_nanos, request.reason, request.origin) == (250 * 10**9, "eval run", "command")
    await books_agree(acme)


async def test_what_an_amount_buys_follows_the_typing(acme: Company) -> None:
    await spends(acme)
    form = await opens(acme.anna)
    await acme.anna.fills(form, amount="90", reason="evals")
    shown = (await acme.anna.clicks("amount", form)).modal

    assert shown is not None
    assert "$90.00: about 3 days at $30.00 a day" in shown.text_everywhere()
    assert (value(shown, "amount"), value(shown, "reason")) == ("90", "evals")
    assert (await acme.anna.submits(shown, amount="nonsense")).errors["amount"].startswith("That is not an amount")


async def test_a_late_answer_to_typing_changes_nothing_that_was_shown_since(acme: Company) -> None:
    form = await opens(acme.anna)
    newer = (await acme.anna.clicks("offer_first", form)).modal
    assert newer is not None
    acme.workspace.modals.holder(form.id)[1]["hash"] = "another"
    acme.workspace.fail_next("views.update", "hash_conflict")

    reply = await acme.anna.clicks("offer_second", newer)

    assert (reply.ok, reply.modal, reply.messages) == (True, None, [])


async def test_until_a_date(acme_on_both: Company) -> None:
    acme = acme_on_both
    form = await opens(acme.anna, "/tokens request 400 eval run")
    assert (value(form, "amount"), value(form, "reason")) == ("400", "eval run")
    unsaid = await acme.anna.submits(await acme.anna.fills(form, lasting="Until a date"))
    assert unsaid.modal is not None
    assert "Choose the last day" in unsaid.text_everywhere()

    dated = (await acme.anna.chooses("Until a date", unsaid.modal, menu="lasting")).modal or unsaid.modal
    last = (acme.clock.now() + timedelta(days=9)).date()
    past = await acme.anna.submits(dated, end=(acme.clock.now() - timedelta(days=3)).date().isoformat())
    assert past.errors == {"end": "That day is over. Choose today or a later one."}
    assert (await acme.anna.submits(dated, end=last.isoformat())).closed

    (request,) = await requests(acme)
    assert (request.end_kind, request.ends_at is not None, request.reason) == ("date", True, "eval run")


async def test_what_was_typed_is_there_when_the_form_opens_again(acme_on_both: Company) -> None:
    acme = acme_on_both
    form = await opens(acme.anna)
    await acme.anna.fills(form, amount="75", reason="a load test")
    await acme.anna.clicks("amount", form)
    await acme.anna.closes(form)

    again = await opens(acme.anna)
    assert "What you typed last time is still here." in again.text_everywhere()
    assert (value(again, "amount"), value(again, "reason")) == ("75", "a load test")
    assert value(await opens(acme.emi), "amount") == ""
    assert (await acme.anna.submits(again)).closed
    await acme.settles()

    await acme.anna.clicks("Withdraw", [m for m in await acme.anna.dms() if "is sent" in m.text][-1])
    assert value(await opens(acme.anna), "amount") == ""


async def test_a_form_that_slack_did_not_open_keeps_what_was_typed(acme: Company) -> None:
    acme.workspace.fail_next("views.open", "expired_trigger_id")
    late = await acme.anna.runs("/tokens request 75 a load test", channel="CSEARCH")
    assert "That took too long" in late.text

    again = await opens(acme.anna)
    assert (value(again, "amount"), value(again, "reason")) == ("75", "a load test")


async def test_it_says_before_anything_is_typed_that_nobody_can_approve(acme: Company) -> None:
    await import_teams(acme.context, read_teams_file(NOBODY), dry_run=False)
    form = await opens(acme.anna)
    assert "Nobody can approve this for Search now" in form.text_everywhere()

    refused = await acme.anna.submits(form, amount="10", reason="evals")
    assert "Nobody but you could decide" in str(refused.errors)
    assert await requests(acme) == []


async def test_the_global_shortcut_asks_for_a_team_of_the_person(acme: Company) -> None:
    form = (await acme.anna.uses("request_ai_budget")).modal
    assert form is not None
    assert (await acme.anna.submits(form, amount="10", reason="evals")).closed
    (request,) = await requests(acme)
    assert (request.origin, request.origin_ref) == ("shortcut", "")

    nobody = await acme.dan.uses("request_ai_budget")
    assert "You are in no team that has a budget here" in nobody.text_everywhere()


async def test_a_message_goes_with_the_request_as_a_link_and_not_as_words(acme: Company) -> None:
    said = await acme.emi.says("The secret launch needs 40 more runs", channel="CSEARCH")
    form = (await acme.anna.uses("request_budget_for_this", said)).modal
    assert form is not None
    assert "secret launch" not in form.text_everywhere()
    assert "this message" in form.text_everywhere()
    assert (await acme.anna.submits(form, amount="10", reason="evals")).closed
    await acme.settles()

    (request,) = await requests(acme)
    assert request.origin == "message"
    assert request.origin_ref.endswith(f"/archives/CSEARCH/p{said.ts.replace('.', '')}")
    card = await acme.ben.sees("asks for", channel="CSEARCH")
    assert request.origin_ref in card.text_everywhere()
    assert "secret launch" not in card.text_everywhere()
    async with acme.sandbox.session.get(request.origin_ref) as page:
        assert page.status == 200


async def test_a_part_that_is_used_up_is_named_and_grows_with_the_approval(acme_on_both: Company) -> None:
    acme = acme_on_both
    await import_teams(acme.context, read_teams_file(WITH_PARTS), dry_run=False)
    await acme.uses(acme.event("evals", dollars=120, workflow="evals"))
    path = "/v1/teams/search/allowance?workflow=evals"
    assert (await acme.gets(path))[1]["decision"] == "deny"

    form = await opens(acme.anna)
    assert "The budget for workflow evals, $100.00, is used up." in form.text_everywhere()
    assert form.find("cap")[1]["initial_option"]["text"]["text"] == "Workflow evals ($0.00 left)"
    assert (await acme.anna.submits(form, amount="100", reason="evals")).closed
    await acme.settles()
    (request,) = await requests(acme)
    assert (request.cap_kind, request.cap_ref) == ("workflow", "workflow:evals")
    card = await acme.ben.sees("asks for", channel="CSEARCH")
    assert "workflow evals" in card.text_everywhere()
    await acme.ben.clicks("Approve", card)
    await acme.settles()

    answer = (await acme.gets(path))[1]
    assert answer["decision"] != "deny"
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["allocated_usd"] == "1100.000000000"
    await acme.uses(acme.event("more", dollars=81, workflow="evals"))
    assert (await acme.gets(path))[1]["limit"] == "workflow:evals"
    await books_agree(acme)


async def test_another_team_of_mine_gives(acme_on_both: Company) -> None:
    acme = acme_on_both
    await import_teams(acme.context, read_teams_file(MOBILE_TOO), dry_run=False)
    form = await opens(acme.anna)
    assert "Mobile ($500.00 left)" in form.choices()
    too_much = await acme.anna.submits(form, amount="600", reason="evals", giver="Mobile ($500.00 left)")
    assert too_much.errors == {"amount": "Mobile has $500.00 left. Ask for less."}
    assert (await acme.anna.submits(form, amount="60")).closed

    (request,) = await requests(acme)
    assert request.giver_id is not None
    await books_agree(acme)


async def test_a_key_that_a_gateway_blocked_is_named(acme_on_both: Company) -> None:
    acme = acme_on_both
    async with acme.context.store.begin() as tx:
        (source, _), *_ = await tx.keys.listed()
        block = BudgetBlock(
            user="anna@acme.test",
            credential="key-12",
            gateway_team="",
            entity="key",
            entity_id="hash",
            limit_nanos=50 * 10**9,
            spend_nanos=51 * 10**9,
            resets_at=None,
            at=acme.context.now_micros(),
        )
        await tx.gateways.record_blocks(source.id, [block])

    form = await opens(acme.anna)
    assert f"Your key key-12 at {source.name}, $50.00, is used up." in form.text_everywhere()
    assert "Search still has $1,000.00." in form.text_everywhere()
    assert "is used up" not in (await opens(acme.emi)).text_everywhere()
    assert (await acme.anna.submits(form, amount="50", reason="evals")).closed
    await acme.settles()
    (request,) = await requests(acme)
    assert (request.cap_kind, request.cap_ref, request.held_nanos) == ("key", "key-12", 0)
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    await acme.settles()

    assert "is used up" not in (await opens(acme.anna)).text_everywhere()
    async with acme.context.store.read() as tx:
        (raised,) = await tx.limit_raises.of_teams([request.team_id])
    assert (raised.kind, raised.ref, raised.amount_nanos) == ("key", "key-12", 50 * 10**9)
