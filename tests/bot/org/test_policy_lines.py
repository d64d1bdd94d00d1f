"""`policy.approvals` of teams.yml: what it may say, and what a fault says to do."""

import re

import pytest

from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError

HEAD = "organisation: {name: Acme}\nteams: [{slug: search, name: Search}]\npolicy:\n"


def read(approvals: str, emergency: str = "") -> str:
    return f"{HEAD}  approvals: [{approvals}]\n" + (f"  emergency: {emergency}\n" if emergency else "")


def test_a_policy_with_everything() -> None:
    found = read_teams_file(
        read(
            '{up_to: 200, share: "10%", auto: true, per_period: 1, per_person_up_to: 300, per_team_up_to: 900, by: finance},'
            "{up_to: 5000, by: team_manager, lasts: period}, {by: parent_manager, lasts: 7, team: search},"
            "{by: [Ben@acme.test, UMIA1], quorum: 2, cap: [key, member]},"
            "{all_of: [team_manager, finance], tool_kind: third_party}, {by: admins, lasts: open}, {by: finance}",
            "{up_to: 300, lasts_hours: 6}",
        )
    ).policy

    auto, period, above, people, both, open_ended, _ = found.approvals
    assert (auto.share, auto.per_person_up_to, auto.per_team_up_to) == (10, 300 * NANOS, 900 * NANOS)
    assert (period.lasts, above.lasts, open_ended.lasts) == ("period", 7, "open")
    assert (above.team, people.by, people.cap) == (["search"], ["ben@acme.test", "UMIA1"], ["key", "member"])
    assert both.all_of == ["team_manager", "finance"]
    assert found.emergency is not None
    assert found.emergency.lasts_hours == 6


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{up_to: 5}", "policy.approvals[0]: says nobody: add by (team_manager, parent_manager, finance, admins"),
        ("{by: boss}", "policy.approvals[0].by: write team_manager, parent_manager, finance, admins, or people like"),
        ("{by: []}", "policy.approvals[0].by: write team_manager"),
        ("{by: [ben]}", "policy.approvals[0].by: name a person by e-mail or Slack id (U…)"),
        (
            "{by: [finance, admins]}",
            "policy.approvals[0].by: a list names people; for roles write all_of: [finance, admins]",
        ),
        ("{by: finance, all_of: [finance, admins]}", "policy.approvals[0]: has `by` and `all_of`; keep one"),
        ("{all_of: [finance]}", "policy.approvals[0].all_of: write two or more of"),
        ("{all_of: [finance, finance]}", "policy.approvals[0].all_of: names one role twice"),
        ("{all_of: [finance, admins], quorum: 2}", "policy.approvals[0]: quorum: needs `by`"),
        ("{by: [ben@acme.test], quorum: 2}", "policy.approvals[0]: quorum: is 2, but `by` names 1"),
        ("{by: finance, quorum: 0}", "policy.approvals[0].quorum: "),
        ("{by: finance, share: lots}", 'policy.approvals[0].share: write a percent of the team\'s budget, like "20%"'),
        ('{by: finance, share: "0%"}', "policy.approvals[0].share: must be between 1% and 1000%"),
        ("{by: finance, lasts: forever}", "policy.approvals[0].lasts: write period, open, or a number of days like 7"),
        ("{by: finance, lasts: 0}", "policy.approvals[0].lasts: must be between 1 and 366 days; for longer write open"),
        ("{by: finance, lasts: true}", "policy.approvals[0].lasts: write period, open"),
        ("{by: finance, cap: wallet}", "policy.approvals[0].cap: write whose cap it is for: team, workflow, tool"),
        ("{by: finance, team: nobody}", "policy.approvals[0].team: there is no team nobody"),
        ("{by: finance, team: {}}", "policy.approvals[0].team: write a team's slug, or several"),
        ("{by: finance, tool_kind: rented}", "policy.approvals[0].tool_kind: "),
        ("{auto: true}", "policy.approvals[0]: auto: needs `up_to`, the most that is approved without anybody"),
        (
            "{by: finance, per_period: 2}",
            "policy.approvals[0]: per_period: limits what is approved automatically; add auto",
        ),
        ("{up_to: 5, auto: true, per_period: 0}", "policy.approvals[0].per_period: "),
        (
            "{by: finance}, {by: admins, lasts: open}",
            "policy.approvals[1]: is never reached, as every request fits policy.approvals[0]; put it before that line",
        ),
        ("{by: finance, quroum: 2}", "policy.approvals[0].quroum: unknown field. Did you mean `quorum`?"),
    ],
)
def test_a_fault_names_its_field_and_what_to_do(line: str, fault: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_teams_file(read(line))
    said = [re.sub(r"^line [0-9]+, ", "", line) for line in str(raised.value).splitlines()]
    assert any(line.startswith(fault) for line in said), said


@pytest.mark.parametrize("emergency", ["{up_to: 5, lasts_hours: 0}", "{up_to: 5, per_person_per_period: 0}", "{}"])
def test_a_fault_of_emergency_grants(emergency: str) -> None:
    with pytest.raises(ConfigError, match=r"policy\.emergency\."):
        read_teams_file(read("", emergency))
