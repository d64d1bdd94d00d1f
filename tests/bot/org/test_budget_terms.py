"""The terms of budgets and the fields of the tree in teams.yml."""

import re
import warnings
from dataclasses import replace
from typing import get_args

import pytest

from bot.money import NANOS
from bot.org.budget_terms import (
    DEFAULT_TERMS,
    PART_KINDS,
    BudgetPart,
    BudgetTerms,
    PartKind,
    terms_from_json,
    terms_json,
)
from bot.org.spread_rules import SpreadRule
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError


def terms(budget: str) -> BudgetTerms:
    found = read_teams_file(_file(budget=budget)).teams[0].budget
    assert found is not None
    return found.terms()


def _file(*, organisation: str = "name: Acme", teams: str = "", **facts: str) -> str:
    own = "".join(f", {name}: {value}" for name, value in facts.items())
    return f"organisation: {{{organisation}}}\nteams:\n  - {{slug: search, name: Search{own}}}\n{teams}"


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read_teams_file(text)
    return [re.sub(r"^line [0-9]+, ", "", line) for line in str(raised.value).splitlines()]


FULL = BudgetTerms(
    carry_forward_percent=20,
    release="weekly",
    per_day_max_nanos=90 * NANOS,
    enforce="warn",
    parts=(
        BudgetPart(kind="workflow", pattern="research", amount_nanos=2_000 * NANOS),
        BudgetPart(kind="tool_kind", pattern="in_house", amount_nanos=500 * NANOS, enforce="advisory"),
        BudgetPart(kind="model", pattern="claude-opus*", amount_nanos=9 * NANOS, degrade_to="claude-haiku-4-5"),
        BudgetPart(kind="person", pattern="anna@acme.test", amount_nanos=0),
    ),
    each_person_nanos=50 * NANOS,
    degrade_to="metacode-1",
)


def test_a_budgets_terms_are_read_exactly() -> None:
    found = terms(
        '{amount: 12000, carry_forward: {max: "20%"}, release: weekly, per_day_max: 90, enforce: warn, each_person: 50,'
        " degrade_to: metacode-1, parts: [{workflow: research, amount: 2000},"
        " {tool_kind: in_house, amount: 500, enforce: advisory},"
        ' {model: "claude-opus*", amount: 9, degrade_to: claude-haiku-4-5}, {person: Anna@ACME.test, amount: 0}]}'
    )

    assert found == FULL


@pytest.mark.parametrize(
    ("text", "percent", "nanos"),
    [
        ("10", 10, None),
        ("0", 0, None),
        ('"100%"', 100, None),
        ('{max: "20%"}', 20, None),
        ("{max: 500}", None, 500 * NANOS),
        ('{max: "$1,250.50"}', None, 1_250_500_000_000),
    ],
)
def test_what_carries_over_is_a_percent_or_an_amount(text: str, percent: int | None, nanos: int | None) -> None:
    found = terms(f"{{amount: 5000, carry_forward: {text}}}")

    assert (found.carry_forward_percent, found.carry_forward_nanos) == (percent, nanos)


def test_a_budget_without_terms_has_the_default_ones_and_a_top_up_needs_no_amount() -> None:
    topped = read_teams_file(_file(budget="{top_up_to: 300}")).teams[0].budget

    assert terms("{amount: 5}") == DEFAULT_TERMS
    assert topped is not None
    assert (topped.amount, topped.terms()) == (300 * NANOS, replace(DEFAULT_TERMS, top_up_to_nanos=300 * NANOS))


@pytest.mark.parametrize(
    "kept", [DEFAULT_TERMS, FULL, replace(DEFAULT_TERMS, top_up_to_nanos=0, carry_forward_nanos=7)]
)
def test_stored_terms_are_read_back_unchanged(kept: BudgetTerms) -> None:
    assert terms_from_json(terms_json(kept)) == kept


