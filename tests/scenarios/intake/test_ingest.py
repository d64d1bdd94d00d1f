"""Usage over HTTP: the events booked, their teams and prices, and sums that agree, on both databases."""

import asyncio
import json
import random
from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.money import NANOS
from handlers.books.periods import keep_books
from storage.books.checks import faults
from storage.tables.intake import usage_events, usage_series
from storage.tables.org import teams
from tests.support.company import Company

FATES = ("accepted", "duplicates", "conflicts", "quarantined")


async def booked(acme: Company) -> list[tuple[str, str, str, int, str]]:
    """(id, team, rule, nanos, basis) of every event in the books, by id."""
    events, series = usage_events.c, usage_series.c
    wanted = select(events.event_id, teams.c.slug, events.rule, events.cost_nanos, series.basis)
    wanted = wanted.join(teams, teams.c.id == events.team_id).join(usage_series, series.id == events.series_id)
    async with acme.context.store.read() as tx:
        rows = await tx.connection.execute(wanted.order_by(events.event_id))
        return [(str(i), str(slug), str(rule), int(nanos), str(basis)) for i, slug, rule, nanos, basis in rows]


async def books_agree(acme: Company) -> None:
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


def contract_event(acme: Company, number: str, **data: Any) -> dict[str, Any]:
    """A call of the model that teams.yml has a price for, without a reported cost."""
    counted = {"uncached_input_tokens": 1_000_000, "output_tokens": 500_000, "cost_usd": None}
    return acme.event(number, model="metacode-2", **{**counted, **data})


async def test_every_call_goes_to_its_team_by_the_rule_that_is_named_and_none_is_dropped(acme_on_both: Company) -> None:
    acme = acme_on_both
    nobody: dict[str, Any] = {"team": None, "user": None}
    await acme.uses(
        acme.event("1", credential="key-12", team="mobile"),
        acme.event("2", **nobody, tags=["env:prod", "repo:search-api"]),
        acme.event("3", **{**nobody, "team": "mobile"}),
        acme.event("4", **{**nobody, "user": "Emi@acme.test"}),
        acme.event("5", **{**nobody, "user": "stranger@other.test"}),
        acme.event("6", **nobody),
        acme.event("7", **{**nobody, "team": "made-up"}),
    )

    assert [(event, team, rule) for event, team, rule, *_ in await booked(acme)] == [
        ("req-1", "search", "credential:key-12"),
        ("req-2", "search", "tag:repo:search-*"),
        ("req-3", "mobile", "declared team"),
        ("req-4", "search", "user's team"),
        ("req-5", "unattributed", "unattributed"),
        ("req-6", "unattributed", "unattributed"),
        ("req-7", "unattributed", "unattributed"),
    ]
    await books_agree(acme)


