"""Bodies of many rows over real HTTP: booked in pieces with one answer, or refused before anything is booked."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bot.sources.pieces.arrays import PIECE_ROWS
from handlers.intake.usage_jobs import MAX_REASON_CHARACTERS, MAX_REASONS, Answer
from tests.handlers.intake.test_ingest import calls
from tests.support.company import Company, company
from tests.support.traffic.senders import body_of, sends


async def test_a_body_of_many_rows_is_booked_in_pieces_and_answered_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    rows: list[dict[str, Any]] = [acme.event(n) for n in range(PIECE_ROWS + 300)]
    for place in (3, PIECE_ROWS + 7):
        del rows[place]["data"]["model"]
    rows[PIECE_ROWS + 9] = rows[5]

    status, answer = await acme.posts(body_of(*rows))

    assert status == 200
    assert (answer["accepted"], answer["duplicates"], answer["quarantined"]) == (len(rows) - 3, 1, 2)
    assert [error["index"] for error in answer["errors"]] == [3, PIECE_ROWS + 7]
    assert "more_errors" not in answer
    assert await calls(acme) == len(rows) - 3
    again = (await acme.posts(body_of(*rows)))[1]
    assert (again["accepted"], again["duplicates"]) == (0, len(rows) - 2)


async def test_the_answer_to_many_bad_rows_lists_some_reasons_and_counts_the_others(acme: Company) -> None:
    status, answer = await acme.posts(b"[" + b",".join([b"{}"] * 2_500) + b"]")

    assert (status, answer["quarantined"]) == (200, 2_500)
    assert [error["index"] for error in answer["errors"]] == list(range(MAX_REASONS))
    assert answer["more_errors"] == 2_500 - MAX_REASONS


def test_a_reason_in_an_answer_is_cut() -> None:
    answer = Answer(accepted=0, duplicates=0, conflicts=0, quarantined=1, errors=((0, "x" * 9_999),))

    (error,) = json.loads(json.dumps(answer.to_json()))["errors"]
    assert len(error["reason"]) == MAX_REASON_CHARACTERS


FORMATS = {
    "native": ("/v1/usage", b"[" + b",".join([b"{}"] * 60) + b"]"),
    "numbers": ("/v1/usage", b"[" + b"1," * 59 + b"1]"),
    "litellm": ("/v1/usage/litellm", b"[" + b",".join([b"{}"] * 60) + b"]"),
    "spans": ("/v1/usage/otlp/v1/traces", b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 59 + b"{}]}]}]}"),
}


@pytest.mark.parametrize("name", list(FORMATS))
async def test_a_body_with_more_rows_than_may_wait_is_413_and_nothing_is_booked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, few = FORMATS[name]
    monkeypatch.setenv("TOKENS_MOST_WAITING_ROWS", "1500")
    async with company(f"sqlite:///{tmp_path}/tokens.db") as acme:
        head = {"Authorization": f"Bearer {acme.key}", "Content-Type": "application/json", "Content-Encoding": "gzip"}
        separator = b"," if name != "numbers" else b",1,"
        inner = few[few.index(b"[{}") + 1 if b"[{}" in few else 1 : few.rindex(b"{}") + 2 if b"{}" in few else -1]
        many = few.replace(inner, separator.join([inner] * 30))

        status, _, answer = await sends(acme, gzip.compress(many), path=path, **head)

        assert (status, "more than 1,500 rows" in answer, "nothing" in answer) == (413, True, True)
        async with acme.context.store.read() as tx:
            assert await tx.quarantine.shares() == []
        assert (await acme.uses(*(acme.event(n) for n in range(1_200))))["accepted"] == 1_200
