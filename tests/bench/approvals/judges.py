"""The judges of a simulated year. They know accounts, amounts and decisions, and use none of the rules that made them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.approvals.company import Company
from tests.bench.approvals.simulation import Decided, Year

QUICK_MICROS = 15 * 60 * 1_000_000


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The figures of a year. `own` and `passed` must be empty."""

    asked: int
    ended: Mapping[str, int]
    quick_share: float
    clicks_p95: int
    clicks_most: int
    own: Sequence[str]
    passed: Sequence[str]
    caught: int
    oldest_micros: int
    median_micros: int


def judge(company: Company, year: Year) -> Verdict:
    by_people = [one for one in year.decided if not one.is_auto]
    quick = sum(one.working_micros <= QUICK_MICROS for one in by_people)
    clicks = manager_weeks(company, year)
    waits = sorted((one.request.decided_at or 0) - one.request.created_at for one in by_people)
    return Verdict(
        asked=year.asked,
        ended=Counter("auto" if one.is_auto else one.request.state for one in year.decided),
        quick_share=quick / max(1, len(by_people)),
        clicks_p95=clicks[len(clicks) * 95 // 100] if clicks else 0,
        clicks_most=clicks[-1] if clicks else 0,
        own=own_approvals(company, year.decided),
        passed=passed_limits(company, year.decided),
        caught=sum(one.would_pass_alone for one in year.decided),
        oldest_micros=max([*waits, *year.waiting], default=0),
        median_micros=waits[len(waits) // 2] if waits else 0,
    )


def manager_weeks(company: Company, year: Year) -> list[int]:
    """Returns the clicks of each person who decides, in each week of the year, least first."""
    deciders = {person for _, person, role in company.directory.roles if role in ("manager", "finance")}
    weeks = {week for _, week in year.clicks}
    span = range(min(weeks, default=0), max(weeks, default=-1) + 1)
    return sorted(year.clicks.get((person, week), 0) for person in deciders for week in span)


def own_approvals(company: Company, decided: Sequence[Decided]) -> list[str]:
    """Returns the requests that the human who asked approved, with any account, or in whose place somebody approved."""
    found = []
    for one in decided:
        asker = company.humans[one.request.person_id]
        for vote in one.votes if one.request.state == "approved" else ():
            voices = {vote.person_id} | ({vote.for_person_id} if vote.for_person_id is not None else set())
            if asker in {company.humans[person] for person in voices}:
                found.append(f"request {one.request.id} of {asker}: approved by {sorted(voices)}")
    return found


def passed_limits(company: Company, decided: Sequence[Decided]) -> list[str]:
    """Returns where lines of a policy gave a team, or a human, more in a period than their limit allows together.
    What a policy approves by itself is limited by person."""
    given: dict[tuple[str, int, str], list[Decided]] = defaultdict(list)
    for one in decided:
        if one.request.state == "approved" and one.limit_nanos is not None:
            given["team", one.request.team_id, one.request.period].append(one)
            given["human", company.humans[one.request.person_id], one.request.period].append(one)
    found = []
    for (kind, who, period), ones in given.items():
        for limit in {one.limit_nanos or 0 for one in ones if kind == "human" or not one.is_auto}:
            total = sum(one.request.granted_nanos or 0 for one in ones if (one.limit_nanos or 0) <= limit)
            if total > limit:
                found.append(f"{kind} {who} got {total / 1e9:,.2f} in {period}, over {limit / 1e9:,.2f}")
    return found
