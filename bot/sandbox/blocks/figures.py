"""Tables and native charts of Block Kit: shapes, and rules between their parts."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.blocks.shapes import (
    Shape,
    all_of,
    anything,
    at,
    between,
    boolean,
    by_type,
    items,
    number,
    one_of,
    record,
    string,
)

MAX_SERIES = 6  # the first documentation's figure; later clients allow more, so this is what every Slack takes
_label = string(20, least=1)
_series = record({"name": _label, "data": items(record({"label": _label, "value": number}), most=20)})
_axes = record(
    {"categories": items(_label, most=20)},
    {"x_label": string(50), "y_label": string(50)},
)
_xy = record({"series": items(_series, most=MAX_SERIES), "axis_config": _axes})
_segment = record({"label": _label, "value": number})
_chart = by_type({"pie": record({"segments": items(_segment, most=MAX_SERIES)}), "bar": _xy, "line": _xy, "area": _xy})


def _agrees_with_itself(block: Any, pointer: str) -> Iterator[str]:
    """Checks that slices are positive, names unique, and every series has one point per category in order."""
    chart = block.get("chart") if isinstance(block, dict) else None
    if not isinstance(chart, dict):
        return
    for i, segment in enumerate(_records(chart.get("segments"))):
        value = segment.get("value")
        if isinstance(value, int | float) and value <= 0:
            yield at("must be greater than 0", f"{pointer}/chart/segments/{i}/value")
    axes = chart.get("axis_config")
    categories = axes.get("categories") if isinstance(axes, dict) else None
    series = _records(chart.get("series"))
    if len({str(one.get("name")) for one in series}) != len(series):
        yield at("series names must be unique", f"{pointer}/chart/series")
    for i, one in enumerate(series):
        if [point.get("label") for point in _records(one.get("data"))] != categories:
            yield at("must have exactly one point per category, in order", f"{pointer}/chart/series/{i}/data")


def _records(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


_raw_text = record({"text": string(10_000, least=1)})
_raw_number = record({"value": number, "text": string(100)})
_cell = by_type({"raw_text": _raw_text, "raw_number": _raw_number, "rich_text": anything})
_columns = items(record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}), least=0, most=20)


def _is_rectangular(block: Any, pointer: str) -> Iterator[str]:
    """Checks that every row has as many cells as the first, and that a data_table's header is not rich text."""
    rows = block.get("rows") if isinstance(block, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows) or not rows:
        return
    if len({len(row) for row in rows}) > 1:
        yield at("all rows must have the same number of cells", f"{pointer}/rows")
    if block.get("type") == "data_table" and any(cell.get("type") == "rich_text" for cell in _records(rows[0])):
        yield at("header cells must not be rich_text", f"{pointer}/rows/0")


_block_id = {"block_id": string(255, least=1)}
FIGURES: dict[str, Shape] = {
    "data_visualization": all_of(
        record({"title": string(50, least=1), "chart": _chart}, _block_id), _agrees_with_itself
    ),
    "table": all_of(
        record({"rows": items(items(_cell, most=20), most=100)}, {**_block_id, "column_settings": _columns}),
        _is_rectangular,
    ),
    "data_table": all_of(
        record(
            {"caption": string(255, least=1), "rows": items(items(_cell, most=20), least=2, most=201)},
            {**_block_id, "page_size": between(1, 100), "row_header_column_index": between(0, 19)},
        ),
        _is_rectangular,
    ),
}
