"""Stored opinions: who finds an alert not useful, and why. Nobody is shown whose they are."""

from bot.alerting.reactions.alert_opinions import OpinionReason
from storage.tables.alerting import alert_opinions
from storage.transaction import OpenTransaction


class AlertOpinions:
    """The opinions of one transaction: one per alert and person, the latest counts."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._insert = transaction.insert

    async def save(self, alert_id: int, *, person_id: int, reason: OpinionReason, at: int) -> None:
        """Stores a person's opinion in place of an earlier one."""
        added = self._insert(alert_opinions).values(alert_id=alert_id, person_id=person_id, reason=reason, at=at)
        again = {"reason": added.excluded.reason, "at": added.excluded.at}
        key = [alert_opinions.c.alert_id, alert_opinions.c.person_id]
        await self._connection.execute(added.on_conflict_do_update(index_elements=key, set_=again))
