"""Changes by hand to a quarantined row, and the rebuilt event of a row that the database refused."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.intake.quarantine import event_from_row, fields_of, parse_changes, row_from_event, with_changes
from bot.refusals import ConfigError
from bot.sources import SOURCES

ROW = {"id": "x", "data": {"model": "m", "tags": ["a"]}, "records": [{"attributes": [{"key": "k"}]}]}


@pytest.mark.parametrize(
    ("given", "path", "value"),
    [
        ("data.model=gpt-4o", ["data", "model"], "gpt-4o"),
        ("data.output_tokens=5", ["data", "output_tokens"], 5),
        ("new.deep.er=1", ["new", "deep", "er"], 1),
        ('data.model="7"', ["data", "model"], "7"),
        ("data.note=a=b", ["data", "note"], "a=b"),
        ("data.tags.0=b", ["data", "tags", 0], "b"),
        ('records.0.attributes.0.value={"intValue": "3"}', ["records", 0, "attributes", 0, "value"], {"intValue": "3"}),
    ],
)
def test_a_field_is_set_by_its_path(given: str, path: list[Any], value: Any) -> None:
    found: Any = fields_of(with_changes(json.dumps(ROW).encode(), parse_changes([given])))
    for step in path:
        found = found[step]

    assert found == value


def test_null_takes_a_field_away_and_no_change_changes_no_byte() -> None:
    body = json.dumps(ROW).encode()

    assert "model" not in fields_of(with_changes(body, parse_changes(["data.model=null"])))["data"]
    assert with_changes(body, {}) is body


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("model", "must be a field's path and its value"),
        ("a..b=1", "must be a field's path and its value"),
        ("id.of.it=1", "there are no fields in 'x'"),
        ("id.of=1", "there are no fields in 'x'"),
        ("data.tags.1=b", "1 is no place in a list of 1"),
        ("data.tags.-1=b", "-1 is no place in a list of 1"),
        ("records.x.y=b", "x is no place in a list of 1"),
    ],
)
def test_a_path_that_leads_nowhere_is_said(given: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        with_changes(json.dumps(ROW).encode(), parse_changes([given]))


def test_an_event_that_was_kept_comes_back_whole() -> None:
    body = b"""[{"id": "1", "time": "2026-11-23T10:00:00Z", "data": {"model": "m", "tags": ["a:b"], "output_tokens": 5,
                 "cost_usd": "0.25", "user": "anna@acme.test"}}]"""
    ((_, event),) = SOURCES["cloudevents"](body, now=datetime(2026, 11, 24, tzinfo=UTC)).events

    assert event_from_row(row_from_event(0, event, "refused").kept) == event


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output": "many"}, "Expected `int`, got `str` - at `$.output`"),
        ({"model": 5}, "Expected `str`, got `int` - at `$.model`"),
        ({"tags": ["a", 7]}, "Expected `str`, got `int` - at `$.tags[1]`"),
        ({"model": None}, "Object missing required field `model`"),
    ],
)
def test_a_kept_event_that_is_none_any_more_names_the_field_as_it_is_kept(changes: dict[str, Any], said: str) -> None:
    """The name is the one to fix it by: `--set model=…`."""
    body = b'{"id": "1", "time": "2026-11-23T10:00:00Z", "data": {"model": "m", "output_tokens": 5}}'
    ((_, event),) = SOURCES["cloudevents"](body, now=datetime(2026, 11, 24, tzinfo=UTC)).events

    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        event_from_row(with_changes(row_from_event(0, event, "refused").kept, changes))
