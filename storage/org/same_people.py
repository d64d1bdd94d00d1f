"""Records of one human: merged ones, second Slack accounts, and addresses that changed or are an alias of somebody's."""

from collections.abc import Iterable

from sqlalchemy import select

from storage import bulk
from storage.tables.org import former_emails, people, person_aliases
from storage.transaction import OpenTransaction


class SamePeople:
    """Which records are one human, within one transaction. It gives nobody a right: it only takes away."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def record_former(self, person_id: int, email: str, *, at: int = 0) -> None:
        """Records that a person had an e-mail, before it changes or goes to somebody else."""
        if email:
            columns = ("email", "person_id")
            await bulk.insert_missing(self._connection, "former_emails", columns, columns, [(email, person_id)])

    async def groups(self) -> tuple[frozenset[int], ...]:
        """Returns the groups of at least two records that are one human: joined by a merge, or by an e-mail that one has
        and another had, or has as an alias."""
        merged = await self._connection.execute(
            select(people.c.id, people.c.merged_into).where(people.c.merged_into.is_not(None))
        )
        aliased = await self._connection.execute(
            select(people.c.id, person_aliases.c.person_id).join(
                person_aliases, person_aliases.c.alias == people.c.email
            )
        )
        formerly = await self._connection.execute(
            select(people.c.id, former_emails.c.person_id).join(former_emails, former_emails.c.email == people.c.email)
        )
        both = await self._connection.execute(
            select(former_emails.c.person_id, person_aliases.c.person_id).join(
                person_aliases, person_aliases.c.alias == former_emails.c.email
            )
        )
        pairs = [(int(a), int(b)) for rows in (merged, aliased, formerly, both) for a, b in rows if a != b]
        return tuple(joined(pairs))


def joined(pairs: Iterable[tuple[int, int]]) -> list[frozenset[int]]:
    """Returns the groups that pairs join."""
    groups: dict[int, set[int]] = {}
    for a, b in pairs:
        group = groups.get(a, {a}) | groups.get(b, {b})
        for member in group:
            groups[member] = group
    return sorted({frozenset(group) for group in groups.values()}, key=min)
