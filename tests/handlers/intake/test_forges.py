"""GitHub's and GitLab's webhooks over real HTTP: signed on the raw bytes, each merge once, and never an answer of 500."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from handlers.intake.keys import CreatedKey, create_source
from handlers.intake.routes.webhooks import MAX_WEBHOOK_BYTES
from handlers.intake.source_options import TypedOptions
from storage.books.checks import faults
from tests.bot.sources.forges.test_merges import GITHUB, GITLAB, changed
from tests.support.company import Company
from tests.support.traffic.senders import sends

SECRET = "a secret of the tests"
SIGNING = "whsec_" + b64encode(bytes(range(32))).decode()
GITHUB_PATH, GITLAB_PATH = "/v1/outcomes/github", "/v1/outcomes/gitlab"


async def forge(acme: Company, source: str, *, name: str = "", secret: str | None = SECRET) -> CreatedKey:
    typed = TypedOptions(secret=secret)
    return await create_source(acme.context, name or source, source=source, team=None, role="meter", typed=typed)


def merged(acme: Company, event: dict[str, Any] = GITHUB, **more: Any) -> bytes:
    """A merge at the clock's time."""
    path = "pull_request.merged_at" if "pull_request" in event else "object_attributes.updated_at"
    return json.dumps({**changed(event, path, acme.clock.now().isoformat()), **more}).encode()


def hub(body: bytes, secret: str = SECRET, **headers: str) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={mac}", "X-GitHub-Event": "pull_request", **headers}


def standard(body: bytes, *, off: int = 0) -> dict[str, str]:
    stamp = str(int(time.time()) + off)
    mac = hmac.new(bytes(range(32)), b"m1." + stamp.encode() + b"." + body, hashlib.sha256).digest()
    return {"webhook-id": "m1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{b64encode(mac).decode()}"}


async def posts(acme: Company, body: Any, path: str = GITHUB_PATH, **headers: str) -> tuple[int, dict[str, Any]]:
    status, _, answer = await sends(acme, body, path=path, **headers)
    return status, json.loads(answer)


async def counted(acme: Company) -> list[tuple[str, str, int]]:
    """Returns (team, rule, number) of the stored outcomes."""
    slugs = {t.id: t.slug for t in (await acme.context.rulebooks.latest()).directory.teams}
    async with acme.context.store.read() as tx:
        rows = await tx.connection.execute(text("SELECT team_id, rule, count FROM outcomes ORDER BY id"))
        return [(slugs[team], rule, number) for team, rule, number in rows]


async def test_a_merge_counts_for_the_team_of_its_repository_and_again_for_nobody(acme_on_both: Company) -> None:
    acme = acme_on_both
    await forge(acme, "github")
    body = merged(acme)

    assert await posts(acme, body, **hub(body)) == (200, answer_of(accepted=1))
    again = merged(acme, sender={"login": "delivered again, another body"})
    assert await posts(acme, again, **hub(again, **{"X-GitHub-Delivery": "2"})) == (200, answer_of(duplicates=1))
    assert await counted(acme) == [("search", "tag:repo:search-*", 1)]
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_one_merge_told_by_two_sources_counts_once(acme: Company) -> None:
    await forge(acme, "github", name="one", secret="secret-1")
    await forge(acme, "github", name="other", secret="secret-2")
    body = merged(acme)

    assert (await posts(acme, body, **hub(body, "secret-2")))[1] == answer_of(accepted=1)
    assert (await posts(acme, body, **hub(body, "secret-1")))[1] == answer_of(duplicates=1)
    assert (await posts(acme, body, f"{GITHUB_PATH}/other", **hub(body, "secret-1")))[0] == 401
    assert (await posts(acme, body, f"{GITHUB_PATH}/other", **hub(body, "secret-2")))[1] == answer_of(duplicates=1)
    assert len(await counted(acme)) == 1


async def test_without_a_rule_the_authors_team_counts_it_and_no_person_is_made(acme: Company) -> None:
    await forge(acme, "gitlab")
    event = changed(GITLAB, "project.path_with_namespace", "acme/tools")
    unknown = changed(event, "object_attributes.last_commit", {"author": {"email": "nobody@else.test"}})
    people = await acme_people(acme)

    for number, told in enumerate((event, unknown), 1):
        body = merged(acme, changed(told, "object_attributes.iid", number))
        assert (await posts(acme, body, GITLAB_PATH, **{"X-Gitlab-Token": SECRET}))[1] == answer_of(accepted=1)

    assert await counted(acme) == [("search", "user's team", 1), ("unattributed", "unattributed", 1)]
    assert await acme_people(acme) == people


