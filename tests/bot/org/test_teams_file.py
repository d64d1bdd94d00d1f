"""teams.yml: every fault has its field, in the words of the file."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError

HEAD = "organisation: {name: Acme}\n"
TEAM = HEAD + "teams:\n  - {slug: search, name: Search}\n"


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read_teams_file(text)
    return [re.sub(r"^line [0-9]+[,:] ", "", line) for line in str(raised.value).splitlines()]


def team(**facts: str) -> str:
    return HEAD + "teams:\n  - {slug: search, name: Search, " + ", ".join(f"{k}: {v}" for k, v in facts.items()) + "}\n"


def test_a_team_needs_a_slug_and_a_name_and_nothing_more() -> None:
    found = read_teams_file(TEAM)

    assert (found.teams[0].slug, found.teams[0].budget, found.organisation.timezone) == ("search", None, "UTC")
    assert (found.organisation.mode, found.organisation.people, found.organisation.period) == (
        "govern",
        "self",
        "month",
    )
    assert found.not_applied_yet() == []


def test_a_full_file_reads_into_exact_values() -> None:
    found = read_teams_file(
        HEAD
        + """
teams:
  - slug: search
    name: Search
    managers: [Ben@ACME.test, U0BEN, S0GROUP]
    budget: {amount: "$12,000.50", thresholds: [50, 100], starts: 2027-01-01, carry_forward: 10}
attribution:
  - {service: code-review, team: search}
workflows:
  - {name: evals, match: {tag: "evals*"}, priority: deferrable}
prices:
  - {model: "metacode*", from: 2026-12-01, input_per_mtok: 0.40, output_per_mtok: 1.60}
  - {provider: anthropic, discount: 0.15}
policy:
  approvals: [{up_to: 200, auto: true, per_period: 1}, {up_to: 5000, by: team_manager}, {by: finance}]
  emergency: {up_to: 300}
  remind_after_hours: 4
