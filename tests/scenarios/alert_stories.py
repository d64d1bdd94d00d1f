"""Helpers for stories about deliveries: alerts of Search, and its settings."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.alerting.severities import Severity
from bot.messages import Message as ProductMessage
from bot.org.alert_settings import AlertSettings
from bot.org.teams import Team
from bot.views.blocks import section
from handlers.alerting.delivery_rules import alert_key, post_alert
from handlers.alerting.delivery_updates import update_deliveries
from handlers.org.alert_settings import set_alert_settings
from storage.alerting.alert_records import AlertRecord
from tests.support.company import Company
from tests.support.seen import Message
from tests.support.spike_facts import stored_facts

_FACTS: dict[str, dict[str, Any]] = {
    "spike": stored_facts(),
    "threshold": {"percent": 80},
    "forecast": {},
}
"""The facts that an alert of each kind needs at least."""


async def search(acme: Company) -> Team:
    team = (await acme.context.rulebooks.latest()).directory.by_slug("search")
    assert team is not None
    return team


async def sets(acme: Company, **changed: Any) -> None:
    """Changes Search's settings as Ben."""
    async with acme.context.store.begin() as tx:
        scope = await acme.context.scope(tx)
        team = scope.directory.by_slug("search")
        assert team is not None
        (ben,) = scope.directory.people_with("manager", team)
        settings: AlertSettings = replace(team.alerts, **changed)
        await set_alert_settings(scope.of_team(team), settings, by=ben)


async def alerts(acme: Company, name: str, *, severity: Severity = "high", kind: str = "spike") -> AlertRecord:
    """Posts an alert that no rule raised."""
    async with acme.context.store.begin() as tx:
        scope = await acme.context.scope(tx)
        team = scope.directory.by_slug("search")
        assert team is not None
        facts = _FACTS[kind] | {"severity": severity}
        record = await tx.alerts.add(
            dedupe_key=name, team_id=team.id, kind=kind, state="open", at=scope.at, facts=facts
        )
        assert record is not None
        await post_alert(scope.of_team(team), message_of(name), record=record, severity=severity)
    return record


def message_of(text: str) -> ProductMessage:
    return ProductMessage(text=text, blocks=(section(text, block_id=f"said-{text[:40].replace(' ', '-')}"),))


async def becomes(acme: Company, record: AlertRecord, text: str, **changed: Any) -> None:
    """Changes an alert's state and its message."""
    at = acme.context.now_micros()
    async with acme.context.store.begin() as tx:
        if "severity" in changed:
            changed["facts"] = record.facts | {"severity": changed.pop("severity")}
        if changed.pop("closed", False):
            changed["closed_at"] = at
        await tx.alerts.save(replace(record, **changed))
        await tx.outbox.change(alert_key(record.id), message_of(text), at=at)


async def later(acme: Company, **after: float) -> None:
    """Lets time pass and runs what is due."""
    acme.clock.jump_to(acme.clock.now() + timedelta(**after))
    await minded(acme)


async def minded(acme: Company) -> None:
    await update_deliveries(acme.context)
    await acme.settles()


async def in_channel(acme: Company, channel: str = "CSEARCH") -> list[Message]:
    return [m for m in await acme.ben.messages(channel) if not m.is_ephemeral]


async def texts(acme: Company, channel: str = "CSEARCH") -> list[str]:
    return [m.text for m in await in_channel(acme, channel)]
