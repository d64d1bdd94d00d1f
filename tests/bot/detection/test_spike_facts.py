"""A spike's facts are kept as JSON and read back as they were."""

import json

import pytest

from bot.alerting.alerts import Contributor, DataGap, SpikeAlert
from bot.detection.spike_facts import alert_of, facts_of

ALERT = SpikeAlert(
    severity="high",
    part=("credential", "ci-7"),
    from_hour=100,
    window_hours=3,
    observed_nanos=900,
    usual_nanos=100,
    excess_nanos=800,
    contributors=(
        Contributor(dimension="credential", name="ci-7", cost_nanos=900, usual_nanos=100, first_hour=90),
        Contributor(dimension="model", name="opus", cost_nanos=800, usual_nanos=90, first_hour=None),
    ),
    silences=(DataGap(source="gateway-eu", from_hour=90, end_hour=None),),
    shared=True,
    ongoing=True,
)


def test_facts_are_kept_under_their_names() -> None:
    assert facts_of(ALERT, last_hour=104, chart={"kind": "hours"}) == {
        "severity": "high",
        "part": ("credential", "ci-7"),
        "from_hour": 100,
        "last_hour": 104,
        "window_hours": 3,
        "observed_nanos": 900,
        "usual_nanos": 100,
        "excess_nanos": 800,
        "contributors": [["credential", "ci-7", 900, 100, 90], ["model", "opus", 800, 90, None]],
        "silences": [["gateway-eu", 90, None]],
        "shared": True,
        "chart": {"kind": "hours"},
    }


@pytest.mark.parametrize("ongoing", [True, False])
def test_an_alert_reads_back_as_it_was(ongoing: bool) -> None:
    kept = json.loads(json.dumps(facts_of(ALERT, last_hour=104, chart={})))

    assert alert_of(kept, ongoing=ongoing) == SpikeAlert(**{**vars(ALERT), "ongoing": ongoing})


def test_facts_of_a_version_without_parts_silences_and_a_usual_read_as_new_from_the_spike_on() -> None:
    kept = facts_of(ALERT, last_hour=104, chart={})
    old = {key: value for key, value in kept.items() if key not in ("part", "silences", "shared")}
    old["contributors"] = [["credential", "ci-7", 900, True], ["model", "opus", 800, False]]
    alert = alert_of(old, ongoing=False)

    assert (alert.part, alert.silences, alert.shared) == (None, (), False)
    assert [(c.usual_nanos, c.first_hour) for c in alert.contributors] == [(0, 100), (0, None)]
