"""The answer to `/tokens value`, and the form of *What if*."""

from dataclasses import replace
from typing import Any

from syrupy.assertion import SnapshotAssertion

from bot.costs.rates import Rates
from bot.reporting.spans import month_span
from bot.reporting.value.outcomes import Behind, Brought, Spent, ValueReport, value_report
from bot.reporting.value.value_spans import asked_days, last_weeks
from bot.reporting.value.what_ifs import ModelUse, OtherModel, WhatIf
from bot.requests.worth import WorthCounts
from bot.views.reporting.outcomes import kind_words, value_message, value_text
from bot.views.reporting.what_ifs import what_if_view
from tests.bot.views.examples import HOSTILE, HOSTILE_TEAM, SEARCH, TODAY, dollars
from tests.bot.views.surfaces import all_text, obeys, posted

SPAN = last_weeks(TODAY)
NO_WORTH, WORTH = WorthCounts(yes=0, partly=0, no=0), WorthCounts(yes=3, partly=1, no=0)
CROWD = [Behind(SEARCH.id, workflow, "Claude Code", person) for workflow in ("", "evals") for person in range(1, 9)]
DEAR = Rates.of({"uncached_input": 5_000_000, "cache_read": 500_000, "output": 25_000_000})
CHEAP = Rates.of({"uncached_input": 1_000_000, "cache_read": 100_000, "output": 5_000_000})
HAIKU = OtherModel("anthropic", "claude-haiku-4-5", family="anthropic")
METACODE = OtherModel("acme", "metacode-2", is_in_house=True)
USE = ModelUse(
    "anthropic", "claude-opus-4-5", "Gateway API", "evals", 4_210, (12_900_000, 0, 0, 0, 17_920_000, 0), dollars(512.5)
)
SHORT = WhatIf(use=USE, other=HAIKU, rates=DEAR, other_rates=CHEAP, other_nanos=dollars(102.5))


def a_report(*, weekly: float = 350, each: int = 9, known: bool = True) -> ValueReport:
    """Sixteen weeks of Search, the last eight with more outcomes than those before."""
    spends = [Spent(SEARCH.id, at, "", "Claude Code", dollars(weekly), 0) for at in SPAN.starts]
    spends += [Spent(SEARCH.id, at, "evals", "Claude Code", dollars(weekly / 4), 1_200_000) for at in SPAN.starts]
    now = SPAN.first_day
    outcomes = [
        Brought(SEARCH.id, at, "" if known else "evals", "", "change_merged", each if at >= now else each - 1)
        for at in SPAN.starts
    ]
    outcomes += [Brought(SEARCH.id, at, "evals", "Claude Code", "change_merged", 1) for at in SPAN.starts if each > 3]
    outcomes.append(Brought(SEARCH.id, now, "", "", "ticket_closed", 12))
    return value_report(SEARCH, SPAN, spent=spends, brought=outcomes, behind=CROWD, teams=[SEARCH])


def shown(report: ValueReport, **more: Any) -> dict[str, Any]:
    given = {"worth": WORTH, "what_ifs": (SHORT,), "has_more": True, **more}
    return posted(value_message(report, **given))


def test_the_value_of_a_team(snapshot: SnapshotAssertion) -> None:
    message = shown(a_report())
    words = str(message["text"])

    assert words.startswith(
        "Search: $43.75 per merged change in the last 8 full weeks, 10% less than the 8 weeks before."
    )
    assert "known for 100% of $3,500 spend" in words
    assert "By workflow: evals: $87.50 each (8 merged changes, $700)." in words
    assert "4 ended grants: 3 worth it, 1 partly." in words
    assert (
        "short prompts on claude-opus-4-5 (Gateway API, evals): the same on claude-haiku-4-5 would have cost $410 less."
        in words
    )
    assert "9.6M tokens have no price yet" in all_text(message)
    assert "Also counted: 12 closed tickets." in all_text(message)
    assert message == snapshot


def test_half_unknown_has_no_average_and_says_how_much_is_known() -> None:
    words = str(shown(a_report(known=False))["text"])

    assert words.startswith(
        "Search: 80 merged changes and $3,500 of AI spend in the last 8 full weeks, too little known"
    )
    assert "known for 20% of $3,500 spend" in words
    assert "$43.75" not in words


def test_few_outcomes_are_shown_as_they_are(snapshot: SnapshotAssertion) -> None:
    few = value_report(
        SEARCH,
        SPAN,
        spent=[Spent(SEARCH.id, SPAN.starts[-1], "", "", dollars(120), 0)],
        brought=[Brought(SEARCH.id, SPAN.starts[-1], "", "", "change_merged", 3)],
        behind=CROWD,
        teams=[SEARCH],
    )
    message = shown(few, worth=NO_WORTH, what_ifs=(), has_more=False)

    assert str(message["text"]).startswith(
        "Search: 3 merged changes and $120 of AI spend last week, too few for an average."
    )
    assert message == snapshot


