"""The list of all that waits: decided in place, page by page, for managers, delegates and finance."""

from handlers.requests.waiting.decision_times import times_of
from tests.scenarios.requests.test_budget_requests import ask, books_agree
from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import View


async def lists(person: Person) -> View:
    reply = await person.runs("/tokens requests", channel="CSEARCH")
    assert reply.modal is not None, reply.text
    return reply.modal


async def now_in(person: Person) -> View:
    view = await person.modal()
    assert view is not None
    return view


async def test_a_manager_decides_all_that_waits_in_one_place(acme_on_both: Company) -> None:
    acme = acme_on_both
    await ask(acme, acme.anna, amount="500", reason="eval run")
    await ask(acme, acme.emi, amount="700", reason="fine-tuning")

    view = await lists(acme.ben)
    shown = view.text_everywhere()
    assert "2 requests are waiting for you" in shown
    assert shown.index("$500.00") < shown.index("$700.00"), "oldest first"
    assert "All teams" not in view.buttons()

    await acme.ben.clicks("Approve", view)
    await acme.settles()
    view = await now_in(acme.ben)
    assert "1 request is waiting for you" in view.text_everywhere()
    assert "Approved $500.00 for Search" in view.text_everywhere()

    form = (await acme.ben.clicks("Deny", view)).modal
    assert form is not None
    denied = await acme.ben.submits(form, reason="next month")
    assert not denied.errors
    await acme.settles()
    view = await now_in(acme.ben)
    assert "Nothing is waiting for you" in view.text_everywhere()
    assert "Denied $700.00 for Search" in view.text_everywhere()
    assert "Median time to decide:" in view.text_everywhere()
    await books_agree(acme)


async def test_a_click_on_an_old_list_says_why_and_shows_it_anew(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    view = await lists(acme.chloe)
    view = (await acme.chloe.clicks("All teams", view)).modal or view
    assert "1 request is waiting for a decision" in view.text_everywhere()

    await acme.ben.clicks("Approve", card)
    await acme.settles()
    reply = await acme.chloe.clicks("Approve", view)
    said = reply.text + (reply.modal.text_everywhere() if reply.modal else "")
    assert "already approved this request" in said


async def test_finance_sees_all_teams_and_managers_their_own(acme: Company) -> None:
    await ask(acme, acme.anna)

    mine = await lists(acme.chloe)
    assert "Nothing is waiting for you" in mine.text_everywhere()
    everything = (await acme.chloe.clicks("All teams", mine)).modal
    assert everything is not None
    assert "<@UANNA> asks for *$500.00 for Search*" in everything.text_everywhere()
    assert "Nothing is waiting for you" in (await lists(acme.mia)).text_everywhere()


async def test_a_request_opens_on_top_and_a_delegate_sees_for_whom(acme: Company) -> None:
    await acme.ben.runs("/tokens delegate @mia until friday", channel="CSEARCH")
    await ask(acme, acme.anna)

    view = await lists(acme.mia)
    assert "for <@UBEN>" in view.text_everywhere()
    opened = (await acme.mia.clicks("Open", view)).modal
    assert opened is not None
    assert "eval run" in opened.text_everywhere()


async def test_home_has_the_times_and_the_list_for_managers_alone(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    await acme.ben.clicks("Approve", card)
    await acme.settles()

    home = await acme.ben.opens_home()
    assert "Median time to decide:" in home.text_everywhere()
    view = (await acme.ben.clicks("All that waits", home)).modal
    assert view is not None
    assert "Median" not in (await acme.anna.opens_home()).text_everywhere()
    async with acme.context.store.read() as tx:
        found = await times_of(await acme.context.scope(tx))
    assert (found.together.decided, found.together.automatic, found.teams) == (1, 0, ())
