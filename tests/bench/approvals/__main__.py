"""`python -m tests.bench.approvals`: a year of budget requests by 6,000 simulated people, decided by the bot's own rules.

Exits with code 1 if anybody approved for themselves, or a limit was passed in pieces.
"""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from bot.requests.rehearsals.words import duration_words
from tests.bench.approvals.company import make_company
from tests.bench.approvals.judges import Verdict, judge
from tests.bench.approvals.policies import played
from tests.bench.approvals.simulation import Simulation, Year
from tests.bench.approvals.wishes import wishes

out = Console(highlight=False, width=130)
FIRST_DAY = 20_454
"""1 January 2026."""


def main() -> None:
    """Plays a year, and prints what became of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.approvals", description=__doc__)
    parser.add_argument("--policy", type=Path, metavar="FILE", help="a policy file of one's own")
    parser.add_argument("--people", type=int, default=6_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="600 people and a quarter")
    asked = parser.parse_args()
    people, days = (600, 90) if asked.quick else (asked.people, asked.days)
    began = time.process_time()
    verdict, year = play(people=people, days=days, seed=asked.seed, policy=asked.policy)
    _say(verdict, year, people=people, days=days, seconds=time.process_time() - began)
    sys.exit(bool(verdict.own or verdict.passed))


def play(*, people: int, days: int, seed: int, policy: Path | None = None) -> tuple[Verdict, Year]:
    """Plays some days of a company, and judges them."""
    by = played(policy)
    company = make_company(people, seed=seed, first_day=FIRST_DAY, days=days)
    wanted = list(wishes(company, seed=seed, first_day=FIRST_DAY, days=days, limit_nanos=by.least_limit_nanos))
    year = Simulation(company, by, seed=seed, end_day=FIRST_DAY + days).play(wanted)
    return judge(company, year), year


def _say(verdict: Verdict, year: Year, *, people: int, days: int, seconds: float) -> None:
    ended = ", ".join(f"{number:,} {state}" for state, number in sorted(verdict.ended.items()))
    rows = [
        (f"requests by {people:,} people in {days} days", f"{verdict.asked:,}: {ended}"),
        ("decided within 15 working minutes", f"{verdict.quick_share:.1%} of those that people decided"),
        ("median time to decide", duration_words(verdict.median_micros)),
        ("oldest waiting", duration_words(verdict.oldest_micros)),
        ("clicks per decider and week, p95 / most", f"{verdict.clicks_p95} / {verdict.clicks_most}"),
        ("approved for oneself", f"{len(verdict.own)} ({year.own_clicks_refused:,} tries refused)"),
        ("limits passed in pieces", f"{len(verdict.passed)} ({verdict.caught:,} pieces moved up)"),
        ("nobody could decide", f"{year.stuck}"),
        ("rerouted to somebody who is there", f"{year.rerouted:,}"),
        ("reminders, escalated, expired", f"{year.reminders:,}, {year.escalated:,}, {year.expired:,}"),
    ]
    for words, figure in rows:
        out.print(f"{words:<44} {figure}", markup=False)
    for fault in (*verdict.own[:10], *verdict.passed[:10]):
        out.print(f"  {fault}", markup=False, style="red")
    out.print(f"{seconds:.0f} s of processor time", markup=False)


if __name__ == "__main__":
    main()
