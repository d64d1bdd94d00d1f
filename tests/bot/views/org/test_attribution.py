"""Unattributed keys and people, the claim form, and the notice about moved usage."""

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.org.people import UnmatchedPerson
from bot.periods import micros
from bot.views.org.attribution import CLAIM_KEY, claim_form, moved_message
from bot.views.reporting.home.home import home_view
from tests.bot.views.company_examples import NOBODY, company, home, many_standings, prices, unattributed_key, unpriced
from tests.bot.views.examples import HOSTILE, NOW, SEARCH, dollars
from tests.bot.views.surfaces import all_text, buttons, elements, obeys, posted

KEYS = (
    unattributed_key(11, "ci-7", 310.5, 4_200),
    unattributed_key(12, HOSTILE, 12, 1),
    unattributed_key(13, "", 5, 7),
    *(unattributed_key(20 + n, f"key-{n}", 4 - n / 10) for n in range(6)),
)
PEOPLE = (
    UnmatchedPerson("u-17", False, 12, dollars(41.75)),
    UnmatchedPerson("gil@acme.test", True, 99, dollars(31)),
    *(UnmatchedPerson(f"<!here> {n}", False, 3, dollars(2)) for n in range(8)),
)
WHOSE = replace(NOBODY, keys=KEYS, people=PEOPLE)


def test_an_admins_home_has_the_keys_of_no_team_with_a_button_each(snapshot: SnapshotAssertion) -> None:
    view = home_view(home(standings=(), company=company(unattributed=WHOSE)))
    obeys(view)

    assert buttons(view).count("Claim") == 5
    assert [e["value"] for e in elements(view) if e["action_id"] == CLAIM_KEY] == ["11", "12", "20", "21", "22"]
    assert "And 3 keys more with $10.80" in all_text(view)
    assert "7 calls with $5.00 named no key." in all_text(view)
    assert view["blocks"] == snapshot


@pytest.mark.parametrize(
    ("known", "said", "may_claim"),
    [
        ({"team": "Mobile", "by": "claim"}, "this use is from before. Claim it again with a date to move it", True),
        ({"team": "Mobile", "by": "claim", "is_moving": True}, "this use is being moved there.", False),
        ({"team": "Mobile", "by": "file"}, "this use is from before; `tokens attribution reapply` moves", False),
    ],
)
def test_a_key_with_a_team_names_it(known: dict[str, Any], said: str, may_claim: bool) -> None:
    key = unattributed_key(11, "ci-7")._replace(**known)
    view = home_view(home(standings=(), company=company(unattributed=replace(NOBODY, keys=(key,)))))
    obeys(view)

    assert f"It counts for Mobile now; {said}" in all_text(view)
    assert ("Claim" in buttons(view)) is may_claim


def test_finance_sees_the_keys_and_claims_none() -> None:
    view = home_view(home(company=company(unattributed=replace(WHOSE, may_claim=False))))
    obeys(view)

    assert "Claim" not in buttons(view)
    assert "An admin can claim them for a team." in all_text(view)
    assert "$310.50, 4,200 calls" in all_text(view)


def test_figures_of_a_person_named_by_e_mail_are_private_by_default() -> None:
    hidden = all_text(home_view(home(company=company(unattributed=WHOSE))))
    shown = all_text(home_view(home(company=company(unattributed=replace(WHOSE, hides_people=False)))))

    assert "• u-17: $41.75, 12 calls" in hidden
    assert "• gil@acme.test\n" in hidden
    assert "• gil@acme.test: $31.00, 99 calls" in shown


def test_a_company_that_knows_everybody_shows_neither() -> None:
    words = all_text(home_view(home(company=company())))

    assert "Keys of no team" not in words
    assert "nobody knows" not in words


def test_with_forty_hostile_teams_the_keys_still_fit() -> None:
    full = replace(WHOSE, keys=tuple(unattributed_key(n, f"{n} {HOSTILE}") for n in range(40)))
    models = tuple(unpriced(n, provider=HOSTILE, model=HOSTILE) for n in range(40))
    view = home_view(
        home(
            standings=many_standings(40, name="<!channel> & co"),
            company=company(
                many_standings(40, name="<!channel> & co"), unattributed=full, prices=prices(unpriced=models)
            ),
        )
    )
    obeys(view)

    assert len(view["blocks"]) <= 100
    assert buttons(view).count("Claim") == 5


def test_the_form_to_claim_a_key(snapshot: SnapshotAssertion) -> None:
    teams = [replace(SEARCH, id=n, name=f"{name} <&>") for n, name in ((3, "Search"), (4, "mobile"))]
    form = claim_form(key=unattributed_key(11, HOSTILE), teams=teams, metadata="11")
    obeys(form)

    assert form == snapshot


def test_where_a_menu_cannot_hold_all_teams_one_types_a_slug(snapshot: SnapshotAssertion) -> None:
    teams = [replace(SEARCH, id=n, slug=f"team-{n}", name=f"Team {n}") for n in range(101)]
    form = claim_form(key=unattributed_key(), teams=teams, metadata="11")
    obeys(form)

    assert [e["type"] for e in elements(form)] == ["plain_text_input", "datepicker"]
    assert form == snapshot
    assert elements(claim_form(key=unattributed_key(), teams=teams[1:], metadata="11"))[0]["type"] == "static_select"


def test_the_notice_about_moved_usage(snapshot: SnapshotAssertion) -> None:
    said = moved_message(SEARCH, calls=12, nanos=dollars(200), since_at=micros(NOW), credential="<!here> ci-7", key=4)

    assert posted(said) == snapshot


def test_the_notice_about_usage_moved_by_other_rules() -> None:
    said = moved_message(SEARCH, calls=1, nanos=0, since_at=micros(NOW), credential="", key=4)

    assert said.text.startswith("Use that belongs to this team since <!date^")
    assert "1 call, $0.00" in said.text
