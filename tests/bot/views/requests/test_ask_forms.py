"""The form that asks for budget, in each state, with normal and longest texts."""

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.books.grant_ends import TypedEnd
from bot.requests.asking.asks import TEAM_CAP, CapChoice, bought
from bot.requests.asking.typed_asks import Giver, TypedAsk
from bot.views.blocks import name
from bot.views.requests.ask_forms import AskFigures, amount_block, ask_form, buys_words
from tests.bot.views.company_examples import many_standings
from tests.bot.views.examples import BEN, CHLOE, HOSTILE, SEARCH, dollars, request, standing
from tests.bot.views.surfaces import all_text, buttons, obeys

MOBILE = replace(SEARCH, id=9, name="Mobile", slug="mobile")
EVALS = CapChoice(kind="workflow", ref="workflow:evals", limit_nanos=dollars(500), left_nanos=dollars(-3))
CODEX = CapChoice(kind="tool", ref="tool:Codex", limit_nanos=dollars(900), left_nanos=dollars(120))
OWN = CapChoice(kind="member", ref="7", limit_nanos=dollars(50), left_nanos=dollars(12))
KEY = CapChoice(kind="key", ref="key-12", gateway="eu", limit_nanos=dollars(50), left_nanos=0)
LINK = "https://acme.slack.com/archives/C0SEARCH1/p1795500000000100"
RTL = "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET} \N{RIGHT-TO-LEFT OVERRIDE}evorppA"


def figures(**changed: Any) -> AskFigures:
    """What Anna's form shows of Search, which has $2,600 left."""
    stands = changed.get("standing", standing())
    team = replace(TEAM_CAP, limit_nanos=stands.balance.allocated_nanos, left_nanos=stands.balance.available_nanos)
    shown: dict[str, Any] = {
        "standing": stands,
        "teams": [(stands.team, stands.balance)],
        "caps": [team],
        "givers": [],
        "deciders": [BEN],
        "by_finance": False,
    }
    return AskFigures(**(shown | changed))


def inputs(form: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in form["blocks"] if block["type"] == "input"]


