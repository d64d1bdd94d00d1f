"""Replayed files: every row is booked, a second replay books none, and faults name the row or line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clock import ShiftedClock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context
from handlers.intake.replays import ReplayTotals, replay
from handlers.org.teams import import_teams
from storage.tables.intake import usage_events
from tests.support.company import TEAMS_YML, Company, usage_event

AT = datetime(2024, 11, 4, 9, tzinfo=UTC)
CSV = """id,time,model,team,user,output_tokens,cost_usd,tags
a,2024-11-04T09:00:00Z,m,search,anna@acme.test,100,1.25,repo:x;evals
b,2024-11-04T10:00:00Z,m,mobile,,,0.75,
c,2024-11-04T11:00:00Z,m,search,anna@acme.test,7,,
"""


@pytest.fixture
async def acme_context(context: Context) -> Context:
    await import_teams(context, read_teams_file(TEAMS_YML), dry_run=False)
    return context


async def replays(context: Context, file: Path, *, shift: bool = False, name: str = "replay") -> ReplayTotals:
    return await replay(context, file, name=name, shift_to_now=shift, to=None, key=None)


def fates(totals: ReplayTotals) -> tuple[int, ...]:
    """(accepted, duplicates, conflicts, quarantined)"""
    return tuple(totals.counts.values())


def jsonl(tmp_path: Path, count: int = 3) -> Path:
    file = tmp_path / "usage.jsonl"
    events = [usage_event(number, at=AT + timedelta(hours=number)) for number in range(count)]
    file.write_text("\n".join(json.dumps(event) for event in events) + "\n\n")
    return file


async def occurred(context: Context) -> list[int]:
    async with context.store.read() as tx:
        return sorted((await tx.connection.execute(select(usage_events.c.occurred_at))).scalars())


async def test_a_file_of_events_is_booked_once_however_often_it_is_replayed(
    acme_context: Context, tmp_path: Path
) -> None:
    file = jsonl(tmp_path, 1_203)

    assert fates(await replays(acme_context, file)) == (1203, 0, 0, 0)
    assert fates(await replays(acme_context, file)) == (0, 1203, 0, 0)
    assert fates(await replays(acme_context, file, name="another source")) == (1203, 0, 0, 0)


@pytest.mark.parametrize("with_ids", [True, False])
async def test_a_csv_with_or_without_ids_is_booked_once(acme_context: Context, tmp_path: Path, with_ids: bool) -> None:
    text = CSV if with_ids else "\n".join(line.partition(",")[2] for line in CSV.splitlines())
    file = tmp_path / "usage.csv"
    file.write_text("\ufeff" + text, encoding="utf-8")

    assert fates(await replays(acme_context, file)) == (3, 0, 0, 0)
    assert fates(await replays(acme_context, file)) == (0, 3, 0, 0)
    async with acme_context.store.read() as tx:
        rows = (await tx.connection.execute(usage_events.select().order_by(usage_events.c.occurred_at))).all()
    assert [row.cost_nanos for row in rows] == [1_250_000_000, 750_000_000, 0]
    assert json.loads(rows[0].tags) == ["repo:x", "evals"]
    assert [row.output for row in rows] == [100, 0, 7]


async def test_rows_that_say_the_same_without_an_id_are_all_booked(acme_context: Context, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text("time,model,cost_usd\n" + "2024-11-04T09:00:00Z,m,1\n" * 4)

    assert fates(await replays(acme_context, file)) == (4, 0, 0, 0)


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
async def test_a_shifted_file_ends_now_and_is_shifted_the_same_the_next_time(
    acme_context: Context, tmp_path: Path, suffix: str
) -> None:
    file = jsonl(tmp_path) if suffix == "jsonl" else tmp_path / "usage.csv"
    if suffix == "csv":
        file.write_text(CSV)
    before = acme_context.now_micros()

    assert fates(await replays(acme_context, file, shift=True)) == (3, 0, 0, 0)
    first, second, third = await occurred(acme_context)
    assert before <= third <= acme_context.now_micros()
    assert (second - first, third - second) == (3_600_000_000, 3_600_000_000)
    assert isinstance(acme_context.clock, ShiftedClock)
    acme_context.clock.jump_to(acme_context.now() + timedelta(days=3))
    assert fates(await replays(acme_context, file, shift=True)) == (0, 3, 0, 0)
    assert await occurred(acme_context) == [first, second, third]


async def test_bad_rows_are_said_by_their_number_and_the_rest_is_booked(acme_context: Context, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    lines = [f"2024-11-04T09:00:00Z,m,{cost}" for cost in [1] * 600 + ["-1", "abc", "", "1"]]
    lines[3] = "1970-01-01T00:00:00Z,m,1"
    file.write_text("\n".join(["time,model,cost_usd", *lines]))

    totals = await replays(acme_context, file)

    assert fates(totals) == (600, 0, 0, 4)
    assert totals.errors == [
        (4, "time is before 2020"),
        (601, "data.cost_usd is negative"),
        (602, "data.cost_usd is not a decimal number of at most 1,000 characters"),
        (603, "data has neither tokens nor cost_usd: send one of them"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.csv", "time,model,price\n", "does not know 'price'"),
        ("x.csv", "model,cost_usd\nm,1\n", "needs `time` and `model`"),
        ("x.csv", "", "needs `time` and `model`"),
        ("x.jsonl", '{"id": 1}\nnot json\n', "x.jsonl, line 2: is not JSON"),
        ("x.jsonl", '{"id": 1}\n\n[1]\n', "x.jsonl, line 3: is not a usage event, but list"),
    ],
)
async def test_a_file_that_is_none_is_refused_before_anything_is_booked(
    acme_context: Context, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        await replays(acme_context, tmp_path / name)
    assert await occurred(acme_context) == []


async def test_an_empty_file_is_no_event(acme_context: Context, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("\n\n")
    (tmp_path / "x.csv").write_text("time,model\n")

    for name in ("x.jsonl", "x.csv"):
        assert fates(await replays(acme_context, tmp_path / name, shift=True)) == (0, 0, 0, 0)


async def test_a_file_is_replayed_over_http_into_a_running_bot(acme: Company, tmp_path: Path) -> None:
    """The sender's own database is a different one: it stores only the shift."""
    here = await prepare(Settings(database_url=f"sqlite:///{tmp_path}/own.db"), ShiftedClock())
    file = jsonl(tmp_path)
    try:
        over_http = {"name": "replay", "shift_to_now": True, "to": acme.bot_url}
        assert fates(await replay(here, file, key=acme.key, **over_http)) == (3, 0, 0, 0)  # type: ignore[arg-type]
        assert fates(await replay(here, file, key=acme.key, **over_http)) == (0, 3, 0, 0)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="answered 401"):
            await replay(here, file, key="tok_wrong", **over_http)  # type: ignore[arg-type]
        assert await occurred(here) == []
        assert len(await occurred(acme.context)) == 3
    finally:
        await here.store.close()
