"""Replays of past requests: who decides them under another policy, and how long that takes."""

from dataclasses import replace

from bot.money import NANOS
from bot.org.teams import Directory
from bot.org.tools import Tools
from bot.periods import HOUR_MICROS
from bot.requests.budget_requests import Ask
from bot.requests.policies import DEFAULT_APPROVAL_RULES, ApprovalRule, AutoTerms
from bot.requests.rehearsals.comparisons import Comparison
from bot.requests.rehearsals.fates import Policy
from bot.requests.rehearsals.past_asks import DecisionPace, PastAsk
from bot.requests.rehearsals.replays import recorded_payer, replay
from tests.bot.acme import ANNA, BEN, CHLOE, EMI, PRODUCT, ROLES, SEARCH, directory

UP_TO_200 = (ApprovalRule(up_to_nanos=200 * NANOS, by="team_manager"), ApprovalRule(up_to_nanos=None, by="finance"))
START = 1_767_600_000_000_000


def past(number: int, dollars: int, *, by: int = ANNA, hours: int | None = 1, decider: int = BEN) -> PastAsk:
    return PastAsk(
        id=number,
        team_id=SEARCH.id,
        person_id=by,
        ask=Ask(amount_nanos=dollars * NANOS, reason=""),
        at=START + number * HOUR_MICROS,
        period="2026-01",
        payer_id=PRODUCT.id,
        outcome="pending" if hours is None else "approved",
        decided_by=None if hours is None else decider,
        decided_at=None if hours is None else START + (number + hours) * HOUR_MICROS,
        given_nanos=0 if hours is None else dollars * NANOS,
    )


def compared(
    asks: list[PastAsk], rules: tuple[ApprovalRule, ...] = UP_TO_200, *, acme: Directory | None = None
) -> Comparison:
    acme = acme or directory()
    now = replay(
        Policy(directory=acme, rules=DEFAULT_APPROVAL_RULES, tools=Tools([])), asks, payer_of=recorded_payer(acme)
    )
    planned = replay(Policy(directory=acme, rules=rules, tools=Tools([])), asks, payer_of=recorded_payer(acme))
    return Comparison(now=now, planned=planned, pace=DecisionPace(asks))


def test_requests_above_the_new_limit_go_to_finance() -> None:
    found = compared([past(1, 50), past(2, 150), past(3, 201)])

    assert {way: tally.requests for way, tally in found.now.by_kind().items()} == {"team": 3}
    assert {way: tally.requests for way, tally in found.planned.by_kind().items()} == {"team": 2, "finance": 1}
    assert {line: tally.amount_nanos // NANOS for line, tally in found.planned.by_line().items()} == {0: 200, 1: 201}
    assert [(one.ask.id, one.now.by, one.planned.by) for one in found.changed()] == [(3, "team", "finance")]


def test_it_names_who_decides_more_and_less() -> None:
    found = compared([past(1, 100), past(2, 500), past(3, 600)])

    assert [(one.person_id, one.now, one.planned) for one in found.workloads()] == [
        (BEN, 3, 1),
        (CHLOE, 0, 2),
        (EMI, 3, 1),
    ]


def test_who_asks_is_never_among_the_deciders_and_somebody_alone_is_stuck() -> None:
    alone = directory(roles=((SEARCH.id, EMI, "manager"),))
    found = compared([past(1, 100, by=EMI)], acme=alone)

    assert [(ask.id, fate.by) for ask, fate in found.stuck()] == [(1, "nobody")]


def test_a_manager_above_decides_where_the_teams_own_manager_asks() -> None:
    assert set(compared([past(1, 100, by=EMI)]).planned.by_kind()) == {"above"}


def test_a_request_waits_as_long_as_it_did_unless_others_decide_it() -> None:
    asks = [past(n, 50, hours=2) for n in range(1, 4)] + [past(n, 900, hours=8, decider=CHLOE) for n in range(4, 7)]
    found = compared(asks)

    assert found.planned.waits(found.pace) == [2 * HOUR_MICROS] * 3 + [8 * HOUR_MICROS] * 3
    few = compared(asks[:4])
    assert few.planned.median_wait(few.pace) == 2 * HOUR_MICROS
    assert compared([past(1, 100, hours=None)]).pace.everybody is None


def test_a_quorum_waits_for_its_last() -> None:
    asks = [past(n, 100, hours=n % 3 + 1, decider=(ANNA, BEN, CHLOE)[n % 3]) for n in range(9)]
    pace, three = DecisionPace(asks), frozenset({ANNA, BEN, CHLOE})

    assert [pace.of(three, needed=n) for n in (1, 2, 3)] == [n * HOUR_MICROS for n in (2, 2, 3)]


AUTO = ApprovalRule(up_to_nanos=100 * NANOS, auto=AutoTerms(per_period=1))
SEVERAL = ApprovalRule(all_of=("team_manager", "parent_manager"))


def test_a_line_approves_by_itself_as_often_as_it_says() -> None:
    found = compared([past(1, 50), past(2, 50), past(3, 50, by=BEN)], (AUTO, *UP_TO_200))

    assert [fate.by for _, fate in found.planned.fates] == ["auto", "team", "auto"]
    assert found.planned.waits(found.pace) == [0, HOUR_MICROS, 0]


def test_pieces_of_a_split_go_to_a_higher_line() -> None:
    found = compared([past(1, 150), past(2, 150), past(3, 10)])

    assert [(ask.id, fate.by) for ask, fate in found.moved_up()] == [(2, "finance")]
    assert [fate.line for _, fate in found.planned.fates] == [0, 1, 0]


def test_what_was_withdrawn_before_counts_no_more_and_what_is_denied_later_still_does() -> None:
    withdrawn = replace(past(1, 150, hours=1), outcome="withdrawn", decided_by=ANNA)
    denied = replace(past(1, 150, hours=5), outcome="denied")

    assert compared([withdrawn, past(3, 150)]).moved_up() == []
    assert [ask.id for ask, _ in compared([denied, past(3, 150)]).moved_up()] == [3]
    assert compared([denied, past(9, 150)]).moved_up() == []


def test_several_together_are_told_apart() -> None:
    found = compared([past(1, 100)], (SEVERAL,))

    assert [(fate.by, fate.needed) for _, fate in found.planned.fates] == [("quorum", 2)]


def test_a_team_in_another_mode_is_refused() -> None:
    announced = directory()
    teams = tuple(replace(team, mode="announce") if team.id == SEARCH.id else team for team in announced.teams)
    acme = Directory(organisation=announced.organisation, teams=teams, roles=frozenset(ROLES))

    assert set(compared([past(1, 100)], acme=acme).planned.by_kind()) == {"refused"}
