"""GitHub's and GitLab's webhooks: a merge is one outcome, everything else is ignored on purpose, nothing else is read."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import micros
from bot.sources.forges import github, gitlab
from bot.sources.rows import Unreadable
from bot.usage import Outcome, Parsed

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MERGED_AT = micros(datetime(2026, 11, 23, 10, tzinfo=UTC))
HERE = Path(__file__).parent
GITHUB: dict[str, Any] = json.loads((HERE / "github_merged.json").read_text())
GITLAB: dict[str, Any] = json.loads((HERE / "gitlab_merged.json").read_text())
FORGES = [pytest.param(github.parse, GITHUB, id="github"), pytest.param(gitlab.parse, GITLAB, id="gitlab")]
Parse = Callable[..., Parsed]


def outcome_of(parse: Parse, event: Any) -> Outcome:
    parsed = parse(json.dumps(event).encode(), now=NOW)
    ((_, outcome),) = parsed.outcomes
    assert (parsed.rows, parsed.ignored, parsed.unusable) == (1, 0, [])
    return outcome


def changed(event: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Returns an event with one member replaced, by its path."""
    found = copy.deepcopy(event)
    inner = found
    *parents, name = path.split(".")
    for parent in parents:
        inner = inner[parent]
    inner[name] = value
    return found


def test_a_merged_pull_request_is_one_merged_change_of_its_repository() -> None:
    found = outcome_of(github.parse, GITHUB)

    assert (found.kind, found.count, found.occurred_at, found.is_merge) == ("change_merged", 1, MERGED_AT, True)
    assert (found.event_id, found.labels.user) == ("acme/search-api#412", "anna-ito")
    assert found.labels.tags == ("repo:acme/search-api", "repo:search-api")


def test_a_merged_merge_request_is_one_and_its_author_made_the_last_commit() -> None:
    found = outcome_of(gitlab.parse, GITLAB)

    assert (found.kind, found.count, found.occurred_at, found.is_merge) == ("change_merged", 1, MERGED_AT, True)
    assert (found.event_id, found.labels.user) == ("acme/search/search-api#31", "anna@acme.test")
    assert found.labels.tags == ("repo:acme/search/search-api", "repo:search-api")


@pytest.mark.parametrize(("parse", "event"), FORGES)
def test_nothing_of_a_change_is_read_but_its_place_its_number_and_its_author(parse: Parse, event: Any) -> None:
    assert "CANARY" not in repr(outcome_of(parse, event))
    assert "canary" not in repr(outcome_of(parse, event))


@pytest.mark.parametrize(
    ("parse", "event", "path", "same"),
    [
        (github.parse, GITHUB, "pull_request.title", True),
        (github.parse, GITHUB, "pull_request.merged_at", True),
        (github.parse, GITHUB, "repository.full_name", True),  # it was renamed
        (github.parse, GITHUB, "number", False),
        (github.parse, GITHUB, "repository.id", False),
        (github.parse, GITHUB, "repository.html_url", False),  # another host
        (gitlab.parse, GITLAB, "project.path_with_namespace", True),
        (gitlab.parse, GITLAB, "object_attributes.iid", False),
        (gitlab.parse, GITLAB, "project.id", False),
    ],
)
def test_a_merge_is_known_by_host_repository_and_number_alone(parse: Parse, event: Any, path: str, same: bool) -> None:
    others = {"merged_at": "2026-11-23T11:00:00Z", "html_url": "https://git.acme.test/x"}
    other: Any = others.get(path.rpartition(".")[2])
    other = other or (7 if path.endswith(("id", "number")) else "other/name")

    first, second = outcome_of(parse, event), outcome_of(parse, changed(event, path, other))

    assert (first.key == second.key, first.fingerprint == second.fingerprint) == (same, same)


@pytest.mark.parametrize(
    ("parse", "event"),
    [
        (github.parse, {"zen": "Keep it logically awesome.", "hook_id": 1}),
        (github.parse, changed(GITHUB, "action", "opened")),
        (github.parse, changed(GITHUB, "pull_request.merged", False)),
        (github.parse, changed(GITHUB, "pull_request", "closed")),
        (github.parse, {"action": "closed", "issue": {"number": 3}}),
        (github.parse, {}),
        (gitlab.parse, changed(GITLAB, "object_attributes.action", "approved")),
        (gitlab.parse, changed(GITLAB, "object_kind", "push")),
        (gitlab.parse, changed(GITLAB, "object_attributes", [1])),
        (gitlab.parse, {}),
    ],
)
def test_other_events_are_ignored_on_purpose(parse: Parse, event: Any) -> None:
    parsed = parse(json.dumps(event).encode(), now=NOW)

    assert (parsed.rows, parsed.ignored, parsed.outcomes, parsed.unusable) == (0, 1, [], [])


@pytest.mark.parametrize(
    ("parse", "event", "path", "value", "reason"),
    [
        (github.parse, GITHUB, "number", None, "the number is missing or no number"),
        (github.parse, GITHUB, "number", True, "the number is missing or no number"),
        (github.parse, GITHUB, "repository.id", "7", "the repository's id is missing or no number"),
        (github.parse, GITHUB, "repository.full_name", "", "the repository has no name"),
        (github.parse, GITHUB, "pull_request.merged_at", "soon", "merged_at is not RFC 3339 with its zone"),
        (github.parse, GITHUB, "pull_request.merged_at", "2019-05-15T15:21:18Z", "merged_at is before 2020"),
        (gitlab.parse, GITLAB, "object_attributes.iid", 0, "the number is missing or no number"),
        (gitlab.parse, GITLAB, "project", None, "the repository has no name"),
    ],
)
def test_a_merge_that_can_not_be_counted_names_its_fault_and_keeps_no_word_of_it(
    parse: Parse, event: Any, path: str, value: Any, reason: str
) -> None:
    (row,) = parse(json.dumps(changed(event, path, value)).encode(), now=NOW).unusable

    assert row.reason.startswith(reason)
    assert b"CANARY" not in row.kept
    assert b"anna" not in row.kept
    (again,) = parse(row.kept, now=NOW).unusable
    assert again.reason == row.reason


@pytest.mark.parametrize(("parse", "event"), FORGES)
def test_a_merge_without_a_moment_happened_just_now(parse: Parse, event: Any) -> None:
    path = "pull_request.merged_at" if parse is github.parse else "object_attributes.updated_at"

    assert outcome_of(parse, changed(event, path, None)).occurred_at == micros(NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize(("parse", "event"), FORGES)
def test_a_body_that_is_no_object_is_unreadable(parse: Parse, event: Any, body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body, now=NOW)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_PATHS = {
    github.parse: (
        "action",
        "number",
        "pull_request",
        "pull_request.merged_at",
        "pull_request.user.login",
        "repository",
    ),
    gitlab.parse: ("object_kind", "project", "project.id", "object_attributes", "object_attributes.last_commit"),
}


@given(data=st.data(), value=_JSON)
def test_whatever_a_member_holds_a_body_is_counted_ignored_or_unusable(data: st.DataObject, value: Any) -> None:
    parse, event = data.draw(st.sampled_from([(github.parse, GITHUB), (gitlab.parse, GITLAB)]))
    path = data.draw(st.sampled_from(_PATHS[parse]))

    parsed = parse(json.dumps(changed(event, path, value)).encode(), now=NOW)

    assert len(parsed.outcomes) + len(parsed.unusable) + parsed.ignored == 1
