"""Native outcomes over real HTTP: beside usage in one body, each once, conflicts and unusable ones as usage has them."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from handlers.books.removals import remove_old_events
from handlers.intake.keys import create_key
from handlers.intake.retries import retry
from storage.books.checks import faults
from tests.support.company import Company


def outcome(acme: Company, number: int, *, ago: timedelta = timedelta(), **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "ai.outcome",
        "source": "/ci",
        "id": f"merge-{number}",
        "time": (acme.clock.now() - ago).isoformat(),
        "data": {"kind": "change_merged", "team": "search", **data},
    }


async def days(acme: Company) -> list[tuple[str, str, str, str, int]]:
    """Returns (team, kind, tool, workflow, number) of the totals."""
    slugs = {t.id: t.slug for t in (await acme.context.rulebooks.latest()).directory.teams}
    async with acme.context.store.read() as tx:
        query = "SELECT team_id, kind, tool, workflow, count FROM outcome_days ORDER BY local_day, kind, tool, workflow"
        return [(slugs[row[0]], *tuple(row)[1:]) for row in await tx.connection.execute(text(query))]


async def check(acme: Company) -> list[str]:
    async with acme.context.store.read() as tx:
        return [fault async for fault in faults(tx)]


async def test_outcomes_and_usage_come_in_one_body_and_each_counts_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    first = outcome(acme, 1, workflow="code-review", tool="claude_code")
    second = outcome(acme, 2, workflow="code-review", tool="Claude Code", count=3)
    body = [first, acme.event(1), second, second]

    answer = await acme.uses(*body)
    assert answer == {"accepted": 3, "duplicates": 1, "conflicts": 0, "quarantined": 0, "errors": []}
    assert (await acme.uses(*body))["duplicates"] == 4
    assert await days(acme) == [("search", "change_merged", "Claude Code", "code-review", 4)]
    assert await check(acme) == []


async def test_another_content_is_a_conflict_and_the_first_one_stands(acme: Company) -> None:
    assert (await acme.uses(outcome(acme, 1, user="anna@acme.test")))["accepted"] == 1

    answer = await acme.uses(acme.event(1), outcome(acme, 1, count=9, user="anna@acme.test"))

    assert (answer["accepted"], answer["conflicts"], answer["errors"][0]["index"]) == (1, 1, 1)
    assert (await days(acme))[0][-1] == 1
    async with acme.context.store.read() as tx:
        ((kind, body),) = await tx.connection.execute(text("SELECT kind, body FROM quarantine"))
    assert (kind, json.loads(body)["count"]) == ("conflict", 9)
    assert b"anna" not in body


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"kind": "Merged!"}, "data.kind must be a name like change_merged"),
        ({"kind": None}, "data.kind must be a name like change_merged"),
        ({"count": 0}, "data.count must be from 1 to 1,000,000"),
        ({"count": 1.5}, "data.count must be a whole number"),
        ({"count": True}, "data.count must be a whole number"),
        ({"count": 10**30}, "data.count must be from 1 to 1,000,000"),
    ],
)
async def test_an_outcome_that_can_not_be_counted_goes_to_quarantine_and_its_neighbours_do_not(
    acme: Company, data: dict[str, Any], reason: str
) -> None:
    answer = await acme.uses(outcome(acme, 1, **data), outcome(acme, 2), acme.event(1))

    assert (answer["accepted"], answer["quarantined"]) == (2, 1)
    (error,) = answer["errors"]
    assert (error["index"], error["reason"].startswith(reason)) == (0, True)


async def test_a_quarantined_outcome_is_counted_once_it_is_mended(acme: Company) -> None:
    await acme.uses(outcome(acme, 1, count=-2))
    async with acme.context.store.read() as tx:
        ids = [int(row[0]) for row in await tx.connection.execute(text("SELECT id FROM quarantine"))]

    result = await retry(acme.context, ids, {"data.count": 2}, dry_run=False)

    assert (result.booked, result.wrong) == (1, {})
    assert (await days(acme))[0][-1] == 2
    async with acme.context.store.read() as tx:
        assert list(await tx.connection.execute(text("SELECT id FROM quarantine"))) == []


async def test_an_outcome_is_placed_by_the_rules_of_usage(acme: Company) -> None:
    told: list[dict[str, Any]] = [
        {"team": None, "tags": ["repo:search-web"]},
        {"team": None, "credential": "key-12"},
        {"team": None, "user": "mia@acme.test"},
        {"team": None},
        {"team": "mobile", "tags": {"repo": "search-api"}},
    ]
    for number, data in enumerate(told):
        assert (await acme.uses(outcome(acme, number, ago=timedelta(days=9 - number), **data)))["accepted"] == 1

    assert [row[0] for row in await days(acme)] == ["search", "search", "mobile", "unattributed", "search"]


async def test_a_key_of_a_team_counts_for_that_team_and_an_observing_source_for_none(acme: Company) -> None:
    bound = await create_key(acme.context, "ci", source="cloudevents", team="mobile")
    watching = await create_key(acme.context, "watch", source="cloudevents", role="observe")

    for key, counts in ((bound, 1), (watching, 0)):
        status, answer = await acme.posts(json.dumps([outcome(acme, 1)]).encode(), key=key)
        assert (status, answer["accepted"], answer.get("ignored", 0)) == (200, counts, 1 - counts)
    assert [row[0] for row in await days(acme)] == ["mobile"]


async def test_one_row_alone_and_rows_that_need_a_second_look_are_read_the_same(acme: Company) -> None:
    alone = json.dumps(outcome(acme, 1)).encode()
    odd = json.dumps([outcome(acme, 2, tool="x\ud800y"), acme.event(1)]).encode()

    assert (await acme.posts(alone))[1]["accepted"] == 1
    status, answer = await acme.posts(odd)
    assert (status, answer["accepted"], len(answer["warnings"])) == (200, 2, 1)
    assert await check(acme) == []


async def test_the_fast_path_and_unknown_members_stay_as_they_were(acme: Company) -> None:
    answer = await acme.uses(outcome(acme, 1), {**acme.event(1), "data": {**acme.event(1)["data"], "kynd": 1}})

    assert [warning["reason"].split(" is ")[0] for warning in answer["warnings"]] == ["data.kynd"]


async def test_check_names_a_total_that_is_not_the_sum_of_its_outcomes(acme: Company) -> None:
    await acme.uses(outcome(acme, 1))
    async with acme.context.store.begin() as tx:
        await tx.connection.execute(text("UPDATE outcome_days SET count = 5"))

    (fault,) = await check(acme)
    assert fault.endswith("change_merged: 1 outcomes, 5 in the total")


async def test_bodies_at_once_count_each_outcome_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    body = json.dumps([outcome(acme, number, count=2) for number in range(40)]).encode()

    answers = await asyncio.gather(*[acme.posts(body) for _ in range(4)])

    assert sum(answer["accepted"] for _, answer in answers) == 40
    assert sum(answer["duplicates"] for _, answer in answers) == 120
    assert sum(row[-1] for row in await days(acme)) == 80
    assert await check(acme) == []


async def test_senders_ids_go_with_old_usage_and_the_counts_and_keys_stay(acme_on_both: Company) -> None:
    acme = acme_on_both
    old, new = outcome(acme, 1, ago=timedelta(days=200)), outcome(acme, 2)
    await acme.uses(old, new)
    context = replace(acme.context, settings=acme.context.settings.model_copy(update={"keep_events_days": 62}))

    await remove_old_events(context)

    async with acme.context.store.read() as tx:
        ids = [row[0] for row in await tx.connection.execute(text("SELECT event_id FROM outcomes ORDER BY id"))]
    assert sorted(ids) == ["", "merge-2"]
    assert (await acme.uses(old, new))["duplicates"] == 2
    assert len(await days(acme)) == 2
    assert await check(acme) == []
