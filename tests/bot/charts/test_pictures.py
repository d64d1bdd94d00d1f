"""Charts as pictures: what is drawn, in which colours, and from equal charts equal bytes."""

import io
import itertools
import warnings
from dataclasses import replace

import matplotlib
import pytest
from PIL import Image

from bot.charts import style
from bot.charts.render import render
from bot.charts.values import Chart, SpendByDay, decode, encode
from bot.money import NANOS
from tests.bot.charts.examples import AWKWARD, MONDAY, WEEK, spend, spike

PNG_CHUNKS_THAT_DRAW = {b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"}


def picture(chart: Chart) -> Image.Image:
    return Image.open(io.BytesIO(render(chart))).convert("RGBA")


def pixels_of(image: Image.Image, color: str) -> int:
    wanted = (*bytes.fromhex(color[1:]), 255)
    return sum(count for count, seen in image.getcolors(maxcolors=1_000_000) or [] if seen == wanted)


@pytest.mark.parametrize("name", AWKWARD)
def test_it_draws_awkward_charts_without_a_warning_and_small_enough(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = render(AWKWARD[name])

    assert Image.open(io.BytesIO(png)).width == 1200
    assert len(png) < 120_000


def test_equal_charts_give_equal_bytes_and_carry_no_time_or_program() -> None:
    first, second = render(AWKWARD["a week"]), render(decode(encode(AWKWARD["a week"])))
    chunks, at = set(), 8
    while at < len(first):
        chunks.add(first[at + 4 : at + 8])
        at += 12 + int.from_bytes(first[at : at + 4], "big")

    assert first == second
    assert chunks <= PNG_CHUNKS_THAT_DRAW


def test_a_global_style_changes_nothing() -> None:
    before = render(AWKWARD["open days"])
    with matplotlib.rc_context({"hatch.linewidth": 9, "font.size": 30, "text.usetex": True, "savefig.dpi": 30}):
        after = render(AWKWARD["open days"])

    assert before == after


def test_days_above_the_budget_are_marked_and_others_are_not() -> None:
    assert pixels_of(picture(spend(WEEK, budget=300)), style.WARNING) > 100
    assert pixels_of(picture(spend(WEEK, budget=310)), style.WARNING) == 0, "at the budget is not above it"
    assert pixels_of(picture(spend(WEEK, budget=None)), style.WARNING) == 0


def test_a_plan_by_weekday_marks_days_well_above_it() -> None:
    """A team that keeps to its plan is a little above it on every other day."""
    on_plan = replace(spend(WEEK, budget=None), plan_nanos=tuple(int(n * NANOS / 1.09) for n in WEEK[1]))
    above = replace(on_plan, plan_nanos=tuple(int(n * NANOS / 1.11) for n in WEEK[1]))
    partly = replace(above, plan_nanos=(None,) * 5 + above.plan_nanos[5:])

    assert (sum(on_plan.over), sum(above.over), sum(partly.over)) == (0, 7, 2)
    assert pixels_of(picture(on_plan), style.WARNING) == 0
    assert pixels_of(picture(above), style.WARNING) > 100
    assert "well above it on 2 days" in encode(partly)["alt"]


def test_open_days_are_striped_and_closed_ones_are_solid() -> None:
    """One sees it without the colour: along the middle of a striped bar paper and colour alternate."""

    def changes(chart: SpendByDay) -> int:
        image = picture(chart)
        middle = round(style.PLOT_LEFT + (style.PLOT_RIGHT - style.PLOT_LEFT) / 2)
        column = [image.getpixel((middle, y)) for y in range(360, 480)]
        return sum(a != b for a, b in itertools.pairwise(column))

    bars = ("Claude Code", (300,) * 7)
    assert changes(spend(bars, budget=None)) == 0
    assert changes(spend(bars, budget=None, closed_through=MONDAY + 6)) == 0
    assert changes(spend(bars, budget=None, closed_through=MONDAY + 2)) > 10


def test_the_card_brings_its_own_ground() -> None:
    """So that it reads the same on Slack's light and dark ground: only the rounded corners let it through."""
    image = picture(AWKWARD["a week"])

    assert [image.getpixel(corner)[3] for corner in ((0, 0), (1199, 0), (0, 599), (1199, 599))] == [0] * 4  # type: ignore[index]
    assert image.getpixel((600, 20)) == (255, 255, 255, 255)
    assert image.getpixel((40, 300)) == (255, 255, 255, 255)


def test_a_spike_that_is_over_is_marked_as_far_as_it_went() -> None:
    open_one = spike(48, marked=40)
    over = replace(open_one, marked_until=open_one.marked_from + 2)
    red = [pixels_of(picture(chart), style.ALARM) for chart in (open_one, over)]

    assert 0 < red[1] * 10 < red[0]


def test_hours_are_told_by_the_teams_clock() -> None:
    below_the_plot = (0, 600 - style.PLOT_BOTTOM + 4, style.PLOT_RIGHT, 590)
    london, angeles, utc = (
        picture(spike(timezone=name)).crop(below_the_plot) for name in ("Europe/London", "America/Los_Angeles", "UTC")
    )

    assert london.tobytes() == utc.tobytes()
    assert london.tobytes() != angeles.tobytes()
