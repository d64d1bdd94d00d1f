"""The demo's month: that it looks like a company's, and that it tells the story its page promises."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import mean
from typing import Any

import pytest
import yaml

from bot.demo.company import (
    DEMO_CHANNELS,
    DEMO_PEOPLE,
    demo_events,
    demo_history,
    demo_request,
    demo_teams_yml,
    last_month_yml,
    later_events,
    spike_events,
)
from bot.demo.people import DEMO_TEAM_ZONES
from bot.demo.teams import cost_nanos
from bot.demo.usage import AttributedEvent, Event
from bot.money import NANOS, nanos_from_decimal
from bot.org.attribution import Attribution, Source
from bot.org.attribution_rules import AttributionRule
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import local_day, micros, monday_of, period_of, week_of
from bot.sources.cloudevents.parser import parse

MID_MONTH = datetime(2026, 11, 17, 14, 20, tzinfo=UTC)
FIRST = datetime(2026, 12, 1, 10, 5, tzinfo=UTC)
SECOND_HOUR_OF_MONTH = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
LAST = datetime(2027, 1, 31, 18, 0, tzinfo=UTC)
SUMMER_SUNDAY = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
MOMENTS = [MID_MONTH, FIRST, SECOND_HOUR_OF_MONTH, LAST, SUMMER_SUNDAY]

_made: dict[datetime, list[AttributedEvent]] = {}


def history(now: datetime) -> list[AttributedEvent]:
    if now not in _made:
        _made[now] = demo_history(now=now)
    return _made[now]


def at(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def spent_this_month(booked: list[AttributedEvent], team: str, now: datetime) -> int:
    """Plain sum over the month to date, in the team's zone."""
    zone = DEMO_TEAM_ZONES[team]
    first = period_of(local_day(micros(now), zone)).first_day
    mine = (b.event for b in booked if b.team == team)
    return sum(cost_nanos(e["data"]) for e in mine if local_day(micros(at(e)), zone) >= first)


def declared(now: datetime) -> list[dict[str, Any]]:
    teams: list[dict[str, Any]] = yaml.safe_load(demo_teams_yml(now=now, history=history(now)))["teams"]
    return teams


def budgets(now: datetime) -> dict[str, int]:
    return {team["slug"]: nanos_from_decimal(str(team["budget"]["amount"])) for team in declared(now)}


@pytest.mark.parametrize("now", MOMENTS)
def test_budgets_are_handed_down_over_three_levels_and_next_years_are_declared(now: datetime) -> None:
    for text in (demo_teams_yml(now=now, history=history(now)), last_month_yml(now=now, history=history(now))[0]):
        found = read_teams_file(text)
        parents, amounts = {t.slug: t.parent for t in found.teams}, {t.slug: 0 for t in found.teams}
        for team in found.teams:
            assert team.budget is not None
            amounts[team.slug] += team.budget.amount
            if team.parent is not None:
                amounts[team.parent] -= team.budget.amount
        assert min(amounts.values()) >= 0
        assert (parents["search"], parents["product"], parents["technology"]) == ("product", "technology", None)
        assert (parents["concierge"], parents["assistants"]) == ("assistants", "new-products")
        starts = {t.slug: t.budget.starts for t in found.teams if t.budget and t.budget.starts}
        assert set(starts) == {"new-products", "assistants", "concierge"}
        assert min(starts.values()) > now.date() - timedelta(days=31)
        assert all((day.month, day.day) == (1, 1) for day in starts.values())
        assert found.organisation.funding is not None
        tops = [t.budget.amount for t in found.teams if t.budget and t.parent is None]
        assert found.organisation.funding >= sum(tops)


@pytest.mark.parametrize("now", MOMENTS)
def test_last_month_has_budgets_of_its_own_from_its_first_day(now: datetime) -> None:
    text, begins = last_month_yml(now=now, history=history(now))

    assert begins < now.replace(day=1)
    assert (begins + timedelta(days=31)).month == now.month or (begins + timedelta(days=32)).month == now.month
    assert text != demo_teams_yml(now=now, history=history(now))


def hourly_nanos(booked: list[AttributedEvent], team: str) -> dict[datetime, int]:
    hours: dict[datetime, int] = defaultdict(int)
    for booked_team, event in booked:
        if booked_team == team:
            hours[at(event).replace(minute=0, second=0)] += cost_nanos(event["data"])
    return hours


def test_one_seed_makes_one_month_and_another_seed_another() -> None:
    assert list(demo_events(now=MID_MONTH)) == [b.event for b in history(MID_MONTH)]
    assert list(demo_events(now=MID_MONTH, seed=8)) != [b.event for b in history(MID_MONTH)]


