"""Expected spend: announced with `/tokens expect`, or set for a planned spike; listed and ended early."""

from dataclasses import replace
from datetime import date

from slack_bolt.async_app import AsyncApp

from bot.alerting.announcements import (
    Announcement,
    UnclearAnnouncement,
    announce_days,
    is_repeated_announcement,
    parse_announcement,
)
from bot.alerting.expectations import TEAM_TOTAL, Cause, Expectation
from bot.alerting.reactions.alert_answers import may_mute
from bot.alerting.spike_facts import SpikeFacts
from bot.money import parse_amount
from bot.org.teams import Directory, Team
from bot.periods import HOUR_MICROS, day_number, micros
from bot.refusals import FieldRefusal, Refusal
from bot.text import first_word
from bot.views.alerting import expectations as views
from bot.views.blocks import name
from handlers.alerting.alert_messages import redraw_alert
from handlers.alerting.expected_spend import expected_of
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from storage.alerting.alert_records import AlertRecord
from storage.store import Transaction


def announcement_key(expectation_id: int) -> str:
    return f"expectation:{expectation_id}"


async def announce(scope: TeamScope, announced: Announcement, *, by: int, who: str) -> Expectation:
    """Stores an announcement and posts it in the team's channel. A repeated request returns the known one."""
    tx, team, at = scope.tx, scope.team, scope.at
    zone = team.zone_on(at)
    await tx.alerts.lock_team(team.id)
    for known in await tx.expectations.since(at, team_id=team.id):
        if known.made_by == by and is_repeated_announcement(announced, known, at=at):
            return known
    expectation_id = await tx.expectations.add(
        team_id=team.id,
        what=announced.what,
        cause=TEAM_TOTAL,
        from_at=announced.from_at,
        until_at=announced.until_at,
        limit_nanos=announced.limit_nanos,
        alert_id=None,
        made_by=by,
        at=at,
    )
    expectation = await known_expectation(tx, expectation_id)
    detail = {"from_at": announced.from_at, "until_at": announced.until_at, "limit_nanos": announced.limit_nanos}
    await tx.audit.record(
        at=at,
        actor_id=by,
        action="announce spend",
        subject=f"expectation:{expectation_id}",
        detail={**detail, "team_id": team.id, "what": await tx.audit.hashed(announced.what)},
    )
    message = views.announcement_message(expectation, team=team, who=who, zone=zone, command=scope.command)
    await tx.outbox.put(message, dedupe_key=announcement_key(expectation_id), at=at, to_team_id=team.id)
    return expectation


async def expect_spike(scope: Scope, record: AlertRecord, *, cause: Cause, until_at: int | None, by: int) -> None:
    """Stores that a spike's cause is expected from its first hour on. It replaces an earlier expectation of the same
    spike."""
    tx, at = scope.tx, scope.at
    await withdraw_expectation(tx, record.id, by=by)
    expectation_id = await tx.expectations.add(
        team_id=record.team_id,
        what="",
        cause=cause,
        from_at=SpikeFacts.from_facts(record.facts).from_hour * HOUR_MICROS,
        until_at=until_at,
        limit_nanos=None,
        alert_id=record.id,
        made_by=by,
        at=at,
    )
    detail = {"alert_id": record.id, "dimension": cause.dimension, "until_at": until_at}
    await tx.audit.record(
        at=at, actor_id=by, action="expect spend", subject=f"expectation:{expectation_id}", detail=detail
    )


async def withdraw_expectation(tx: Transaction, alert_id: int, *, by: int) -> None:
    """Withdraws the expectation of a spike from its start on."""
    known = await tx.expectations.of_alert(alert_id)
    if known is not None:
        await tx.expectations.end(known.id, at=known.from_at, by=by)


async def end_expectation(scope: Scope, expectation: Expectation, *, by: int) -> None:
    """Ends an expectation now and updates its message. Raises Refusal if it is over."""
    tx, at = scope.tx, scope.at
    if expectation.is_over(at):
        raise Refusal("That is over already.")
    await tx.expectations.end(expectation.id, at=at, by=by)
    await tx.audit.record(
        at=at, actor_id=by, action="end expectation", subject=f"expectation:{expectation.id}", detail={}
    )
    if expectation.alert_id is None:
        await _post_closed(scope, await known_expectation(tx, expectation.id))
    else:
        await redraw_alert(scope, expectation.alert_id)


async def close_expectations(context: Context) -> int:
    """Updates the messages of announcements that are over with their cost. Returns the number of them."""
    now = context.now()
    async with context.store.begin() as tx:
        over = await tx.expectations.for_closing(at=micros(now))
        if not over:
            return 0
        scope = await context.scope(tx, now=now)
        for expectation in over:
            await _post_closed(scope, expectation)
    context.wake_outbox.set()
    return len(over)


async def _post_closed(scope: Scope, expectation: Expectation) -> None:
    tx, at = scope.tx, scope.at
    team = scope.directory.by_id(expectation.team_id)
    ended_by = None if expectation.ended_by is None else called(await tx.people.by_id(expectation.ended_by))
    end = expectation.ends_at
    assert end is not None
    extra = await expected_of(tx, [replace(expectation, limit_nanos=None)], at=end)
    message = views.over_message(
        expectation,
        team=team,
        who=called(await tx.people.by_id(expectation.made_by)),
        ended_by=ended_by,
        extra_nanos=sum(extra.values()),
        zone=team.zone_on(at),
    )
    await tx.outbox.change(announcement_key(expectation.id), message, at=at)
    await tx.expectations.close(expectation.id, at=at)