async def test_nothing_of_a_change_or_its_author_is_stored(acme: Company) -> None:
    await forge(acme, "github")
    await forge(acme, "gitlab")
    for event, path in ((GITHUB, GITHUB_PATH), (GITLAB, GITLAB_PATH)):
        body = merged(acme, event)
        assert (await posts(acme, body, path, **hub(body), **{"X-Gitlab-Token": SECRET}))[1] == answer_of(accepted=1)
        bad = merged(acme, changed(event, "repository" if event is GITHUB else "project", {"CANARY": "CANARY"}))
        answer = (await posts(acme, bad, path, **hub(bad), **{"X-Gitlab-Token": SECRET}))[1]
        assert answer["quarantined"] == 1

    async with acme.context.store.read() as tx:
        for table in ("outcomes", "outcome_days", "quarantine", "audit"):
            for row in await tx.connection.execute(text(f"SELECT * FROM {table}")):
                stored = repr(tuple(row)).casefold()
                assert "canary" not in stored
                assert "anna" not in stored


@pytest.mark.parametrize("event", [{"zen": "ping"}, {**GITHUB, "action": "opened"}, {"action": "closed", "issue": {}}])
async def test_other_events_are_answered_and_ignored(acme: Company, event: dict[str, Any]) -> None:
    await forge(acme, "github")
    body = json.dumps(event).encode()

    assert await posts(acme, body, **hub(body)) == (200, answer_of(ignored=1))


async def test_a_form_carries_the_event_too(acme: Company) -> None:
    await forge(acme, "github")
    body = urlencode({"payload": merged(acme).decode()}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert (await posts(acme, body, **hub(body, **form)))[1] == answer_of(accepted=1)
    assert (await posts(acme, b"x=1", **hub(b"x=1", **form)))[0] == 400


async def test_nothing_comes_in_without_the_signature(acme: Company) -> None:
    created = await forge(acme, "github")
    body = merged(acme)
    wrongs: list[dict[str, str]] = [
        {},
        {"X-Hub-Signature": hub(body)["X-Hub-Signature-256"]},
        {"X-Hub-Signature-256": "sha256=00"},
        {"X-Hub-Signature-256": "sha256=é"},
        hub(body, "another secret"),
        hub(body + b" "),
        {"X-Gitlab-Token": SECRET},
        {"Authorization": f"Bearer {created.token}"},
        {"Authorization": f"Bearer {acme.key}"},
    ]
    for headers in wrongs:
        assert (await posts(acme, body, **headers))[0] == 401, headers
    assert (await posts(acme, body, GITLAB_PATH, **hub(body)))[0] == 401  # no such source
    assert (await posts(acme, body, **hub(body), **{"Content-Encoding": "gzip"}))[0] == 415
    for path in ("/v1/usage", "/v1/usage/hooks/github"):  # it sends no usage
        status, _ = await posts(acme, body, path, **hub(body), Authorization=f"Bearer {created.token}")
        assert status in (400, 401)
    assert await counted(acme) == []


async def test_gitlabs_signing_token_takes_the_place_of_its_secret_token(acme: Company) -> None:
    await forge(acme, "gitlab", secret=SIGNING)
    body = merged(acme, GITLAB)

    for headers in ({}, {"X-Gitlab-Token": SIGNING}, standard(body, off=-400), standard(body + b" ")):
        assert (await posts(acme, body, GITLAB_PATH, **headers))[0] == 401, headers
    assert (await posts(acme, body, GITLAB_PATH, **standard(body)))[1] == answer_of(accepted=1)


async def test_a_revoked_source_is_refused(acme: Company) -> None:
    await forge(acme, "github")
    body = merged(acme)
    async with acme.context.store.begin() as tx:
        source = await tx.keys.source("github")
        assert source is not None
        await tx.keys.revoke(source, at=acme.context.now_micros())

    assert (await posts(acme, body, **hub(body)))[0] == 401
    assert await counted(acme) == []


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe\x00", b"[" * 50_000, b'{"action": "\\ud800"}'])
async def test_odd_bodies_are_never_a_fault_of_ours(acme: Company, body: bytes) -> None:
    await forge(acme, "github")

    assert (await posts(acme, body, **hub(body)))[0] in (200, 400)


async def test_a_body_beyond_the_bound_is_refused_unread(acme: Company) -> None:
    await forge(acme, "github")
    body = b" " * (MAX_WEBHOOK_BYTES + 1)

    assert (await posts(acme, body, **hub(body)))[0] == 413


def answer_of(*, ignored: int = 0, **counts: int) -> dict[str, Any]:
    found = {"accepted": 0, "duplicates": 0, "conflicts": 0, "quarantined": 0, **counts, "errors": []}
    return {**found, "ignored": ignored} if ignored else found


async def acme_people(acme: Company) -> int:
    async with acme.context.store.read() as tx:
        return int((await tx.connection.execute(text("SELECT count(*) FROM people"))).scalar_one())
