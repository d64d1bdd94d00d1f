"""The digests of the company and of managers: the finding, the lines, the picture, and the details."""

import re
from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.charts.render import render
from bot.charts.values import MixByWeek, decode
from bot.money import usd_round
from bot.periods import short_day_text
from bot.reporting.causes.candidates import Cause
from bot.reporting.company_digests import CompanyDigest
from bot.reporting.subtree_reports import SubtreeReport
from bot.views.reporting.company_digests import MOST_LINES, company_digest_message, week_page
from tests.bot.views.examples import MONDAY, dollars
from tests.bot.views.subtree_examples import MOBILE, PRODUCT, SUPPORT, TEAMS, department, longest, quiet, report, spend
from tests.bot.views.surfaces import all_text, buttons, obeys, posted


def digest(shown: SubtreeReport, **changed: Any) -> CompanyDigest:
    return replace(CompanyDigest(monday=MONDAY, report=shown, yours=1), **changed)


def message(shown: SubtreeReport, **changed: Any) -> dict[str, Any]:
    return posted(company_digest_message(digest(shown, **changed)))


def lines(shown: dict[str, Any]) -> list[str]:
    """The lines below the picture."""
    found = [block["text"]["text"] for block in shown["blocks"] if block["block_id"].endswith("-lines")]
    return found[0].splitlines() if found else []


def test_the_companys_week(snapshot: SnapshotAssertion) -> None:
    shown = message(report())

    assert shown["text"].startswith("Acme spent $4,130 last week, up 8%: mostly Search, nightly-evals. ")
    assert "2 requests are waiting for a decision, 1 of them for you; the oldest since" in shown["text"]
    assert "$30.00 unattributed (1% of spend)" in shown["text"]
    assert buttons(shown) == ["Details", "All that waits"]
    assert shown == snapshot


def test_a_departments_week(snapshot: SnapshotAssertion) -> None:
    shown = message(department(), yours=2)

    assert shown["text"].startswith("Product spent $3,460 last week, up 19%: mostly Search")
    assert "2 requests are waiting for you; the oldest since" in shown["text"]
    assert "unattributed" not in all_text(shown)
    assert shown == snapshot


def test_a_quiet_week_says_little(snapshot: SnapshotAssertion) -> None:
    shown = message(quiet(), yours=0)

    assert shown["text"].startswith("Acme spent $1,000 last week, unchanged. ")
    assert len(lines(shown)) == 1
    assert buttons(shown) == ["Details"]
    assert shown == snapshot


def test_the_longest_names_of_three_hundred_departments_fit(snapshot: SnapshotAssertion) -> None:
    shown = message(longest())

    assert len(lines(shown)) == MOST_LINES
    assert shown == snapshot


@pytest.mark.parametrize("shown", [report(), longest(), quiet()], ids=["company", "longest", "quiet"])
def test_the_details_of_a_week(shown: SubtreeReport, snapshot: SnapshotAssertion) -> None:
    view = week_page(digest(shown))

    obeys(view)
    assert view == snapshot


def test_text_alone_has_every_number_of_the_message() -> None:
    for shown in (report(), department(), quiet(), longest()):
        built = message(shown)
        seen = [block for block in built["blocks"][1:] if block["type"] != "data_visualization"]
        said = re.findall(r"\$?[0-9][0-9,.]*[0-9%×]|[0-9]", all_text({"blocks": seen}))
        assert [number for number in said if number not in built["text"]] == []
        for week in shown.weeks:
            assert f"{short_day_text(week.monday)} {usd_round(week.cost_nanos)}" in built["text"]


def pictures(shown: dict[str, Any]) -> list[str]:
    return [block["type"] for block in shown["blocks"] if block["type"] in ("image", "data_visualization")]


def test_one_picture_is_drawn_of_two_weeks_and_none_of_one() -> None:
    bought = tuple(week._replace(in_house_nanos=0) for week in report().weeks)
    only = replace(report().mix, in_house=replace(report().mix.in_house, cost_nanos=0))
    empty = tuple(week._replace(in_house_nanos=0, third_party_nanos=0) for week in report().weeks)

    assert pictures(message(report())) == ["image"]
    assert pictures(message(report(weeks=bought, mix=only))) == ["data_visualization"]
    assert pictures(message(report(weeks=(*empty[1:], report().weeks[7])))) == []
    assert "Spend by week" not in message(report(weeks=(*empty[1:], report().weeks[7])))["text"]


