"""Canvases as Markdown: a team's and the company's, with usual and with hostile names, and without people."""

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.periods import HOUR_MICROS, micros
from bot.reporting.canvases import CanvasPage, TeamCanvas
from bot.reporting.spans import days_span
from bot.views.reporting.canvases import canvas_title, company_canvas, markdown, team_canvas
from tests.bot.views.examples import COMMAND, HOSTILE, NOW, SEARCH, TODAY, pending, share, standing
from tests.bot.views.subtree_examples import report

AT = micros(NOW)
SPAN = days_span(TODAY - 7, TODAY, zone="Europe/London")
TOOLS = (share("Claude Code", 2_528, 2_142), share("", 843, 714))


def canvas(**changed: Any) -> TeamCanvas:
    facts: dict[str, Any] = {"standing": standing(), "at": AT, "tools": TOOLS, "span": SPAN}
    facts["waiting"] = (pending().request,)
    return TeamCanvas(**(facts | changed))


def of_company(**changed: Any) -> CanvasPage:
    return company_canvas(report(**changed), name="Acme", at=AT, timezone="Europe/London", command=COMMAND)


CASES = {
    "a team": team_canvas(canvas(), command=COMMAND),
    "a team over its budget": team_canvas(canvas(standing=standing(charged=13_000), waiting=()), command=COMMAND),
    "a team without a budget": team_canvas(canvas(standing=standing(budget="none")), command=COMMAND),
    "a team that only hears figures": team_canvas(
        canvas(standing=standing(replace(SEARCH, mode="announce")), waiting=()), command=COMMAND
    ),
    "a quiet team": team_canvas(canvas(standing=standing(is_idle=True), tools=(), waiting=()), command=COMMAND),
    "hostile names": team_canvas(
        canvas(
            standing=standing(replace(SEARCH, name=HOSTILE)),
            tools=tuple(share(f"{n} {HOSTILE}", 5, 5) for n in range(12)),
            waiting=(pending().request,) * 7,
        ),
        command=COMMAND,
    ),
    "the company": of_company(),
    "a quiet company": of_company(
        teams=(), risks=(), tools=(), weeks=(), waiting=(), budget=None, unattributed_nanos=0, unpriced_calls=0
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_canvases(name: str, snapshot: SnapshotAssertion) -> None:
    page = CASES[name]

    assert {"title": page.title, "markdown": page.markdown.split("\n")} == snapshot


@pytest.mark.parametrize("name", CASES)
def test_a_canvas_names_no_person(name: str) -> None:
    assert "<@" not in CASES[name].markdown.replace("\\<\\@", "")
    assert "anna" not in CASES[name].markdown.lower()


def test_announce_shows_no_budget() -> None:
    assert "budget" not in CASES["a team that only hears figures"].body.lower()


def test_only_other_figures_are_a_change() -> None:
    later = team_canvas(canvas(at=AT + HOUR_MICROS), command=COMMAND)
    more = team_canvas(canvas(standing=standing(charged=9_401)), command=COMMAND)

    assert later.markdown != CASES["a team"].markdown
    assert later.shown == CASES["a team"].shown
    assert more.shown != CASES["a team"].shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Claude Code", "Claude Code"),
        ("a|b", r"a\|b"),
        ("**bold** `code`", r"\*\*bold\*\* \`code\`"),
        ("![](@U123)", r"\!\[\]\(\@U123\)"),
        ("<!channel>", r"\<\!channel\>"),
        ("# one\n- two", r"\# one \- two"),
        ("https://evil.test", r"https\://evil\.test"),
    ],
)
def test_nothing_in_a_name_formats_links_or_mentions(typed: str, shown: str) -> None:
    assert markdown(typed) == shown


def test_a_title_fits_on_one_line() -> None:
    assert canvas_title(HOSTILE).startswith("AI spend of <!channel>")
    assert "\n" not in canvas_title(HOSTILE)
    assert len(canvas_title("x" * 500)) <= 60
