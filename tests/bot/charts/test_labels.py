"""Labels of charts: none lies on another, whatever the names, and the words of a chart have every figure on it."""

import re
from dataclasses import replace
from typing import NamedTuple

import pytest

from bot.charts.card import Card
from bot.charts.labels import spread
from bot.charts.letters import width_of
from bot.charts.render import render
from bot.charts.style import PLOT_LEFT
from bot.charts.values import Chart, SpendByDay, TeamsAgainstBudget, encode
from tests.bot.charts.examples import AWKWARD, FAMILY, PERIOD_PLAN, TEAMS, TWO_WEEKS

LONG = "Research and Development of the Western Hemisphere, second floor"
NAMES = {
    "long": LONG,
    "cjk": "検索と推薦のためのチーム",
    "rtl": "فريق البحث والتوصيات",
    "wide": "W" * 60,
    "narrow": "i" * 60,
}


class Box(NamedTuple):
    text: str
    left: float
    low: float
    right: float
    high: float

    def covers(self, other: "Box") -> bool:
        return self.left < other.right and other.left < self.right and self.low < other.high and other.low < self.high


def drawn(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> list[Box]:
    """The boxes of all texts of a chart: as high as capitals, without the hair between two lines."""
    found: list[Box] = []
    png = Card.png

    def note(card: Card) -> bytes:
        found.extend(
            Box(text, x, y, x + width_of(text, size, bold), y + 0.73 * size)
            for x, y, text, size, bold, _ in card._words
        )
        return png(card)

    monkeypatch.setattr(Card, "png", note)
    render(chart)
    return found


def named(name: str) -> dict[str, Chart]:
    tools = tuple((f"{name} {n}"[-70:] if n else name, nanos) for n, (_, nanos) in enumerate(TWO_WEEKS.tools))
    teams = tuple((name, *amounts) for _, *amounts in TEAMS.teams)
    return {
        "two weeks": replace(TWO_WEEKS, tools=tools, title=f"{name} spent $8,412 last week", subtitle=name),
        "plan": replace(PERIOD_PLAN, title=f"{name} is heading for $13,100 of $12,000"),
        "teams": TeamsAgainstBudget(title=name, subtitle=name, teams=teams, alt=""),  # type: ignore[arg-type]
    }


CASES = {
    **{name: chart for name, chart in AWKWARD.items() if name not in ("years", "a year of hours")},
    **FAMILY,
    **{f"{chart} {kind}": made for kind, name in NAMES.items() for chart, made in named(name).items()},
}


@pytest.mark.parametrize("name", CASES)
def test_no_label_lies_on_another_or_leaves_the_card(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = drawn(CASES[name], monkeypatch)

    for at, box in enumerate(boxes):
        assert box.left >= 0, box
        assert box.right <= 1200, box
        assert box.low >= 6, box
        for other in boxes[at + 1 :]:
            assert not box.covers(other), (box, other)


@pytest.mark.parametrize("name", FAMILY)
def test_the_words_of_a_chart_have_every_figure_on_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = FAMILY[name]
    alt = encode(chart)["alt"]
    boxes = [box for box in drawn(chart, monkeypatch) if box.right < PLOT_LEFT - 20 or box.right > PLOT_LEFT]
    figures = {found for box in boxes for found in re.findall(r"\$[\d,.]*\d[kMB]?|\d+%", box.text)}
    told = f"{chart.title} {alt}"

    assert figures, "a chart has figures"
    assert not {figure for figure in figures if not re.search(rf"{re.escape(figure)}(?![\d%])", told)}
    assert len(alt) <= 1_000


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([100.0, 300.0], [100.0, 300.0]),
        ([100.0, 110.0], [100.0, 160.0]),
        ([300.0, 110.0, 100.0], [300.0, 160.0, 100.0]),
        ([390.0, 395.0], [340.0, 400.0]),
        ([0.0], [50.0]),
        ([], []),
    ],
)
def test_labels_move_apart_and_stay_inside(wanted: list[float], found: list[float]) -> None:
    assert spread(wanted, gap=60, low=50, high=400) == found


def test_a_stored_chart_keeps_its_sentence_before_its_figures() -> None:
    assert isinstance(FAMILY["two weeks"], SpendByDay)
    assert encode(FAMILY["two weeks"])["alt"].startswith("Cost per day of Search. Last week $")
