"""Stored canvases: which team's figures stand in which channel, and when they are due."""

from sqlalchemy import delete, select, update

from bot.reporting.canvases import StoredCanvas
from storage.tables.reporting import canvases
from storage.transaction import OpenTransaction


class Canvases:
    """The canvases of one transaction: one per team."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._insert = transaction.insert

    async def all(self) -> dict[int, StoredCanvas]:
        """Returns every canvas by its team's id. There are as many rows as channels."""
        columns = [canvases.c[name] for name in StoredCanvas._fields]
        rows = await self._connection.execute(select(*columns).order_by(canvases.c.team_id))
        return {row.team_id: StoredCanvas(*row) for row in rows}

    async def claim(
        self, team_id: int, channel: str, *, title: str, seen_next_at: int | None, until: int, at: int
    ) -> bool:
        """Takes a canvas for this worker until a moment, and notes that its creation may begin. Returns whether it is ours.

        `seen_next_at` is what was read, None for a canvas that was not there: another worker that was first has changed it.
        """
        if seen_next_at is None:
            added = self._insert(canvases).values(
                team_id=team_id, channel=channel, title=title, begun_at=at, next_at=until
            )
            row = added.on_conflict_do_nothing(index_elements=[canvases.c.team_id]).returning(canvases.c.team_id)
            return (await self._connection.execute(row)).first() is not None
        mine = (canvases.c.team_id == team_id) & (canvases.c.next_at == seen_next_at) & (canvases.c.channel == channel)
        taken = await self._connection.execute(update(canvases).where(mine).values(next_at=until))
        return taken.rowcount == 1

    async def made(self, team_id: int, *, canvas_id: str, title: str, shown: str, next_at: int) -> None:
        """Notes a canvas that was created or found, with its content."""
        values = {"canvas_id": canvas_id, "title": title, "shown": shown, "next_at": next_at, "fault": ""}
        await self._connection.execute(
            update(canvases).where(canvases.c.team_id == team_id).values(**values, made=canvases.c.made + 1)
        )

    async def edited(self, team_id: int, *, title: str, shown: str, next_at: int) -> None:
        """Notes what a canvas shows now."""
        values = {"title": title, "shown": shown, "next_at": next_at, "fault": ""}
        await self._connection.execute(update(canvases).where(canvases.c.team_id == team_id).values(**values))

    async def lost(self, team_id: int, *, at: int) -> None:
        """Notes that the canvas is gone in Slack, and that another may be created from now on."""
        values = {"canvas_id": "", "shown": "", "begun_at": at}
        await self._connection.execute(update(canvases).where(canvases.c.team_id == team_id).values(**values))

    async def wait(self, team_id: int, *, next_at: int, fault: str) -> None:
        """Schedules the next try of a canvas."""
        values = {"next_at": next_at, "fault": fault}
        await self._connection.execute(update(canvases).where(canvases.c.team_id == team_id).values(**values))

    async def wait_all(self, *, next_at: int, fault: str) -> None:
        """Schedules the next try of every canvas that is due before it."""
        values = {"next_at": next_at, "fault": fault}
        await self._connection.execute(update(canvases).where(canvases.c.next_at < next_at).values(**values))

    async def remove(self, team_id: int) -> None:
        """Deletes a canvas that is withdrawn."""
        await self._connection.execute(delete(canvases).where(canvases.c.team_id == team_id))
