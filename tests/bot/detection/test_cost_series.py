"""Hourly cost from a CSV: what is read, what is added up, and what is said of a row that can't be read."""

import io
from datetime import UTC, datetime

import pytest

from bot.detection.cost_series import read_series
from bot.money import NANOS
from bot.refusals import ConfigError

NINE = int(datetime(2026, 11, 26, 9, tzinfo=UTC).timestamp()) // 3600
HEADER = "team,hour_utc,cost_usd\n"


def read(text: str) -> dict[str, tuple[int, list[int]]]:
    return {team: (first, cost.tolist()) for team, first, cost in read_series(io.StringIO(text))}


def test_hours_left_out_cost_nothing_and_rows_of_one_hour_add_up() -> None:
    text = (
        HEADER + "search,2026-11-26T12,1.5\nads,2026-11-26T09,2\nsearch,2026-11-26T09,0.25\nsearch,2026-11-26T12,-1\n"
    )

    assert read(text) == {
        "search": (NINE, [NANOS // 4, 0, 0, NANOS // 2]),
        "ads": (NINE, [2 * NANOS]),
    }


@pytest.mark.parametrize(
    "hour",
    [
        "2026-11-26T09", "2026-11-26 09", "2026-11-26T09Z", "2026-11-26T09:00", "2026-11-26T09:00:00Z",
        "2026-11-26T09:00:00+00:00", " 2026-11-26T09 ",
    ],
)  # fmt: skip
def test_an_hour_is_written_in_any_usual_way(hour: str) -> None:
    assert read(f"{HEADER}search,{hour},1\n") == {"search": (NINE, [NANOS])}


def test_columns_may_stand_in_any_order_beside_others_after_a_byte_order_mark() -> None:
    text = '\ufeffcost_usd,note,hour_utc,team\n1e-3,"a, b",2026-11-26T09,search\n\n'

    assert read(text) == {"search": (NINE, [NANOS // 1000])}


def test_a_team_begins_with_its_first_cost_and_one_without_any_is_left_out() -> None:
    text = HEADER + "search,2026-11-26T07,0\nsearch,2026-11-26T08,-3\nsearch,2026-11-26T09,1\nidle,2026-11-26T09,0\n"

    assert read(text) == {"search": (NINE, [NANOS])}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Row 1 needs the columns team, hour_utc, cost_usd; team, hour_utc, cost_usd is missing"),
        ("team,hour,cost_usd\n", "hour_utc is missing"),
        (HEADER + "search,2026-11-26T09\n", "Row 2 has 2 values"),
        (HEADER + "search,2026-11-26T09,1\n,2026-11-26T09,1\n", "Row 3, column team"),
        (HEADER + "search,yesterday,1\n", "Row 2, column hour_utc: 'yesterday' is no hour like"),
        (HEADER + "search,2026-13-01T09,1\n", "Row 2, column hour_utc"),
        (HEADER + "search,2026-11-26T09:30,1\n", "Row 2, column hour_utc: '2026-11-26T09:30' is not the start"),
        (HEADER + "search,2026-11-26T09:00+02:00,1\n", "Row 2, column hour_utc"),
        (HEADER + "search,2026-11-26T09,$5\n", "Row 2, column cost_usd: '$5' is not an amount"),
        (HEADER + "search,2026-11-26T09,\n", "Row 2, column cost_usd"),
        (HEADER + "search,2026-11-26T09,nan\n", "Row 2, column cost_usd"),
        (HEADER + "search,2026-11-26T09,1e999999999\n", "Row 2, column cost_usd"),
        (HEADER + "search,2026-11-26T09," + "9" * 5000 + "\n", "Row 2, column cost_usd"),
        (HEADER + 'search,"2026-11-26T09,1\n', "Row 2 is not CSV"),
        (HEADER + "search,1999-11-26T09,1\nsearch,2026-11-26T09,1\n", "Team search has hours 27 years apart"),
    ],
)
def test_what_cant_be_read_is_named_by_row_and_column(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)

    assert message in str(refused.value)
