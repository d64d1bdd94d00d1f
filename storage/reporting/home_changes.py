"""What has changed of what Homes show, apart from usage: decisions, settings and alerts, counted."""

from sqlalchemy import func, select

from storage.tables.alerting import alerts
from storage.tables.books import audit
from storage.transaction import OpenTransaction


class HomeChanges:
    """The changes as of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def latest(self) -> tuple[int, ...]:
        """Returns the last audit record, the last alert, and how many alerts run. Two equal answers mean that nobody
        decided, set or answered anything in between, and that no alert began or ended."""
        last_record = select(func.coalesce(func.max(audit.c.id), 0)).where(audit.c.id > 0).scalar_subquery()
        last_alert = select(func.coalesce(func.max(alerts.c.id), 0)).where(alerts.c.id > 0).scalar_subquery()
        running = select(func.count()).where(alerts.c.kind.in_(ANSWERED_KINDS), alerts.c.closed_at.is_(None))
        row = (await self._connection.execute(select(last_record, last_alert, running.scalar_subquery()))).one()
        return tuple(int(number) for number in row)


ANSWERED_KINDS = ("spike", "threshold", "forecast", "part")
"""The kinds of alerts that people answer."""
