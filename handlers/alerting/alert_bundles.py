"""Bundles: several budget alerts for one person become one direct message. Channels get each alert alone."""

from collections.abc import Sequence

from bot.messages import Message
from bot.views.alerting.alert_bundles import BundledAlert, bundle_message
from handlers.context import Context
from handlers.scope import Scope
from storage.alerting.alert_bundles import AlertCopy

BUNDLED_KINDS = frozenset({"threshold", "forecast"})
"""Kinds whose copies for people wait for the end of the sweep."""


async def bundle_alerts(context: Context) -> int:
    """Bundles the waiting copies of each person, releases single copies, and updates bundles whose alerts changed.
    Returns the number of changed messages. The watcher runs it after each sweep."""
    at = context.now_micros()
    async with context.store.read() as tx:
        if not await tx.alert_bundles.any_due(at=at):
            return 0
    changed = 0
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        by_person: dict[int, list[AlertCopy]] = {}
        for copy in await tx.alert_bundles.waiting(at=at):
            record = await tx.alerts.by_id(copy.alert_id)
            if record is None or record.kind not in BUNDLED_KINDS:
                continue  # copies held for quiet hours are posted alone
            by_person.setdefault(copy.person_id, []).append(copy)
        for person_id, copies in sorted(by_person.items()):
            if len(copies) == 1:
                await tx.alert_bundles.release(copies[0])
            else:
                await _bundle(scope, person_id, copies)
            changed += 1
        for key in await tx.alert_bundles.changed_keys():
            members = await tx.alert_bundles.members(key)
            changed += await tx.outbox.change(key, await _message(scope, members), at=at)
            await tx.alert_bundles.mark_drawn(key)
    if changed:
        context.wake_outbox.set()
    return changed


async def _bundle(scope: Scope, person_id: int, copies: Sequence[AlertCopy]) -> None:
    key = f"alerts-of:{person_id}:{copies[0].outbox_id}"
    message = await _message(scope, copies)
    await scope.tx.outbox.put(message, dedupe_key=key, at=scope.at, to_person_id=person_id)
    await scope.tx.alert_bundles.bundle(copies, key=key)


async def _message(scope: Scope, copies: Sequence[AlertCopy]) -> Message:
    shown = []
    for copy in copies:
        record = await scope.tx.alerts.by_id(copy.alert_id)
        assert record is not None, "alerts are kept as long as their messages"
        shown.append(
            BundledAlert(
                alert_id=record.id,
                team_name=scope.directory.by_id(record.team_id).name,
                text=copy.text,
                is_open=record.state == "open" and record.closed_at is None,
            )
        )
    return bundle_message(shown, command=scope.command)