def test_terms_that_say_nothing_are_stored_as_nothing_and_every_kind_of_part_is_listed() -> None:
    assert terms_json(DEFAULT_TERMS) == "{}"
    assert get_args(PartKind) == PART_KINDS


@pytest.mark.parametrize(
    ("budget", "fault"),
    [
        ("{amount: 5, carry_forward: lots}", "carry_forward: write a percent like 20"),
        ("{amount: 5, carry_forward: true}", "carry_forward: write a percent like 20"),
        ("{amount: 5, carry_forward: 1.5}", "carry_forward: write a percent like 20"),
        ('{amount: 5, carry_forward: "-5%"}', "carry_forward: write a percent like 20"),
        ("{amount: 5, carry_forward: {most: 5}}", "carry_forward: write a percent like 20"),
        ("{amount: 5, carry_forward: 101}", "carry_forward: must be between 0% and 100%"),
        ('{amount: 5, carry_forward: {max: "999%"}}', "carry_forward: must be between 0% and 100%"),
        ("{amount: 5, carry_forward: {max: -1}}", "carry_forward: must be between 0 and a billion dollars"),
        ("{amount: 5, release: hourly}", "release: "),
        ("{amount: 5, per_day_max: 1}", "per_day_max: needs `release` beside it"),
        ("{amount: 5, release: daily, per_day_max: .nan}", "per_day_max: write an amount"),
        ("{amount: 5, top_up_to: 4}", "top_up_to: is less than `amount`"),
        ("{top_up_to: 4, carry_forward: 10}", "carry_forward: leave it out"),
        ("{amount: 5, enforce: always}", "enforce: "),
        ("{amount: 5, each_person: -1}", "each_person: must be between 0"),
        ("{amount: 5, parts: [{amount: 5}]}", "parts[0]: needs one of tool, tool_kind, model, workflow or person"),
        ("{amount: 5, parts: [{tool: a, model: b, amount: 5}]}", "parts[0]: needs one of tool"),
        ("{amount: 5, parts: [{tool: a}]}", "parts[0].amount: is missing"),
        ("{amount: 5, parts: [{tool_kind: home, amount: 5}]}", "parts[0].tool_kind: "),
        ("{amount: 5, parts: [{person: anna, amount: 5}]}", "parts[0].person: name a person"),
        ("{amount: 5, parts: [{tool: a, amount: 5}, {tool: a, amount: 6}]}", "parts[1]: tool a has a budget already"),
    ],
)
def test_a_fault_of_the_terms_names_its_field(budget: str, fault: str) -> None:
    wanted = f"teams[search].budget.{fault}"

    assert [line for line in faults(_file(budget=budget)) if line.startswith(wanted)]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("02-29", "02-29 is not in every year"),
        ("02-30", "02-30 is not in every year"),
        ("01-31", "use a day from 01 to 28"),
        ("13-01", "there is no day 13-01"),
        ("00-01", "there is no day 00-01"),
        ("02-00", "there is no day 02-00"),
        ("february", "write a month and a day, like 02-01"),
        ("2027-02-01", "write a month and a day, like 02-01"),
        ("2", "write a month and a day, like 02-01"),
        ("²-01", "write a month and a day, like 02-01"),
    ],
)
def test_a_fiscal_year_starts_on_a_day_of_every_year(value: str, fault: str) -> None:
    (line,) = faults(_file(organisation=f"name: Acme, fiscal_year_starts: {value}"))

    assert line.startswith("organisation.fiscal_year_starts: ")
    assert fault in line


