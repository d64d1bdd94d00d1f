"""Charts: what is drawn, what is refused, and what Slack's own chart block gets."""

import io
import itertools
import json
import subprocess
import sys
import warnings
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image

from bot.charts import card as chart_style
from bot.charts.values import SpendByDay, SpikeHours, decode, encode, native_spend_by_day, render
from bot.money import NANOS
from bot.periods import day_number

MONDAY = day_number(date(2026, 11, 16))
PNG_CHUNKS_THAT_DRAW = {b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"}


def spend(
    *tools: tuple[str, tuple[float, ...]],
    days: int = 7,
    budget: float | None = 400,
    closed_through: int | None = None,
    title: str = "Search spent $3,120 last week",
) -> SpendByDay:
    return SpendByDay(
        title=title,
        subtitle="Mon 16 Nov – Sun 22 Nov · cost by tool",
        days=tuple(range(MONDAY, MONDAY + days)),
        tools=tuple((name, tuple(int(amount * NANOS) for amount in amounts)) for name, amounts in tools),
        budget_line_nanos=None if budget is None else int(budget * NANOS),
        closed_through=closed_through,
        alt="Cost per day of Search, by tool.",
    )


def spike(hours: int = 24, *, timezone: str = "Europe/London", marked: int = 3, usual: float = 10) -> SpikeHours:
    first = MONDAY * 24
    amounts = [usual * (5 if at >= hours - marked else 1) for at in range(hours)]
    return SpikeHours(
        title="Search is spending 5 times its usual rate",
        subtitle="Mostly Claude Code",
        hours=tuple(range(first, first + hours)),
        observed_nanos=tuple(int(amount * NANOS) for amount in amounts),
        usual_low_nanos=(int(usual * NANOS * 0.5),) * hours,
        usual_high_nanos=(int(usual * NANOS * 1.5),) * hours,
        marked_from=first + hours - marked,
        alt="Cost per hour of Search.",
        timezone=timezone,
    )


def picture(chart: SpendByDay | SpikeHours) -> Image.Image:
    return Image.open(io.BytesIO(render(chart))).convert("RGBA")


def pixels_of(image: Image.Image, color: str) -> int:
    wanted = (*bytes.fromhex(color[1:]), 255)
    return sum(count for count, seen in image.getcolors(maxcolors=1_000_000) or [] if seen == wanted)


WEEK = ("Claude Code", (210, 260, 310, 280, 240, 30, 22))

AWKWARD: dict[str, SpendByDay | SpikeHours] = {
    "a week": spend(WEEK, ("Cursor", (90, 110, 130, 120, 90, 12, 8))),
    "no days": spend(days=0),
    "no tools": spend(),
    "one day": spend(("Claude Code", (812.5,)), days=1),
    "a quarter": spend(("Claude Code", (999.6,) * 92), days=92),
    "years": spend(("Claude Code", (1,) * 800), days=800),
    "nothing spent": spend(("Claude Code", (0,) * 7), budget=None),
    "corrections": spend(("Claude Code", (100, -120, 5, 0, 0, 0, 0)), ("Cursor", (-3, -9, 0, 0, 0, 0, 1))),
    "only corrections": spend(("Claude Code", (-1,) * 7), budget=None),
    "a budget of zero": spend(WEEK, budget=0),
    "a negative budget": spend(WEEK, budget=-50),
    "a budget far away": spend(WEEK, budget=1_000_000),
    "millions": spend(("Claude Code", (3.4e6,) * 7), budget=4e6),
    "a nano-dollar": spend(("Claude Code", (1e-9,) * 7), budget=None),
    "nine tools": spend(*((f"Tool {n}", (n,) * 7) for n in range(9))),
    "open days": spend(WEEK, closed_through=MONDAY + 3),
    "all open": spend(WEEK, closed_through=MONDAY - 1),
    "formulas": spend(("$\\frac{$ ^_{$", (1,) * 7), title="$\\frac{x$ cost $5 & <b>"),
    "other scripts": spend(("検索 🚀 \u202e\x00", (1,) * 7), title="検索 spent \U0001f680"),
    "long names": spend(("Claude Code " * 40, (1,) * 7), title="word " * 200),
    "one long word": spend(("", (1,) * 7), title="x" * 5_000),
    "no title": spend(WEEK, title=""),
    "a spike": spike(),
    "a week of hours": spike(168, timezone="America/Argentina/Buenos_Aires", usual=1_000_000),
    "one hour": spike(1, marked=1),
    "no hours": spike(0, marked=0),
    "a year of hours": spike(8_760),
    "half an hour off": spike(5, timezone="Asia/Kolkata"),
    "free": spike(usual=0),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_it_draws_awkward_charts_without_a_warning_and_small_enough(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = render(AWKWARD[name])

    assert Image.open(io.BytesIO(png)).size == (1200, 600)
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
    import matplotlib

    before = render(AWKWARD["open days"])
    with matplotlib.rc_context({"hatch.linewidth": 9, "font.size": 30, "text.usetex": True, "savefig.dpi": 30}):
        after = render(AWKWARD["open days"])

    assert before == after


def test_days_above_the_budget_are_marked_and_others_are_not() -> None:
    assert pixels_of(picture(spend(WEEK, budget=300)), chart_style.WARNING) > 100
    assert pixels_of(picture(spend(WEEK, budget=310)), chart_style.WARNING) == 0, "at the budget is not above it"
    assert pixels_of(picture(spend(WEEK, budget=None)), chart_style.WARNING) == 0


def test_open_days_are_striped_and_closed_ones_are_solid() -> None:
    """One sees it without the colour: along the middle of a striped bar paper and colour alternate."""

    def changes(chart: SpendByDay) -> int:
        image = picture(chart)
        middle = round(chart_style.PLOT_LEFT + (chart_style.PLOT_RIGHT - chart_style.PLOT_LEFT) / 2)
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


@pytest.mark.parametrize("ink", [chart_style.INK, chart_style.QUIET, chart_style.WARNING])
@pytest.mark.parametrize("ground", [chart_style.PAPER, chart_style.SHADE])
def test_words_contrast_with_what_they_stand_on(ink: str, ground: str) -> None:
    """At least 4.5 to 1, as WCAG 2 asks (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""

    def luminance(color: str) -> float:
        channels = [byte / 255 for byte in bytes.fromhex(color[1:])]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert (luminance(ground) + 0.05) / (luminance(ink) + 0.05) >= 4.5


DEUTERANOPIA = ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969))
PROTANOPIA = ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052))


@pytest.mark.parametrize("sight", [DEUTERANOPIA, PROTANOPIA])
def test_neighbours_in_a_stack_differ_for_colour_blind_eyes(sight: tuple[tuple[float, ...], ...]) -> None:
    """Machado, Oliveira and Fernandes 2009, full severity; the distance is of 8-bit channels."""

    def seen(color: str) -> tuple[float, ...]:
        return tuple(sum(w * c for w, c in zip(row, bytes.fromhex(color[1:]), strict=True)) for row in sight)

    for one, next_one in itertools.pairwise((*chart_style.SERIES, chart_style.REST)):
        distance = sum((a - b) ** 2 for a, b in zip(seen(one), seen(next_one), strict=True)) ** 0.5
        assert distance > 40, (one, next_one)


def test_a_spike_that_is_over_is_marked_as_far_as_it_went() -> None:
    open_one = spike(48, marked=40)
    over = replace(open_one, marked_until=open_one.marked_from + 2)
    red = [pixels_of(picture(chart), "#FDF0E9") for chart in (open_one, over)]

    assert 0 < red[1] * 10 < red[0]


def test_hours_are_told_by_the_teams_clock() -> None:
    below_the_plot = (0, 600 - chart_style.PLOT_BOTTOM + 4, chart_style.PLOT_RIGHT, 590)
    london, angeles, utc = (
        picture(spike(timezone=name)).crop(below_the_plot) for name in ("Europe/London", "America/Los_Angeles", "UTC")
    )

    assert london.tobytes() == utc.tobytes()
    assert london.tobytes() != angeles.tobytes()


@pytest.mark.parametrize("name", AWKWARD)
def test_a_chart_survives_the_trip_through_json(name: str) -> None:
    assert decode(json.loads(json.dumps(encode(AWKWARD[name])))) == AWKWARD[name]


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


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 637, [0, 200, 400, 600]),
        (0, 400, [0, 100, 200, 300, 400]),
        (-150, 440, [0, 200, 400]),
        (-150, 0, [-150, -100, -50, 0]),
        (0, 4_480_000, [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000]),
    ],
)
def test_the_money_axis_has_a_few_round_amounts(low: int, high: int, ticks: list[int]) -> None:
    assert [tick / NANOS for tick in chart_style.money_ticks(low * NANOS, high * NANOS)] == ticks


@pytest.mark.parametrize("exponent", range(13))
@pytest.mark.parametrize("digits", [1, 10, 15, 19, 20, 49, 50, 51, 99])
def test_the_money_axis_never_crowds(exponent: int, digits: int) -> None:
    assert 2 <= len(chart_style.money_ticks(0, digits * 10**exponent)) <= 6


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (57, "$57"),
        (19.3, "$19.30"),
        (999.6, "$1,000"),
        (9_999.4, "$9,999"),
        (12_449, "$12.4k"),
        (999_999, "$1M"),
        (-150, "-$150"),
        (0, "$0"),
    ],
)
def test_an_amount_is_written_as_briefly_as_it_can_be(dollars: float, text: str) -> None:
    assert chart_style.money_label(int(dollars * NANOS)) == text


@pytest.mark.parametrize("days", [1, 7, 20, 21, 31, 92, 366, 800])
def test_slacks_block_gets_every_dollar_in_at_most_twenty_points(days: int) -> None:
    native = native_spend_by_day(spend(("Claude Code", tuple(range(days))), days=days))
    labels, points = native["categories"], native["series"][0]["data"]

    assert len(labels) <= 20
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 20
    assert [point["label"] for point in points] == labels
    assert sum(point["value"] for point in points) == sum(range(days))


def test_a_month_of_days_becomes_its_weeks() -> None:
    native = native_spend_by_day(spend(("Claude Code", (1,) * 25), days=25))

    assert native["categories"] == ["16–22 Nov", "23–29 Nov", "30 Nov – 6 Dec", "7–10 Dec"]
    assert [point["value"] for point in native["series"][0]["data"]] == [7, 7, 7, 4]


def test_slacks_block_gets_six_series_and_the_rest_added_up() -> None:
    native = native_spend_by_day(spend(*((f"Tool {n}", (n,)) for n in range(1, 9)), days=1))

    assert [(s["name"], s["data"][0]["value"]) for s in native["series"]] == [
        ("Tool 1", 1), ("Tool 2", 2), ("Tool 3", 3), ("Tool 4", 4), ("Tool 5", 5), ("Other", 6 + 7 + 8),
    ]  # fmt: skip


def test_names_alike_in_their_first_twenty_characters_stay_apart() -> None:
    long = "Claude Code for the search team"
    native = native_spend_by_day(spend((long, (1,)), (long + " 2", (2,)), ("", (3,)), (" ", (4,)), days=1))

    assert [s["name"] for s in native["series"]] == ["Claude Code for the…", "Claude Code for t… 2", "–", "– 2"]


def test_slacks_block_gets_a_series_even_without_tools() -> None:
    native = native_spend_by_day(spend(title="Nothing " * 20))

    assert [s["name"] for s in native["series"]] == ["Spend"]
    assert len(native["title"]) == 50


def test_importing_charts_does_not_load_matplotlib() -> None:
    """The web process holds charts as values and never draws: the drawing would cost it memory and its start."""
    code = "import sys, bot.charts.values; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
