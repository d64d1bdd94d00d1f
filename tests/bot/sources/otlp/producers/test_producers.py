"""Producers' data files: each is short, checked when it is read, and found by its service, scope or a mark of a record."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.sources.otlp.producers.profile import ProfileError, profile_from
from bot.sources.otlp.producers.registry import FOLDER, PRODUCERS, Registry, read_files
from bot.sources.otlp.producers.schema import CallRule, Counting, ProducerFile, Sender, SumRule
from tests.bot.sources.otlp.otlp_examples import CLAUDE_CODE, chat, is_ignored, one
from tests.docs_pages import blocks
from tests.support.paths import ROOT
from tests.support.traffic.otlp import log, logs, span, traces

PAGE = ROOT / "docs" / "connect" / "adding-a-client.md"
FILES = sorted(FOLDER.rglob("*.toml"))
MAX_LINES = 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_at_most_forty_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def registry_with(folder: Path, text: str) -> Registry:
    (folder / "conventions.toml").write_text('name = "Conventions"\n[spans]\n')
    (folder / "new.toml").write_text(text)
    return Registry(read_files(folder))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tool = 'X'", "new.toml: Object missing required field `name`"),
        ("name = 'X'\ncolour = 'red'", "new.toml: Object contains unknown field `colour`"),
        ("name = 'X'\n[counting]\ninput_has_cash = true", "new.toml: Object contains unknown field `input_has_cash`"),
        ("name = 'X'\n[spans]\nkinds = ['inner']", "new.toml: Invalid enum value 'inner' - at `$.spans.kinds[0]`"),
        ("name = 'X'\n[names]\ncosts = ['x.cost']", "new.toml: costs: no such fact"),
        ("name = 'X'\n[spans]\nonly = {colour = ['red']}", "new.toml: colour: no such fact"),
        ("name = 'X'\n[names]\ninput = ['x']\noutput = ['x']", "new.toml: names: x: the name of two facts"),
        ("name = 'X'\n[names]\ninput = ['model']", "new.toml: names: model: the name of two facts"),
        ("name = 'X'\n[sender]\nmarks = ['x.kind']", "new.toml: sender.marks: x.kind: no attribute"),
        ("name = 'X'\n[sums]\nrecords = ['x']\ncounters = {input = 'inputs'}", "new.toml: sums.counters: inputs: no"),
        ("name = 'X'\ntiers = { fast = 'quick' }", "new.toml: tiers: quick: no such tier"),
        ("name = ", "new.toml: "),
    ],
)
def test_a_fault_in_a_file_is_an_error_that_names_it(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ProfileError) as raised:
        registry_with(tmp_path, text)

    assert str(raised.value).startswith(words)


def test_two_files_never_claim_one_record(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('name = "Other"\n[logs]\nrecords = ["x.call"]\n')
    with pytest.raises(ProfileError, match=r"x\.call is one of new"):
        registry_with(tmp_path, 'name = "New"\n[logs]\nrecords = ["x.call"]\n')


@pytest.mark.parametrize(
    ("service", "scope", "version", "found"),
    [
        ("x-cli", "", "", "new"),
        ("x-cli-for-sales", "", "", "conventions"),
        ("renamed", "x.tracer", "2.3", "new"),
        ("renamed", "x.tracer.sub", "2.3", "conventions"),
        ("renamed", "y.tracer.sub", "v3", "new"),
        ("renamed", "x.tracer", "1.9", "conventions"),
        ("renamed", "x.tracer", "4.0.1", "conventions"),
        ("renamed", "x.tracer", "3.99.9b1", "new"),
        ("renamed", "x.tracer", "", "conventions"),
        ("", "", "", "conventions"),
    ],
)
def test_a_profile_is_found_by_service_scope_and_version(
    tmp_path: Path, service: str, scope: str, version: str, found: str
) -> None:
    text = "name = 'X'\n[sender]\nservices = ['x-cli']\nscopes = ['x.tracer', 'y.*']\nsince = '2'\nbefore = '4'\n"
    registry = registry_with(tmp_path, text)

    assert registry.profile_of(service, scope, version or ("3" if service == "x-cli" else "")).id == found


@pytest.mark.parametrize("value", [{"thoughts_token_count": 50}, {"cached_token_count": 900}, {"speed": "fast"}])
def test_a_producers_own_names_say_nothing_in_records_of_others(value: dict[str, Any]) -> None:
    assert one(traces(span(said=chat(**value)))) == one(traces(span()))
    assert one(traces(span(said=chat(auth_type="oauth-personal")))).notional is False


def test_a_record_tells_its_producer_where_service_and_scope_are_renamed() -> None:
    counts = {"model": "m", "input_token_count": 100, "output_token_count": 10, "thoughts_token_count": 5}
    event = one(logs(log({"event.name": "gemini_cli.api_response", **counts}), resource={"service.name": "mine"}))

    assert (event.labels.tool, event.output, event.labels.workflow) == ("Gemini CLI", 15, "mine")
    named = CLAUDE_CODE | {"event.name": "claude_code.api_request"}
    assert one(logs(log(named), resource={"service.name": "mine"})).labels.tool == "Claude Code"
    assert is_ignored(logs(log(CLAUDE_CODE), resource={"service.name": "mine"}))


def test_the_pages_example_is_a_data_file() -> None:
    (example,) = blocks(PAGE, "toml")
    found = profile_from("example", msgspec.toml.decode(example, type=ProducerFile))

    assert (found.tool, found.provider_for("gpt-5.6")) == ("Codex", "openai")


def test_the_page_explains_every_member() -> None:
    tables = (ProducerFile, Sender, CallRule, SumRule, Counting)
    members = {member for table in tables for member in table.__struct_fields__}

    assert sorted(member for member in members if not re.search(rf"\b{member}\b", PAGE.read_text())) == []


def test_every_file_is_named_on_the_page() -> None:
    assert [p.name for p in PRODUCERS.profiles.values() if p.name not in PAGE.read_text()] == []
