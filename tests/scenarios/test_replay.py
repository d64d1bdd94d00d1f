"""Real input: the Azure traces replayed by the command line, into the database and over HTTP, on both databases."""

from pathlib import Path

import pytest

from tests.azure import TEAMS_YML, Sums, write_csv
from tests.processes import bot_process, tokens
from tests.scenarios.booked import booked


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sums]:
    """The traces as a CSV without ids, and the plain sums over it."""
    file = tmp_path_factory.mktemp("traces") / "azure.csv"
    return file, write_csv(file)


@pytest.fixture
async def organised(database_url: str, tmp_path: Path) -> str:
    """A database with the teams that the traces' rows belong to."""
    file = tmp_path / "teams.yml"
    file.write_text(TEAMS_YML)
    await tokens(database_url, "teams", "import", file)
    return database_url


async def test_a_replay_into_the_database_books_every_call_once_and_to_the_nano(
    organised: str, traces: tuple[Path, Sums]
) -> None:
    file, sums = traces

    first = await tokens(organised, "replay", file)
    second = await tokens(organised, "replay", file)

    assert f"{sums.calls} accepted, 0 duplicates, 0 conflicts, 0 quarantined" in first
    assert f"0 accepted, {sums.calls} duplicates, 0 conflicts, 0 quarantined" in second
    await _agrees(organised, sums)


async def test_a_replay_over_http_books_every_call_once_and_to_the_nano(
    organised: str, traces: tuple[Path, Sums]
) -> None:
    file, sums = traces
    key = (await tokens(organised, "keys", "create", "gateway", "--source", "cloudevents")).split()[-1]

    async with bot_process(organised) as bot:
        first = await tokens(organised, "replay", file, "--to", bot.url, "--key", key)
        second = await tokens(organised, "replay", file, "--to", bot.url, "--key", key)

    assert f"{sums.calls} accepted, 0 duplicates, 0 conflicts, 0 quarantined" in first
    assert f"0 accepted, {sums.calls} duplicates, 0 conflicts, 0 quarantined" in second
    await _agrees(organised, sums)


async def test_the_same_calls_with_ids_are_the_same_sums_and_one_changed_row_is_a_conflict(
    organised: str, tmp_path: Path
) -> None:
    file = tmp_path / "with-ids.csv"
    sums = write_csv(file, with_ids=True, most=1_000)
    await tokens(organised, "replay", file)
    lines = file.read_text().splitlines()
    lines[7] = lines[7].replace("2023-11-16T", "2023-11-17T")
    file.write_text("\n".join(lines) + "\n")

    again = await tokens(organised, "replay", file)

    assert "0 accepted, 999 duplicates, 1 conflicts, 0 quarantined" in again
    await _agrees(organised, sums)


async def _agrees(database_url: str, sums: Sums) -> None:
    for of in ("events", "hours", "days"):
        assert await booked(database_url, of=of) == sums, of
    assert "Everything agrees" in await tokens(database_url, "check")
