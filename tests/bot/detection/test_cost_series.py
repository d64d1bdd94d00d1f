"""Hourly cost from a CSV: what is read, what is added up, and what is said of a row that can't be read."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.detection.backtests import BacktestAlert
from bot.detection.cost_series import ALERT_COLUMNS, COLUMNS, EXPLANATION_COLUMNS, MAX_HOURS, alert_row, read_series
from bot.detection.spikes import SpikeJudgement
from bot.money import NANOS
from bot.refusals import ConfigError

NINE = int(datetime(2026, 11, 26, 9, tzinfo=UTC).timestamp()) // 3600
HEADER = "team,hour_utc,cost_usd\n"
TOO_MUCH = "is not an amount under nine million dollars."


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
        ("", "Row 1 needs the columns team, hour_utc, cost_usd; team, hour_utc, cost_usd is missing."),
        ("team,hour,cost_usd\n", "Row 1 needs the columns team, hour_utc, cost_usd; hour_utc is missing."),
        (HEADER + "search,2026-11-26T09\n", "Row 2 has 2 values; it needs team, hour_utc, cost_usd."),
        (HEADER + "search,2026-11-26T09,1\n,2026-11-26T09,1\n", "Row 3, column team: is empty."),
        (HEADER + "search,yesterday,1\n", "Row 2, column hour_utc: 'yesterday' is no hour like 2026-11-26T09."),
        (HEADER + "search,2026-13-01T09,1\n", "Row 2, column hour_utc: '2026-13-01T09' is no hour like 2026-11-26T09."),
        (
            HEADER + "search,2026-11-26T09:30,1\n",
            "Row 2, column hour_utc: '2026-11-26T09:30' is not the start of an hour in UTC.",
        ),
        (
            HEADER + "search,2026-11-26T09:00+02:00,1\n",
            "Row 2, column hour_utc: '2026-11-26T09:00+02:00' is not the start of an hour in UTC.",
        ),
        (HEADER + "search,2026-11-26T09,$5\n", "Row 2, column cost_usd: '$5' is not an amount."),
        (HEADER + "search,2026-11-26T09,\n", "Row 2, column cost_usd: '' is not an amount."),
        (HEADER + "search,2026-11-26T09,nan\n", f"Row 2, column cost_usd: 'nan' {TOO_MUCH}"),
        (HEADER + "search,2026-11-26T09,1e999999999\n", f"Row 2, column cost_usd: '1e999999999' {TOO_MUCH}"),
        (HEADER + "search,2026-11-26T09," + "9" * 5000 + "\n", f"Row 2, column cost_usd: '{'9' * 40}' {TOO_MUCH}"),
        (HEADER + "search,2026-11-26T09,9000001\n", f"Row 2, column cost_usd: '9000001' {TOO_MUCH}"),
        (HEADER + "search,2026-11-26T09,-9000001\n", f"Row 2, column cost_usd: '-9000001' {TOO_MUCH}"),
        (HEADER + 'search,"2026-11-26T09,1\n', "Row 2 is not CSV: unexpected end of data."),
        (
            HEADER + "search,1999-11-26T09,1\nsearch,2026-11-26T09,1\n",
            "Team search has hours 27 years apart; at most 20 can be judged. Is an hour wrong?",
        ),
    ],
)
def test_what_cant_be_read_is_named_by_row_and_column(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("cost", "nanos"),
    [("9000000", 9 * 10**15), (f"{'0' * 39}2", 2 * NANOS), ("0.0000000014", 1), ("0.0000000016", 2)],
)
def test_an_amount_has_at_most_forty_characters_and_nine_million_dollars(cost: str, nanos: int) -> None:
    assert read(f"{HEADER}search,2026-11-26T09,{cost}\n") == {"search": (NINE, [nanos])}
    with pytest.raises(ConfigError):
        read(f"{HEADER}search,2026-11-26T09,{'0' * 40}2\n")


def test_an_empty_line_between_rows_is_skipped() -> None:
    assert read(f"{HEADER}\nsearch,2026-11-26T09,1\n") == {"search": (NINE, [NANOS])}


@pytest.mark.parametrize(("apart", "is_read"), [(MAX_HOURS - 1, True), (MAX_HOURS, False)])
def test_a_team_has_at_most_twenty_years(apart: int, is_read: bool) -> None:
    later = datetime(2006, 1, 1, tzinfo=UTC) + timedelta(hours=apart)
    text = f"{HEADER}search,2006-01-01T00,1\nsearch,{later:%Y-%m-%dT%H},1\n"

    assert MAX_HOURS == 20 * 366 * 24
    if is_read:
        assert len(read(text)["search"][1]) == MAX_HOURS
        return
    with pytest.raises(ConfigError, match="20 years apart"):
        read(text)


JUDGED = SpikeJudgement(
    spike=True,
    score=1.5,
    severity="high",
    rule="record",
    window_hours=4,
    observed_nanos=600 * NANOS,
    usual_nanos=12_345 * NANOS // 1_000,
    bar_nanos=400 * NANOS,
    excess_nanos=587_655 * NANOS // 1_000,
    times_usual=48.6,
)


def test_a_message_becomes_a_row_of_the_columns_that_are_named() -> None:
    told = BacktestAlert(team="search", at=NINE, severity="critical", is_edit=False, judgement=JUDGED)
    young = replace(told, judgement=replace(JUDGED, bar_nanos=None))

    assert alert_row(told, explain=False) == ["search", "2026-11-26T09:00:00Z", "critical"]
    assert alert_row(told, explain=True) == [
        *("search", "2026-11-26T09:00:00Z", "critical"),
        *("record", "4", "600.00", "12.35", "400.00", "1.50", "posted"),
    ]
    assert alert_row(young, explain=True)[-3] == "0.00"
    assert alert_row(replace(told, is_edit=True), explain=True)[-1] == "edited"
    assert COLUMNS == ("team", "hour_utc", "cost_usd")
    assert ALERT_COLUMNS == ("team", "at", "severity")
    assert EXPLANATION_COLUMNS == ("rule", "window_hours", "observed_usd", "usual_usd", "bar_usd", "score", "message")
