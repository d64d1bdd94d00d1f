"""Spend that is expected: announced with `/tokens expect`, listed, ended early, and said of a spike."""

from dataclasses import replace
from datetime import datetime

from slack_bolt.async_app import AsyncApp

from bot.alerting.alert_answers import may_mute
from bot.alerting.announcements import is_repeated_announcement, parse_announcement
from bot.alerting.expectations import TEAM_TOTAL, Cause, Expectation
from bot.org.teams import Team
from bot.periods import micros
from bot.refusals import Refusal
from bot.rulebook import Rulebook
from bot.views.alerting import expectations as views
from bot.views.blocks import name
from handlers.alerting.alert_messages import redraw_alert
from handlers.alerting.expected_spend import expected_of
from handlers.context import Context
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from storage.store import Transaction


def announcement_key(expectation_id: int) -> str:
    return f"expectation:{expectation_id}"


async def announce(
    tx: Transaction, team: Team, text: str, *, by: int, who: str, now: datetime, command: str
) -> Expectation:
    """Keeps what somebody announced, and says it in the team's channel; the same request may come twice."""
    at = micros(now)
    zone = team.zone_on(at)
    said = parse_announcement(text, now=now, zone_name=zone, command=command)
    await tx.alerts.lock_team(team.id)
    for known in await tx.expectations.since(at, team_id=team.id):
        if known.made_by == by and is_repeated_announcement(said, known, at=at):
            return known
    expectation_id = await tx.expectations.add(
        team_id=team.id,
        what=said.what,
        cause=TEAM_TOTAL,
        from_at=said.from_at,
        until_at=said.until_at,
        limit_nanos=said.limit_nanos,
        alert_id=None,
        made_by=by,
        at=at,
    )
    expectation = await known_expectation(tx, expectation_id)
    detail = {"from_at": said.from_at, "until_at": said.until_at, "limit_nanos": said.limit_nanos}
    await tx.audit.record(
        at=at,
        actor_id=by,
        action="announce spend",
        subject=f"expectation:{expectation_id}",
        detail={**detail, "team_id": team.id, "what": await tx.audit.hashed(said.what)},
    )
    message = views.announcement_message(expectation, team=team, who=who, zone=zone, command=command)
    await tx.outbox.put(message, dedupe_key=announcement_key(expectation_id), at=at, to_team_id=team.id)
    return expectation


async def expect_spike(
    tx: Transaction,
    *,
    team_id: int,
    alert_id: int,
    cause: Cause,
    from_at: int,
    until_at: int | None,
    by: int,
    at: int,
) -> None:
    """A spike was planned: its cause is expected from its first hour on. What was said of it before is taken back."""
    await withdraw_expectation(tx, alert_id, by=by)
    expectation_id = await tx.expectations.add(
        team_id=team_id,
        what="",
        cause=cause,
        from_at=from_at,
        until_at=until_at,
        limit_nanos=None,
        alert_id=alert_id,
        made_by=by,
        at=at,
    )
    detail = {"alert_id": alert_id, "dimension": cause.dimension, "until_at": until_at}
    await tx.audit.record(
        at=at, actor_id=by, action="expect spend", subject=f"expectation:{expectation_id}", detail=detail
    )


async def withdraw_expectation(tx: Transaction, alert_id: int, *, by: int) -> None:
    """A spike was not planned after all: nothing of it was ever expected."""
    known = await tx.expectations.of_alert(alert_id)
    if known is not None:
        await tx.expectations.end(known.id, at=known.from_at, by=by)


async def end_expectation(
    tx: Transaction, rulebook: Rulebook, expectation: Expectation, *, by: int, now: datetime, command: str
) -> None:
    """Nothing more is expected from now on; one that has not begun never was. Its message says so."""
    at = micros(now)
    if expectation.is_over(at):
        raise Refusal("That is over already.")
    await tx.expectations.end(expectation.id, at=at, by=by)
    await tx.audit.record(
        at=at, actor_id=by, action="end expectation", subject=f"expectation:{expectation.id}", detail={}
    )
    if expectation.alert_id is None:
        await _post_closed(tx, rulebook, await known_expectation(tx, expectation.id), at=at)
    else:
        await redraw_alert(tx, rulebook, expectation.alert_id, now=now, command=command)


async def close_expectations(context: Context) -> int:
    """Says in the announcements that are over what they came to; returns how many."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        over = await tx.expectations.for_closing(at=at)
        if not over:
            return 0
        rulebook = await context.rulebooks.current(tx)
        for expectation in over:
            await _post_closed(tx, rulebook, expectation, at=at)
    context.wake_outbox.set()
    return len(over)


async def _post_closed(tx: Transaction, rulebook: Rulebook, expectation: Expectation, *, at: int) -> None:
    team = rulebook.directory.by_id(expectation.team_id)
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
    """An expectation with its lock."""
    expectation = await tx.expectations.for_change(expectation_id)
    if expectation is None:
        raise Refusal("There is no such announcement any more.")
    return expectation


async def expect(asked: SlackRequest) -> None:
    """`/tokens expect`: what is expected of the channel's team; with words after it, an announcement."""
    context = asked.context
    text = asked.text.partition(" ")[2].strip()
    if not text:
        await _list(asked)
        return
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        team = _team_here(rulebook, asked)
        require_announce_permission(rulebook, asked, team)
        command = context.settings.command
        who = called(asked.person)
        await announce(tx, team, text, by=asked.person.id, who=who, now=asked.now, command=command)
    context.wake_outbox.set()
    await asked.ack()


async def _list(asked: SlackRequest) -> None:
    context = asked.context
    at = micros(asked.now)
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        team = _team_here(rulebook, asked)
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


def _team_here(rulebook: Rulebook, asked: SlackRequest) -> Team:
    """The channel's team. In preview no alert is said there, so nothing is announced either."""
    team = rulebook.directory.by_channel(asked.channel_id)
    command = asked.context.settings.command
    if team is None or team.kind != "team":
        raise Refusal(f"This channel belongs to no team. Type `{command} expect` in the channel of the team you mean.")
    if team.mode == "preview":
        raise Refusal(
            f"Tokens is in preview for {name(team.name)}: no alert is said here, so there is nothing to announce."
        )
    return team


def require_announce_permission(rulebook: Rulebook, asked: SlackRequest, team: Team) -> None:
    """Raises Refusal unless somebody may say what is to be expected of a team."""
    in_its_channel = bool(team.channel_id) and asked.channel_id == team.channel_id
    if not may_mute(rulebook.directory, asked.person.id, team, in_its_channel=in_its_channel):
        raise Refusal(
            f"You are not in {name(team.name)}. Its members and managers can say what is to be expected of it."
        )


async def click_end(asked: SlackRequest) -> None:
    """End it now: whoever may announce may end."""
    context = asked.context
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        expectation = await known_expectation(tx, asked.id)
        require_announce_permission(rulebook, asked, rulebook.directory.by_id(expectation.team_id))
        await end_expectation(
            tx, rulebook, expectation, by=asked.person.id, now=asked.now, command=context.settings.command
        )
    context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.END_EXPECTATION)(answers(context, click_end))