async def test_a_call_costs_what_the_contract_says_else_what_was_reported_else_it_is_unpriced(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    await acme.uses(
        contract_event(acme, "1"),
        contract_event(acme, "2", cost_usd="99"),
        contract_event(acme, "3", uncached_input_tokens=1, output_tokens=0),
        acme.event("4", cost_usd="0.000000001"),
        acme.event("5", cost_usd=None),
        acme.event("6", cost_usd="0"),
    )

    priced = [(nanos, basis) for *_, nanos, basis in await booked(acme)]
    assert priced[:4] == [
        (1_200_000_000, "contract"),
        (1_200_000_000, "contract"),
        (400, "contract"),
        (1, "reported"),
    ]
    assert priced[4:] == [(0, "unpriced")] * 2
    spent = (await acme.gets("/v1/teams/search/allowance"))[1]["spent_usd"]
    assert spent == "2.400000401"
    await books_agree(acme)


async def test_many_senders_at_once_with_everything_sent_twice_add_up_to_the_nano(acme_on_both: Company) -> None:
    """Batches of any size that overlap and cross; the answers equal the books."""
    acme = acme_on_both
    dice = random.Random(7)
    costs = {n: dice.randrange(1, 900_000_000) for n in range(600)}
    slugs = {n: dice.choice(["search", "mobile", "product"]) for n in costs}
    events = [
        acme.event(n, team=slugs[n], cost_usd=f"0.{cost:09d}", ago=timedelta(hours=n % 200))
        for n, cost in costs.items()
    ]
    order = events + events
    dice.shuffle(order)
    batches = []
    while order:
        size = dice.choice([1, 7, 50, 200])
        batches.append(order[:size])
        order = order[size:]

    answers = await asyncio.gather(*(acme.uses(*batch) for batch in batches))

    totals = {fate: sum(answer[fate] for answer in answers) for fate in FATES}
    assert totals == {"accepted": 600, "duplicates": 600, "conflicts": 0, "quarantined": 0}
    in_books: Counter[str] = Counter()
    for _, team, _, nanos, _ in await booked(acme):
        in_books[team] += nanos
    sums: Counter[str] = Counter()
    for n, cost in costs.items():
        sums[slugs[n]] += cost
    assert in_books == sums
    await keep_books(acme.context)
    await books_agree(acme)


async def test_posting_the_charges_changes_no_figure_that_anybody_reads(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(*(acme.event(n, dollars=1.25, ago=timedelta(days=n)) for n in range(5)))
    before = await acme.gets("/v1/teams/search/allowance")

    for _ in range(2):
        await keep_books(acme.context)
        after = await acme.gets("/v1/teams/search/allowance")
        assert after[1] | {"age_seconds": before[1]["age_seconds"]} == before[1]
    assert before[1]["spent_usd"] == "6.250000000"
    await acme.uses(acme.event(9, dollars=1, ago=timedelta(days=2)))
    await keep_books(acme.context)
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["spent_usd"] == "7.250000000"
    await books_agree(acme)


async def test_one_bad_row_of_each_kind_is_named_and_its_neighbours_are_booked(acme_on_both: Company) -> None:
    acme = acme_on_both
    now = acme.clock.now()
    bad: dict[str, dict[str, Any]] = {
        "data.model holds a NUL": acme.event("a", model="a\x00b"),
        "data.model holds a NUL character, half": acme.event("b", model="a\ud800b"),
        "data.output_tokens is negative": acme.event("c", output_tokens=-1),
        "data.output_tokens is over a hundred billion": acme.event("d", output_tokens=10**30),
        "data.output_tokens: expected int": acme.event("e", output_tokens=1.5),
        "data.cost_usd is negative": acme.event("f", cost_usd="-1"),
        "data.cost_usd is over ten million": acme.event("g", cost_usd="10000001"),
        "time is before 2020": {**acme.event("h"), "time": "1970-01-01T00:00:00Z"},
        "time is more than 24 hours ahead": {**acme.event("i"), "time": (now + timedelta(hours=25)).isoformat()},
        "time is not RFC 3339 with its zone": {**acme.event("j"), "time": "2026-11-23T10:00:00"},
        "id is missing": {**acme.event("k"), "id": None},
        "type is not ai.usage": {**acme.event("l"), "type": "ai.invoice"},
    }
    good = [acme.event(n) for n in range(len(bad) + 1)]
    rows = [row for pair in zip(good, bad.values(), strict=False) for row in pair] + [good[-1]]

    answer = await acme.uses(*rows)

    assert [answer[fate] for fate in FATES] == [len(good), 0, 0, len(bad)]
    assert [error["index"] for error in answer["errors"]] == list(range(1, len(rows), 2))
    for error, said in zip(answer["errors"], bad, strict=True):
        assert error["reason"].startswith(said)
    assert sum(nanos for *_, nanos, _ in await booked(acme)) == len(good) * NANOS
    await books_agree(acme)


async def test_what_was_sent_is_in_the_figures_that_anna_reads_a_moment_later(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=123.45), acme.event(2, dollars=0.55))

    assert "$124" in (await acme.anna.runs("/tokens", channel="CSEARCH")).text_everywhere()


async def test_binary_and_text_are_taken_for_what_they_hold_not_for_what_they_are_called(acme: Company) -> None:
    body = json.dumps([acme.event(1)]).encode()

    for kind in ("application/octet-stream", "text/html", "", "garbage"):
        status, answer = await acme.posts(body, **{"Content-Type": kind})
        assert (status, answer["accepted"] + answer["duplicates"]) == (200, 1)