async def known_expectation(tx: Transaction, expectation_id: int) -> Expectation:
    """Returns an expectation, locked. Raises Refusal if there is none."""
    expectation = await tx.expectations.for_change(expectation_id)
    if expectation is None:
        raise Refusal("There is no such announcement any more.")
    return expectation


async def expect(asked: SlackRequest) -> None:
    """`/tokens expect`: lists the expectations of the channel's team; with text, announces spend. What is unclear opens the
    form."""
    context = asked.context
    text = first_word(asked.text)[1]
    if not text:
        await _list(asked)
        return
    try:
        async with asked.begin() as tx:
            scope = await asked.scope(tx)
            team = _team_here(scope, asked)
            require_announce_permission(scope.directory, asked, team)
            zone = team.zone_on(scope.at)
            announced = parse_announcement(text, now=scope.now, zone_name=zone, command=scope.command)
            await announce(scope.of_team(team), announced, by=asked.person.id, who=called(asked.person))
    except UnclearAnnouncement as unclear:
        await asked.open_form(
            views.announce_form(unclear.draft, team=team, zone=zone, note=unclear.note, channel=asked.channel_id)
        )
        return
    context.wake_outbox.set()
    await asked.ack()


async def submit_announcement(asked: SlackRequest) -> None:
    """Announces what the form says."""
    limit = asked.field(views.LIMIT_FIELD)
    limit_nanos = None
    if limit:
        try:
            limit_nanos = parse_amount(limit)
        except Refusal as refusal:
            raise FieldRefusal(views.LIMIT_FIELD, refusal.sentence) from refusal
    first, last = (_day(asked, field) for field in (views.FIRST_DAY_FIELD, views.LAST_DAY_FIELD))
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        team = scope.directory.by_id(asked.carried_id())
        require_announce_permission(scope.directory, asked, team, channel=str(asked.metadata.get("channel") or ""))
        try:
            announced = announce_days(
                what=asked.field(views.WHAT_FIELD),
                first_day=first,
                last_day=last,
                limit_nanos=limit_nanos,
                now=scope.now,
                zone_name=team.zone_on(scope.at),
            )
        except Refusal as refusal:
            raise FieldRefusal(views.LAST_DAY_FIELD, refusal.sentence) from refusal
        await announce(scope.of_team(team), announced, by=asked.person.id, who=called(asked.person))
    asked.context.wake_outbox.set()
    await asked.ack()


def _day(asked: SlackRequest, field: str) -> int:
    try:
        return day_number(date.fromisoformat(asked.field(field)))
    except ValueError as error:
        raise FieldRefusal(field, "Choose a day.") from error


async def _list(asked: SlackRequest) -> None:
    context = asked.context
    at = micros(asked.now)
    async with context.store.read() as tx:
        team = _team_here(await asked.scope(tx), asked)
        known = await tx.expectations.since(at, team_id=team.id)
        people = await tx.people.by_ids({e.made_by for e in known})
    message = views.expectations_message(
        [(e, called(people[e.made_by])) for e in known],
        team=team,
        zone=team.zone_on(at),
        at=at,
        command=context.settings.command,
    )
    await asked.reply(message)


def _team_here(scope: Scope, asked: SlackRequest) -> Team:
    """Returns the channel's team. Raises Refusal in mode preview, where the channel gets no alerts."""
    team = scope.directory.by_channel(asked.channel_id)
    if team is not None and not team.is_at(asked.channel_id) and not scope.directory.may_see(asked.person.id, team):
        team = None  # in a paused channel the others are told nothing
    if team is None or team.kind != "team":
        raise Refusal(
            f"This channel belongs to no team. Type `{scope.command} expect` in the channel of the team you mean."
        )
    if team.mode == "preview":
        raise Refusal(
            f"Tokens is in preview for {name(team.name)}: it posts no alerts here, so there is nothing to announce."
        )
    return team


def require_announce_permission(directory: Directory, asked: SlackRequest, team: Team, *, channel: str = "") -> None:
    """Raises Refusal unless the person may announce spend of a team. `channel` is the one in which a form was opened."""
    here = channel or asked.channel_id
    in_its_channel = here == team.channel_id and team.is_at(here)
    if not may_mute(directory, asked.person.id, team, in_its_channel=in_its_channel):
        raise Refusal(f"You are not in {name(team.name)}. Its members and managers can announce spend.")


async def click_end(asked: SlackRequest) -> None:
    """Ends an expectation, for everybody who may announce."""
    context = asked.context
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        expectation = await known_expectation(tx, asked.id)
        require_announce_permission(scope.directory, asked, scope.directory.by_id(expectation.team_id))
        await end_expectation(scope, expectation, by=asked.person.id)
    context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.END_EXPECTATION)(answers(context, click_end))
    app.view(views.ANNOUNCE_FORM)(answers(context, submit_announcement))
