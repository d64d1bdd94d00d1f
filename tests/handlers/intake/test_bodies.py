"""Request bodies within bounds: compressed or not, a large one or a bomb is refused, and memory stays flat."""

import gzip
import json
import random
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.company import Company, company
from tests.support.traffic.senders import body_of, sends

MEBIBYTE = 1024 * 1024


async def test_a_gzipped_body_is_taken_whole_and_a_broken_one_is_400(acme: Company) -> None:
    packed = gzip.compress(body_of(acme.event(1)))
    second = body_of(acme.event(2))
    members = gzip.compress(second[:50]) + gzip.compress(second[50:])
    wide = gzip.compress(body_of(*(acme.event(f"wide {n}", extra=random.randbytes(60).hex()) for n in range(6_000))))

    assert (await acme.posts(members, **{"Content-Encoding": "gzip"}))[1]["accepted"] == 1
    assert (await acme.posts(wide, **{"Content-Encoding": "gzip"}))[1]["accepted"] == 6_000
    assert (await acme.posts(packed, **{"Content-Encoding": "gzip"}))[1]["accepted"] == 1
    for broken in (packed[:-9], b"hello", b""):
        status, answer = await acme.posts(broken, **{"Content-Encoding": "gzip"})
        assert (status, "gzip" in answer["error"]) == (400, True)
    status, _ = await acme.posts(packed, **{"Content-Encoding": "br"})
    assert status == 415


async def megabytes(count: int) -> AsyncIterator[bytes]:
    for _ in range(count * 16):
        yield b" " * (MEBIBYTE // 16)


@pytest.mark.parametrize("key", [True, False])
async def test_a_hundred_megabytes_are_refused_and_not_kept_in_memory(acme: Company, key: bool) -> None:
    headers = {"Authorization": f"Bearer {acme.key if key else 'tok_wrong'}"}
    tracemalloc.start()
    try:
        status, _, answer = await sends(acme, megabytes(100), **headers)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert status == (413 if key else 401)
    assert peak < (40 if key else 8) * MEBIBYTE
    if key:
        assert "32 MiB" in json.loads(answer)["error"]
    assert (await acme.uses(acme.event(1)))["accepted"] == 1


async def test_a_gzip_bomb_is_refused_before_it_unfolds(acme: Company) -> None:
    plain_bomb = gzip.compress(b"[" + b" " * (100 * MEBIBYTE), 1)
    bomb = gzip.compress(plain_bomb)
    two_members = gzip.compress(b" " * (30 * MEBIBYTE)) + gzip.compress(b" " * (30 * MEBIBYTE))
    tracemalloc.start()
    try:
        answers = [await acme.posts(body, **{"Content-Encoding": "gzip"}) for body in (plain_bomb, two_members, bomb)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [status for status, _ in answers] == [413, 413, 400]  # unpacked once, the last is not JSON
    assert "unfolds to more than 200 times its size" in answers[0][1]["error"]
    assert peak < 34 * MEBIBYTE


async def test_beyond_the_bodies_in_flight_senders_are_asked_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENS_MAX_IN_FLIGHT_BYTES", "2000")
    async with company(f"sqlite:///{tmp_path}/tokens.db") as acme:
        key = {"Authorization": f"Bearer {acme.key}"}
        large = body_of(*(acme.event(n) for n in range(20)))

        for _ in range(3):
            status, answered, _ = await sends(acme, large, **key)
            assert (status, int(answered["retry-after"]) > 0) == (503, True)
        assert [(await sends(acme, body_of(acme.event(n)), **key))[0] for n in range(9)] == [200] * 9