@pytest.mark.parametrize("now", MOMENTS)
def test_a_month_has_enough_events_in_order_and_none_after_now(now: datetime) -> None:
    times = [at(b.event) for b in history(now)]
    assert 12_000 <= len(times) <= 20_000
    assert times == sorted(times)
    assert now - timedelta(days=35) <= times[0]
    assert now - timedelta(minutes=10) < times[-1] <= now
    assert len({b.event["id"] for b in history(now)}) == len(times)


def test_every_event_is_one_the_native_parser_books() -> None:
    events = [b.event for b in history(MID_MONTH)] + spike_events(now=MID_MONTH)
    parsed = parse(json.dumps(events).encode(), now=MID_MONTH)
    assert parsed.unusable == []
    assert len(parsed.events) == len(events)
    assert len({event.key for _, event in parsed.events}) == len(events)


def test_the_rules_of_the_file_place_every_event_in_the_team_it_was_sized_for() -> None:
    file = yaml.safe_load(demo_teams_yml(now=MID_MONTH, history=history(MID_MONTH)))
    ids = {team["slug"]: number for number, team in enumerate(file["teams"], start=1)}
    rules = [
        AttributionRule(kind=kind, pattern=line[kind], team_id=ids[line["team"]])
        for line in file["attribution"]
        for kind in ("credential", "tag")
        if kind in line
    ]
    members = {email: ids[team["slug"]] for team in file["teams"] for email in team.get("members", [])}
    attribution = Attribution(rules=rules, team_ids=ids, team_of_user=members, unattributed_id=0)
    gateway = Source(id=1, name="demo", format="cloudevents", role="meter", team_id=None)
    parsed = parse(json.dumps([b.event for b in history(MID_MONTH)]).encode(), now=MID_MONTH)
    placed = [attribution.place(event, gateway).team_id for _, event in parsed.events]
    assert placed == [ids.get(b.team, 0) for b in history(MID_MONTH)]


def test_a_weekday_sees_several_times_the_use_of_a_weekend_day() -> None:
    per_day: dict[date, int] = defaultdict(int)
    for _, event in history(MID_MONTH):
        per_day[at(event).date()] += 1
    whole = {d: n for d, n in per_day.items() if d not in (min(per_day), max(per_day))}
    weekday, weekend = (mean(n for d, n in whole.items() if (d.weekday() >= 5) is end) for end in (False, True))
    assert weekday > 2.5 * weekend


def test_people_work_in_the_daytime_of_their_own_zone() -> None:
    for team, first_hour_utc in (("support", 3), ("data-platform", 13)):  # 09:00 in Kolkata and in New York
        people = [at(b.event).hour for b in history(MID_MONTH) if b.team == team and "user" in b.event["data"]]
        in_hours = sum(first_hour_utc <= hour < first_hour_utc + 9 for hour in people)
        assert in_hours > 0.7 * len(people)


@pytest.mark.parametrize("now", MOMENTS)
def test_search_has_just_spent_its_budget(now: datetime) -> None:
    spent, budget = spent_this_month(history(now), "search", now), budgets(now)["search"]
    assert spent > NANOS
    assert -budget * 0.01 <= budget - spent < 0


@pytest.mark.parametrize("now", [MID_MONTH, LAST, SUMMER_SUNDAY])
def test_checkout_is_close_to_its_budget_and_the_others_are_not(now: datetime) -> None:
    limits = budgets(now)
    part = {team: spent_this_month(history(now), team, now) / limits[team] for team in DEMO_TEAM_ZONES}
    assert 0.82 <= part["checkout"] <= 0.90
    assert all(0 < part[team] < 0.9 for team in ("data-platform", "mobile", "support"))


@pytest.mark.parametrize("now", MOMENTS)
def test_product_can_grant_the_request_that_waits(now: datetime) -> None:
    limits, request = budgets(now), demo_request(now=now)
    below = sum(limits[team["slug"]] for team in declared(now) if team.get("parent") == "product")
    assert limits["product"] - below >= 2_000 * NANOS
    assert request.asker.team == request.team == "search"
    assert request.asked_at < now
    spent = spent_this_month(history(now), "search", now)
    assert limits["search"] + request.amount_nanos - spent > 500 * NANOS


@pytest.mark.parametrize("now", MOMENTS)
def test_a_fresh_spike_costs_many_times_the_usual_hour(now: datetime) -> None:
    hours = hourly_nanos(history(now), "data-platform")
    last = now.replace(minute=0) - timedelta(hours=1)
    usual = mean(hours[last - timedelta(days=days)] for days in range(1, 29))
    busiest = max(nanos for hour, nanos in hours.items() if hour < now - timedelta(hours=4))
    assert hours[last] >= 8 * max(usual, busiest / 3)
    assert hours[last] - busiest >= 150 * NANOS
    blamed = [b.event for b in history(now) if at(b.event).replace(minute=0, second=0) == last]
    by_ci = sum(cost_nanos(e["data"]) for e in blamed if e["data"].get("credential") == "ci-4")
    assert by_ci > 0.9 * hours[last]


