"""Read keys: created, rotated and revoked like ingest keys, by the same commands."""

import re

from bot.refusals import ConfigError
from handlers.context import Context
from storage.intake.read_keys import Reader
from storage.store import Transaction

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def require_name(name: str) -> None:
    """Raises ConfigError for a name that no key may have."""
    if not NAME.fullmatch(name):
        raise ConfigError(f"NAME: {name!r} must be letters, digits, dots, dashes or underscores, at most 63.")


async def require_free(tx: Transaction, name: str) -> None:
    """Raises ConfigError if a source or a read key has the name."""
    if await tx.keys.source(name) is not None:
        raise ConfigError(f"NAME: there is a source {name!r} already; `tokens keys rotate {name}` gives it a new key")
    if await tx.read_keys.named(name) is not None:
        raise ConfigError(f"NAME: there is a read key {name!r} already; `tokens keys rotate {name}` makes a new one")


async def create_read_key(context: Context, name: str, *, team: str | None = None) -> str:
    """Creates a read key and returns it, which is shown only now."""
    require_name(name)
    at = context.now_micros()
    async with context.store.begin() as tx:
        bound = (await context.rulebooks.current(tx)).directory.by_slug(team) if team else None
        if team and bound is None:
            raise ConfigError(f"--team: there is no team {team!r}; `tokens teams list` shows them")
        await require_free(tx, name)
        token = await tx.read_keys.create(name, team_id=bound.id if bound else None, at=at)
        await _record(tx, "create key", name, at=at, detail={"team_id": bound.id if bound else None})
    return token


async def rotate_read_key(tx: Transaction, reader: Reader, *, at: int) -> str:
    """Ends a reader's keys and returns a new one."""
    await tx.read_keys.revoke(reader, at=at)
    await _record(tx, "rotate key", reader.name, at=at, detail={})
    return await tx.read_keys.create_key(reader, at=at)


async def revoke_read_key(tx: Transaction, reader: Reader, *, at: int) -> int:
    """Ends a reader's keys and returns their number."""
    await _record(tx, "revoke key", reader.name, at=at, detail={})
    return await tx.read_keys.revoke(reader, at=at)


async def _record(tx: Transaction, action: str, name: str, *, at: int, detail: dict[str, int | None]) -> None:
    await tx.audit.record(at=at, actor_id=None, action=action, subject=f"read key:{name}", detail=detail)
