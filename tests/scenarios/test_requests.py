"""Budget requests, from the slash command to the booked grant."""

from tests.company import Company


async def test_anna_asks_ben_approves_and_the_budget_is_there(acme: Company) -> None:
    reply = await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH", wait=2)
    assert reply.modal is not None
    submitted = await acme.anna.submits(reply.modal, {})
    assert submitted.closed, submitted.errors
    await acme.settles()
    card = await acme.ben.sees("asks for $500.00", channel="CSEARCH")

    await acme.ben.clicks("Approve", card)
    await acme.settles()

    decided = await acme.anna.sees("Approved by", channel="CSEARCH")
    assert "Approve" not in decided.buttons()
    status, allowance = await acme.gets("/v1/teams/search/allowance")
    assert (status, allowance["allocated_usd"]) == (200, "1500.000000000")
