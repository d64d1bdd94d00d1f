"""The registry of hot queries: what people wait for, and what runs often. Add yours with a line."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from bot.periods import DAY_MICROS, period_of
from storage.reporting.home_changes import ANSWERED_KINDS
from storage.store import Transaction
from tests.storage.reading.many_rows import DAY, TEAM_IDS

MONTH = period_of(DAY, "month")
AT = DAY * DAY_MICROS
TEAM = TEAM_IDS[1]


class HotQuery(NamedTuple):
    """A hot query by the name under which its plans are kept."""

    name: str
    run: Callable[[Transaction], Awaitable[object]]


HOT_QUERIES = (
    HotQuery("ids merged into a person", lambda tx: tx.people.all_ids_of(7)),
    HotQuery(
        "a person's use", lambda tx: tx.reports.use_of_people([7], starts=(DAY - 60, DAY - 30, DAY - 6), end_day=DAY)
    ),
    HotQuery("who looked at a person", lambda tx: tx.people.looks_of([7], limit=5)),
    HotQuery("people by id", lambda tx: tx.people.by_ids([7, 8])),
    HotQuery("zones of a channel's people", lambda tx: tx.people.zones_in_slack(["U7", "U8"])),
    HotQuery(
        "changes of a team's settings",
        lambda tx: tx.audit.about(f"team:{TEAM}", ("set budget", "set up team"), before=None, limit=7),
    ),
    HotQuery("person of a caller", lambda tx: tx.people.by_slack_id("U7")),
    HotQuery("requests of a person", lambda tx: tx.budget_requests.of_person(7)),
    HotQuery("pending requests", lambda tx: tx.budget_requests.pending()),
    HotQuery("pending requests of a team", lambda tx: tx.budget_requests.pending([TEAM])),
    HotQuery("pending request of a person", lambda tx: tx.budget_requests.pending_of(person_id=7, team_id=TEAM)),
    HotQuery("days of a team", lambda tx: tx.reports.by_day([TEAM], first_day=DAY - 35, end_day=DAY)),
    HotQuery("whether teams used anything by a day", lambda tx: tx.reports.first_day_after(TEAM_IDS, DAY - 14)),
    HotQuery("tools of a team", lambda tx: tx.reports.by_part("tool", team_ids=[TEAM], first_day=DAY - 7, end_day=DAY)),
    HotQuery(
        "tools and bases of a team",
        lambda tx: tx.reports.by_parts(("tool", "basis"), team_ids=[TEAM], first_day=DAY - 30, end_day=DAY),
    ),
    HotQuery("tools of a team by day", lambda tx: tx.reports.by_tool_and_day(TEAM, first_day=DAY - 14, end_day=DAY)),
    HotQuery("names of a team's parts", lambda tx: tx.reports.part_names([TEAM])),
    HotQuery(
        "alerts of a team lately",
        lambda tx: tx.alerts.posted_of(TEAM, kinds=("spike", "threshold"), since=AT - 30 * DAY_MICROS, until=AT),
    ),
    HotQuery("uses of a team by week", lambda tx: tx.week_uses.by_week([TEAM], first_day=DAY - 63, end_day=DAY)),
    HotQuery(
        "what a team spent by week, workflow and tool",
        lambda tx: tx.outcome_spend.by_span([TEAM], starts=(DAY - 14, DAY - 7), first_day=DAY - 14, end_day=DAY),
    ),
    HotQuery(
        "people behind a team", lambda tx: tx.outcome_spend.people_behind([TEAM], first_day=DAY - 56, end_day=DAY)
    ),
    HotQuery(
        "tokens of a team by model", lambda tx: tx.outcome_spend.by_model([TEAM], first_day=DAY - 28, end_day=DAY)
    ),
    HotQuery("outcomes of a team", lambda tx: tx.outcomes.by_day([TEAM], first_day=DAY - 112, end_day=DAY)),
    HotQuery("outcomes from a source", lambda tx: tx.outcomes.received_since(7, since=AT)),
    HotQuery("what was said of grants", lambda tx: tx.worth.answered([TEAM], since=AT - DAY_MICROS, until=AT)),
    HotQuery("hours of a team", lambda tx: tx.reports.by_hour(TEAM, first_hour=DAY * 24 - 72, end_hour=DAY * 24)),
    HotQuery(
        "last hours of teams",
        lambda tx: tx.reports.in_hours([TEAM, TEAM_IDS[2]], first_hour=DAY * 24 - 2, end_hour=DAY * 24),
    ),
    HotQuery(
        "unpriced tokens of teams",
        lambda tx: tx.reports.unpriced_tokens(TEAM_IDS, first_day=DAY - 30, end_day=DAY),
    ),
    HotQuery(
        "people of a spike",
        lambda tx: tx.reports.by_person_in_hours(TEAM, first_hour=DAY * 24 - 4, end_hour=DAY * 24),
    ),
    HotQuery(
        "parts of a spike",
        lambda tx: tx.reports.by_part_in_hours("credential", TEAM, first_hour=DAY * 24 - 4, end_hour=DAY * 24),
    ),
    HotQuery("days of a company", lambda tx: tx.reports.by_day(TEAM_IDS, first_day=DAY - 35, end_day=DAY)),
    HotQuery(
        "tools of some teams by week",
        lambda tx: tx.subtree_reports.tools_by_week([TEAM], first_day=DAY - 56, end_day=DAY),
    ),
    HotQuery(
        "parts of the teams that moved",
        lambda tx: tx.subtree_reports.series_of([TEAM], first_day=DAY - 7, end_day=DAY),
    ),
    HotQuery("digests that are known", lambda tx: tx.outbox.known_of(["digest:company:2026-W47"])),
    HotQuery("unmatched people", lambda tx: tx.reports.unmatched_people(TEAM_IDS, first_day=DAY - 30, end_day=DAY)),
    HotQuery("unattributed keys", lambda tx: tx.attribution.unattributed_keys(TEAM, first_day=DAY - 30, end_day=DAY)),
    HotQuery(
        "models without a price",
        lambda tx: tx.prices.unpriced(first_day=MONTH.first_day, end_day=MONTH.end_day),
    ),
    HotQuery("a series without a price", lambda tx: tx.prices.unpriced_by_series(50)),
    HotQuery(
        "balance of a team",
        lambda tx: tx.ledger.balances([(TEAM, MONTH)], root_id=TEAM_IDS[0], unattributed_id=TEAM_IDS[2]),
    ),
    HotQuery("whether a period is open", lambda tx: tx.ledger.is_open(TEAM_IDS[0], MONTH)),
    HotQuery("first grants of a team", lambda tx: tx.ledger.first_grants([TEAM], MONTH)),
    HotQuery("hours of sources", lambda tx: tx.histories.used_hours(first_hour=DAY * 24 - 72)),
    HotQuery("observed days", lambda tx: tx.observations.of_days(first_day=DAY - 3, end_day=DAY)),
    HotQuery("booked of a day", lambda tx: tx.observations.booked(TEAM_IDS, day=DAY - 3)),
    HotQuery("answers to a team's alerts", lambda tx: tx.alert_quality.answers(since=AT - DAY_MICROS, team_ids=[TEAM])),
    HotQuery("answers to all alerts", lambda tx: tx.alert_quality.answers(since=AT - DAY_MICROS)),
    HotQuery("alerts without an answer", lambda tx: tx.alerts.unanswered(ANSWERED_KINDS)),
    HotQuery("changes of Homes", lambda tx: tx.home_changes.latest()),
    HotQuery("alert by key", lambda tx: tx.alerts.by_key("spike:7")),
    HotQuery("alerts of a kind", lambda tx: tx.alerts.of_kind(team_id=TEAM, kind="drift", since=AT)),
    HotQuery("teams with a running alert", lambda tx: tx.alerts.running_teams("spike")),
    HotQuery("recent alerts of a kind", lambda tx: tx.alerts.recent(kind="spike", since=AT - DAY_MICROS)),
    HotQuery("alerts of a week", lambda tx: tx.alerts.count_between(TEAM, from_at=AT - 7 * DAY_MICROS, until_at=AT)),
    HotQuery("whether a message is known", lambda tx: tx.outbox.known("digest:7:2026-W47")),
    HotQuery("messages that were given up", lambda tx: tx.reports.undelivered()),
    HotQuery("counts of undelivered messages", lambda tx: tx.outbox.undelivered_counts()),
    HotQuery("undelivered messages", lambda tx: tx.outbox.undelivered(("waiting", "given-up"), limit=10)),
    HotQuery("repeated messages", lambda tx: tx.outbox.repeated()),
    HotQuery("a person's direct messages", lambda tx: tx.deliveries.direct_channel(7)),
)
