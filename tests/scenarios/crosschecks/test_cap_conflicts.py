"""A cap that somebody changed at the gateway: both numbers, and a person's choice."""

from collections.abc import AsyncIterator

import pytest

from bot.refusals import Refusal
from handlers.crosschecks.caps.conflicts import choose_cap
from tests.scenarios.requests.test_budget_requests import ask
from tests.support.caps import Gateway, gateway
from tests.support.company import Company


@pytest.fixture
async def eu(acme_on_both: Company) -> AsyncIterator[Gateway]:
    async with gateway(acme_on_both) as made:
        yield made


async def test_a_cap_changed_by_hand_is_a_conflict_with_both_numbers_and_a_choice(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    card = await ask(eu.acme, eu.acme.anna)
    await eu.acme.ben.clicks("Approve", card)
    await eu.follows()

    assert eu.cap == 900.0
    notice = await eu.acme.ben.sees("changed the cap of Search")
    assert "$900.00" in notice.text
    assert "$1,500.00" in notice.text
    assert notice.buttons() == ["Use the books' $1,500.00", "Keep the gateway's $900.00"]

    reply = await eu.acme.ben.clicks("Use the books' $1,500.00", notice)
    assert reply.text == ""
    await eu.follows()

    assert eu.cap == 1500.0
    after = await eu.acme.ben.sees("chose the books' $1,500.00")
    assert (after.ts, after.buttons()) == (notice.ts, [])


async def test_a_kept_cap_holds_until_people_decide_again(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    eu.later(minutes=6)
    await eu.follows()
    notice = await eu.acme.ben.sees("changed the cap of Search")
    await eu.acme.ben.clicks("Keep the gateway's $900.00", notice)
    for _ in range(3):
        eu.later(minutes=6)
        await eu.follows()
    (row,) = await eu.rows()
    assert (eu.cap, row.state) == (900.0, "kept")

    card = await ask(eu.acme, eu.acme.anna)
    await eu.acme.ben.clicks("Approve", card)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state) == (1500.0, "set")


async def test_a_kept_cap_that_is_changed_once_more_is_a_new_conflict(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    eu.later(minutes=6)
    await eu.follows()
    await eu.acme.ben.clicks("Keep the gateway's $900.00", await eu.acme.ben.sees("changed the cap of Search"))
    eu.proxy.set_by_hand("team-abc", None)
    eu.later(minutes=6)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state, row.conflict) == (None, "conflict", 2)
    assert "Keep the gateway's no cap" in (await eu.acme.ben.sees("to no cap")).buttons()


async def test_only_those_responsible_choose_and_an_old_button_chooses_nothing(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    eu.later(minutes=6)
    await eu.follows()
    notice = await eu.acme.ben.sees("changed the cap of Search")
    eu.proxy.set_by_hand("team-abc", 800.0)
    eu.later(minutes=6)
    await eu.follows()

    (row,) = await eu.rows()
    assert (row.state, row.conflict) == ("conflict", 2)
    assert (await eu.acme.ben.sees("It was changed again since")).ts == notice.ts
    async with eu.acme.context.store.begin() as tx:
        scope = await eu.acme.context.scope(tx)
        people = {name: await tx.people.by_reference(f"{name}@acme.test") for name in ("ben", "mia")}
        with pytest.raises(Refusal, match="another one by now"):
            await choose_cap(scope, row.id, 1, keep=True, by=people["ben"])
        with pytest.raises(Refusal, match="Only managers of Search"):
            await choose_cap(scope, row.id, 2, keep=True, by=people["mia"])
