"""The facts of each kind of alert are kept as JSON and read back as they were; older rows still read."""

import json

import msgspec
import pytest

from bot.alerting.alerts import Contributor, DataGap, SpikeAlert
from bot.alerting.budget_alerts import PostedForecast
from bot.alerting.budget_facts import ForecastFacts, ThresholdFacts
from bot.alerting.crosscheck_facts import DriftFacts, RouteFacts, SilenceFacts
from bot.alerting.facts import AlertFacts
from bot.alerting.spike_facts import SpikeFacts

SPIKE = SpikeFacts(
    severity="high",
    part=("credential", "ci-7"),
    from_hour=100,
    last_hour=104,
    window_hours=3,
    observed_nanos=900,
    usual_nanos=100,
    excess_nanos=800,
    contributors=(
        Contributor(dimension="person", name="7", cost_nanos=950, usual_nanos=0, first_hour=None),
        Contributor(dimension="credential", name="ci-7", cost_nanos=900, usual_nanos=100, first_hour=90),
    ),
    silences=(DataGap(source="gateway-eu", from_hour=90, end_hour=None),),
    shared=True,
    chart={"kind": "hours"},
)
SPIKE_JSON = {
    "severity": "high",
    "part": ["credential", "ci-7"],
    "from_hour": 100,
    "last_hour": 104,
    "window_hours": 3,
    "observed_nanos": 900,
    "usual_nanos": 100,
    "excess_nanos": 800,
    "contributors": [["person", "7", 950, 0, None], ["credential", "ci-7", 900, 100, 90]],
    "silences": [["gateway-eu", 90, None]],
    "shared": True,
    "chart": {"kind": "hours"},
}
FORECAST = PostedForecast(
    allocated_nanos=1_000,
    said_on=1,
    said_day=2,
    shown_on=3,
    shown_day=4,
    early_day=5,
    late_day=None,
    chance=0.9,
    end_nanos=1_500,
    end_day=9,
    outcome="expected",
)


def test_a_spike_is_kept_under_these_names_and_reads_back() -> None:
    assert json.loads(json.dumps(SPIKE.to_facts())) == SPIKE_JSON
    assert SpikeFacts.from_facts(SPIKE_JSON) == SPIKE


def test_a_spike_of_an_older_version_has_no_part_no_silences_and_no_usual() -> None:
    old = {key: value for key, value in SPIKE_JSON.items() if key not in ("part", "silences", "shared")}
    found = SpikeFacts.from_facts({**old, "contributors": [["credential", "a", 5, True], ["model", "b", 4, False]]})

    assert (found.part, found.silences, found.shared) == (None, (), False)
    assert [(c.usual_nanos, c.first_hour) for c in found.contributors] == [(0, 100), (0, None)]


def test_a_person_never_leads_a_spike() -> None:
    assert SPIKE.leading_contributor == SPIKE.contributors[1]
    assert SpikeFacts.from_facts({**SPIKE_JSON, "contributors": []}).leading_contributor is None


@pytest.mark.parametrize("ongoing", [True, False])
def test_a_spikes_message_has_its_figures(ongoing: bool) -> None:
    assert SPIKE.as_alert(ongoing=ongoing) == SpikeAlert(
        severity="high",
        part=("credential", "ci-7"),
        from_hour=100,
        window_hours=3,
        observed_nanos=900,
        usual_nanos=100,
        excess_nanos=800,
        contributors=SPIKE.contributors,
        silences=SPIKE.silences,
        shared=True,
        ongoing=ongoing,
    )


@pytest.mark.parametrize(
    ("facts", "stored"),
    [
        (ThresholdFacts(percent=80, period="2026-11"), {"percent": 80, "period": "2026-11", "by_holds": False}),
        (
            ForecastFacts(period="2026-11", forecast=FORECAST),
            {
                "period": "2026-11",
                "foretold": {
                    "allocated_nanos": 1_000,
                    "said_on": 1,
                    "said_day": 2,
                    "shown_on": 3,
                    "shown_day": 4,
                    "early_day": 5,
                    "late_day": None,
                    "chance": 0.9,
                    "end_nanos": 1_500,
                    "end_day": 9,
                    "outcome": "expected",
                },
            },
        ),
        (DriftFacts(source_id=1, source="gw", lines=()), {"source_id": 1, "source": "gw", "lines": ()}),
        (
            SilenceFacts(source_id=1, source="gw", role="metering", since=5),
            {"source_id": 1, "source": "gw", "role": "metering", "since": 5},
        ),
        (
            SilenceFacts(source_id=1, source="gw", role="metering", since=5, heard_at=6, is_revoked=True),
            {"source_id": 1, "source": "gw", "role": "metering", "since": 5, "heard_at": 6, "is_revoked": True},
        ),
        (RouteFacts(since=5), {"since": 5}),
        (RouteFacts(since=5, channel="C1", works_since=6), {"since": 5, "channel": "C1", "works_since": 6}),
    ],
)
def test_facts_are_kept_under_these_names_and_read_back(facts: AlertFacts, stored: dict[str, object]) -> None:
    assert facts.to_facts() == stored
    assert type(facts).from_facts(stored) == facts
    assert type(facts).from_facts({**stored, "unknown": 1}) == facts


def test_a_threshold_of_an_older_version_has_no_period_and_no_holds() -> None:
    assert ThresholdFacts.from_facts({"percent": 80}) == ThresholdFacts(percent=80, period=None, by_holds=False)


def test_facts_of_another_kind_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        ThresholdFacts.from_facts({"source": "gw"})
