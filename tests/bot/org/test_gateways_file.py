"""`gateways:` of teams.yml: what a line means, and every fault with its field and what to do."""

import re

import pytest

from bot.org.gateways import CapTarget, gateways_of
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError

HEAD = """organisation: {name: Acme}
teams: [{slug: search, name: Search}, {slug: mobile, name: Mobile}]
gateways:
"""
EU = "name: eu, kind: litellm, url: http://litellm.internal:4000/, key_env: LITELLM_EU_KEY"


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read_teams_file(HEAD + text)
    return [re.sub(r"^line [0-9]+, ", "", line) for line in str(raised.value).splitlines()]


def test_a_line_reads_into_settings_and_comes_back_from_the_database_the_same() -> None:
    found = read_teams_file(
        HEAD
        + f"""
  - {{{EU}, mode: dry_run, teams: {{search: [team-abc, {{member: u-1, of: team-abc}}], mobile: team-m}},
     people: {{Anna@ACME.test: user-7}}, keys: {{key-12: sk-hash}}, options: {{soft_percent: 90}}}}
  - {{name: claude, kind: claude_enterprise, key_file: /run/secrets/claude, teams: {{mobile: [eng, {{user: sub-1}}]}}}}
"""
    )
    eu, claude = gateways_of(found.model_dump(mode="json", by_alias=True)["gateways"])

    assert (eu.url, eu.mode, eu.people, eu.keys) == (
        "http://litellm.internal:4000",
        "dry_run",
        {"anna@acme.test": "user-7"},
        {"key-12": "sk-hash"},
    )
    assert eu.teams == {
        "search": (CapTarget(kind="team", ref="team-abc"), CapTarget(kind="member", ref="u-1", member_of="team-abc")),
        "mobile": (CapTarget(kind="team", ref="team-m"),),
    }
    assert (claude.url, claude.key_file, claude.mode) == (
        "https://api.anthropic.com",
        "/run/secrets/claude",
        "write",
    )
    assert claude.targets == (CapTarget(kind="group", ref="eng"), CapTarget(kind="user", ref="sub-1"))
    stored = found.model_dump(mode="json", by_alias=True)["gateways"]
    again = read_teams_file(HEAD + f"  {stored}").model_dump(mode="json", by_alias=True)["gateways"]
    assert again == stored


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{name: eu, kind: litellm, key_env: K1}", "gateways[eu].url: is missing"),
        ("{name: EU, kind: webhook, url: 'https://x', key_env: K1}", "gateways[EU].name: String should match"),
        (
            "{name: eu, kind: litellm, url: 'ftp://x', key_env: K1}",
            "gateways[eu].url: write the gateway's address, like http://litellm.internal:4000",
        ),
        ("{name: eu, kind: litellm, url: 'http://me:pw@x', key_env: K1}", "gateways[eu].url: leave the user and"),
        (
            "{name: eu, kind: litellm, url: 'http://x', key_env: sk-secret}",
            "gateways[eu].key_env: name an environment variable, such as LITELLM_EU_KEY; never write the key itself here",
        ),
        ("{name: eu, kind: litellm, url: 'http://x'}", "gateways[eu].key_env: name where its key is"),
        ("{name: eu, kind: litellm, url: 'http://x', key_env: K1, key_file: /k}", "gateways[eu].key_env: name one of"),
        (f"{{{EU}, teams: {{nobody: [a]}}}}", "gateways[eu].teams.nobody: there is no team nobody"),
        (f"{{{EU}, teams: {{search: []}}}}", "gateways[eu].teams.search: names no team of the gateway"),
        (
            f"{{{EU}, teams: {{search: [a], mobile: [a]}}}}",
            "gateways[eu].teams.mobile: team a is there below search too",
        ),
        (f"{{{EU}, teams: {{search: [a, a]}}}}", "gateways[eu].teams.search: team a is there twice"),
        (f"{{{EU}, teams: {{search: [{{member: u}}]}}}}", "gateways[eu].teams.search: member u needs `of`"),
        (f"{{{EU}, teams: {{search: [{{cap: u}}]}}}}", "gateways[eu].teams.search[0]: write the gateway's id as text"),
        (f"{{{EU}, token: sk-1}}", "gateways[eu].token: unknown field"),
    ],
)
def test_each_fault_names_its_field_and_what_to_do(line: str, fault: str) -> None:
    found = faults(f"  - {line}")

    assert any(text.startswith(fault) for text in found), found
    assert not any("sk-" in text or "pw" in text for text in found)


def test_two_gateways_need_two_names() -> None:
    assert faults(f"  - {{{EU}}}\n  - {{{EU}}}") == ["gateways[eu].name: is there 2 times; it must be unique"]
