"""Stand-ins: delegates decide for those who named them, others for those who are away, and the next level up at last."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.money import NANOS
from bot.org.teams import Directory
from bot.periods import DAY_MICROS, day_number
from bot.requests.approvals import ApprovalRoute, route_request
from bot.requests.attendance.absences import Absence
from bot.requests.attendance.delegations import Delegation, delegation_fault
from bot.requests.attendance.stand_ins import Attendance, presence, present_route
from bot.requests.policies import DEFAULT_APPROVAL_RULES
from tests.bot.acme import ACME, ANNA, BEN, CHLOE, DAN, EMI, MIA, PRODUCT, ROLES, SEARCH, directory

NOW = day_number(date(2026, 11, 30)) * DAY_MICROS + DAY_MICROS // 2


def names(person: int, delegate: int, *, number: int = 1, days: int = 3, **fields: Any) -> Delegation:
    span = {"starts_at": NOW - 1, "ends_at": NOW + days * DAY_MICROS}
    return Delegation(id=number, person_id=person, delegate_id=delegate, made_by=person, made_at=NOW, **span | fields)


def routed(
    attendance: Attendance,
    *,
    asker: int = ANNA,
    payer: Any = PRODUCT,
    escalated: bool = False,
    gone: frozenset[int] = frozenset(),
) -> ApprovalRoute:
    def route(there: Directory) -> ApprovalRoute:
        return route_request(
            there, team=SEARCH, asker_id=asker, amount_nanos=NANOS, payer=payer, rules=DEFAULT_APPROVAL_RULES
        )

    company = replace(directory(roles=ROLES), unreachable=gone)
    return present_route(company, attendance, route, team=SEARCH, asker_id=asker, at=NOW, is_escalated=escalated)


def away(*people: int, until: int | None = None) -> dict[int, Absence]:
    return {person: Absence(until=until) for person in people}


def test_with_everybody_there_nothing_changes() -> None:
    assert routed(Attendance()).deciders == {EMI, BEN}
    assert routed(Attendance()).stands_in == {}


def test_a_delegate_decides_for_the_person_who_named_them() -> None:
    found = routed(Attendance(delegations=(names(BEN, DAN),)))

    assert found.deciders == {EMI, DAN}
    assert found.stands_in == {DAN: BEN}
    assert found.away == {}
    assert not found.by_finance


def test_a_delegate_who_decides_anyway_stands_in_for_nobody() -> None:
    found = routed(Attendance(delegations=(names(BEN, EMI),)))

    assert found.deciders == {EMI}
    assert found.stands_in == {}


@pytest.mark.parametrize(
    "delegation",
    [
        names(BEN, DAN, starts_at=NOW + 1),
        names(BEN, DAN, ends_at=NOW),
        names(BEN, DAN, ended_at=NOW),
    ],
)
def test_a_delegation_holds_on_its_days_alone(delegation: Delegation) -> None:
    assert routed(Attendance(delegations=(delegation,))).deciders == {EMI, BEN}


def test_a_delegate_never_decides_their_own_request() -> None:
    found = routed(Attendance(delegations=(names(BEN, DAN),)), asker=DAN)

    assert found.deciders == {EMI}
    assert found.away == {BEN: NOW + 3 * DAY_MICROS}


def test_nobody_decides_in_the_place_of_the_asker() -> None:
    found = routed(Attendance(delegations=(names(EMI, DAN),)), asker=EMI)

    assert found.deciders == {BEN}
    assert found.stands_in == {}


def test_the_only_managers_delegate_asks_and_finance_decides() -> None:
    found = routed(Attendance(delegations=(names(BEN, DAN), names(EMI, DAN, number=2))), asker=DAN)

    assert found.deciders == {CHLOE}
    assert found.by_finance


def test_a_chain_goes_one_step() -> None:
    found = routed(Attendance(delegations=(names(BEN, DAN), names(DAN, MIA, number=2))))

    assert found.deciders == {EMI}, "Dan named somebody else, so Ben's requests go to the others"


def test_a_circle_leaves_the_others() -> None:
    found = routed(Attendance(delegations=(names(BEN, EMI), names(EMI, BEN, number=2))))

    assert found.deciders == {CHLOE}


@pytest.mark.parametrize("attendance", [Attendance(absences=away(BEN)), Attendance(absences=away(BEN, until=NOW + 1))])
def test_somebody_away_is_not_asked_while_others_are_there(attendance: Attendance) -> None:
    found = routed(attendance)

    assert found.deciders == {EMI}
    assert found.away.keys() == {BEN}


def test_an_absence_that_is_over_counts_no_more() -> None:
    assert routed(Attendance(absences=away(BEN, until=NOW))).deciders == {EMI, BEN}


def test_with_all_managers_away_finance_decides_and_with_all_away_the_request_waits_for_them() -> None:
    by_finance = routed(Attendance(absences=away(BEN, EMI)))
    waits = routed(Attendance(absences=away(BEN, EMI, CHLOE)))

    assert by_finance.deciders == {CHLOE}
    assert by_finance.by_finance
    assert waits.deciders == {BEN, EMI}
    assert waits.is_unreached
    assert waits.away == {BEN: None, EMI: None}


def test_a_delegate_goes_before_a_status() -> None:
    found = routed(Attendance(absences=away(BEN), delegations=(names(BEN, DAN),)))

    assert found.deciders == {EMI, DAN}
    assert found.away == {}


@pytest.mark.parametrize("gone", [{"absences": away(DAN)}, {}])
def test_a_delegate_who_is_away_or_gone_does_not_decide(gone: dict[str, Any]) -> None:
    attendance = Attendance(delegations=(names(BEN, DAN),), **gone)
    found = routed(attendance, gone=frozenset() if gone else frozenset({DAN}))

    assert found.deciders == {EMI}
    assert found.away.keys() == {BEN}


def test_finance_has_delegates_too() -> None:
    found = routed(Attendance(delegations=(names(CHLOE, MIA),)), payer=None)

    assert found.deciders == {MIA}
    assert found.by_finance
    assert found.stands_in == {MIA: CHLOE}


def test_a_day_off_of_one_team_is_an_absence_and_one_of_everybody_is_not() -> None:
    today = frozenset({day_number(date(2026, 11, 30))})

    assert routed(Attendance(days_off={PRODUCT.slug: today})).deciders == {CHLOE}, "Ben's and Emi's teams are off"
    assert routed(Attendance(days_off={ACME.slug: today})).deciders == {EMI, BEN}
    assert routed(Attendance(days_off={PRODUCT.slug: today, ACME.slug: today})).deciders == {EMI, BEN}


def test_the_day_off_is_that_of_a_persons_own_zone() -> None:
    today = frozenset({day_number(date(2026, 11, 30))})
    there = Attendance(days_off={PRODUCT.slug: today}, zones={BEN: "Pacific/Kiritimati", EMI: "Europe/London"})

    assert routed(there).deciders == {BEN}, "it is 1 December there already"


def test_an_escalated_request_is_asked_of_the_managers_above_too_or_finance() -> None:
    found = routed(Attendance(), escalated=True)

    assert found.deciders > {EMI, BEN}
    assert found.escalated == found.deciders - {EMI, BEN}
    assert ANNA not in found.escalated


def test_the_same_moment_is_looked_up_once() -> None:
    company, attendance = directory(), Attendance(absences=away(BEN))

    first = presence(company, attendance, asker_id=ANNA, at=NOW)
    assert presence(company, attendance, asker_id=DAN, at=NOW) is first
    assert presence(company, attendance, asker_id=ANNA, at=NOW + 1) is not first
    assert presence(directory(), attendance, asker_id=ANNA, at=NOW) is not first


@pytest.mark.parametrize(
    ("owner", "delegate", "by", "known", "fault"),
    [
        (BEN, DAN, BEN, (), None),
        (BEN, BEN, BEN, (), "oneself"),
        (BEN, DAN, EMI, (), "not_permitted"),
        (ANNA, DAN, ANNA, (), "nothing_to_delegate"),
        (BEN, DAN, BEN, (names(DAN, MIA),), "has_delegated"),
        (BEN, DAN, BEN, (names(DAN, BEN),), "has_delegated"),
        (BEN, DAN, BEN, (names(DAN, MIA, ended_at=NOW),), None),
        (BEN, DAN, BEN, (names(DAN, MIA, starts_at=NOW + 5 * DAY_MICROS, ends_at=NOW + 6 * DAY_MICROS),), None),
        (BEN, DAN, BEN, (names(MIA, BEN),), None),
    ],
)
def test_who_may_be_named(owner: int, delegate: int, by: int, known: tuple[Delegation, ...], fault: str | None) -> None:
    span = (NOW, NOW + DAY_MICROS)

    found = delegation_fault(directory(), owner_id=owner, delegate_id=delegate, by=by, span=span, known=known)
    assert found == fault