def test_the_organisations_fields_are_read_and_have_defaults() -> None:
    plain = read_teams_file(_file()).organisation
    full = read_teams_file(
        _file(
            organisation="name: Acme, fiscal_year_starts: 2-01, close_after_days: 3, chargeback: {unattributed: even}",
            shared="{mobile: 60, ads: 40}",
            teams="  - {slug: mobile, name: Mobile}\n  - {slug: ads, name: Ads, shared: proportional}\n",
        )
    )

    assert (plain.fiscal_year_starts, plain.close_after_days) == ("01-01", 0)
    assert plain.chargeback.unattributed == SpreadRule()
    assert (full.organisation.fiscal_year_starts, full.organisation.close_after_days) == ("02-01", 3)
    assert full.organisation.chargeback.unattributed == SpreadRule(how="even")
    assert [team.shared for team in full.teams] == [
        SpreadRule(how="fixed", shares=(("mobile", 60), ("ads", 40))),
        SpreadRule(),
        SpreadRule(how="proportional"),
    ]


ADS = "  - {slug: ads, name: Ads}\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (_file(organisation="name: A, close_after_days: -1"), "organisation.close_after_days: "),
        (_file(organisation="name: A, close_after_days: 91"), "organisation.close_after_days: "),
        (
            _file(organisation="name: A, chargeback: {unattributed: all}"),
            "organisation.chargeback.unattributed: write proportional, even, none, or percents",
        ),
        (
            _file(organisation="name: A, chargeback: {unattributed: {ads: 100}}"),
            "organisation.chargeback.unattributed: there is no team ads",
        ),
        (_file(shared="{ads: 60}", teams=ADS), "teams[search].shared: the shares add up to 60%"),
        (_file(shared="{ads: 0}", teams=ADS), "teams[search].shared: the share of ads must be a whole percent"),
        (_file(shared="{search: 50, ads: 50}", teams=ADS), "teams[search].shared: names the team itself"),
        (_file(renamed_from="ads", teams=ADS), "teams[search].renamed_from: ads is a team of this file too"),
        (_file(renamed_from="search"), "teams[search].renamed_from: search is a team of this file too"),
        (_file(renamed_from="unattributed"), "teams[search].renamed_from: unattributed is reserved"),
        (
            _file(renamed_from="old", teams="  - {slug: ads, name: Ads, renamed_from: old}\n"),
            "teams[ads].renamed_from: 2 teams were old; only one can be",
        ),
        (_file(merged_into="nobody"), "teams[search].merged_into: there is no team nobody"),
        (_file(merged_into="search"), "teams[search].merged_into: leads back to search"),
        (
            _file(merged_into="ads", teams="  - {slug: ads, name: Ads, merged_into: search}\n"),
            "teams[search].merged_into: leads back to search",
        ),
        (
            _file(merged_into="ads", teams="  - {slug: ads, name: Ads, closed: 2027-01-31}\n"),
            "teams[search].merged_into: ads is closed on 2027-01-31; name an open team",
        ),
        (
            _file(closed="2027-01-31", teams="  - {slug: ads, name: Ads, parent: search}\n"),
            "teams[ads].parent: search is closed on 2027-01-31; name another parent",
        ),
        (
            _file(merged_into="web", teams="  - {slug: web, name: W}\n  - {slug: ads, name: Ads, parent: search}\n"),
            "teams[ads].parent: search is merged into web; name another parent",
        ),
        (_file(closed="soon"), "teams[search].closed: "),
    ],
)
def test_a_fault_of_the_tree_names_its_field(text: str, fault: str) -> None:
    assert [line for line in faults(text) if line.startswith(fault)], faults(text)


def test_a_team_may_end_below_one_that_ends_too() -> None:
    text = _file(closed="2027-01-31", teams="  - {slug: ads, name: Ads, parent: search, closed: 2027-01-31}\n")

    assert [team.closed is not None for team in read_teams_file(text).teams] == [True, True]


def test_every_field_of_budgets_and_of_the_tree_has_its_effect() -> None:
    found = read_teams_file(_file(budget="{amount: 5, enforce: warn}", shared="even"))

    assert found.not_applied_yet() == []


def test_what_carries_forward_is_stored_without_a_warning() -> None:
    found = read_teams_file(_file(budget='{amount: 5, carry_forward: {max: "20%"}}'))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found.model_dump(mode="json")["teams"][0]["budget"]["carry_forward"] == [20, None]