"""
    )
    search = found.teams[0]

    assert search.managers == ["ben@acme.test", "U0BEN", "S0GROUP"]
    assert search.budget is not None
    assert (search.budget.amount, search.budget.starts) == (12_000_500_000_000, date(2027, 1, 1))
    assert found.attribution[0].kind_and_pattern() == ("workflow", "code-review")
    assert (found.prices[0].input_per_mtok, found.prices[0].output_per_mtok) == (400_000, 1_600_000)
    assert found.policy.approvals[1].up_to == 5_000 * NANOS
    assert [line.split(":")[0] for line in found.not_applied_yet()] == [
        "managers",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (team(chanel='"#x"'), "teams[search].chanel: unknown field"),
        ("organisation: {name: Acme, fundings: 5}", "organisation.fundings: unknown field"),
        ("teams: []", "organisation: is missing"),
        ("organisation: {}", "organisation.name: is missing"),
        (HEAD + "teams: [{name: Search}]", "teams[Search].slug: is missing"),
        (team(parent="nobody"), "teams[search].parent: there is no team nobody"),
        (team(parent="search"), "teams[search].parent: is below itself"),
        (team(timezone="Mars/Base"), "teams[search].timezone: is not a time zone; write it like Europe/London"),
        (team(timezone="../etc/passwd"), "teams[search].timezone: is not a time zone"),
        ("organisation: {name: Acme, timezone: GMT+25}", "organisation.timezone: is not a time zone"),
        (team(budget="{amount: lots}"), "teams[search].budget.amount: write an amount in dollars"),
        (team(budget="{amount: -1}"), "teams[search].budget.amount: must be between 0 and a billion dollars"),
        (team(budget="{amount: 1000000000.01}"), "teams[search].budget.amount: must be between 0 and a billion"),
        (team(budget="{amount: .nan}"), "teams[search].budget.amount: write an amount in dollars"),
        (team(budget="{amount: .inf}"), "teams[search].budget.amount: write an amount in dollars"),
        (team(budget="{amount: true}"), "teams[search].budget.amount: write an amount in dollars"),
        (team(budget="{amount: [5]}"), "teams[search].budget.amount: write an amount in dollars"),
        (team(budget="{}"), "teams[search].budget.amount: is missing"),
        (team(budget="{amount: 5, period: year}"), "teams[search].budget.period: must be its parent's, month"),
        (team(budget="{amount: 5, thresholds: [0]}"), "teams[search].budget.thresholds[0]: "),
        (team(managers="[ben]"), "teams[search].managers[0]: name a person by e-mail or Slack id (U…)"),
        (team(members="[S0GROUP]"), "teams[search].members[0]: name a person by e-mail or Slack id (U…)"),
        (team(mode="loud"), "teams[search].mode: "),
        (HEAD + "teams: [{slug: Search Team, name: S}]", "teams[Search Team].slug: "),
        (HEAD + "teams: [{slug: organisation, name: S}]", "teams[organisation].slug: is reserved"),
        (HEAD + "teams: [{slug: unattributed, name: S}]", "teams[unattributed].slug: is reserved"),
        (TEAM + "  - {slug: search, name: Again}\n", "teams[search].slug: 2 teams have it; it must be unique"),
        (TEAM + "attribution: [{team: search}]", "attribution[0]: needs one of credential, gateway_team, workflow"),
        (TEAM + "attribution: [{team: search, tag: a, user: b}]", "attribution[0]: needs one of credential"),
        (TEAM + "attribution: [{team: other, tag: a}]", "attribution[0].team: there is no team other"),
        (HEAD + "prices: [{discount: 0.1}]", "prices[0]: needs a model or a provider"),
        (HEAD + "prices: [{model: m}]", "prices[0]: needs input_per_mtok and output_per_mtok, or a discount"),
        (HEAD + "prices: [{model: m, discount: 1.5}]", "prices[0].discount: "),
        ("organisation: {name: Acme, currency: EUR}", "organisation.currency: "),
    ],
)
def test_a_fault_names_its_field(text: str, fault: str) -> None:
    assert [line for line in faults(text) if line.startswith(fault)], faults(text)


@pytest.mark.parametrize(
    ("models", "fault"),
    [
        ("[{alias: prod}]", "models[prod].model: is missing"),
        ("[{alias: prod, model: gpt-4*}]", "models[prod].model: name one model; only `alias` may be a pattern"),
        ('[{alias: "*", model: gpt-4o}]', "models[*].alias: would stand for every model"),
        (
            "[{alias: prod, model: gpt-4o}, {alias: Prod, model: gpt-4o-mini}]",
            "models[prod]: is there 2 times; a name means one model",
        ),
        (
            "[{alias: prod, model: gpt-4o, until: 2027-01-01}]",
            "models[prod].until: unknown field",
        ),
    ],
)
def test_a_fault_of_a_models_name_names_it(models: str, fault: str) -> None:
    assert faults(HEAD + f"models: {models}\n") == [fault]


def test_a_models_name_may_mean_another_model_from_a_day_on() -> None:
    lines = "[{alias: prod, model: gpt-4o-mini}, {alias: prod, model: gpt-4o, from: 2026-12-01}]"

    assert [m.from_ for m in read_teams_file(HEAD + f"models: {lines}\n").models] == [None, date(2026, 12, 1)]


def test_all_faults_are_listed_at_once() -> None:
    text = team(chanel="x", timezone="Mars/Base", budget="{amount: lots}")

    assert len(faults(text)) == 3


def test_a_circle_of_parents_is_named_for_every_team_in_it() -> None:
    chain = "".join(f"  - {{slug: {a}, name: {a}, parent: {b}}}\n" for a, b in (("a", "b"), ("b", "c"), ("c", "a")))

    assert faults(HEAD + "teams:\n" + chain) == [f"teams[{s}].parent: is below itself" for s in "abc"]


def test_two_teams_may_not_share_a_channel() -> None:
    text = HEAD + 'teams:\n  - {slug: a, name: A, channel: "#x"}\n  - {slug: b, name: B, channel: "#x"}\n'

    assert faults(text) == ["teams: 2 teams have the channel #x; each needs its own"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file needs `organisation:` and `teams:`."),
        ("- a\n- b", "The file needs `organisation:` and `teams:`."),
        ("organisation: {name: [", "The file is not YAML"),
        ("organisation: !!python/object/apply:os.system ['true']", "The file is not YAML"),
        ("organisation: {name: A}\n\x00", "The file is not YAML"),
        ("[" * 50_000, "The file is not YAML"),
        ("#" * 4_000_001, "The file is over 4 MB."),
    ],
)
def test_another_kind_of_file_is_refused_in_one_line(text: str, said: str) -> None:
    (line,) = faults(text)

    assert line.startswith(said)


@given(st.text(max_size=200))
def test_no_value_of_a_field_raises_anything_but_a_config_error(value: str) -> None:
    for field in ("name", "channel", "timezone", "parent"):
        document = f"organisation: {{name: Acme}}\nteams:\n  - slug: search\n    {field}: {value!r}\n"
        try:
            read_teams_file(document)
        except ConfigError:
            continue


def test_shipped_examples_can_be_read() -> None:
    examples = sorted(Path("docs/examples").glob("*.yml"))

    assert examples
    for example in examples:
        assert read_teams_file(example.read_text(encoding="utf-8")).organisation.name


def test_a_fault_names_its_line_its_field_and_the_nearest_right_word() -> None:
    text = """
organisation: {name: Acme}
teams:
  - slug: search
    name: Search
    manager: [ben@acme.test]
    budget:
      amount: 400
      starts: 2027-13-01
polcy: {}
"""
    with pytest.raises(ConfigError) as raised:
        read_teams_file(text)

    assert str(raised.value).splitlines() == [
        "line 9, teams[search].budget.starts: Input should be a valid date or datetime, month value is outside expected "
        "range of 1-12",
        "line 6, teams[search].manager: unknown field. Did you mean `managers`?",
        "line 10, polcy: unknown field. Did you mean `policy`?",
    ]
