"""The form that sets budget aside, filled in with what was understood of a typed hold."""

from syrupy.assertion import SnapshotAssertion

from bot.books.commitments.holds import MAX_NAME_CHARACTERS, HoldDraft
from bot.views.books.commitments.holds import hold_form
from tests.bot.views.examples import HOSTILE, HOSTILE_TEAM, SEARCH, TODAY
from tests.bot.views.surfaces import obeys


def test_the_form_shows_what_was_understood(snapshot: SnapshotAssertion) -> None:
    draft = HoldDraft(amount="500", name="eval-run", last_day=TODAY + 4)
    form = hold_form(draft, team=SEARCH, zone="Europe/London", note="Is Fri 27 Nov the last day?")

    obeys(form)
    assert form == snapshot


def test_the_form_fits_with_the_longest_texts(snapshot: SnapshotAssertion) -> None:
    draft = HoldDraft(amount="9" * 40, name=HOSTILE[:MAX_NAME_CHARACTERS], last_day=TODAY)
    form = hold_form(draft, team=HOSTILE_TEAM, zone="America/Argentina/Buenos_Aires", note="How much? " + "x" * 200)

    obeys(form)
    assert form == snapshot
