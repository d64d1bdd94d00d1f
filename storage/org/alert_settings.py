"""The alert settings that teams make in Slack."""

import json
from typing import Any, cast

from sqlalchemy import insert, select, update

from bot.org.alert_settings import AlertSettings, Destination, DestinationState, MessageRoute, settings_of
from storage.config import Config
from storage.tables.org import alert_settings, teams
from storage.transaction import OpenTransaction

_COLUMNS = {"alerts": ("alerts_channel", "alerts_state"), "approvals": ("approvals_channel", "approvals_state")}


class StoredAlertSettings:
    """The alert settings within one transaction. Rules read them from the directory, so every change is a change of the
    configuration.
    """

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def by_team(self) -> dict[int, AlertSettings]:
        """Returns the settings of teams that have their own."""
        return {int(row.team_id): _settings(row) for row in await self._connection.execute(select(alert_settings))}

    async def save(self, team_id: int, settings: AlertSettings, *, by: int, at: int) -> None:
        """Stores a team's settings."""
        await Config(self._tx).changed()  # locks the configuration, so that two people at once save one after the other
        values: dict[str, Any] = {"body": json.dumps(settings.to_json()), "changed_by": by, "changed_at": at}
        for route, place in (("alerts", settings.alerts_destination), ("approvals", settings.approvals_destination)):
            channel, state = _COLUMNS[route]
            values |= {channel: place.ref if place else "", state: place.state if place else "none"}
        known = await self._connection.execute(
            update(alert_settings).where(alert_settings.c.team_id == team_id).values(**values)
        )
        if known.rowcount == 0:
            await self._connection.execute(insert(alert_settings).values(team_id=team_id, **values))

    async def set_place(self, team_id: int, route: MessageRoute, *, state: DestinationState) -> None:
        """Stores whether a team's separate channel may be posted to."""
        changed = update(alert_settings).where(alert_settings.c.team_id == team_id)
        await self._connection.execute(changed.values({_COLUMNS[route][1]: state}))
        await Config(self._tx).changed()

    async def declared_thresholds(self, team_id: int) -> tuple[int, ...]:
        """Returns a team's thresholds of teams.yml."""
        query = select(teams.c.thresholds).where(teams.c.id == team_id)
        return tuple(json.loads((await self._connection.execute(query)).scalar_one()))

    async def thresholds_set(self) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
        """Returns (team, thresholds set in Slack, thresholds of teams.yml) for teams whose Slack settings override the
        file.
        """
        query = select(teams.c.slug, teams.c.thresholds, alert_settings).join(
            alert_settings, alert_settings.c.team_id == teams.c.id
        )
        rows = (await self._connection.execute(query.order_by(teams.c.slug))).all()
        found = [(str(row.slug), _settings(row).thresholds, tuple(json.loads(row.thresholds))) for row in rows]
        return [(slug, own, declared) for slug, own, declared in found if own is not None and own != declared]


def _settings(row: Any) -> AlertSettings:
    return settings_of(
        json.loads(row.body),
        alerts_destination=_place(row.alerts_channel, row.alerts_state),
        approvals_destination=_place(row.approvals_channel, row.approvals_state),
    )


def _place(channel: str, state: str) -> Destination | None:
    return Destination(ref=channel, state=cast(DestinationState, state)) if channel else None
