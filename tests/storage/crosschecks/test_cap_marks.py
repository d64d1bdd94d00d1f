"""Marks of budgets: whatever entry touches a team makes its caps due, in the same transaction."""

from typing import cast

import pytest

from bot.books.ledger import ALLOWED_MOVES, Account, Bucket, Entry, EntryKind
from bot.crosschecks.gateway_caps import CapMark
from storage.store import Transaction
from tests.storage.conftest import Books

Move = tuple[Bucket, Bucket]
FROM_FUNDING: Move = ("funding", "available")
BUCKETS: tuple[Bucket, Bucket] = ("available", "held")
KINDS: tuple[EntryKind, ...] = EntryKind.__args__  # type: ignore[attr-defined]


def an_entry(kind: EntryKind, first: int, second: int, *, actor_id: int | None = None) -> Entry:
    """One entry of a kind between two teams, from funding where it needs money."""
    moves = cast("list[Move]", sorted(ALLOWED_MOVES.get(kind, {FROM_FUNDING})))
    move = FROM_FUNDING if FROM_FUNDING in moves else moves[0]
    return Entry(
        kind=kind,
        dedupe_key=f"test:{kind}",
        period="2031-01",
        effective_at=1,
        from_account=Account(team_id=first, period="2031-01", bucket=move[0]),
        to_account=Account(team_id=second, period="2031-01", bucket=move[1]),
        amount_nanos=1,
        actor_id=actor_id,
        reason="test",
        document=f"test:{kind}",
    )


async def marks(tx: Transaction, *team_ids: int) -> list[CapMark]:
    return [await tx.cap_marks.of(team_id) for team_id in team_ids]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_entry_of_any_kind_marks_both_teams(books: Books, kind: EntryKind) -> None:
    async with books.context.store.begin() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        search, mobile = (directory.teams_by_slug[slug].id for slug in ("search", "mobile"))
        before = await marks(tx, search, mobile)
        await fund(tx, search, mobile)
        await tx.ledger.post([an_entry(kind, search, mobile)], at=5)
        after = await marks(tx, search, mobile)

    assert all(new.version > old.version for old, new in zip(before, after, strict=True))
    assert [mark.decided_version for mark in after] == [mark.decided_version for mark in before]


async def fund(tx: Transaction, *team_ids: int) -> None:
    """Puts money where the tested entries take it."""
    for team_id in team_ids:
        for bucket in BUCKETS:
            entry = Entry(
                kind="appropriation" if bucket == "available" else "hold",
                dedupe_key=f"fund:{team_id}:{bucket}",
                period="2031-01",
                effective_at=1,
                from_account=Account(
                    team_id=team_id, period="2031-01", bucket="funding" if bucket == "available" else "available"
                ),
                to_account=Account(team_id=team_id, period="2031-01", bucket=bucket),
                amount_nanos=100 if bucket == "available" else 50,
                actor_id=None,
                reason="test",
                document="test",
            )
            await tx.ledger.post([entry], at=4)


async def test_an_entry_by_a_person_is_a_decision_and_one_posted_before_is_none(books: Books) -> None:
    async with books.context.store.begin() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        search, mobile = (directory.teams_by_slug[slug].id for slug in ("search", "mobile"))
        person = await tx.people.by_reference("ben@acme.test")
        entry = an_entry("appropriation", search, mobile, actor_id=person)
        await tx.ledger.post([entry], at=5)
        (mark,) = await marks(tx, mobile)
        await tx.ledger.post([entry], at=6)

        assert mark.is_decided
        assert (mark.decided_by, mark.document) == (person, "test:appropriation")
        assert await marks(tx, mobile) == [mark]
