"""The forms that set the organisation up, and the notice of a change."""

from syrupy.assertion import SnapshotAssertion

from bot.views.org.company_setups import TypedCompany, company_changed_message, company_form, first_form
from tests.bot.views.examples import ANNA, BEN, CHLOE, HOSTILE
from tests.bot.views.surfaces import obeys, posted

TYPED = TypedCompany(name="Acme", timezone="Europe/London", mode="preview", finance=("U0CHLOE01",))
HOLDS = TypedCompany(
    name="A" * 80, timezone="America/Boise", mode="govern", finance=("U0CHLOE01",), admins=("U0DAN0001",)
)


def test_the_first_form(snapshot: SnapshotAssertion) -> None:
    form = first_form(TYPED, opened_in="C0SEARCH1")
    obeys(form)

    assert form == snapshot


def test_the_longest_form_of_the_company(snapshot: SnapshotAssertion) -> None:
    form = company_form(HOLDS, seen="a1b2", not_in_slack=[HOSTILE] * 12, note="Look again, then save.")
    obeys(form)

    assert form == snapshot


def test_finance_and_admins_read_who_has_their_roles_now(snapshot: SnapshotAssertion) -> None:
    assert (
        posted(company_changed_message("Acme", by_mention=ANNA, finance=[CHLOE], admins=[ANNA, BEN], key="1"))
        == snapshot
    )


def test_the_longest_notice(snapshot: SnapshotAssertion) -> None:
    message = company_changed_message(HOSTILE, by_mention=ANNA, finance=[CHLOE] * 40, admins=[], key="1")

    assert posted(message) == snapshot