def test_the_picture_is_drawn_from_the_first_week_with_spend_on() -> None:
    empty = tuple(week._replace(in_house_nanos=0, third_party_nanos=0) for week in report().weeks[:2])
    built = company_digest_message(digest(report(weeks=(*empty, *report().weeks[2:]))))
    chart = decode(built.charts[0])

    assert isinstance(chart, MixByWeek)
    assert chart.mondays == tuple(week.monday for week in report().weeks[2:])
    assert chart.title == "In-house tools are 2% of spend; 3% in the week of 12 Oct"
    assert render(chart).startswith(b"\x89PNG")
    assert "Tools" not in "".join(lines(message(report())))


def test_what_explains_less_than_half_of_the_change_is_no_cause() -> None:
    many = report(teams=tuple(spend(team, 110, 100) for team in (MOBILE, SUPPORT, PRODUCT)), movers=())

    assert message(many)["text"].startswith("Acme spent $4,130 last week, up 8%. ")
    assert "Moved most: Many small changes." in message(many)["text"]
    falls = report(before_nanos=dollars(4_500), movers=(replace_mover(TEAMS[0]),))
    assert message(falls)["text"].startswith("Acme spent $4,130 last week, down 8%. ")


def replace_mover(one: Any) -> Any:
    """A mover whose spend rose, without what drove it."""
    return report().movers[0]._replace(spend=one, driver=None)


def test_several_nodes_are_one_message() -> None:
    shown = message(department(nodes=(PRODUCT, SUPPORT)))
    many = message(department(nodes=(PRODUCT, SUPPORT, MOBILE)))

    assert shown["text"].startswith("Product and Support spent $3,460 last week")
    assert many["text"].startswith("Product, Support and 1 more spent $3,460 last week")


def test_a_channel_is_not_told_what_waits_for_one_reader() -> None:
    shown = message(report(), yours=0, is_shared=True)

    assert "for you" not in all_text(shown)
    assert buttons(shown) == ["Details"]


def test_announce_shows_no_budget() -> None:
    shown = message(report(budget=None, risks=()))

    assert "udget" not in all_text(shown)
    assert "Forecast: On course for $22,300 ($20,100–$24,600) by 30 Nov." in shown["text"]


def test_teams_that_are_left_out_or_not_done_are_named() -> None:
    shown = message(report(hidden_teams=2, unfinished=(SUPPORT,)))

    assert "2 teams in preview are left out." in shown["text"]
    assert "The week of Support is not over yet." in shown["text"]


def test_too_little_history_has_no_verdict() -> None:
    young = replace(report().forecast, is_known=False, first_day=MONDAY - 2)
    shown = message(report(first_day=MONDAY - 2, forecast=young))

    assert shown["text"].startswith("Acme spent $4,130 last week; no full comparison yet: first usage 14 Nov. ")
    assert "spent in November 2026. No forecast yet: first usage 14 Nov, and it takes 7 full days." in shown["text"]
    assert "Moved most" not in all_text(shown)
    page = all_text(week_page(digest(report(first_day=MONDAY - 2))))
    assert "*Search* $3,370.67\n" in page
    assert ", up" not in page


def test_a_week_whose_usage_has_no_price_is_not_free() -> None:
    unpriced = report(cost_nanos=0, unpriced_calls=1_200, movers=())

    assert message(unpriced)["text"].startswith("Acme made 1,200 calls last week, and none has a price yet. ")
    assert message(replace(unpriced, unpriced_calls=0))["text"].startswith("Acme spent nothing last week. ")


def test_a_mover_has_the_cause_that_its_own_digest_names() -> None:
    evals = Cause(kind="part", effect_nanos=dollars(500), named=(("workflow", "evals"),), state="new")
    key = Cause(kind="part", effect_nanos=dollars(500), named=(("credential", "ci-7"),), owner_id=7)
    main = report().movers[0]
    for cause, hides_key, words in (
        (evals, False, "mostly Search, evals (new)."),
        (key, False, "mostly Search, key ci-7."),
        (key, True, "mostly Search, one key."),
    ):
        shown = message(report(movers=(main._replace(cause=cause, hides_key=hides_key),)))
        assert shown["text"].startswith(f"Acme spent $4,130 last week, up 8%: {words}")
        assert "ci-7" not in all_text(shown) or not hides_key
