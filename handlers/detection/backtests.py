"""`tokens backtest`: the messages that channels would have got for past cost, before anybody switches alerts on."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.progress import track

from bot.detection.backtests import backtest
from bot.detection.cost_series import ALERT_COLUMNS, EXPLANATION_COLUMNS, alert_row, read_series
from bot.refusals import ConfigError
from handlers.cli import err, fail


def backtest_file(series: Path, alerts: Path, *, explain: bool) -> int:
    """Runs a backtest over a CSV of hourly cost and writes a row per message; returns how many. Raises ConfigError."""
    with series.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as lines:
        try:
            teams = list(read_series(lines))
        except ConfigError as error:
            raise ConfigError(f"{series.name}: {error}") from error
    messages = backtest(track(teams, "Judging", console=err, transient=True))
    with _writing(alerts) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*ALERT_COLUMNS, *(EXPLANATION_COLUMNS if explain else ())])
        rows.writerows(alert_row(message, explain=explain) for message in messages)
    return len(messages)


@contextmanager
def _writing(path: Path) -> Iterator[TextIO]:
    if str(path) == "-":
        yield sys.stdout
        return
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        yield file


def backtest_command(
    series: Annotated[
        Path, typer.Argument(help="A CSV of hourly cost: team, hour_utc, cost_usd.", metavar="SERIES.csv")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Where the alerts go; - is standard output.", metavar="ALERTS.csv")
    ],
    explain: Annotated[
        bool, typer.Option("--explain", help="Adds the rule, its window, its bar and the score.")
    ] = False,
) -> None:
    """What channels would have been told of past cost: a row per message, at the hour it would have come."""
    try:
        count = backtest_file(series, out, explain=explain)
    except ConfigError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'The system'}: {error.strerror or error}")
    err.print(f"{count} messages.")
