"""Caps in words: a line for each state, the message about a cap changed by hand, and its blocks in Home."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.crosschecks.caps import CapTarget
from bot.crosschecks.gateway_caps import UNLIMITED, CapMark, GatewayCap, ShownCap
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.periods import MICROS
from bot.views.blocks import home
from bot.views.crosschecks.caps import cap_line, chosen_words, conflict_message, home_blocks, settled_message
from tests.bot.views.examples import SEARCH
from tests.bot.views.surfaces import posted

AT = 1_795_960_920 * MICROS
ROW = GatewayCap(
    id=7,
    gateway="eu",
    target=CapTarget(kind="team", ref="team-abc"),
    team_id=SEARCH.id,
    state="set",
    followed_version=4,
    wanted_nanos=750 * NANOS,
    set_nanos=750 * NANOS,
    set_at=AT,
    seen_nanos=750 * NANOS,
    seen_at=AT,
)
LONGEST = replace(
    ROW,
    gateway="g" * 40,
    target=CapTarget(kind="team", ref="<!channel> & " + "r" * 190),
    sentence="<@UEVIL> said no & " + "why " * 80,
    seen_nanos=MAX_AMOUNT_NANOS,
    wanted_nanos=MAX_AMOUNT_NANOS - 1,
    conflict=999_999,
)
STATES = {
    "new": replace(ROW, state="new", set_at=None),
    "set": ROW,
    "behind": replace(ROW, followed_version=3),
    "waiting": replace(ROW, state="waiting", sentence="eu didn't answer within 10 seconds"),
    "sent": replace(ROW, state="sent"),
    "refused": replace(ROW, state="refused", sentence="eu knows no team team-abc. Correct its id."),
    "conflict": replace(ROW, state="conflict", seen_nanos=900 * NANOS, conflict=1),
    "no cap there": replace(ROW, state="conflict", seen_nanos=UNLIMITED, conflict=1),
    "kept": replace(ROW, state="kept", seen_nanos=900 * NANOS),
    "dry run": replace(ROW, state="dry_run", seen_nanos=50 * NANOS),
    "idle": replace(ROW, state="idle", sentence="Search has no budget"),
    "longest refusal": replace(LONGEST, state="refused"),
}


def shown(row: GatewayCap, *, is_one_of_several: bool = False) -> ShownCap:
    return ShownCap(
        row=row, kind="litellm", mark=CapMark(version=4), is_one_of_several=is_one_of_several, kept_by="<@UBEN>"
    )


def test_each_state_has_its_line(snapshot: SnapshotAssertion) -> None:
    lines = {name: cap_line(shown(row, is_one_of_several=row is LONGEST), zone="UTC") for name, row in STATES.items()}

    assert lines["set"].startswith("LiteLLM eu: $750.00 set and read back, <!date^")
    assert lines["behind"] == lines["new"] == "LiteLLM eu: waiting: the cap is being set"
    assert not any("<!channel>" in line or "<@UEVIL>" in line for line in lines.values())
    assert lines == snapshot


@pytest.mark.parametrize("row", ["conflict", "no cap there", "longest"])
def test_a_conflict_has_both_numbers_and_two_buttons(snapshot: SnapshotAssertion, row: str) -> None:
    found = replace(LONGEST, state="conflict") if row == "longest" else STATES[row]

    assert posted(conflict_message(shown(found, is_one_of_several=True), team=SEARCH)) == snapshot


def test_after_the_choice_the_buttons_are_gone(snapshot: SnapshotAssertion) -> None:
    kept = chosen_words(STATES["conflict"], by_mention="<@UBEN>", keep=True)

    assert posted(settled_message(shown(STATES["conflict"]), team=SEARCH, outcome=kept)) == snapshot


def test_home_lists_five_conflicts_and_counts_the_rest(snapshot: SnapshotAssertion) -> None:
    conflicts = [(shown(replace(STATES["conflict"], id=number)), SEARCH) for number in range(1, 8)]

    assert home(home_blocks(conflicts)) == snapshot
