"""The form that sets a team up, and the message to its channel."""

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from bot.org.setting_up.zones import COMMON_ZONES, MOST_OFFERED, is_zone, likely_zone, offered_zones
from bot.views.org.setups import SetupFigures, TypedSetup, linked_message, setup_form
from tests.bot.views.examples import ACME, ANNA, BEN, COMMAND, HOSTILE, SEARCH, dollars
from tests.bot.views.surfaces import all_text, obeys, posted

PRODUCT = replace(SEARCH, id=2, slug="product", name="Product", channel_id="", channel_ref="", parent_id=1)
LONGEST = "Department of Research and Development for Search and Ranking, Region Europe and Asia "[:80]
NEW = SetupFigures(
    team=None,
    choices=(PRODUCT,),
    parents=(ACME, PRODUCT, SEARCH),
    zones=("Europe/London",),
    may_link=True,
    may_change_members=True,
    payer=ACME,
    left_nanos=dollars(9_500),
    period="month",
)
TYPED = TypedSetup(channel="C0DESIGN1", timezone="Europe/London", managers=("U0DAN0001",), members=())
OLD = replace(NEW, team=SEARCH, choices=(), payer=PRODUCT, left_nanos=None, not_in_slack=("ci@acme.test",), seen="a1b2")
HOLDS = replace(
    TYPED, team_id=3, name="Search", channel="C0SEARCH1", members=("U0ANNA001", "U0EMI0001"), budget="$12,000.00"
)


def fits(form: dict[str, object]) -> dict[str, object]:
    obeys(form)
    return form


def test_the_form_of_a_new_team(snapshot: SnapshotAssertion) -> None:
    assert fits(setup_form(NEW, TYPED, opened_in="C0DESIGN1")) == snapshot


def test_the_form_of_a_team_that_is_linked(snapshot: SnapshotAssertion) -> None:
    assert fits(setup_form(OLD, HOLDS, opened_in="C0SEARCH1", note="Look again, then save.")) == snapshot


def test_the_form_of_a_manager_has_members_zone_and_budget_alone(snapshot: SnapshotAssertion) -> None:
    assert fits(setup_form(replace(OLD, may_link=False), HOLDS, opened_in="C0SEARCH1")) == snapshot


def test_an_admin_who_hands_out_nothing_reads_who_does() -> None:
    by = "finance hand it out with `/tokens allocate`."
    form = fits(setup_form(replace(NEW, payer=None, budget_by=by), TYPED, opened_in="C0DESIGN1"))

    assert f"Its budget: {by}" in all_text(form)
    assert "US dollars" not in all_text(form)


def test_the_longest_form(snapshot: SnapshotAssertion) -> None:
    long = replace(SEARCH, name=LONGEST, slug="s" * 63)
    many = tuple(replace(long, id=100 + n) for n in range(120))
    people = tuple(f"U{n:010d}" for n in range(120))
    typed = replace(HOLDS, name=LONGEST, team_id=0, managers=people, members=people, budget="$999,999,999.99")
    figures = replace(NEW, choices=many, parents=many, payer=long, not_in_slack=[HOSTILE] * 12)

    form = fits(setup_form(figures, typed, opened_in="C0DESIGN1"))

    assert "And 21 more: type the command" in all_text(form)
    assert form == snapshot


def test_a_channel_reads_who_linked_it_and_who_decides(snapshot: SnapshotAssertion) -> None:
    assert posted(linked_message(SEARCH, by_mention=ANNA, managers=[BEN], command=COMMAND, key="3-1")) == snapshot


def test_a_team_of_hostile_words_without_managers_and_budget(snapshot: SnapshotAssertion) -> None:
    team = replace(SEARCH, name=HOSTILE, budget_nanos=None)

    message = posted(linked_message(team, by_mention=ANNA, managers=[], command=COMMAND, key="3-1"))

    assert "Finance decides its requests." in message["text"]
    assert message == snapshot


def test_every_zone_of_the_menu_exists_and_they_fit() -> None:
    assert [name for name in COMMON_ZONES if not is_zone(name)] == []
    offered = offered_zones(["America/Boise", "Mars/Olympus", *(f"Etc/GMT+{n}" for n in range(13)), *COMMON_ZONES])
    assert offered[0] == "America/Boise"
    assert "Mars/Olympus" not in offered
    assert len(offered) == len(set(offered)) <= MOST_OFFERED
    assert set(COMMON_ZONES) <= set(offered)


def test_the_zone_of_a_channel_is_that_of_most_people_in_it() -> None:
    assert likely_zone(["Asia/Tokyo", "Europe/Paris", "Asia/Tokyo", ""], otherwise=["UTC"]) == "Asia/Tokyo"
    assert likely_zone(["Mars/Olympus"], otherwise=["", "Europe/Paris"]) == "Europe/Paris"
    assert likely_zone([], otherwise=[""]) == "UTC"
