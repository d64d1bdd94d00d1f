"""The message that bundles budget alerts."""

from syrupy.assertion import SnapshotAssertion

from bot.views.alerting.alert_bundles import BundledAlert, bundle_message
from bot.views.blocks import name
from tests.bot.views.examples import BEN, COMMAND, HOSTILE
from tests.bot.views.surfaces import all_text, buttons, posted

OPEN = BundledAlert(
    alert_id=5, team_name="Search", text="Search has passed 80% of its budget. Search has $2,100 left.", is_open=True
)
ANSWERED = BundledAlert(
    alert_id=6, team_name="Mobile", text=f"Mobile has used up its budget. {BEN} is on it · 10:12", is_open=False
)


def test_each_alert_has_its_paragraph_and_an_open_one_its_button(snapshot: SnapshotAssertion) -> None:
    message = posted(bundle_message([OPEN, ANSWERED], command=COMMAND))

    assert str(message["text"]).startswith("2 budgets of your teams need a look.\nSearch has passed 80%")
    assert buttons(message) == ["I'm on it"]
    assert message == snapshot


def test_forty_hostile_ones_fit_and_the_rest_are_counted(snapshot: SnapshotAssertion) -> None:
    many = [
        BundledAlert(
            alert_id=n, team_name=HOSTILE, text=f"{n} {name(HOSTILE)} " + "has used it up. " * 30, is_open=True
        )
        for n in range(40)
    ]
    message = posted(bundle_message(many, command=COMMAND))

    shown = len(buttons(message))
    assert 5 <= shown <= 20
    assert f"And {40 - shown} more" in all_text(message)
    assert message == snapshot
