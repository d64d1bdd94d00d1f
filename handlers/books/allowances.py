"""The allowance endpoint's logic: a gateway checks a team's budget before a call."""

from bot.books.allowances import Allowance, allowance_of
from handlers.books.standings import standing_of
from handlers.context import Context


async def allowance(context: Context, *, slug: str, key: bytes) -> Allowance:
    """Returns a team's allowance. A key bound to a team reads only its own. Raises NotFound, NotYours or KeyRevoked.

    `key` is the key's hash, which is looked up in the same snapshot.
    """
    async with context.store.read() as tx:
        source = await context.rulebooks.require_key(tx, key)
        scope = await context.scope(tx)
        team = scope.directory.by_slug(slug)
        if source.team_id is not None and (team is None or team.id != source.team_id):
            raise NotYours
        if team is None:
            raise NotFound
        return allowance_of(await standing_of(scope.of_team(team)))


class NotFound(Exception):
    """The team does not exist."""


class NotYours(Exception):
    """The key is bound to another team."""
