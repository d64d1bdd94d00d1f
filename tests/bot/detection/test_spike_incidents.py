"""An incident as its hours show it: its extent, what drives it, what was silent, and its chart."""

import json
from dataclasses import replace

import numpy as np

from bot.alerting.alerts import DataGap
from bot.alerting.spike_facts import SpikeFacts
from bot.charts.values import SpikeHours, decode
from bot.detection.extents import extent_of
from bot.detection.histories import Histories, Ints, PartKind, SpendPart
from bot.detection.incident_measures import SweepContext
from bot.detection.shared_rises import is_shared, rising_hours
from bot.detection.spike_incidents import closing_facts, incident_facts
from bot.detection.sweeps import SpikingHour
from bot.money import NANOS
from tests.bot.spend import DAY, THIS_HOUR, WEEK, Of, histories_of, plus, steady, view
from tests.bot.views.examples import SEARCH


def hour_found(back: int, part: SpendPart | None = None, *, window: int = 1, excess: float = 100) -> SpikingHour:
    return SpikingHour(hour=THIS_HOUR - back, part=part, window_hours=window, excess_dollars=excess)


def seen(histories: Histories, *silences: DataGap) -> SweepContext:
    return SweepContext(histories=histories, view=view(), silences=silences)


def test_an_extent_goes_from_its_first_dear_hour_to_where_nearly_all_was_spent() -> None:
    """A window of a day says nothing of when in it."""
    costs = plus(plus(steady(a_day=10), 80, back=9), 90, back=8)
    extent = extent_of(costs, first_hour=THIS_HOUR - len(costs) + 1, last_hour=THIS_HOUR, window_hours=DAY, since=None)

    assert (THIS_HOUR - extent.from_hour, THIS_HOUR - extent.to_hour, extent.hours) == (9, 8, 2)
    assert extent.observed_nanos == costs[-10:-8].sum()
    assert 170 * NANOS < extent.excess_nanos + 2 * NANOS < extent.observed_nanos + 2 * NANOS


def test_an_extent_never_begins_later_than_it_was_known_to() -> None:
    costs = plus(steady(a_day=10), 80)
    first = THIS_HOUR - len(costs) + 1
    extent = extent_of(costs, first_hour=first, last_hour=THIS_HOUR, window_hours=1, since=THIS_HOUR - 20)

    assert extent.from_hour == THIS_HOUR - 20


def spiking(extra: float = 200) -> Histories:
    usual = steady(a_day=40)
    new = np.zeros_like(usual)
    new[-1] = round(extra * 0.92 * NANOS)
    return histories_of(
        {
            Of(credential="key-12", person="7"): plus(usual, extra * 0.08),
            Of(credential="ci-7", workflow="flaky-test-fixer", person="8"): new,
        }
    )


def test_a_new_key_is_named_with_its_share_and_when_it_was_first_seen() -> None:
    alert = incident_facts(SEARCH, [hour_found(0)], seen(spiking()), before=None)
    first = alert.contributors[0]

    assert (first.dimension, first.name, first.first_hour, first.usual_nanos) == ("credential", "ci-7", THIS_HOUR, 0)
    assert 0.9 < first.rise_nanos / alert.excess_nanos <= 1


def test_nobody_is_named() -> None:
    facts = incident_facts(SEARCH, [hour_found(0)], seen(spiking()), before=None)

    assert {c.dimension for c in facts.contributors} <= {"credential", "workflow", "model", "tool"}


def test_an_incident_is_shared_with_other_teams_only_once_that_is_said() -> None:
    facts = incident_facts(SEARCH, [hour_found(0)], seen(spiking()), before=None)

    assert not facts.shared
    assert closing_facts(SEARCH, replace(facts, shared=True), seen(spiking())).shared


def test_a_part_beside_its_usual() -> None:
    usual = steady(a_day=100)
    doubled = histories_of({Of(credential="key-12"): plus(usual, 60), Of(credential="key-13"): usual})
    alert = incident_facts(SEARCH, [hour_found(0)], seen(doubled), before=None)
    key = next(c for c in alert.contributors if c.dimension == "credential")

    assert (key.name, key.first_hour) == ("key-12", None)
    assert key.usual_nanos == sum(int(usual[-1 - WEEK * w]) for w in (1, 2, 3, 4)) // 4
    assert "key-13" not in {c.name for c in alert.contributors}


def test_the_severity_is_of_the_dollars_at_stake_and_never_falls() -> None:
    facts = incident_facts(SEARCH, [hour_found(0, excess=550)], seen(spiking()), before=None)
    assert facts.severity == "high"

    after = incident_facts(SEARCH, [hour_found(0, excess=480)], seen(spiking()), before=facts)
    assert after.severity == "high"
    dearer = incident_facts(SEARCH, [hour_found(0, excess=20)], seen(spiking(3_000)), before=facts)
    assert dearer.severity == "critical"


def test_what_was_said_of_a_total_stays_of_it_and_what_was_of_a_part_may_grow_to_it() -> None:
    key = SpendPart(SEARCH.id, "credential", "ci-7")
    histories = spiking()
    of_part = incident_facts(SEARCH, [hour_found(0, key)], seen(histories), before=None)
    of_total = incident_facts(SEARCH, [hour_found(0), hour_found(0, key)], seen(histories), before=of_part)

    assert (of_part.part, of_part.observed_nanos) == (("credential", "ci-7"), 184 * NANOS)
    assert of_total.part is None
    assert incident_facts(SEARCH, [hour_found(0, key)], seen(histories), before=of_total).part is None


