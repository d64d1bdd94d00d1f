"""The answers to posted alerts."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import func, select

from bot.alerting.alert_quality import AlertAnswer
from bot.alerting.delivery_rules import OPERATIONAL_KINDS
from bot.alerting.reactions.alert_opinions import OPINION_REASONS, OpinionReason
from bot.periods import MICROS
from storage.alerting.alerts import WAS_POSTED
from storage.tables.alerting import alert_opinions, alert_turns, alerts
from storage.transaction import OpenTransaction


class StoredAlertQuality:
    """The answers of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def answers(self, *, since: int, team_ids: Collection[int] | None = None) -> list[AlertAnswer]:
        """Returns the answer to every alert posted since a moment, and the seconds until it, of all teams or of some.
        Silent, muted, dropped, snoozed and held alerts do not count, nor do operational kinds."""
        said_at = func.coalesce(alert_turns.c.said_at, alerts.c.opened_at)
        joined = alerts.outerjoin(alert_turns, alert_turns.c.alert_id == alerts.c.id)
        query = (
            select(
                *(alerts.c.id, alerts.c.team_id, alerts.c.state, alerts.c.first_answered_at, said_at.label("said")),
                alert_opinions.c.reason,
            )
            .select_from(joined.outerjoin(alert_opinions, alert_opinions.c.alert_id == alerts.c.id))
            .where(alerts.c.opened_at >= since, alerts.c.state != "silent", WAS_POSTED)
            .where(alerts.c.kind.not_in(sorted(OPERATIONAL_KINDS)))
        )
        if team_ids is not None:
            query = query.where(alerts.c.team_id.in_(list(team_ids)))
        found: dict[int, AlertAnswer] = {}
        for row in await self._connection.execute(query):
            opinion = () if row.reason is None else (_reason(row.reason),)
            if row.id in found:
                found[row.id] = replace(found[row.id], opinions=(*found[row.id].opinions, *opinion))
                continue
            found[row.id] = AlertAnswer(
                team_id=int(row.team_id),
                state=row.state,
                opinions=opinion,
                seconds=None if row.first_answered_at is None else max(0, row.first_answered_at - row.said) // MICROS,
            )
        return list(found.values())


def _reason(stored: str) -> OpinionReason:
    return next((known for known in OPINION_REASONS if known == stored), "other")
