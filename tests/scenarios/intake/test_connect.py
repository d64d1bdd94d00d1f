"""`tokens connect`: it prints what to paste, with address and key, and tells when the first event came."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.org.attribution import Source
from bot.sources.clients.catalog import clients, find_client
from handlers import connect
from handlers.intake.keys import create_key, create_source
from handlers.intake.source_options import TypedOptions
from tests.bot.sources.forges.test_merges import GITLAB
from tests.scenarios.commands import Run, refused, well
from tests.support.company import Company
from tests.support.traffic.otlp import log, logs, metrics, span, traces
from tests.support.traffic.senders import sends

CLAUDE = {"service.name": "claude-code", "service.version": "2.1.328"}
REQUEST = {"event.name": "api_request", "model": "claude-sonnet-4-5", "input_tokens": 1_000, "output_tokens": 500}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(connect, "SETTLE_SECONDS", 0.0)


def test_without_a_client_it_lists_them(run: Run) -> None:
    listed = well(run("connect"))

    assert len(listed.strip().splitlines()) == len(clients()) + 1
    assert re.search(r"claude-code +Claude Code +otlp +docs/connect/claude-code.md", listed)


def test_it_makes_a_source_and_prints_the_lines_with_its_key_and_the_address(run: Run) -> None:
    said = well(run("connect", "claude-code", "--create", "--url", "https://tokens.example.com/", "--no-wait"))

    (key,) = set(re.findall(r"tok_[\w-]{20,}", said))
    assert '"OTEL_EXPORTER_OTLP_ENDPOINT": "https://tokens.example.com/v1/usage/otlp"' in said
    assert f'"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer {key}"' in said
    assert "tok_..." not in said
    assert "acme.test" not in said
    assert "claude-code" in well(run("keys", "list"))

    again = well(run("connect", "Claude Code", "--no-wait"))  # the key was shown once
    assert "Bearer tok_..." in again
    assert "http://127.0.0.1:3000/v1/usage/otlp" in again
    assert "--key KEY" in again
    assert f"Bearer {key}" in well(run("connect", "claude-code", "--key", key, "--no-wait"))


def test_what_it_can_not_do_is_one_sentence_with_the_way_out(run: Run) -> None:
    well(run("keys", "create", "proxy", "--source", "litellm"))

    assert "Did you mean `tokens connect codex`?" in refused(run("connect", "codexx"))
    assert "There is no source 'codex'. `--create`" in refused(run("connect", "codex", "--no-wait"))
    assert "'proxy' takes litellm, and Codex sends otlp" in refused(run("connect", "codex", "--source", "proxy"))
    assert "--key: this ingest key is not known" in refused(run("connect", "codex", "--key", "tok_unknown"))
    late = run("connect", "codex", "--create", "--minutes", "0.0001")
    assert late.exit_code == 1
    assert "Nothing came from codex in 0.0001 minutes" in late.stderr


def test_a_sender_that_signs_gets_an_address_and_a_secret_and_no_key(run: Run) -> None:
    url = ("--url", "https://tokens.example.com", "--no-wait")
    said = well(run("connect", "standard-webhooks", "--create", "--source", "vendor", *url))

    assert "  Address: https://tokens.example.com/v1/usage/hooks/vendor" in said
    (secret,) = re.findall(r"  Secret: (whsec_[\w+/=]{40,})\n", said)
    assert "tok_" not in said
    assert re.search(r"vendor +standardwebhooks .*signed \(standard\)", well(run("keys", "list")))
    again = well(run("connect", "standard-webhooks", "--source", "vendor", *url))
    assert secret not in again
    assert "`tokens keys set vendor --secret @FILE` sets another." in again


def test_a_sender_with_a_secret_of_its_own_is_asked_for_it_after_its_steps(run: Run, tmp_path: Path) -> None:
    (tmp_path / "hmac").write_text("helicone-key\n")

    without = run("connect", "helicone", "--create", "--no-wait")
    assert without.exit_code == 1
    assert "Webhook: http://127.0.0.1:3000/v1/usage/hooks/helicone" in without.stdout
    assert "--secret: Helicone's HMAC key signs what it sends; give it as @FILE" in without.stderr
    said = well(run("connect", "helicone", "--create", "--secret", f"@{tmp_path / 'hmac'}", "--no-wait"))
    assert "helicone-key" not in said
    assert re.search(r"helicone +helicone .*signed \(helicone\), reported cost first", well(run("keys", "list")))
    assert "Codex does not sign" in refused(run("connect", "codex", "--create", "--secret", "x", "--no-wait"))


async def posts(acme: Company, key: str, signal: str, body: Any) -> None:
    nanos = str(int(acme.clock.now().timestamp()) * 10**9)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    text = json.dumps(body).replace("1795455900000000000", nanos)
    status, _, _ = await sends(acme, text, path=f"/v1/usage/otlp/v1/{signal}", **headers)
    assert status == 200


async def source_of(acme: Company, name: str) -> Source:
    async with acme.context.store.read() as tx:
        found = await tx.keys.source(name)
    assert found is not None
    return found


async def arrival(acme: Company, client: str, name: str, sending: Any) -> connect.Arrival:
    """Waits while something is sent, and returns what came."""
    since = acme.context.now_micros()
    waiting = connect.wait_for(acme.context, find_client(client), await source_of(acme, name), since=since, seconds=20)
    found, _ = await asyncio.gather(waiting, sending)
    assert found is not None
    return found


async def test_the_first_calls_are_told_with_the_programs_version_and_their_cost(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "claude-code", source="otlp")
    earlier = log(REQUEST | {"session.id": "earlier", "request_id": "r-0"})
    await posts(acme, key, "logs", logs(earlier, resource=CLAUDE))
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=1))
    calls = [log(REQUEST | {"session.id": "s", "request_id": f"r-{n}"}) for n in range(3)]

    found = await arrival(acme, "claude-code", "claude-code", posts(acme, key, "logs", logs(*calls, resource=CLAUDE)))

    assert found.sentence == "Claude Code 2.1.328 is sending; 3 calls booked, $0.03."
    assert found.reasons == ()
    unpriced = replace(found, booked=found.booked._replace(unpriced=2)).sentence
    assert unpriced == "Claude Code 2.1.328 is sending; 3 calls booked, $0.03; 2 without a price."


async def test_metrics_that_come_before_the_calls_do_not_end_the_wait(acme: Company) -> None:
    key = await create_key(acme.context, "claude-code", source="otlp")
    body = {"name": "claude_code.token.usage", "gauge": {"dataPoints": [{"asInt": "5"}]}}

    async def sending() -> None:
        await posts(acme, key, "metrics", metrics(body, resource=CLAUDE))
        since = acme.context.now_micros() - 10**9
        came = await connect.arrival_of(
            acme.context, find_client("claude"), await source_of(acme, "claude-code"), since=since
        )
        assert (came.may_follow, came.booked.calls) == (True, 0)
        await posts(acme, key, "logs", logs(log(REQUEST | {"session.id": "s", "request_id": "r"}), resource=CLAUDE))

    found = await arrival(acme, "claude-code", "claude-code", sending())

    assert found.sentence == "Claude Code 2.1.328 is sending; 1 call booked, $0.01."
    assert found.reasons == ()


async def test_events_that_are_not_booked_are_told_with_the_reason(acme: Company) -> None:
    key = await create_key(acme.context, "services", source="otlp")
    other = traces(span(1, kind=1), span(2, said={"gen_ai.usage.input_tokens": "many"}), scope="acme.tracer")

    found = await arrival(acme, "otel", "services", posts(acme, key, "traces", other))

    assert found.sentence == "acme.tracer is sending, and nothing was booked."
    assert any("acme.tracer in checkout: its span kind" in reason for reason in found.reasons)


async def test_litellm_is_told_by_its_name(acme: Company) -> None:
    found = await arrival(acme, "litellm", "gateway", acme.uses(acme.event("first", dollars=2)))

    assert found.sentence == "LiteLLM is sending; 1 call booked, $2.00."


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_a_forge_gets_an_address_and_a_secret_and_no_key(run: Run, forge: str) -> None:
    said = well(run("connect", forge, "--create", "--url", "https://tokens.example.com/", "--no-wait"))

    assert f"https://tokens.example.com/v1/outcomes/{forge}" in said
    (secret,) = re.findall(r"(?m)^  Secret(?: token)?: ([\w-]{43})$", said)
    assert "tok_" not in said
    assert "whsec_" not in said

    made = well(run("keys", "create", "other", "--source", forge)).strip().splitlines()
    assert f"/v1/outcomes/{forge}/other" in made[0]
    assert (len(made[-1]), made[-1] != secret) == (43, True)
    rotated = well(run("keys", "rotate", "other")).strip().splitlines()[-1]
    assert (len(rotated), rotated != made[-1]) == (43, True)
    assert secret not in well(run("keys", "list"))
    assert "leave it out" in refused(run("keys", "create", "x", "--source", forge, "--signature", "standard"))


async def test_the_first_merge_is_counted_and_named(acme: Company) -> None:
    typed = TypedOptions(secret="a secret of the tests")
    await create_source(acme.context, "gitlab", source="gitlab", team=None, role="meter", typed=typed)
    async with acme.context.store.read() as tx:
        source = await tx.keys.source("gitlab")
    assert source is not None
    since = acme.context.now_micros()
    path = {"path": "/v1/outcomes/gitlab", "X_Gitlab_Token": "a secret of the tests"}
    moment = {**GITLAB["object_attributes"], "updated_at": acme.clock.now().isoformat()}
    status, _, _ = await sends(acme, json.dumps({**GITLAB, "object_attributes": moment}), **path)
    assert status == 200

    arrival = await connect.wait_for(acme.context, find_client("gitlab"), source, since=since, seconds=5)
    assert arrival is not None
    assert arrival.sentence == "GitLab is sending; 1 merged change counted."
