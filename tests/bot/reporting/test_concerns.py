"""A Home says that all is well only if nothing that the person may see needs somebody: each reason alone prevents it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.books.forecasts import Pace
from bot.intake.quarantine import QuarantineShare
from bot.org.reachability import LostManagers
from bot.reporting.concerns import concerns_of
from bot.reporting.reports import CompanyView, Home, OpenAlert, SilentSource
from bot.views.reporting.home.attention import attention_lines
from bot.views.reporting.home.home import home_view
from bot.views.reporting.home.status import status_words
from tests.bot.views.company_examples import CROSS_CHECK, OVERLAP, disagreement, home, prices, quiet_company, unpriced
from tests.bot.views.crosschecks.test_gateways import line as drift_line_of
from tests.bot.views.crosschecks.test_unread_usage import VIEW as UNREAD
from tests.bot.views.examples import SEARCH, company_spend, dollars, pending, standing
from tests.bot.views.surfaces import all_text

WELL = "All is well"
CALM = replace(standing(charged=2_000), team=replace(SEARCH, id=8, name="Mobile"))
ALERT = OpenAlert(alert_id=9, kind="threshold", team=SEARCH, text="Search has used 80% of its budget.", opened_at=0)
SILENT = SilentSource(name="gateway-eu", role="meter", since=0, heard_at=None, is_revoked=False)


def finance(**changed: Any) -> Home:
    return home(standings=(), company=replace(quiet_company(), **changed))


def test_a_calm_home_says_so_for_each_role() -> None:
    for shown in (home(standings=(CALM, replace(CALM, team=SEARCH))), finance()):
        assert concerns_of(shown) == []
        assert status_words(shown).startswith(WELL)
    assert "Nothing needs attention." in all_text(home_view(finance()))


RACING = replace(
    CALM,
    forecast=replace(
        CALM.forecast, run_out_day=None, pace=Pace(nanos_per_hour=10**12, run_out_at=1_795_430_000_000_000)
    ),
)
OWN: dict[str, Callable[[], Home]] = {
    "requests": lambda: home(standings=(CALM, CALM), approvals=(pending(),)),
    "alerts": lambda: home(standings=(CALM, CALM), alerts=(ALERT,)),
    "spent_out": lambda: home(standings=(CALM, standing(charged=12_500))),
    "running_out": lambda: home(standings=(CALM, standing(charged=11_000))),
    "at the pace of now": lambda: home(standings=(CALM, RACING)),
}


@pytest.mark.parametrize("reason", OWN)
def test_no_home_of_a_team_is_well_while_something_needs_its_people(reason: str) -> None:
    shown = OWN[reason]()

    assert [concern.kind for concern in concerns_of(shown)] == [reason.replace("at the pace of now", "running_out")]
    assert WELL not in status_words(shown)


COMPANY: dict[str, dict[str, Any]] = {
    "silent": {"silent_sources": (SILENT,)},
    "routes": {"broken_routes": ("Mobile: #team-mobile (broken)",)},
    "unread": {"unread": (UNREAD,)},
    "quarantine": {
        "quarantined": (QuarantineShare(source="gateway-eu", kind="unreadable", rows=1, bytes=4, retryable=1),)
    },
    "overlaps": {"overlaps": (OVERLAP,)},
    "cross_checks": {"cross_checks": (CROSS_CHECK,)},
    "failed_caps": {"caps": ("Search: LiteLLM eu: refused: no such team",)},
    "unattributed": {"unattributed_nanos": dollars(294)},
    "unpriced": {"prices": prices(unpriced=(unpriced(tokens=40_000_001),))},
    "lost_managers": {"lost_managers": (LostManagers(team=SEARCH, gone=(), instead=()),)},
    "drifts": {"drifts": (("litellm", drift_line_of()),)},
    "disagreements": {"prices": prices(unpriced=(), disagreements=(disagreement(),))},
    "undelivered": {"silent_messages": 1},
}


@pytest.mark.parametrize("reason", COMPANY)
def test_the_company_is_not_well_while_something_needs_a_look(reason: str) -> None:
    shown = finance(**COMPANY[reason])

    assert [concern.kind for concern in concerns_of(shown)] == [reason]
    assert WELL not in status_words(shown)
    assert attention_lines(_company(shown)), "what is counted is said"
    assert "Nothing needs attention." not in all_text(home_view(shown))


def test_what_is_not_kept_of_quarantine_needs_a_look() -> None:
    assert [c.kind for c in concerns_of(finance(not_kept=1))] == ["quarantine"]


def test_a_small_share_without_a_team_or_a_price_is_no_concern() -> None:
    spend = company_spend(29_300)
    small = finance(
        spend=spend, unattributed_nanos=spend.cost_nanos // 100, prices=prices(unpriced=(unpriced(tokens=40_000_000),))
    )

    assert spend.tokens == 4_000_000_000
    assert concerns_of(small) == []


def test_a_budget_that_anybody_of_the_company_lacks_concerns_finance() -> None:
    assert [c.kind for c in concerns_of(finance(teams=(standing(charged=12_500),)))] == ["spent_out"]


def test_a_team_that_two_lists_hold_counts_once() -> None:
    spent = standing(charged=12_500)
    (concern,) = concerns_of(home(standings=(spent,), company=replace(quiet_company(), teams=(spent,))))

    assert concern.count == 1


def test_a_forecast_without_enough_history_is_no_concern() -> None:
    young = standing(charged=11_000)
    unknown = replace(young, forecast=replace(young.forecast, is_known=False))

    assert concerns_of(home(standings=(unknown,))) == []


def _company(shown: Home) -> CompanyView:
    assert shown.company is not None
    return shown.company