@pytest.mark.parametrize("now", MOMENTS)
def test_no_other_team_has_an_hour_like_it(now: datetime) -> None:
    for team in ("search", "checkout", "mobile", "support"):
        assert max(hourly_nanos(history(now), team).values()) < 120 * NANOS


def test_the_button_makes_an_hour_of_checkout_many_times_dearer_and_can_be_pressed_twice() -> None:
    events = spike_events(now=MID_MONTH)
    assert 20 <= len(events) <= 60
    assert {e["data"]["credential"] for e in events} == {"ci-7"}
    assert all(MID_MONTH - timedelta(minutes=8) <= at(e) <= MID_MONTH for e in events)
    cost = sum(cost_nanos(e["data"]) for e in events)
    assert cost >= 8 * max(hourly_nanos(history(MID_MONTH), "checkout").values())
    again = spike_events(now=MID_MONTH + timedelta(seconds=1))
    assert not {e["id"] for e in events} & {e["id"] for e in again}


def test_early_in_an_hour_the_button_stays_within_it() -> None:
    now = datetime(2026, 11, 17, 14, 3, tzinfo=UTC)
    assert all(at(e) >= now.replace(minute=0) for e in spike_events(now=now))


def test_the_closed_week_of_search_grew_because_of_evals() -> None:
    monday, _ = week_of(local_day(micros(MID_MONTH), "Europe/London"))
    assert monday == monday_of("2026-W47")
    weeks: dict[tuple[int, bool], int] = defaultdict(int)
    for team, event in history(MID_MONTH):
        if team == "search":
            week = (local_day(micros(at(event)), "Europe/London") - monday) // 7
            weeks[week, event["data"].get("workflow") == "evals"] += cost_nanos(event["data"])
    assert weeks[-2, True] == 0
    assert weeks[-1, True] + weeks[-1, False] > 1.3 * weeks[-2, False]
    assert weeks[-1, False] < 1.25 * weeks[-2, False]


def test_days_after_the_opening_continue_the_month_without_a_seam() -> None:
    later = MID_MONTH + timedelta(days=6)
    more = later_events(opened_at=MID_MONTH, since=MID_MONTH, until=later)
    assert 2_000 < len(more) < 4_000
    assert all(MID_MONTH <= at(e) <= later for e in more)
    assert not {e["id"] for e in more} & {b.event["id"] for b in history(MID_MONTH)}
    half = MID_MONTH + timedelta(days=2)
    parts = [
        later_events(opened_at=MID_MONTH, since=since, until=until)
        for since, until in ((MID_MONTH, half), (half, later))
    ]
    assert parts[0] + parts[1] == more


def test_some_usage_has_no_team_and_some_no_price() -> None:
    total = sum(cost_nanos(b.event["data"]) for b in history(MID_MONTH))
    lost = sum(cost_nanos(b.event["data"]) for b in history(MID_MONTH) if not b.team)
    assert 0 < lost < total * 0.01
    free = {b.event["data"]["model"] for b in history(MID_MONTH) if cost_nanos(b.event["data"]) == 0}
    assert free == {"acme-embed-x"}


def test_costs_are_those_of_the_price_lists() -> None:
    counters = {"cache_write_1h_tokens": 0, "reasoning_tokens": 0}
    opus = {"uncached_input_tokens": 1000, "cache_read_tokens": 1000, "cache_write_5m_tokens": 1000}
    anthropic = {"provider": "anthropic", "model": "claude-opus-4-5", "output_tokens": 1000}
    assert cost_nanos(counters | opus | anthropic) == 36_750_000  # (5 + 0.50 + 6.25 + 25) dollars a million
    metacode = {"provider": "acme", "model": "metacode-2", "output_tokens": 1000, "uncached_input_tokens": 1000}
    assert cost_nanos(counters | metacode) == 2_000_000
    assert cost_nanos({"provider": "github", "model": "copilot-premium", "cost_usd": "0.12"}) == 120_000_000


def test_people_and_channels_fit_together() -> None:
    ids = [p.slack_id for p in DEMO_PEOPLE]
    assert len(set(ids)) == len(ids) <= 20
    titles = {p.name: p.title for p in DEMO_PEOPLE}
    assert {"anna", "ben", "chloe", "dan", "emi"} <= set(titles)
    assert all(set(channel.members) <= set(ids) for channel in DEMO_CHANNELS)
    file = yaml.safe_load(demo_teams_yml(now=MID_MONTH, history=history(MID_MONTH)))
    named = {team["channel"] for team in file["teams"] if "channel" in team}
    assert named == {f"#{c.name}" for c in DEMO_CHANNELS if c.team}
    named = {email for team in file["teams"] for email in (*team["managers"], *team.get("members", []))}
    assert named <= {p.email for p in DEMO_PEOPLE}
    assert "dan@acme.test" not in named
