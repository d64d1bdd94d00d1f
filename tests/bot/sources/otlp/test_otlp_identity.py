"""OTLP calls told apart: ids, times, people, groups and workflows."""

from typing import Any

import pytest

from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, CLAUDE_CODE, NOW, chat, one, reason
from tests.support.traffic.otlp import AT, CHAT, log, logs, span, traces


def test_a_response_told_by_two_spans_of_a_trace_is_one_call_and_ids_repeat_across_traces() -> None:
    said = chat(gen_ai__response__id="chatcmpl-1")
    first, again = (one(traces(span(1, spanId=f"{n:016x}", said=said))) for n in (1, 2))
    elsewhere = one(traces(span(2, said=said)))

    assert (first.key, first.fingerprint) == (again.key, again.fingerprint)
    assert elsewhere.key != first.key


def test_without_a_response_a_span_is_told_by_its_own_ids_and_without_any_it_is_an_error() -> None:
    first, second = one(traces(span(1))), one(traces(span(2)))
    nothing: dict[str, Any] = {"traceId": "0" * 32, "spanId": "0" * 16}

    assert first.key != second.key
    assert (first.event_id, first.occurred_at) == (f"{1:016x}", AT // 1000)
    assert reason(traces(span(**nothing))).startswith("traceId, spanId and gen_ai.response.id are missing")
    assert one(traces(span(said=chat(gen_ai__response__id="r"), **nothing))).event_id == "r"


def test_ids_are_hexadecimal_and_base64_of_protobufs_own_writers_is_the_same() -> None:
    in_base64: dict[str, Any] = {"traceId": "AAAAAAAAAAAAAAAAAAAAAQ==", "spanId": "AAAAAAAAAAE="}

    assert one(traces(span(1))).key == one(traces(span(1, **in_base64))).key


def test_claude_codes_calls_are_told_by_request_or_by_their_place_in_the_session() -> None:
    def key(**others: Any) -> bytes:
        said = {name: value for name, value in (CLAUDE_CODE | others).items() if value is not None}
        return one(logs(log(said), **AS_CLAUDE_CODE)).key

    assert key() == key(**{"event.sequence": 18})
    assert key() != key(request_id="req_2")
    assert key(request_id=None) != key(**{"request_id": None, "event.sequence": 18})


def test_a_time_is_the_records_or_the_events_own_or_when_it_came() -> None:
    stamp = {"event.timestamp": "2026-11-23T17:45:00.500Z"}
    timed = [
        one(logs(log(CLAUDE_CODE | stamp), **AS_CLAUDE_CODE)),
        one(logs(log(CLAUDE_CODE | stamp, timeUnixNano=None), **AS_CLAUDE_CODE)),
        one(traces(span(startTimeUnixNano=None, endTimeUnixNano=0))),
        one(traces(span(endTimeUnixNano=None))),
    ]

    assert [event.occurred_at for event in timed] == [
        *(AT // 1000, AT // 1000 + 500_000, int(NOW.timestamp() * 1e6), AT // 1000)
    ]
    assert reason(traces(span(endTimeUnixNano=5))) == "the time is before 2020"
    assert reason(logs(log(CLAUDE_CODE | {"event.timestamp": "soon"}, timeUnixNano=0), **AS_CLAUDE_CODE)).startswith(
        "event.timestamp is not RFC 3339"
    )


@pytest.mark.parametrize(
    ("resource", "said", "user"),
    [
        ({}, {"user.email": "anna@acme.test", "user.id": "7"}, "anna@acme.test"),
        ({}, {"enduser.id": "anna"}, "anna"),
        ({"user.email": "anna@acme.test"}, {}, "anna@acme.test"),
        ({"service.name": "claude-code"}, {"user.id": "an-installation"}, ""),
        ({"service.name": "claude-code"}, {"user.id": "x", "user.account_id": "user_01"}, "user_01"),
        ({"service.name": "claude-code"}, {"user.id": "okta-7", "identity.source": "gateway-oidc"}, "okta-7"),
    ],
)
def test_a_person_is_told_by_email_and_an_installation_is_nobody(
    resource: dict[str, Any], said: dict[str, Any], user: str
) -> None:
    if resource.get("service.name") == "claude-code":
        assert one(logs(log(CLAUDE_CODE | said), resource=resource)).labels.user == user
    else:
        assert one(traces(span(said=CHAT | said), resource=resource)).labels.user == user


@pytest.mark.parametrize("where", ["record", "resource"])
@pytest.mark.parametrize(
    ("claimed", "team", "tags"),
    [
        ({"user.groups": "team-abc, everyone"}, "team-abc", ("group:team-abc", "group:everyone")),
        ({"user.groups": "team-abc", "team.id": "mobile"}, "mobile", ("group:team-abc",)),
        ({"user.groups": " , "}, "", ()),
    ],
)
def test_groups_are_the_clients_claim_and_never_a_gateways_word(
    where: str, claimed: dict[str, Any], team: str, tags: tuple[str, ...]
) -> None:
    """A gateway that signs people in relays what the client writes, unchecked."""
    said = {"identity.source": "gateway-oidc", "user.email": "anna@acme.test", **claimed}
    resource = {"service.name": "claude-code", **(said if where == "resource" else {})}
    labels = one(logs(log(CLAUDE_CODE | (said if where == "record" else {})), resource=resource)).labels

    assert labels.gateway_team == ""
    assert (labels.declared_team, labels.tags, labels.user) == (team, tags, "anna@acme.test")


def test_groups_without_the_companys_sign_in_are_no_claim() -> None:
    labels = one(logs(log(CLAUDE_CODE | {"user.groups": "team-abc"}), **AS_CLAUDE_CODE)).labels
    assert (labels.gateway_team, labels.declared_team, labels.tags) == ("", "", ())


def test_a_service_is_a_workflow_unless_it_has_a_better_name_or_is_a_program() -> None:
    def workflow(resource: dict[str, Any], **said: Any) -> str:
        return one(traces(span(said=chat(**said)), resource=resource)).labels.workflow

    assert workflow({"service.name": "checkout"}) == "checkout"
    assert workflow({"service.name": "checkout"}, workflow="code-review") == "code-review"
    assert workflow({"service.name": "copilot-chat"}) == ""
    assert workflow({"service.name": "copilot-for-sales"}) == "copilot-for-sales"
    assert workflow({"service.name": "unknown_service:node"}) == ""


def test_a_host_that_was_called_is_told_and_a_bare_address_is_not() -> None:
    def api_base(host: str) -> str:
        return one(traces(span(said=CHAT | {"server.address": host}))).labels.api_base

    assert api_base("llm.acme.test") == "llm.acme.test"
    assert [api_base(host) for host in ("10.0.0.7", "127.0.0.1", "[::1]", "fe80::1%eth0")] == ["", "", "", ""]


@pytest.mark.parametrize(("mode", "notional"), [("ApiKey", False), ("Chatgpt", True), ("ChatGPT", True)])
def test_codex_on_a_personal_plan_is_notional(mode: str, notional: bool) -> None:
    said = {"event.name": "codex.sse_event", "event.kind": "response.completed", "model": "m", "input_token_count": "3"}

    assert one(logs(log(said | {"auth_mode": mode}))).notional is notional
