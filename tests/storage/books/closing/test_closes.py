"""Periods close by the clock on both databases: what is left goes where it belongs, and late charges go to the open one."""

import pytest

from bot.books.ledger import Account, Entry, PeriodClosed
from bot.money import NANOS
from handlers.books.closing import closes
from handlers.books.closing.closes import close_periods
from handlers.books.periods import keep_books
from storage.books.closing.periods import Periods
from tests.storage.books.closing.conftest import DAY, TEAMS, moves, names, next_month, states
from tests.storage.conftest import Books
from tests.storage.declared import balance


class KilledError(Exception):
    """The process ends here."""


async def test_a_month_that_ends_is_covered_carried_and_given_back(acme: Books) -> None:
    await acme.takes(
        acme.event(1, dollars=430), acme.event(2, dollars=40, team="mobile"), acme.event(3, dollars=5, team="nobody")
    )
    acme.jump_to(next_month(acme))

    await keep_books(acme.context)

    assert await moves(acme) == [
        "cover product 0 > search 0: 30",
        "carry_forward mobile 0 > mobile 1: 60",
        "lapse product 0 > organisation 0: 170",  # 700 less 400, 100 and the 30 for Search
        "lapse organisation 0 > organisation funding 0: 465",  # 300 of its own and Product's, less 5 unattributed
    ]
    assert await states(acme) == ["closed", "open"]
    assert (await balance(acme.context, "mobile")).allocated_nanos == 160 * NANOS
    assert (await balance(acme.context, "search")).allocated_nanos == 400 * NANOS
    assert await acme.faults() == []
    async with acme.context.store.read() as tx:
        assert await tx.periods.left((await names(acme))[0]) == {}


async def test_a_share_of_the_budget_goes_along_and_the_rest_lapses(acme: Books) -> None:
    await acme.takes(acme.event(1, dollars=300))
    acme.jump_to(next_month(acme))

    await keep_books(acme.context)

    assert (await moves(acme))[:2] == ["carry_forward search 0 > search 1: 80", "lapse search 0 > product 0: 20"]


async def test_a_close_runs_once(acme: Books) -> None:
    acme.jump_to(next_month(acme))
    await keep_books(acme.context)
    entries = await acme.rows("entries")

    await keep_books(acme.context)
    assert await close_periods(acme.context) == 0

    assert await acme.rows("entries") == entries


async def test_what_comes_late_is_charged_to_the_open_period_and_the_closed_one_stays(acme: Books) -> None:
    await acme.takes(acme.event(1, dollars=100))
    closing = acme.context.now_micros()
    acme.jump_to(next_month(acme, 3))
    await keep_books(acme.context)
    before = await balance(acme.context, "search", at=closing)

    await acme.takes(
        acme.event(2, dollars=7, ago=10 * DAY), acme.event(3, dollars=2, ago=DAY), acme.event(4, dollars=1)
    )
    await keep_books(acme.context)

    assert await moves(acme, ("charge",)) == [
        "charge search 0 > search spent 0: 100",
        "charge search 1 > search spent 1: 7",
        "charge search 1 > search spent 1: 2",
    ]
    assert await balance(acme.context, "search", at=closing) == before
    assert before.charged_nanos == 100 * NANOS
    assert (await balance(acme.context, "search")).charged_nanos == 10 * NANOS
    assert await acme.faults() == []


async def test_a_bot_that_was_down_over_three_ends_posts_what_one_that_ran_would_have(acme: Books) -> None:
    await acme.takes(acme.event(1, dollars=350), acme.event(2, dollars=10, team="mobile"))
    for _ in range(3):
        acme.jump_to(next_month(acme))

    await keep_books(acme.context)

    assert await states(acme) == ["closed", "closed", "closed", "open"]
    assert await moves(acme) == [
        "carry_forward search 0 > search 1: 50",
        "carry_forward mobile 0 > mobile 1: 90",
        "lapse product 0 > organisation 0: 200",
        "lapse organisation 0 > organisation funding 0: 500",
        "carry_forward search 1 > search 2: 80",
        "lapse search 1 > product 1: 370",
        "carry_forward mobile 1 > mobile 2: 190",
        "lapse product 1 > organisation 1: 570",
        "lapse organisation 1 > organisation funding 1: 870",
        "carry_forward search 2 > search 3: 80",
        "lapse search 2 > product 2: 400",
        "carry_forward mobile 2 > mobile 3: 290",
        "lapse product 2 > organisation 2: 600",
        "lapse organisation 2 > organisation funding 2: 900",
    ]
    assert await acme.faults() == []


