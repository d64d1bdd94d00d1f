"""Home of a member, a manager, finance and an admin: on a quiet day, a busy one, with the longest texts, and hostile ones."""

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.alerting.alert_quality import AlertQuality
from bot.crosschecks.gateway_caps import CapMark, GatewayCap, ShownCap
from bot.org.gateways import CapTarget
from bot.reporting.home_places import HomePlace
from bot.reporting.reports import CompanyHealth, CompanyView, Home, OpenAlert, SilentSource
from bot.reporting.subtree_reports import MixWeek, SubtreeBudget
from bot.views.reporting.home.home import home_view
from tests.bot.views.company_examples import (
    NOBODY,
    company,
    home,
    many_standings,
    prices,
    quiet_company,
    unattributed_key,
    unpriced,
)
from tests.bot.views.examples import HOSTILE, MONDAY, SEARCH, dollars, pending, request, share, standing, use
from tests.bot.views.surfaces import all_text, buttons, obeys

LONGEST = "Платформа данных и машинного обучения для всех отделов компании 検索"
NAMES = {"quiet": "Search", "busy": "Search", "longest": LONGEST, "hostile": HOSTILE}
QUALITY = AlertQuality(alerts=12, answered=8, acknowledged=4, expected=2, not_useful=2, median_seconds=9_000)
WEEKS = tuple(
    MixWeek(MONDAY - 7 * ago, dollars(40 * (8 - ago)), dollars(3_000 + 200 * ago)) for ago in range(7, -1, -1)
)
USE = {"last_month_nanos": dollars(260), "last_month_so_far_nanos": dollars(150), "last_month": "2026-10"}
DAYS = tuple(dollars(n) for n in (3, 4, 12, 0, 0, 7, 8, 30, 2, 1, 0, 0, 9, 3.2))


def alerts(name: str, count: int) -> tuple[OpenAlert, ...]:
    team = replace(SEARCH, name=name)
    text = "Search spent $916 in 2 hours. Usual peak: $5.17. Most of it: key ci-4 $900.00, usually nothing. And more words."
    return tuple(
        OpenAlert(
            alert_id=70 + n, kind="spike" if n % 2 else "threshold", team=team, text=text, opened_at=1, may_mute=n != 3
        )
        for n in range(count)
    )


def conflicts(name: str) -> tuple[tuple[ShownCap, Any], ...]:
    target = CapTarget(kind="team", ref=name[:60])
    row = GatewayCap(
        id=5,
        gateway=name[:60],
        target=target,
        team_id=3,
        state="conflict",
        wanted_nanos=dollars(500),
        seen_nanos=dollars(9),
    )
    return ((ShownCap(row=row, kind="litellm", mark=CapMark(), is_one_of_several=False), replace(SEARCH, name=name)),)


def member(day: str) -> Home:
    name = NAMES[day]
    if day == "quiet":
        return home(standings=(standing(charged=2_000),), use=use(days=DAYS, **USE))
    own = tuple((request(id=n), name) for n in range(50, 59))
    tools = tuple(share(f"{n} {name}", 20) for n in range(9))
    return home(
        standings=(standing(replace(SEARCH, name=name), charged=12_500),),
        use=use(days=DAYS, tools=tools, **USE),
        own_requests=own,
        alerts=alerts(name, 1),
    )


def manager(day: str) -> Home:
    name = NAMES[day]
    if day == "quiet":
        return home(standings=(standing(charged=2_000), *many_standings(0)), managed_alerts=((SEARCH, QUALITY),))
    teams = many_standings(23, name=name)
    return home(
        standings=(standing(replace(SEARCH, id=2, name=name, parent_id=1), charged=12_500), *teams),
        approvals=tuple(pending(replace(SEARCH, name=name), id=n, reason=name * 9) for n in range(1, 11)),
        alerts=alerts(name, 8),
        cap_conflicts=conflicts(name),
        decision_times=("Median time to decide: 40 min.",),
        managed_alerts=tuple((replace(SEARCH, id=n, name=name), QUALITY) for n in range(5)),
    )


def finance(day: str, **changed: Any) -> Home:
    if day == "quiet":
        return home(standings=(), company=replace(quiet_company(), **FIGURES), company_alerts=(QUALITY, ()))
    return replace(manager(day), standings=(), managed_alerts=(), company=busy_company(NAMES[day], **changed))


def admin(day: str) -> Home:
    if day == "quiet":
        return home(standings=(), company=replace(quiet_company(), **FIGURES, shows_figures=False, hidden_teams=3))
    return replace(finance(day, hidden_teams=2), approvals=(), cap_conflicts=())


FIGURES: dict[str, Any] = {
    "budget": SubtreeBudget(
        allocated_nanos=dollars(54_000),
        charged_nanos=dollars(29_300),
        held_nanos=0,
        available_nanos=dollars(24_700),
        unallocated_nanos=dollars(9_000),
    ),
    "forecast": replace(
        standing().forecast, end_nanos=dollars(41_200), low_nanos=dollars(39_000), high_nanos=dollars(45_500)
    ),
    "weeks": WEEKS,
    "health": CompanyHealth(sources=6, gateways=2, caps=12, caps_set=11),
}


def busy_company(name: str, **changed: Any) -> CompanyView:
    keys = tuple(unattributed_key(n, credential=f"{n} {name}") for n in range(9))
    silent = SilentSource(name=name, role="meter", since=0, heard_at=None, is_revoked=False)
    return company(
        many_standings(30, name=name),
        unattributed_nanos=dollars(900),
        prices=prices(unpriced=tuple(unpriced(n, model=f"{n} {name}") for n in range(9))),
        unattributed=replace(NOBODY, keys=keys),
        silent_sources=(silent,) * 5,
        broken_routes=(f"{name}: #team (broken)",) * 9,
        caps=tuple(f"{n} refused: the gateway knows no such team" for n in range(9)),
        **FIGURES,
        **changed,
    )


ROLES = {"member": member, "manager": manager, "finance": finance, "admin": admin}


@pytest.mark.parametrize("day", NAMES)
@pytest.mark.parametrize("role", ROLES)
def test_homes_of_four_roles(role: str, day: str, snapshot: SnapshotAssertion) -> None:
    view = home_view(ROLES[role](day))
    obeys(view)

    assert len(view["blocks"]) <= 100
    assert ("Next" in buttons(view)) == (day != "quiet")
    assert view == snapshot


@pytest.mark.parametrize("role", ROLES)
def test_the_last_pages_have_only_back_and_every_page_fits(role: str) -> None:
    place = HomePlace()
    for listed in ("attention", "waiting", "alerts", "teams", "company", "requests"):
        place = place.turned(listed, 99)
    view = home_view(replace(ROLES[role]("longest"), place=place))
    obeys(view)

    assert "Next" not in buttons(view)
    assert "Back" in buttons(view)
    assert view["private_metadata"]


def test_in_preview_an_admin_has_no_figures_and_still_what_needs_attention() -> None:
    view = home_view(home(standings=(), company=company(shows_figures=False, silent_messages=2)))

    assert "only finance sees the figures of teams" in all_text(view)
    assert "Spent" not in all_text(view)
    assert "2 messages could not be delivered" in all_text(view)
