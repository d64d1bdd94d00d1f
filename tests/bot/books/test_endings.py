"""What a closed or merged team leaves unspent: the way it takes, and entries that balance."""

from dataclasses import replace

import pytest

from bot.books.endings import ending_entries, unspent_path
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.teams import Directory, Team
from tests.bot.acme import ACME, PRODUCT, SEARCH, directory

SALES = replace(PRODUCT, id=40, slug="sales")
ADS = replace(PRODUCT, id=50, slug="ads", parent_id=40)
BANNERS = replace(PRODUCT, id=60, slug="banners", parent_id=50)
NOBODY = replace(ACME, id=11, slug="unattributed", kind="unattributed", parent_id=10)


def ended(team: Team, into: int | None = None) -> tuple[Directory, Team]:
    gone = replace(team, has_ended=True, closed_day=1, merged_into_id=into)
    teams = [gone if one.id == team.id else one for one in (ACME, NOBODY, PRODUCT, SEARCH, SALES, ADS, BANNERS)]
    return replace(directory(), teams=tuple(teams)), gone


@pytest.mark.parametrize(
    ("team", "into", "has_budget", "path"),
    [
        (SEARCH, None, {20, 30}, [30, 20]),
        (PRODUCT, None, {20}, [20, 10]),
        (SEARCH, 60, {60}, [30, 20, 10, 40, 50, 60]),
        (SEARCH, 60, {50}, [30, 20, 10, 40, 50]),
        (SEARCH, 20, {20}, [30, 20]),
        (BANNERS, 40, {40}, [60, 50, 40]),
        (BANNERS, 30, {30}, [60, 50, 40, 10, 20, 30]),
        (PRODUCT, 40, {40}, [20, 10, 40]),
        (PRODUCT, 40, set(), [20, 10]),
        (ADS, 40, {40}, [50, 40]),
    ],
)
def test_money_goes_up_to_the_first_team_above_both_and_down_to_the_taker(
    team: Team, into: int | None, has_budget: set[int], path: list[int]
) -> None:
    company, gone = ended(team, into)

    assert [one.id for one in unspent_path(company, gone, has_budget=frozenset(has_budget))] == path


@pytest.mark.parametrize("unspent", [0, 1, 700 * NANOS, MAX_AMOUNT_NANOS, 2 * MAX_AMOUNT_NANOS + 5])
def test_the_entries_balance_and_every_team_on_the_way_keeps_what_it_had(unspent: int) -> None:
    company, gone = ended(SEARCH, 60)
    path = unspent_path(company, gone, has_budget=frozenset({60}))
    entries = ending_entries(path, period="2026-11", unspent_nanos=unspent, posted=3, at=7)
    change = dict.fromkeys((one.id for one in path), 0)
    for entry in entries:
        change[entry.from_account.team_id] -= entry.amount_nanos
        change[entry.to_account.team_id] += entry.amount_nanos

    assert change == {30: -unspent, 20: 0, 10: 0, 40: 0, 50: 0, 60: unspent}
    assert [entry.kind for entry in entries[:5]] == (["lapse", "lapse", *["allocation"] * 3] if unspent else [])
    assert [entry.dedupe_key for entry in entries] == [f"end:30:2026-11:{3 + n}" for n in range(len(entries))]
    assert {entry.document for entry in entries} <= {"end:30:2026-11"}
