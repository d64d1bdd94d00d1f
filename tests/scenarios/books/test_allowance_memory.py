"""The allowance from memory: many calls share a reading, and keys, budgets and rules count at once all the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books import allowances as allowances_file
from handlers.books.allowances import Allowances
from handlers.books.team_balances import TeamBalances, read_balances
from handlers.context import Context, make_context
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams
from handlers.rulebooks import KeyRevoked
from storage.intake.keys import key_hash
from tests.support.company import TEAMS_YML, Company, middle_of_next_month

Reads = list[int]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Counts the readings of balances."""
    found: Reads = []
    read = read_balances

    async def counted(context: Context, *, at: int, last: TeamBalances | None) -> TeamBalances:
        found.append(at)
        return await read(context, at=at, last=last)

    monkeypatch.setattr(allowances_file, "read_balances", counted)
    return found


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call counts as one of many, as at hundreds a second."""
    monkeypatch.setattr(Allowances, "FEW_CALLS", 0)


async def ask(allowances: Allowances, acme: Company, slug: str = "search") -> tuple[str, float]:
    found, age = await allowances.of(slug, key=key_hash(acme.key))
    assert age >= 0
    return found.decision, found.charged_nanos / NANOS


async def test_few_calls_see_usage_at_once(acme_on_both: Company, reads: Reads) -> None:
    acme, allowances = acme_on_both, Allowances(acme_on_both.context)
    seen = []
    for number in range(3):
        await acme.uses(acme.event(number, dollars=400))
        seen += [await ask(allowances, acme), await ask(allowances, acme)]

    assert seen == [("allow", 400)] * 2 + [("warn", 800)] * 2 + [("deny", 1_200)] * 2
    assert len(reads) == 3


@pytest.mark.usefixtures("busy")
async def test_many_calls_share_a_reading_that_is_renewed_every_second(acme_on_both: Company, reads: Reads) -> None:
    acme, allowances = acme_on_both, Allowances(acme_on_both.context)
    assert await ask(allowances, acme) == ("allow", 0)
    await acme.uses(acme.event(1, dollars=1_200))

    assert [await ask(allowances, acme) for _ in range(5)] == [("allow", 0)] * 5
    assert len(reads) == 1

    make_older(allowances, seconds=1.5)
    assert await ask(allowances, acme) == ("allow", 0)  # it starts the next reading, and does not wait for it
    await allowances._reads.result()
    assert await ask(allowances, acme) == ("deny", 1_200)


@pytest.mark.usefixtures("busy")
async def test_figures_older_than_promised_answer_nobody(acme: Company) -> None:
    allowances = Allowances(acme.context)
    await ask(allowances, acme)
    await acme.uses(acme.event(1, dollars=1_200))
    make_older(allowances, seconds=Allowances.MOST_SECONDS + 1)

    assert await ask(allowances, acme) == ("deny", 1_200)


def make_older(allowances: Allowances, *, seconds: float) -> None:
    seen = allowances._seen
    assert seen is not None
    seen.began -= seconds
    object.__setattr__(seen.balances, "at", seen.balances.at - int(seconds * 1_000_000))


@pytest.mark.usefixtures("busy")
async def test_an_approval_in_this_process_and_an_import_in_another_count_at_once(acme_on_both: Company) -> None:
    acme, allowances = acme_on_both, Allowances(acme_on_both.context)
    await acme.uses(acme.event(1, dollars=1_100))
    assert (await ask(allowances, acme))[0] == "deny"

    form = (await acme.anna.runs("/tokens request 2000 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await acme.settles()
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    assert (await ask(allowances, acme))[0] == "allow"

    async with other_process(acme) as context:
        lower = TEAMS_YML.replace("amount: 1000,", "amount: 100,")
        assert lower != TEAMS_YML
        await import_teams(context, read_teams_file(lower), dry_run=False)
    assert (await allowances.of("search", key=key_hash(acme.key)))[0].allocated_nanos == 2_100 * NANOS


@pytest.mark.usefixtures("busy")
async def test_a_key_that_another_process_revokes_is_refused_by_the_next_call(acme_on_both: Company) -> None:
    acme, allowances = acme_on_both, Allowances(acme_on_both.context)
    token = await create_key(acme.context, "eu", source="cloudevents")
    await allowances.of("search", key=key_hash(token))

    async with other_process(acme) as context, context.store.begin() as tx:
        source = await tx.keys.source("eu")
        assert source is not None
        await tx.keys.revoke(source, at=1)

    with pytest.raises(KeyRevoked):
        await allowances.of("search", key=key_hash(token))


@pytest.mark.usefixtures("busy")
async def test_a_clock_that_jumps_reads_anew(acme: Company, reads: Reads) -> None:
    allowances = Allowances(acme.context)
    await ask(allowances, acme)
    await acme.uses(acme.event(1, dollars=700))
    acme.clock.jump_to(middle_of_next_month(acme.clock.now()))
    await ask(allowances, acme)

    assert len(reads) == 2


@asynccontextmanager
async def other_process(acme: Company) -> AsyncIterator[Context]:
    """Another process on the same database."""
    context = make_context(acme.context.settings, acme.clock)
    yield context
    await context.store.close()
