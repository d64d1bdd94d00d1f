"""Policy files: a whole teams.yml or its policy alone, and each fault with its line."""

import pytest

from bot.money import NANOS
from bot.org.teams_yml.policy_file import read_policy_file
from bot.refusals import ConfigError

LINES = "approvals:\n  - {up_to: 200, by: team_manager}\n  - {by: finance}\n"
WHOLE = """organisation: {name: Acme}
teams:
  - slug: search
    name: Search
    budget:
      amount: 100
policy:
  approvals:
    - {up_to: 200, by: team_manager}
"""


def indented(text: str) -> str:
    return "policy:\n" + "".join(f"  {line}\n" for line in text.splitlines())


@pytest.mark.parametrize("text", [LINES, indented(LINES)], ids=["bare", "under policy"])
def test_a_policy_stands_alone(text: str) -> None:
    file = read_policy_file(text)

    assert file.whole is None
    assert [(line.up_to, line.by) for line in file.policy.approvals] == [
        (200 * NANOS, "team_manager"),
        (None, "finance"),
    ]


def test_a_whole_file_brings_its_policy() -> None:
    file = read_policy_file(WHOLE)

    assert file.whole is not None
    assert file.policy.approvals[0].up_to == 200 * NANOS


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (LINES.replace("200", "lots"), "line 2, approvals[0].up_to: write an amount"),
        (indented(LINES.replace("by: finance", "buy: finance")), "line 4, policy.approvals[1].buy: "),
        (WHOLE.replace("amount: 100", "amount: -1"), "line 6, teams[search].budget.amount: must be between"),
        (WHOLE.replace("200", "lots"), "line 9, policy.approvals[0].up_to: write an amount"),
        (WHOLE + "    - [\n", "line 11: The file is not YAML"),
        ("polices:\n  approvals: []\n", "line 1, polices: does not belong in a policy; write a whole teams.yml"),
        ("", "The file is empty: write a whole teams.yml, or only its `policy:`"),
        ("- 1\n", "The file is empty"),
    ],
)
def test_a_fault_names_its_line_and_field(text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_policy_file(text)

    assert str(caught.value).startswith(fault)
