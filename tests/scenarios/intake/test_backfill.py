"""A gateway's own log is read up to its first live event: overlaps are booked once, in either order."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.refusals import ConfigError
from handlers.intake import spend_logs
from handlers.intake.backfills import BackfillResult, backfill
from handlers.intake.keys import create_key
from handlers.intake.spend_logs import SpendLogs
from storage.books.checks import faults
from storage.tables.intake import usage_events
from tests.bot.sources.litellm.litellm_examples import body
from tests.scenarios.commands import Run, refused, well
from tests.scenarios.intake.test_litellm import posts
from tests.support.company import Company
from tests.support.traffic.spend_logs import KEY, Proxy, proxy

MORNING: list[dict[str, Any]] = json.loads(body("51_"))["data"]


def lines(count: int, *, start: datetime, every: timedelta, dollars: float = 0.001) -> list[dict[str, Any]]:
    """Returns lines of answered calls at intervals."""
    made = []
    for number in range(count):
        at = (start + every * number).isoformat(timespec="milliseconds")
        line = MORNING[0] | {"request_id": f"r-{number}", "litellm_call_id": f"c-{number}", "startTime": at}
        made.append(
            line | {"endTime": at, "spend": dollars, "metadata": {**MORNING[0]["metadata"], "cost_breakdown": None}}
        )
    return made


async def source_key(acme: Company) -> str:
    return await create_key(acme.context, "litellm", source="litellm")


async def reads(
    acme: Company, gateway: Proxy, *, since: datetime | None = None, until: datetime | None = None
) -> BackfillResult:
    async with acme.context.store.read() as tx:
        source = await tx.keys.source("litellm")
    assert source is not None
    async with SpendLogs(gateway.url, KEY, key_env="LITELLM_MASTER_KEY") as logs:
        return await backfill(acme.context, logs, source=source, since=since, until=until)


async def booked(acme: Company) -> list[Any]:
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []
        return list((await tx.connection.execute(select(usage_events).order_by(usage_events.c.key_hash))).all())


async def test_what_came_live_is_known_when_the_log_is_read(acme_on_both: Company) -> None:
    acme = acme_on_both
    await posts(acme, await source_key(acme), body("50_"))
    live = await booked(acme)
    with proxy(MORNING) as gateway:
        done = await reads(acme, gateway, until=datetime(2026, 11, 27, tzinfo=UTC))

    assert done.counts == {"accepted": 0, "duplicates": 11, "conflicts": 0, "quarantined": 0}
    assert await booked(acme) == live


async def test_what_was_read_from_the_log_is_known_when_it_comes_live(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await source_key(acme)
    with proxy(MORNING) as gateway:
        done = await reads(acme, gateway)
    assert done.counts == {"accepted": 11, "duplicates": 0, "conflicts": 0, "quarantined": 0}
    cost = sum(row.cost_nanos for row in await booked(acme))

    answer = await posts(acme, key, body("50_"))
    assert (answer["accepted"], answer["duplicates"], answer["conflicts"]) == (1, 11, 0)
    assert sum(row.cost_nanos for row in await booked(acme)) == cost


async def test_it_ends_at_the_first_live_event(acme: Company) -> None:
    await posts(acme, await source_key(acme), body("01_"))  # of 23 November
    early = lines(5, start=datetime(2026, 11, 20, tzinfo=UTC), every=timedelta(hours=1))
    late = [line | {"request_id": "late", "litellm_call_id": "late"} for line in MORNING[:1]]  # of 26 November
    with proxy(early + late) as gateway:
        done = await reads(acme, gateway)
        again = await reads(acme, gateway)

    assert done.counts["accepted"] == 5
    assert done.until == datetime(2026, 11, 23, 17, 42, 50, 640341, tzinfo=UTC)
    assert sum(again.counts.values()) == 0, "it goes on where it stopped"


async def test_a_second_with_more_lines_than_a_page_is_read_whole(acme: Company) -> None:
    await source_key(acme)
    start = datetime(2026, 10, 1, 12, tzinfo=UTC)
    spread = lines(2_500, start=start, every=timedelta(seconds=7.3))
    crowd = lines(2_300, start=start + timedelta(hours=3), every=timedelta())
    for number, line in enumerate(crowd):
        line |= {"request_id": f"crowd-{number}", "litellm_call_id": f"crowd-{number}"}
    with proxy(spread + crowd) as gateway:
        done = await reads(acme, gateway)

    assert done.counts["accepted"] == 4_800
    assert done.counts["conflicts"] == 0
    assert len(await booked(acme)) == 4_800
    assert len(gateway.asked) < 150


async def test_it_goes_on_where_it_stopped(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spend_logs, "_TRIES", (0.0,))
    await source_key(acme)
    with proxy(lines(3_000, start=datetime(2026, 9, 1, tzinfo=UTC), every=timedelta(minutes=5))) as gateway:
        gateway.fails_after = 14
        with pytest.raises(ConfigError, match=r"answered 500.*goes on where it stopped"):
            await reads(acme, gateway)
        halfway = len(await booked(acme))
        gateway.fails_after = None
        gateway.asked.clear()
        await reads(acme, gateway)

    assert 0 < halfway < 3_000
    assert gateway.asked[0]["start_date"] > "2026-09-01"
    assert len(await booked(acme)) == 3_000


async def test_lines_of_an_old_version_are_read_up_to_the_first_live_event_alone(acme: Company) -> None:
    await posts(acme, await source_key(acme), body("01_"))
    old = [
        line | {"litellm_call_id": None}
        for line in lines(2, start=datetime(2026, 11, 20, tzinfo=UTC), every=timedelta(9))
    ]
    for line in old:
        line["metadata"] = {**line["metadata"], "litellm_call_id": None}
    with proxy(old) as gateway:
        done = await reads(acme, gateway, until=datetime(2026, 12, 1, tzinfo=UTC))

    assert (done.counts["accepted"], done.unmatched) == (1, 1)


async def test_a_bad_line_is_quarantined_alone_and_named(acme: Company) -> None:
    await source_key(acme)
    made = lines(3, start=datetime(2026, 11, 1, tzinfo=UTC), every=timedelta(hours=1))
    made[1]["prompt_tokens"] = -5
    with proxy(made) as gateway:
        done = await reads(acme, gateway)

    assert (done.counts["accepted"], done.counts["quarantined"]) == (2, 1)
    assert done.errors == [("r-1", "prompt_tokens is negative")]


async def test_history_alerts_nobody(acme: Company) -> None:
    await source_key(acme)
    start = acme.clock.now() - timedelta(days=8)
    with proxy(lines(300, start=start, every=timedelta(minutes=10), dollars=30)) as gateway:
        for line in gateway.lines:
            line |= {"user": "anna@acme.test", "model": "acme-large", "custom_llm_provider": "acme"}
        await reads(acme, gateway)
    await acme.settles()

    async with acme.context.store.read() as tx:
        assert await tx.deliveries.waiting() == 0
    assert await acme.ben.messages("CSEARCH") == []
    assert await acme.chloe.dms() == []
    assert sum(row.cost_nanos for row in await booked(acme)) == 9_000 * 10**9


def imported(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    well(run("keys", "create", "litellm", "--source", "litellm"))


def test_the_command_reads_and_says_what_became_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(run)
    monkeypatch.setenv("LITELLM_MASTER_KEY", KEY)
    with proxy(MORNING) as gateway:
        words = ("backfill", "--source", "litellm", "--url", gateway.url, "--until", "2026-11-27")
        said, again = (well(run(*words, "--from", day)) for day in ("2026-11-01", "2026-11-26"))

    assert said.startswith("11 calls of 2026-11-01 00:00 to 2026-11-27 00:00 UTC: 11 accepted, 0 duplicates")
    assert "0 accepted, 11 duplicates" in again


@pytest.mark.parametrize(
    ("words", "says", "said"),
    [
        ((), (401, '{"error": "no"}'), "LiteLLM refuses the key in LITELLM_MASTER_KEY (401)"),
        ((), (404, "{}"), "is not there (404): is --url the proxy's own address"),
        ((), (400, '{"error": {"message": "Prisma Client is not initialized"}}'), "LiteLLM has no database (400)"),
        ((), (200, "<html>"), "answers no JSON: is --url the proxy's own address?"),
        ((), (200, "[]"), "answers something else than LiteLLM's log"),
        (("--from", "soon"), None, "--from soon: write a day like 2026-11-01"),
        (("--key-env", "NO_SUCH_KEY"), None, "NO_SUCH_KEY is not set"),
        (
            ("--source", "nobody"),
            None,
            "There is no source nobody. `tokens keys create nobody --source litellm` makes one.",
        ),
        (("--source", "native"), None, "native is a source of cloudevents; only LiteLLM's log can be read."),
        (("--url", "127.0.0.1:4000"), None, "--url has to begin with http:// or https://."),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: tuple[int, str] | None, said: str
) -> None:
    imported(run)
    well(run("keys", "create", "native", "--source", "cloudevents"))
    monkeypatch.setenv("LITELLM_MASTER_KEY", KEY)
    with proxy([]) as gateway:
        gateway.says = says
        line = refused(run("backfill", "--source", "litellm", "--url", gateway.url, *words))

    assert said in line


def test_a_proxy_that_is_away_is_tried_for_a_while(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(run)
    monkeypatch.setattr(spend_logs, "_TRIES", (0.0, 0.0))
    monkeypatch.setenv("LITELLM_MASTER_KEY", KEY)
    line = refused(run("backfill", "--source", "litellm", "--url", "http://127.0.0.1:9"))

    assert "http://127.0.0.1:9/spend/logs/v2 does not answer" in line
    assert "Run the same command again later" in line
