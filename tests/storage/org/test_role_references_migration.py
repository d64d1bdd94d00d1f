"""The migration that adds whom each name means: roles stay, and two Slack accounts that were merged are two people again."""

import pytest
from sqlalchemy import text

from storage.migrate import migrate
from storage.store import Store

BEFORE = "0013_owners"


async def test_old_roles_get_their_names_and_merged_accounts_are_two_again(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("storage.migrate.newest", lambda: BEFORE)
        await migrate(empty_url)
    store = Store(empty_url)
    async with store.begin() as tx:
        for statement in (
            "INSERT INTO teams (id, slug, name, kind, timezone) VALUES (1, 'ops', 'Ops', 'team', 'UTC')",
            "INSERT INTO people (id, email, slack_id) VALUES (1, 'dora@acme.test', 'U04DORA')",
            "INSERT INTO people (id, name, merged_into) VALUES (2, 'd-17', 1)",
            "INSERT INTO people (id, slack_id, merged_into) VALUES (3, 'U03CAROL', 1)",
            "INSERT INTO team_roles (team_id, person_id, role) VALUES (1, 1, 'member'), (1, 2, 'member'), (1, 3, 'manager')",
        ):
            await tx.connection.execute(text(statement))
    await store.close()

    await migrate(empty_url)

    store = Store(empty_url)
    async with store.read() as tx:
        assert await tx.roles.stated(1) == {("member", "dora@acme.test"): 1, ("manager", "U03CAROL"): 3}
        merged = await tx.connection.execute(text("SELECT id, merged_into FROM people ORDER BY id"))
        assert [tuple(row) for row in merged] == [(1, None), (2, 1), (3, None)]
        held = await tx.connection.execute(text("SELECT person_id FROM team_roles ORDER BY person_id"))
        assert held.scalars().all() == [1, 2, 3]
    await store.close()