async def test_a_bot_that_ran_posts_the_same(acme: Books) -> None:
    """The same story as above, with a pass in each month."""
    await acme.takes(acme.event(1, dollars=350), acme.event(2, dollars=10, team="mobile"))
    for _ in range(3):
        acme.jump_to(next_month(acme))
        await keep_books(acme.context)

    assert await states(acme) == ["closed", "closed", "closed", "open"]
    assert (await moves(acme))[-5:] == [
        "carry_forward search 2 > search 3: 80",
        "lapse search 2 > product 2: 400",
        "carry_forward mobile 2 > mobile 3: 290",
        "lapse product 2 > organisation 2: 600",
        "lapse organisation 2 > organisation funding 2: 900",
    ]


async def test_a_close_that_was_killed_is_carried_on(acme: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    await acme.takes(acme.event(1, dollars=430))
    monkeypatch.setattr(closes, "TEAMS_AT_ONCE", 1)
    end, left, count = Periods.end_close, Periods.left, 0

    async def killed(*arguments: object) -> object:
        nonlocal count
        count += 1
        if count == 4:
            raise KilledError
        return await left(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Periods, "left", killed)
    acme.jump_to(next_month(acme))
    with pytest.raises(KilledError):
        await keep_books(acme.context)
    monkeypatch.setattr(Periods, "left", left)
    assert await states(acme) == ["closing", "open"]
    assert len(await moves(acme)) == 2
    assert await acme.faults() == []

    await acme.takes(acme.event(2, dollars=3, ago=16 * DAY))
    await keep_books(acme.context)

    assert Periods.end_close is end
    assert await states(acme) == ["closed", "open"]
    assert len(await moves(acme)) == 4
    assert (await moves(acme, ("charge",)))[-1] == "charge search 1 > search spent 1: 3"
    assert await acme.faults() == []


async def test_a_closed_period_takes_no_entry(acme: Books) -> None:
    acme.jump_to(next_month(acme))
    await keep_books(acme.context)
    period = (await names(acme))[0]
    teams = {row.slug: row.id for row in await acme.rows("teams")}
    given = Entry(
        kind="allocation",
        dedupe_key="late",
        period=period,
        effective_at=0,
        from_account=Account(team_id=teams["product"], period=period, bucket="available"),
        to_account=Account(team_id=teams["search"], period=period, bucket="available"),
        amount_nanos=1,
        actor_id=None,
        reason="too late",
        document="test",
    )

    async with acme.context.store.begin() as tx:
        with pytest.raises(PeriodClosed, match=f"{period} is closed"):
            await tx.ledger.post([given], at=0)


async def test_the_first_run_on_older_books_closes_past_periods_as_they_are(acme: Books) -> None:
    """The month of the import has budgets and charges, of a release that knew no periods."""
    first, second = sorted({row.period for row in await acme.rows("accounts")})[-2:]
    found = {row.name: (row.state, row.closed_at) for row in await acme.rows("periods")}

    assert found == {first: ("closed", None), second: ("open", None)}
    assert await moves(acme) == []
    assert await acme.faults() == []


async def test_usage_before_a_budget_began_does_not_lower_what_goes_along(acme: Books) -> None:
    """The case of docs/budgets.md: $80 on the 3rd, a budget of $100 from the 15th, $30 on the 21st."""
    begins = acme.context.now().replace(day=15).date()
    await acme.imports(TEAMS.replace("{amount: 100,", f"{{amount: 100, starts: {begins},"))
    await acme.takes(acme.event(1, dollars=80, team="mobile", ago=13 * DAY))
    acme.jump_to(acme.context.now() + 5 * DAY)
    await acme.takes(acme.event(2, dollars=30, team="mobile"))
    await keep_books(acme.context)
    assert (await balance(acme.context, "mobile")).allocated_nanos == 100 * NANOS
    acme.jump_to(next_month(acme))

    await keep_books(acme.context)
    await keep_books(acme.context)

    expected = {"cover product 0 > mobile 0: 80", "carry_forward mobile 0 > mobile 1: 70"}
    assert {move for move in await moves(acme) if "mobile" in move} == expected
    assert (await balance(acme.context, "mobile")).allocated_nanos == 170 * NANOS
    assert await acme.faults() == []
