"""The private message to the owner of a runaway key, once per spike. The channel sees only the key's name."""

from bot.alerting.delivery_rules import audience_for
from bot.alerting.expectations import cause_to_expect
from bot.alerting.key_owners import USUAL_WEEKS, RunawayKey, majority_user, usual_of_same_hours
from bot.alerting.spike_facts import SpikeFacts
from bot.messages import Message
from bot.periods import HOUR_MICROS
from bot.views.alerting.key_owners import owner_message
from handlers.alerting.reactions.answer_text import answer_text
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.posts import post_to_people
from storage.alerting.alert_records import AlertRecord
from storage.outbox import copy_key
from storage.store import Transaction

_OWNED_HOURS = 28 * 24
_WEEK_HOURS = 168


def owner_key(alert_id: int) -> str:
    return f"key-owner:{alert_id}"


async def notify_owners(context: Context) -> int:
    """Notifies the owners of keys that drive a spike, and updates their messages. Returns the number of new messages."""
    at = context.now_micros()
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        spikes = await tx.alerts.recent(kind="spike", since=at - HOUR_MICROS)
        found = [
            record
            for record in spikes
            if cause_to_expect(SpikeFacts.from_facts(record.facts)).dimension == "credential"
            and audience_for(directory.by_id(record.team_id)) == "team"
        ]
    notified = 0
    for record in found:
        async with context.store.begin() as tx:
            notified += await notify_owner(await context.scope(tx), record.id)
    if notified:
        context.wake_outbox.set()
    return notified


async def notify_owner(scope: Scope, alert_id: int) -> bool:
    """Notifies the owner about one spike, or updates the message that was sent. A spike that ended, is snoozed or
    planned, is held for quiet hours or muted, notifies nobody. Returns whether a message was sent."""
    tx, at = scope.tx, scope.at
    record = await tx.alerts.for_answer(alert_id)
    if record is None:
        return False
    key = owner_key(alert_id)
    if await tx.outbox.known(key):
        owner = await _notified_owner(tx, record)
        await tx.outbox.change(key, await _message(scope, record, is_owner=owner), at=at)
        return False
    if record.closed_at is not None or record.state in ("snoozed", "expected"):
        return False
    delivery = await tx.alert_deliveries.of(alert_id)
    if delivery is not None and (delivery.outcome not in ("said", "summed") or delivery.said_at > at):
        return False
    team = scope.directory.by_id(record.team_id)
    owner_id = await _owner(tx, record)
    reached = scope.directory.reachable(frozenset() if owner_id is None else frozenset({owner_id}))
    people = reached or scope.directory.responsible_for(team)
    message = await _message(scope, record, is_owner=bool(reached))
    await post_to_people(tx, people, message, dedupe_key=key, at=at, about=team)
    await tx.audit.record(
        at=at, actor_id=None, action="tell key owner", subject=f"alert:{alert_id}", detail={"owner_id": owner_id}
    )
    return True


async def _owner(tx: Transaction, record: AlertRecord) -> int | None:
    """Returns a person whom Slack knows: the one whose alias is the key's name, else the one with most of its cost;
    None without one."""
    credential = cause_to_expect(SpikeFacts.from_facts(record.facts)).name
    named = await tx.people.by_alias(credential)
    if named is not None and named.slack_id:
        return named.id
    end = SpikeFacts.from_facts(record.facts).last_hour + 1
    spent = await tx.reports.by_person_in_hours(
        record.team_id, first_hour=end - _OWNED_HOURS, end_hour=end, credential=credential
    )
    owner_id = majority_user(spent)
    if owner_id is None or not (await tx.people.by_id(owner_id)).slack_id:
        return None
    return owner_id


async def _notified_owner(tx: Transaction, record: AlertRecord) -> bool:
    """Whether the message went to the owner, and not to the managers."""
    owner_id = await _owner(tx, record)
    return owner_id is not None and await tx.outbox.known(copy_key(owner_key(record.id), owner_id))


async def _message(scope: Scope, record: AlertRecord, *, is_owner: bool) -> Message:
    tx, facts = scope.tx, SpikeFacts.from_facts(record.facts)
    credential = cause_to_expect(facts).name
    first, end = facts.from_hour, facts.from_hour + facts.window_hours
    named = next((one for one in facts.contributors if (one.dimension, one.name) == ("credential", credential)), None)
    weeks = [
        await tx.reports.by_part_in_hours(
            "credential", record.team_id, first_hour=first - week * _WEEK_HOURS, end_hour=end - week * _WEEK_HOURS
        )
        for week in range(USUAL_WEEKS + 1)
    ]
    usual = usual_of_same_hours([w.get(credential, 0) for w in weeks[1:]], [sum(w.values()) for w in weeks[1:]])
    key = RunawayKey(
        team=scope.directory.by_id(record.team_id),
        credential=credential,
        cost_nanos=weeks[0].get(credential, 0) if named is None else named.cost_nanos,
        usual_nanos=usual if named is None else named.usual_nanos,
        hours=end - first,
        from_hour=first,
    )
    return owner_message(
        key,
        alert_id=record.id,
        is_owner=is_owner,
        answered=await answer_text(tx, record),
        closed=record.closed_at is not None,
    )
