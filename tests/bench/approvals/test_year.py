"""A small simulated year: nobody approves for themselves, no limit is passed in pieces, and the judges would notice."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from bot.requests.votes import Vote
from tests.bench.approvals.__main__ import FIRST_DAY, play
from tests.bench.approvals.company import make_company
from tests.bench.approvals.judges import own_approvals, passed_limits
from tests.bench.approvals.simulation import Decided, Year

PEOPLE, DAYS = 240, 90


@pytest.fixture(scope="module")
def year() -> Year:
    return play(people=PEOPLE, days=DAYS, seed=3)[1]


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_approves_for_themselves_and_no_limit_is_passed_in_pieces(seed: int) -> None:
    verdict, year = play(people=PEOPLE, days=DAYS, seed=seed)

    assert verdict.own == []
    assert verdict.passed == []
    assert year.own_clicks_allowed == 0
    assert verdict.ended["approved"] > 30
    assert verdict.ended["auto"] > 0
    assert 0.5 < verdict.quick_share < 1


def test_a_seed_plays_the_same_year_each_time(year: Year) -> None:
    assert play(people=PEOPLE, days=DAYS, seed=3)[1].decided == year.decided


def test_a_policy_of_ones_own_is_played(tmp_path: Path) -> None:
    file = tmp_path / "policy.yml"
    file.write_text("policy:\n  approvals:\n    - {by: finance, quorum: 2}\n")
    verdict, year = play(people=PEOPLE, days=30, seed=1, policy=file)

    assert verdict.ended["auto"] == 0
    assert {len(one.votes) for one in year.decided if one.request.state == "approved"} == {2}


def test_the_judges_notice_an_approval_by_a_second_account_or_a_delegate() -> None:
    company = make_company(PEOPLE, seed=3, first_day=FIRST_DAY, days=DAYS)
    asker, other = sorted(company.humans)[:2]
    one = _approved(person=asker, team=1_000, amount=10, limit=100)
    second = replace(company, humans={**company.humans, other: asker})

    assert own_approvals(second, [replace(one, votes=(Vote(person_id=other),))]) != []
    assert own_approvals(company, [replace(one, votes=(Vote(person_id=other, for_person_id=asker),))]) != []
    assert own_approvals(company, [replace(one, votes=(Vote(person_id=other),))]) == []


def test_the_judges_notice_a_limit_that_is_passed_in_pieces() -> None:
    company = make_company(PEOPLE, seed=3, first_day=FIRST_DAY, days=DAYS)
    first, second = sorted(company.humans)[:2]
    pieces = [_approved(person=first, team=1_000, amount=60, limit=100) for _ in range(2)]
    friends = [_approved(person=who, team=1_000, amount=60, limit=100) for who in (first, second)]
    elsewhere = [_approved(person=first, team=team, amount=60, limit=100) for team in (1_000, 1_001)]
    apart = [_approved(person=who, team=team, amount=60, limit=100) for who, team in ((first, 1_000), (second, 1_001))]

    assert [bool(passed_limits(company, ones)) for ones in (pieces, friends, elsewhere, apart)] == [True] * 3 + [False]


@cache
def _played() -> tuple[Decided, ...]:
    return tuple(play(people=PEOPLE, days=30, seed=3)[1].decided)


def _approved(*, person: int, team: int, amount: int, limit: int) -> Decided:
    pattern = next(one for one in _played() if one.request.state == "approved")
    request = replace(pattern.request, person_id=person, team_id=team, granted_nanos=amount, period="2026-01")
    return replace(pattern, request=request, limit_nanos=limit, is_auto=False)
