"""The tool that made a call, and its kind."""

import msgspec
import pytest

from bot.org.tools import ToolRule, Tools
from bot.usage import Labels, UsageEvent

METACODE = ToolRule(name="MetaCode", kind="in_house", model="metacode*")
NIGHTLY = ToolRule(name="Nightly Evals", kind="in_house", user_agent="acme-evals/*")

EMPTY = UsageEvent(
    key=b"k",
    fingerprint=b"f",
    event_id="req-7",
    occurred_at=0,
    labels=Labels(
        model="gpt-4o",
        user="anna@acme.test",
    ),
    uncached_input=1,
    cache_read=0,
    cache_write_5m=0,
    cache_write_1h=0,
    output=0,
    reasoning=0,
    reported_nanos=None,
    failed=False,
    gateway_cache=False,
    notional=False,
)


def call(**fields: str) -> UsageEvent:
    return msgspec.structs.replace(EMPTY, labels=msgspec.structs.replace(EMPTY.labels, **fields))


@pytest.mark.parametrize(
    ("declared", "tool"),
    [
        ("Claude Code", "Claude Code"),
        ("claude code", "Claude Code"),
        (" CLAUDE-CODE ", "Claude Code"),
        ("codex_cli_rs", "Codex"),
        ("copilot-chat", "GitHub Copilot"),
        ("metacode", "MetaCode"),
        ("Something New", "Something New"),
        ("<!channel>", "<!channel>"),
    ],
)
def test_a_declared_tool_gets_its_one_spelling(declared: str, tool: str) -> None:
    assert Tools([METACODE]).tool_of(call(tool=declared)) == tool


@pytest.mark.parametrize(
    ("user_agent", "tool"),
    [
        ("claude-cli/2.0.1 (external, cli)", "Claude Code"),
        ("codex_cli_rs/0.38.0 (Mac OS 15.6; arm64)", "Codex"),
        ("GitHubCopilotChat/0.31.0", "GitHub Copilot"),
        ("Cursor/1.7.2", "Cursor"),
        ("GeminiCLI/v0.9.0 (linux; x64)", "Gemini CLI"),
        ("gemini-cli/0.9.0", "Gemini CLI"),
        ("Acme-Evals/3", "Nightly Evals"),
        ("OpenAI/Python 2.1.0", ""),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_an_undeclared_tool_is_known_by_its_user_agent(user_agent: str, tool: str) -> None:
    assert Tools([NIGHTLY]).tool_of(call(user_agent=user_agent)) == tool


def test_the_declared_tool_goes_before_the_user_agent_and_that_before_the_model() -> None:
    tools = Tools([METACODE, NIGHTLY])
    agent = "acme-evals/3"

    assert tools.tool_of(call(tool="Cursor", user_agent=agent, model="metacode-2")) == "Cursor"
    assert tools.tool_of(call(user_agent=agent, model="metacode-2")) == "Nightly Evals"
    assert tools.tool_of(call(user_agent="curl/8.5.0", model="MetaCode-2")) == "MetaCode"
    assert tools.tool_of(call(model="openai/metacode-2")) == "MetaCode"


def test_a_rule_for_a_user_agent_goes_before_the_built_in_table() -> None:
    tools = Tools([ToolRule(name="Wrapped Claude", kind="in_house", user_agent="claude-cli/*acme*")])

    assert tools.tool_of(call(user_agent="claude-cli/2.0.1 (acme build)")) == "Wrapped Claude"
    assert tools.tool_of(call(user_agent="claude-cli/2.0.1 (external, cli)")) == "Claude Code"


def test_a_rule_needs_all_of_its_patterns() -> None:
    both = ToolRule(name="Evals on MetaCode", kind="in_house", model="metacode*", user_agent="acme-evals/*")
    tools = Tools([both])

    assert tools.tool_of(call(user_agent="acme-evals/3", model="metacode-2")) == "Evals on MetaCode"
    assert tools.tool_of(call(user_agent="acme-evals/3")) == ""
    assert tools.tool_of(call(model="metacode-2")) == ""


def test_a_tool_can_be_known_by_the_address_that_was_called() -> None:
    tools = Tools([ToolRule(name="MetaCode", kind="in_house", api_base="http://llm.acme.test/*")])

    assert tools.tool_of(call(), api_base="http://LLM.acme.test/v1") == "MetaCode"
    assert tools.tool_of(call(), api_base="https://api.openai.com/v1") == ""
    assert tools.tool_of(call()) == ""


def test_the_first_of_two_rules_that_fit_wins() -> None:
    later = ToolRule(name="Other", kind="third_party", model="meta*")

    assert Tools([METACODE, later]).tool_of(call(model="metacode-2")) == "MetaCode"
    assert Tools([later, METACODE]).tool_of(call(model="metacode-2")) == "Other"


def test_a_rule_without_patterns_names_a_tool_and_matches_nothing() -> None:
    tools = Tools([ToolRule(name="ACME Chat", kind="in_house")])

    assert tools.tool_of(call()) == ""
    assert tools.tool_of(call(tool="acme chat")) == "ACME Chat"


def test_an_operators_spelling_goes_before_the_built_in_one() -> None:
    tools = Tools([ToolRule(name="CLAUDE code", kind="third_party")])

    assert tools.tool_of(call(user_agent="claude-cli/2.0.1")) == "CLAUDE code"
    assert tools.tool_of(call(tool="claude_cli")) == "CLAUDE code"


@pytest.mark.parametrize(
    ("tool", "kind"),
    [("MetaCode", "in_house"), ("metacode", "in_house"), ("Claude Code", "third_party"), ("", "third_party")],
)
def test_a_tool_is_in_house_by_its_rule(tool: str, kind: str) -> None:
    assert Tools([METACODE]).kind_of(tool) == kind