def element(form: dict[str, Any], block_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(b["element"] for b in form["blocks"] if b["block_id"] == block_id)
    return found


def test_a_newcomer_needs_an_amount_and_a_reason(snapshot: SnapshotAssertion) -> None:
    form = ask_form(figures(), TypedAsk(), metadata="{}")
    obeys(form)

    assert inputs(form) == ["amount", "reason", "lasting"]
    assert form["title"]["text"] == "Request AI budget"
    assert buttons(form) == ["$950 · to 30 Nov", "$3,000 · 25% more", "$3,250 · about a week"]
    assert element(form, "lasting")["initial_option"]["value"] == "period"
    assert "Search has $2,600 left of $12,000 until 30 Nov." in all_text(form)
    assert "The budget runs out on" in all_text(form)
    assert f"{BEN} decides. Nobody decides their own request." in all_text(form)
    assert form == snapshot


def test_the_form_says_what_the_typed_amount_buys(snapshot: SnapshotAssertion) -> None:
    stands = standing(charged=11_900)
    form = ask_form(figures(standing=stands), TypedAsk(amount="1k", reason="eval run"), metadata="{}")
    obeys(form)

    assert "$1,000: about 2 days at $461 a day; the budget then runs out on Wed 25 Nov." in all_text(form)
    assert (element(form, "amount")["initial_value"], element(form, "reason")["initial_value"]) == ("1k", "eval run")
    assert form == snapshot


def test_a_button_fills_in_the_amount_in_a_field_of_another_id() -> None:
    form = ask_form(figures(), TypedAsk(amount="$1,200", reason="r"), metadata="{}", turn=2)

    assert inputs(form)[:2] == ["amount-2", "reason"]
    assert amount_block(0) == "amount"


@pytest.mark.parametrize(
    ("stands", "amount", "words"),
    [
        (standing(charged=12_020), 10, "$10.00 is not enough: Search would still be $10.00 over its budget."),
        (
            standing(is_idle=True),
            400,
            "$400: nothing was spent in the last four weeks, so there is no pace to compare it with.",
        ),
        (
            standing(),
            100,
            "$100: less than a day at $461 a day; the budget then runs out on Fri 27 Nov.",
        ),
        (standing(), 3_000, "$3,000: about 6 days at $461 a day; the budget then lasts until 30 Nov."),
        (standing(charged=11_990), 482, "$482: about 1 day at $461 a day; the budget then runs out on Tue 24 Nov."),
    ],
)
def test_what_an_amount_buys(stands: Any, amount: float, words: str) -> None:
    assert buys_words(bought(stands, dollars(amount)), stands) == words


def test_the_cap_that_blocks_is_named_and_chosen(snapshot: SnapshotAssertion) -> None:
    team = replace(TEAM_CAP, left_nanos=dollars(2_600))
    form = ask_form(figures(caps=[team, EVALS, CODEX, OWN, KEY]), TypedAsk(cap=KEY.id), metadata="{}")
    obeys(form)

    assert "*Your key key-12 at eu, $50.00, is used up.* Search still has $2,600.00." in all_text(form)
    assert element(form, "cap")["initial_option"]["text"]["text"] == "My key key-12 at eu ($0.00 left)"
    assert [option["text"]["text"] for option in element(form, "cap")["options"]] == [
        "Search as a whole",
        "Workflow evals ($0.00 left)",
        "Tool Codex ($120 left)",
        "My own limit ($12.00 left)",
        "My key key-12 at eu ($0.00 left)",
    ]
    assert buttons(form) == ["$13.00 · 25% more", "$25.00 · 50% more", "$50.00 · as much again"]
    assert form == snapshot


def test_a_part_that_is_used_up(snapshot: SnapshotAssertion) -> None:
    form = ask_form(figures(caps=[TEAM_CAP, EVALS]), TypedAsk(cap=EVALS.id, amount="200"), metadata="{}")
    obeys(form)

    assert "*The budget for workflow evals, $500.00, is used up.*" in all_text(form)
    assert "Workflow evals: -$3.00 left of $500.00; with $200.00 more, $197.00." in all_text(form)
    assert form == snapshot


def test_a_date_is_asked_for_once_it_is_chosen(snapshot: SnapshotAssertion) -> None:
    typed = TypedAsk(amount="500", reason="launch", end=TypedEnd(kind="date", day="2026-12-11"))
    form = ask_form(figures(), typed, metadata="{}")
    obeys(form)

    assert inputs(form) == ["amount", "reason", "lasting", "end"]
    assert element(form, "end")["initial_date"] == "2026-12-11"
    assert "end" not in inputs(ask_form(figures(), TypedAsk(), metadata="{}"))
    assert form == snapshot


def test_another_team_of_mine_may_give(snapshot: SnapshotAssertion) -> None:
    givers = [Giver(team=MOBILE, available_nanos=dollars(3_000))]
    form = ask_form(figures(givers=givers), TypedAsk(giver_id=MOBILE.id), metadata="{}")
    obeys(form)

    assert element(form, "giver")["initial_option"]["text"]["text"] == "Mobile ($3,000.00 left)"
    assert form == snapshot


def test_the_form_says_before_anything_is_typed_that_nobody_can_approve(snapshot: SnapshotAssertion) -> None:
    form = ask_form(figures(deciders=[]), TypedAsk(), metadata="{}")
    obeys(form)

    assert form["blocks"][0]["block_id"] == "nobody"
    assert "*Nobody can approve this for Search now*" in all_text(form)
    assert form == snapshot


def test_the_form_about_a_message_links_it(snapshot: SnapshotAssertion) -> None:
    form = ask_form(figures(message=LINK, deciders=[CHLOE], by_finance=True), TypedAsk(), metadata="{}")
    obeys(form)

    assert f"About <{LINK}|this message>." in all_text(form)
    assert f"{CHLOE} decides for finance." in all_text(form)
    assert form == snapshot


def test_a_hundred_and_twenty_teams_with_the_longest_texts(snapshot: SnapshotAssertion) -> None:
    teams = [(replace(s.team, name=f"{s.team.name} {HOSTILE}"), s.balance) for s in many_standings(120)]
    last = teams[-1][0]
    caps = [
        TEAM_CAP,
        *(CapChoice(kind="workflow", ref=f"workflow:{n} {HOSTILE}", left_nanos=0) for n in range(3)),
        CapChoice(kind="key", ref=HOSTILE * 3, gateway=HOSTILE, limit_nanos=dollars(9e8), left_nanos=0),
    ]
    shown = figures(
        standing=replace(standing(last)),
        teams=teams,
        caps=caps,
        givers=[Giver(team=team, available_nanos=dollars(9e8)) for team, _ in teams[:5]],
        deciders=[BEN] * 40,
        message=LINK,
    )
    typed = TypedAsk(amount="9" * 80, reason="r" * 2_000, end=TypedEnd(kind="date"), cap=caps[-1].id)
    form = ask_form(shown, typed, metadata="m" * 2_900, note=name(HOSTILE))
    obeys(form)

    assert len(element(form, "team")["options"]) == 100
    assert element(form, "team")["initial_option"]["value"] == str(last.id)
    assert element(form, "cap")["initial_option"]["value"] == caps[-1].id
    assert form == snapshot


def test_menus_hold_a_hundred_with_the_chosen_among_them() -> None:
    teams = [(s.team, s.balance) for s in many_standings(120)]
    caps = [TEAM_CAP, *(CapChoice(kind="workflow", ref=f"workflow:{n}", left_nanos=0) for n in range(110)), KEY]
    givers = [Giver(team=team, available_nanos=dollars(5)) for team, _ in teams]
    form = ask_form(figures(teams=teams, caps=caps, givers=givers), TypedAsk(cap=KEY.id), metadata="{}")

    assert [len(element(form, block_id)["options"]) for block_id in ("team", "cap", "giver")] == [100, 100, 100]
    assert element(form, "cap")["initial_option"]["value"] == KEY.id


@pytest.mark.parametrize("called", [RTL, "Approved by <@U0BEN0001>", "*Approved* by Ben", "\u200b"])
def test_a_name_says_nothing_that_the_form_does_not_say(called: str, snapshot: SnapshotAssertion) -> None:
    team = replace(SEARCH, name=called)
    form = ask_form(figures(standing=standing(team), caps=[TEAM_CAP, EVALS]), TypedAsk(), metadata="{}")
    obeys(form)

    state = next(block for block in form["blocks"] if block["block_id"] == "state")
    assert "<@" not in state["text"]["text"]
    assert form == snapshot


def test_the_form_to_change_a_request(snapshot: SnapshotAssertion) -> None:
    asked = request()
    typed = TypedAsk(amount="$750.00", reason=asked.reason)
    form = ask_form(figures(), typed, metadata="41", changes=asked)
    again = ask_form(
        figures(), replace(typed, amount="900"), metadata="41", changes=asked, is_second=True, note="Changed"
    )
    obeys(form)
    obeys(again)

    assert "You asked for $750.00 for *Search* in November 2026." in all_text(form)
    assert element(form, "amount")["initial_value"] == "$750.00"
    assert element(again, "amount")["initial_value"] == "900"
    assert "already have a request waiting" in all_text(again)
    assert {"form": form, "again": again} == snapshot


def test_the_form_says_what_the_policy_approves_by_itself_and_how_many_must_approve(
    snapshot: SnapshotAssertion,
) -> None:
    auto = ask_form(
        figures(deciders=[], is_auto=True, policy="Approved automatically: up to $200.00."), TypedAsk(), metadata="{}"
    )
    several = ask_form(
        figures(deciders=[BEN, CHLOE], needed=2, policy="2 managers of the team approve any amount."),
        TypedAsk(),
        metadata="{}",
    )
    obeys(auto)
    obeys(several)

    assert "This much is approved at once, by the policy." in all_text(auto)
    assert "Nobody can approve" not in all_text(auto)
    assert f"2 of {BEN} and {CHLOE} decide." in all_text(several)
    assert {"auto": auto, "several": several} == snapshot
