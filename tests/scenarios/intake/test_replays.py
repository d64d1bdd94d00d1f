"""Real input: the Azure traces replayed by the command line, into the database and over HTTP, on both databases."""

from pathlib import Path

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.context import Context
from handlers.intake.replays import replay
from handlers.org.teams import import_teams
from tests.scenarios.booked import agrees, booked, organised
from tests.support.processes import bot_process, tokens
from tests.support.traffic.azure import TEAMS_YML, Sums, write_csv


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sums]:
    """Returns the traces as a CSV without ids, and their plain sums."""
    file = tmp_path_factory.mktemp("traces") / "azure.csv"
    return file, write_csv(file)


async def test_a_replay_into_the_database_books_every_call_once_and_to_the_nano(
    database_url: str, traces: tuple[Path, Sums]
) -> None:
    file, sums = traces
    await organised(database_url)

    first = await tokens(database_url, "replay", file)
    second = await tokens(database_url, "replay", file)

    assert f"{sums.calls} accepted, 0 duplicates, 0 conflicts, 0 quarantined" in first
    assert f"0 accepted, {sums.calls} duplicates, 0 conflicts, 0 quarantined" in second
    await agrees(database_url, sums)


async def test_a_replay_over_http_books_every_call_once_and_to_the_nano(
    database_url: str, traces: tuple[Path, Sums]
) -> None:
    file, sums = traces
    key = await organised(database_url)

    async with bot_process(database_url) as bot:
        first = await tokens(database_url, "replay", file, "--to", bot.url, "--key", key)
        second = await tokens(database_url, "replay", file, "--to", bot.url, "--key", key)

    assert f"{sums.calls} accepted, 0 duplicates, 0 conflicts, 0 quarantined" in first
    assert f"0 accepted, {sums.calls} duplicates, 0 conflicts, 0 quarantined" in second
    await agrees(database_url, sums)


async def test_a_row_that_changed_between_two_replays_is_a_conflict_and_the_first_one_stands(
    context: Context, tmp_path: Path
) -> None:
    """Rows with ids: without ids, a changed file is a new file."""
    await import_teams(context, read_teams_file(TEAMS_YML), dry_run=False)
    file = tmp_path / "with-ids.csv"
    sums = write_csv(file, with_ids=True, most=1_000)
    how = {"name": "replay", "shift_to_now": False, "to": None, "key": None}
    first = await replay(context, file, **how)  # type: ignore[arg-type]  # the options of one replay
    lines = file.read_text().splitlines()
    lines[7] = lines[7].replace("2023-11-16T", "2023-11-17T")
    file.write_text("\n".join(lines) + "\n")

    again = await replay(context, file, **how)  # type: ignore[arg-type]

    assert first.counts == {"accepted": 1_000, "duplicates": 0, "conflicts": 0, "quarantined": 0}
    assert again.counts == {"accepted": 0, "duplicates": 999, "conflicts": 1, "quarantined": 0}
    assert [row for row, _ in again.errors] == [7]
    assert await booked(context.settings.database_url) == sums
