"""Charts as values: their trip through JSON, and what is refused."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from bot.charts.values import decode, encode
from bot.messages import CHART_BLOCK, Message, with_images
from tests.bot.charts.examples import AWKWARD


@pytest.mark.parametrize("name", AWKWARD)
def test_a_chart_survives_the_trip_through_json(name: str) -> None:
    stored = decode(json.loads(json.dumps(encode(AWKWARD[name]))))

    assert replace(stored, alt="") == replace(AWKWARD[name], alt="")
    assert stored.alt.startswith(AWKWARD[name].alt)
    assert encode(stored) == encode(AWKWARD[name]), "its figures are said once"


@pytest.mark.parametrize(
    "change",
    [{"kind": "pie"}, {"kind": None}, {"days": [3, 2]}, {"tools": [["A", [1]]]}, {"days": "monday"}, {"title": 3}],
)
def test_decode_refuses_what_encode_never_gave(change: dict[str, object]) -> None:
    stored = encode(AWKWARD["a week"])

    with pytest.raises(ValueError):
        decode({**stored, **change})


def test_decode_refuses_a_chart_with_something_missing() -> None:
    stored = encode(AWKWARD["a spike"])
    del stored["marked_from"]

    with pytest.raises(ValueError, match="marked_from"):
        decode(stored)


@pytest.mark.parametrize("change", [{"timezone": "Mars/Olympus"}, {"usual_low_nanos": []}, {"hours": [2] * 24}])
def test_decode_refuses_hours_that_do_not_fit_together(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        decode({**encode(AWKWARD["a spike"]), **change})


def test_words_stand_in_for_a_picture_that_is_not_there() -> None:
    """As where Slack refuses it, and in an answer that comes before the worker has drawn it."""
    placeholder = {"type": CHART_BLOCK, "chart": 0, "block_id": "x-chart"}
    stored = encode(AWKWARD["a week"])
    message = Message(text="A week", blocks=(placeholder,), charts=(stored,))
    (words,) = with_images(message, ())
    (image,) = with_images(message, ("F1",))

    assert words["elements"] == [{"type": "plain_text", "text": stored["alt"], "emoji": False}]
    assert words["block_id"] != image["block_id"]
    assert image["alt_text"] == stored["alt"]


def test_importing_charts_does_not_load_matplotlib() -> None:
    """The web process holds charts as values and never draws: the drawing would cost it memory and its start."""
    code = "import sys, bot.charts.values, bot.charts.native, bot.charts.render; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