def test_a_part_that_spikes_for_days_after_the_total_leaves_the_total_its_hours() -> None:
    """Read in late: the total's last window holds the dear hour of two days ago, the key's goes on for a day after it."""
    key = SpendPart(SEARCH.id, "credential", "ci-7")
    late = histories_of(
        {Of(credential="key-12"): steady(a_day=40), Of(credential="ci-7"): plus(steady(a_day=0.1), 600, back=50)}
    )
    hours = [hour_found(50), hour_found(44, window=8), hour_found(30, key, window=24)]
    facts = incident_facts(SEARCH, hours, seen(late), before=None)

    assert (facts.from_hour, facts.window_hours) == (THIS_HOUR - 50, 1)
    assert facts.observed_nanos > 600 * NANOS
    assert facts.last_hour == THIS_HOUR - 30


def test_a_silence_before_a_spike_is_told_where_the_team_missed_its_usual() -> None:
    usual = steady(a_day=400)
    cut = plus(usual, 600, back=0)
    cut[-7:-3] = 0
    gap = DataGap(source="gateway-eu", from_hour=THIS_HOUR - 6, end_hour=THIS_HOUR - 2)
    long_ago = replace(gap, from_hour=THIS_HOUR - 70, end_hour=THIS_HOUR - 60)
    facts = incident_facts(SEARCH, [hour_found(0)], seen(histories_of({Of(): cut}), gap, long_ago), before=None)
    unhurt = incident_facts(SEARCH, [hour_found(0)], seen(histories_of({Of(): plus(usual, 600)}), gap), before=None)

    assert facts.silences == (gap,)
    assert decode(facts.chart).silent == ((THIS_HOUR - 6, THIS_HOUR - 2),)  # type: ignore[union-attr]
    assert unhurt.silences == ()


def test_an_incident_ends_with_what_came_in_late() -> None:
    before = spiking()
    facts = incident_facts(SEARCH, [hour_found(0)], seen(before), before=None)
    later = histories_of({of: _shifted(nanos, 3) for of, nanos in _rows(before).items()})
    ended = closing_facts(SEARCH, replace(facts, from_hour=THIS_HOUR - 3, last_hour=THIS_HOUR - 2), seen(later))

    assert ended.observed_nanos > facts.observed_nanos
    assert ended.last_hour == THIS_HOUR - 2


def test_the_chart_of_an_incident_that_ended_days_ago_still_shows_it() -> None:
    """It is closed after sixty quiet hours, of which its chart shows twelve."""
    usual = steady(a_day=40)
    then = histories_of({Of(): plus(usual, 300, back=61, hours=2)})
    known = incident_facts(SEARCH, [hour_found(61)], seen(then), before=None)
    facts = replace(known, from_hour=THIS_HOUR - 62, last_hour=THIS_HOUR - 60)
    chart = decode(closing_facts(SEARCH, facts, seen(then)).chart)

    assert isinstance(chart, SpikeHours)
    assert (chart.marked_from, chart.marked_until) == (THIS_HOUR - 62, THIS_HOUR - 60)
    assert (chart.hours[0], chart.hours[-1]) == (THIS_HOUR - 60 + 12 - 48, THIS_HOUR - 60 + 11)
    assert max(chart.observed_nanos) > 300 * NANOS
    running = decode(incident_facts(SEARCH, [hour_found(0)], seen(spiking()), before=None).chart)
    assert isinstance(running, SpikeHours)
    assert (running.hours[-1], running.marked_until) == (THIS_HOUR, None)


def _rows(histories: Histories) -> dict[Of, Ints]:
    found = {}
    keys: tuple[PartKind, ...] = ("credential",)
    for part in histories.parts_of(3, keys):
        found[Of(credential=part.name)] = histories.part_costs(
            part, first_hour=THIS_HOUR - 5 * WEEK + 1, count=5 * WEEK
        )
    return found


def _shifted(nanos: Ints, hours: int) -> Ints:
    """The same, so many hours earlier, with ten dollars that came in after it."""
    earlier = np.concatenate([nanos[hours:], np.zeros(hours, dtype=np.int64)])
    earlier[-hours] += 10 * NANOS
    return earlier


def test_facts_are_read_as_they_were_stored() -> None:
    stored = json.dumps(incident_facts(SEARCH, [hour_found(0)], seen(spiking()), before=None).to_facts())

    assert json.dumps(SpikeFacts.from_facts(json.loads(stored)).to_facts()) == stored


def test_facts_of_an_older_version_are_still_shown() -> None:
    facts = incident_facts(SEARCH, [hour_found(0)], seen(spiking()), before=None)
    old = {k: v for k, v in facts.to_facts().items() if k not in {"part", "silences", "shared"}}
    old["contributors"] = [["credential", "ci-7", 5, True], ["model", "opus", 4, False]]

    new, known = SpikeFacts.from_facts(old).contributors
    assert (new.first_hour, new.usual_nanos, known.first_hour) == (facts.from_hour, 0, None)


def test_most_teams_rising_together_is_shared() -> None:
    assert [is_shared(new=new, active=active) for new, active in ((3, 3), (4, 9), (4, 8), (5, 20))] == [
        False,
        False,
        True,
        False,
    ]


def test_the_hours_in_which_most_teams_rise() -> None:
    calm = [steady(a_day=50, seed=seed) for seed in range(6)]
    lump = [plus(nanos, 80, back=2) for nanos in calm]

    assert rising_hours(np.array(calm)) == []
    assert rising_hours(np.array(lump)) == [len(lump[0]) - 3]
    assert rising_hours(np.array([*lump[:2], *calm[2:]])) == []