def test_without_outcomes_it_says_what_an_admin_can_do(snapshot: SnapshotAssertion) -> None:
    empty = value_report(
        SEARCH,
        SPAN,
        spent=[Spent(SEARCH.id, SPAN.first_day, "", "", dollars(120), 0)],
        brought=[],
        behind=[],
        teams=[SEARCH],
    )

    assert shown(empty, worth=NO_WORTH, what_ifs=()) == snapshot


def test_a_department_names_its_teams_and_leaves_out_a_team_of_one(snapshot: SnapshotAssertion) -> None:
    teams = [replace(SEARCH, id=10 + n, name=f"Team {n}") for n in range(9)]
    at = SPAN.starts[-1]
    found = value_report(
        SEARCH,
        SPAN,
        spent=[Spent(t.id, at, "", "Codex", dollars(100 + t.id), 0) for t in teams],
        brought=[Brought(t.id, at, "", "", "change_merged", t.id) for t in teams],
        behind=[Behind(t.id, "", "Codex", person) for t in teams for person in range(1, 2 if t.id == 10 else 4)],
        teams=teams,
    )
    message = shown(found)

    assert "1 team of one person: not shown" in all_text(message)
    assert "and 2 other teams: $223, 23 merged changes" in all_text(message)
    assert "Team 0" not in all_text(message)
    assert message == snapshot


def test_hostile_and_long_names_fit(snapshot: SnapshotAssertion) -> None:
    at = SPAN.starts[-1]
    names = [f"{n} {HOSTILE}" for n in range(30)]
    found = value_report(
        HOSTILE_TEAM,
        SPAN,
        spent=[Spent(HOSTILE_TEAM.id, at, name, name, dollars(40), 0) for name in names],
        brought=[Brought(HOSTILE_TEAM.id, at, name, name, "x" * 60, 6) for name in names],
        behind=[],
        teams=[HOSTILE_TEAM],
    )
    use = USE._replace(model=HOSTILE, tool=HOSTILE, workflow=HOSTILE)
    hostile = replace(SHORT, use=use, other=HAIKU._replace(model=HOSTILE))

    assert shown(found, what_ifs=(hostile,) * 9) == snapshot


def test_a_period_in_a_terminal_names_itself_and_holds_no_marks() -> None:
    november = month_span(TODAY, zone="UTC")
    found = value_report(
        replace(SEARCH, name="R&D"),
        asked_days(november),
        spent=[Spent(SEARCH.id, november.first_day, "", "", dollars(500), 0)],
        brought=[Brought(SEARCH.id, november.first_day, "", "", "change_merged", 10)],
        behind=CROWD,
        teams=[SEARCH],
    )
    text = value_text(found, worth=WORTH, what_ifs=(SHORT,))

    assert text.startswith("R&D: $50.00 per merged change in November 2026.\n1–30 Nov · 10 merged changes")
    assert "*" not in text
    assert "would have cost $410 less" in text


def test_kinds_in_words() -> None:
    assert [kind_words(kind, number) for kind, number in (("change_merged", 1), ("change_merged", 2))] == [
        "merged change",
        "merged changes",
    ]
    assert kind_words("support_ticket_closed", 5) == "closed support tickets"
    assert (kind_words("deploy", 1), kind_words("deploy", 2)) == ("deploy outcome", "deploy outcomes")


def form(
    *listed: WhatIf, chosen: OtherModel | None = None, models: tuple[OtherModel, ...] = (METACODE, HAIKU)
) -> dict[str, Any]:
    view = what_if_view(SEARCH, listed, first_day=SPAN.end_day - 28, end_day=SPAN.end_day, models=models, chosen=chosen)
    obeys(view)
    return view


def test_the_form_shows_its_sums(snapshot: SnapshotAssertion) -> None:
    view = form(SHORT)

    assert "4,210 calls, 3.06k tokens of input each: 12.9M input, 17.9M output." in all_text(view)
    assert "claude-opus-4-5: $512.50 at $5.00 input, $25.00 output per million." in all_text(view)
    assert "claude-haiku-4-5: $102.50 at $1.00 input, $5.00 output." in all_text(view)
    assert "Only prices are compared" in all_text(view)
    assert view == snapshot


def test_the_form_on_a_chosen_model_adds_everything_up(snapshot: SnapshotAssertion) -> None:
    dearer = replace(SHORT, other=METACODE, other_nanos=dollars(600))
    view = form(dearer, dearer, chosen=METACODE)

    assert "All of it on metacode-2: $1,200.00 instead of $1,025.00, $175.00 more." in all_text(view)
    assert view == snapshot


def test_the_form_without_anything_to_compare_and_the_longest_one_fit(snapshot: SnapshotAssertion) -> None:
    assert "No used model would have been cheaper." in all_text(form(models=()))
    assert "Nothing can be compared with metacode-2." in all_text(form(chosen=METACODE))
    use = USE._replace(model=HOSTILE, tool=HOSTILE, workflow=HOSTILE, counters=(1, 1, 1, 1, 1, 1))
    hostile = replace(SHORT, use=use, other=HAIKU._replace(model=HOSTILE))
    many = tuple(OtherModel("p", f"{n} {HOSTILE}") for n in range(150))

    assert form(*(hostile,) * 40, models=many) == snapshot
