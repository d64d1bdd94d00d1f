"""Hourly cost by team as CSV, which a backtest reads, and its messages as rows, which it writes."""

import csv
from array import array
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import numpy as np

from bot.detection.backtests import BacktestAlert
from bot.detection.detector.spike_hours import MAX_NANOS, Ints
from bot.money import NANOS
from bot.refusals import ConfigError

COLUMNS = ("team", "hour_utc", "cost_usd")
ALERT_COLUMNS = ("team", "at", "severity")
EXPLANATION_COLUMNS = ("rule", "window_hours", "observed_usd", "usual_usd", "bar_usd", "score", "message")
MAX_HOURS = 20 * 366 * 24
_MAX_DOLLARS = Decimal(MAX_NANOS // NANOS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_series(lines: Iterable[str]) -> Iterator[tuple[str, int, Ints]]:
    """Yields (team, first hour since 1970, nano-dollars per hour from the team's first cost), in the order teams first occur.

    Rows may come in any order; hours left out cost nothing, and rows of the same hour add up. Raises ConfigError naming the row
    and the column that can't be read.
    """
    rows = csv.reader(lines, strict=True)
    kept: dict[str, tuple[array[int], array[int]]] = {}
    hours: dict[str, int] = {}
    try:
        places = _column_positions(next(rows, []))
        for number, row in enumerate(rows, 2):
            if not row:
                continue
            if len(row) <= max(places):
                raise ConfigError(f"Row {number} has {len(row)} values; it needs {', '.join(COLUMNS)}.")
            team, hour, cost = (row[place].strip() for place in places)
            if not team:
                raise ConfigError(f"Row {number}, column team: is empty.")
            if hour not in hours:
                hours[hour] = _hour(hour, number)
            at, nanos = kept.setdefault(team, (array("q"), array("q")))
            at.append(hours[hour])
            nanos.append(_nanos(cost, number))
    except csv.Error as error:
        raise ConfigError(f"Row {rows.line_num} is not CSV: {error}.") from error
    for team in list(kept):
        found = _zero_filled(team, *kept.pop(team))
        if found is not None:
            yield found


def alert_row(alert: BacktestAlert, *, explain: bool) -> list[str]:
    """Returns an alert as a row of ALERT_COLUMNS, with EXPLANATION_COLUMNS behind them to `explain` it."""
    at = (_EPOCH + timedelta(hours=alert.at)).strftime("%Y-%m-%dT%H:%M:%SZ")
    judged = alert.judgement
    row = [alert.team, at, alert.severity]
    if explain:
        amounts = (judged.observed_nanos, judged.usual_nanos, judged.bar_nanos or 0)
        row += [
            judged.rule,
            str(judged.window_hours),
            *(f"{nanos / NANOS:.2f}" for nanos in amounts),
            f"{judged.score:.2f}",
            "edited" if alert.is_edit else "posted",
        ]
    return row


def _column_positions(header: list[str]) -> list[int]:
    names = [name.strip().lstrip("\ufeff") for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ConfigError(f"Row 1 needs the columns {', '.join(COLUMNS)}; {', '.join(missing)} is missing.")
    return [names.index(name) for name in COLUMNS]


def _hour(text: str, number: int) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"Row {number}, column hour_utc: {text!r} is no hour like 2026-11-26T09.") from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    hour, rest = divmod(moment - _EPOCH, timedelta(hours=1))
    if rest or moment.utcoffset():
        raise ConfigError(f"Row {number}, column hour_utc: {text!r} is not the start of an hour in UTC.")
    return hour


def _nanos(text: str, number: int) -> int:
    try:
        dollars = Decimal(text) if len(text) <= 40 else Decimal("nan")
    except InvalidOperation:
        raise ConfigError(f"Row {number}, column cost_usd: {text!r} is not an amount.") from None
    if not dollars.is_finite() or not -_MAX_DOLLARS <= dollars <= _MAX_DOLLARS:
        raise ConfigError(f"Row {number}, column cost_usd: {text[:40]!r} is not an amount under nine million dollars.")
    return round(dollars * NANOS)


def _zero_filled(team: str, hours: "array[int]", nanos: "array[int]") -> tuple[str, int, Ints] | None:
    at, cost = np.array(hours), np.array(nanos)
    first, count = int(at.min()), int(at.max() - at.min()) + 1
    if count > MAX_HOURS:
        raise ConfigError(
            f"Team {team} has hours {count // 8766} years apart; at most 20 can be judged. Is an hour wrong?"
        )
    filled = np.zeros(count, dtype=np.int64)
    np.add.at(filled, at - first, cost)
    spent = np.flatnonzero(filled > 0)
    return (team, first + int(spent[0]), filled[spent[0] :]) if len(spent) else None
