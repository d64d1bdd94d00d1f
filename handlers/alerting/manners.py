"""The gate that every alert goes through on its way to people: now, after quiet hours, with the day's others, or not."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.alerting.manners import DIRECT, Severity, Turn, Way, audience_of, is_untrue, quiet_until, rank, turn_of
from bot.messages import Message
from bot.org.teams import Team
from bot.periods import DAY_MICROS
from bot.refusals import Refusal
from bot.rulebook import Rulebook
from bot.views.alerting import manners as views
from handlers.alerting.alert_bundles import GATHERED
from handlers.alerting.answered import quieted
from handlers.alerting.escalations import escalate, follow_escalations, is_escalation_due, settle_escalations
from handlers.context import Context
from handlers.slack.answers import Asked, answers
from handlers.slack.outbox import deciding_people, say_to_people, say_to_team
from storage.alerting.alert_bundles import gathered_until
from storage.alerting.alerts import AlertRecord
from storage.alerting.manners import AlertTurn, Watched
from storage.outbox import NEVER
from storage.store import Transaction

_SUMMED: tuple[Way, ...] = ("summed",)
WATCHED_MICROS = 4 * DAY_MICROS
"""As long as an alert is looked after that ends with its budget period, or never; a spike is until it ends, as it may grow."""


def alert_key(alert_id: int) -> str:
    """The dedupe key of an alert's message. It is edited by `tx.outbox.change(alert_key(…), …)`, wherever it stands and
    whether it was said yet or not."""
    return f"alert:{alert_id}"


def summary_key(team_id: int, day: int, *, direct: bool) -> str:
    return f"more-alerts:{team_id}:{day}{':direct' if direct else ''}"


async def say_alert(
    tx: Transaction,
    rulebook: Rulebook,
    team: Team,
    message: Message,
    *,
    record: AlertRecord,
    severity: Severity,
    at: int,
    people: frozenset[int] | None = None,
) -> None:
    """Puts an alert's message where and when its team's manners want it: once per alert, in the transaction of its state.
    One of a kind that tells those who can mend it goes to these `people`.

    It is kept in any case, so that what the alert comes to is in it when, and if, it is said.
    """
    if severity != "critical" and await quieted(tx, record, at=at):
        return
    await tx.manners.take_turns(team.id)
    if await tx.manners.of(record.id) is not None:
        return
    turn = await _turn(tx, team, kind=record.kind, severity=severity, at=at)
    day = team.day_of(turn.at)
    await tx.manners.add(record.id, team_id=team.id, severity=severity, turn=turn, day=day, at=at)
    held_until = _held_until(turn)
    if record.kind in GATHERED and _goes_to_people(team):
        held_until = gathered_until(held_until, at=at)
    await _put(tx, rulebook, team, message, key=alert_key(record.id), people=people, held_until=held_until, at=at)
    if turn.way == "summed":
        await _sum_up(tx, rulebook, team, day=day, direct=record.kind in DIRECT, at=at)


async def say_again(tx: Transaction, team: Team, record: AlertRecord, *, severity: Severity, at: int) -> None:
    """An alert that had ended goes on: if its message was dropped before anybody read it, it has its turn now."""
    await tx.manners.take_turns(team.id)
    before = await tx.manners.of(record.id)
    if before is None or before.way != "dropped":
        return
    turn = await _turn(tx, team, kind=record.kind, severity=severity, at=at)
    day = team.day_of(turn.at)
    await tx.manners.save(replace(before, way=turn.way, said_at=turn.at, said_day=day, settled=False))
    await tx.outbox.hold(alert_key(record.id), until=_held_until(turn))


def _goes_to_people(team: Team) -> bool:
    place = team.place("alerts")
    return audience_of(team) == "finance" or not place.ref or place.state == "broken"


async def _turn(
    tx: Transaction, team: Team, *, kind: str, severity: Severity, at: int, again: int | None = None
) -> Turn:
    """An alert's turn; one that had its turn (`again` is its id) is not counted against itself."""
    said_on = await tx.manners.said_on(team.id, since_day=team.day_of(at), direct=kind in DIRECT, but=again)
    return turn_of(team, kind=kind, severity=severity, at=at, said_on=said_on)


def _held_until(turn: Turn) -> int:
    return {"said": 0, "held": turn.at}.get(turn.way, NEVER)


async def _put(
    tx: Transaction,
    rulebook: Rulebook,
    team: Team,
    message: Message,
    *,
    key: str,
    people: frozenset[int] | None,
    held_until: int,
    at: int,
) -> None:
    """In preview to finance; else to people, if it is for some and the organisation has no channel for its alerts, or to the
    team."""
    directory = rulebook.directory
    if audience_of(team) == "finance":
        people = directory.finance or directory.admins
    elif team.kind == "organisation" and not _goes_to_people(team):
        people = None
    if people is not None:
        await say_to_people(tx, people, message, dedupe_key=key, at=at, held_until=held_until)
    else:
        await say_to_team(tx, directory, team, message, dedupe_key=key, at=at, route="alerts", held_until=held_until)


async def _sum_up(tx: Transaction, rulebook: Rulebook, team: Team, *, day: int, direct: bool, at: int) -> None:
    """Puts the day's summary of what is not said by itself, or brings it up to date; it waits for quiet hours as they do."""
    turns = await tx.manners.on_day(team.id, day, ways=_SUMMED, direct=direct)
    lines = [(t.alert_id, text) for t in turns if (text := await tx.outbox.text_of(alert_key(t.alert_id))) is not None]
    key = summary_key(team.id, day, direct=direct)
    if not lines:  # all of them became untrue before anybody read them
        await tx.outbox.hold(key, until=NEVER)
        return
    message = views.more_alerts_message(team, lines=lines, day=day)
    due = min(turn.said_at for turn in turns)
    held_until = due if due > at else 0
    if await tx.outbox.known(key):
        await tx.outbox.change(key, message, at=at)
        await tx.outbox.hold(key, until=held_until)
    else:
        people = _menders(rulebook, team) if direct else None
        await _put(tx, rulebook, team, message, key=key, people=people, held_until=held_until, at=at)


def _menders(rulebook: Rulebook, team: Team) -> frozenset[int]:
    """Who can mend what is told of a team or the organisation, whatever it is."""
    directory = rulebook.directory
    return directory.admins | directory.finance if team.kind == "organisation" else deciding_people(directory, team)


async def keep_manners(context: Context) -> int:
    """Looks after alerts that were put: lets go what became critical, drops what is untrue before it was said, carries
    unanswered critical ones further, and keeps summaries true. Returns how many changed."""
    at = context.now_micros()
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        found = await tx.manners.unsettled()
    due = {w.turn.team_id for w in found if _is_due(directory.by_id(w.turn.team_id), w, at=at)}
    changed = 0
    for team_id in sorted(due):
        async with context.store.begin() as tx:
            rulebook = await context.rulebooks.current(tx)
            changed += await _keep_of_team(tx, rulebook, rulebook.directory.by_id(team_id), at=at)
    if changed:
        context.wake_outbox.set()
    return changed


def _is_due(team: Team, watched: Watched, *, at: int) -> bool:
    turn = watched.turn
    return (
        (turn.way == "summed" and turn.said_day == team.day_of(at))
        or (turn.way == "held" and turn.said_at <= at)
        or rank(watched.severity) > rank(turn.severity)
        or watched.is_over
        or turn.escalations > 0
        or _is_old(watched, turn, at=at)
        or is_escalation_due(team, watched, at=at)
    )


def _is_old(watched: Watched, turn: AlertTurn, *, at: int) -> bool:
    return watched.kind != "spike" and turn.said_at + WATCHED_MICROS <= at


async def _keep_of_team(tx: Transaction, rulebook: Rulebook, team: Team, *, at: int) -> int:
    await tx.manners.take_turns(team.id)
    changed = 0
    days: set[tuple[int, bool]] = set()
    for watched in await tx.manners.unsettled(team_id=team.id):
        if watched.turn.way == "summed":
            days.add((watched.turn.said_day, watched.kind in DIRECT))
        after = await _after(tx, rulebook, team, watched, at=at)
        if after != watched.turn:
            await tx.manners.save(after)
            changed += 1
    for day, direct in sorted(days):
        await _sum_up(tx, rulebook, team, day=day, direct=direct, at=at)
    return changed


async def _after(tx: Transaction, rulebook: Rulebook, team: Team, watched: Watched, *, at: int) -> AlertTurn:
    """What becomes of a turn now."""
    turn = watched.turn
    if (
        turn.way in ("held", "summed")
        and is_untrue(kind=watched.kind, is_closed=watched.is_closed)
        and turn.said_at > at
    ):
        await tx.outbox.hold(alert_key(turn.alert_id), until=NEVER)
        return replace(turn, way="dropped", settled=True)
    if rank(watched.severity) > rank(turn.severity):
        turn = await _raised(tx, team, watched, at=at)
    if turn.way == "held" and turn.said_at <= at:
        turn = replace(turn, way="said")
    if watched.is_closed or watched.state != "open":
        await settle_escalations(tx, rulebook, team, replace(watched, turn=turn), at=at)
    else:
        await follow_escalations(tx, team, turn, at=at)
        if is_escalation_due(team, replace(watched, turn=turn), at=at):
            turn = await escalate(tx, rulebook, team, turn, at=at)
    over = watched.is_over or _is_old(watched, turn, at=at)
    return replace(turn, settled=over and turn.way != "held")


async def _raised(tx: Transaction, team: Team, watched: Watched, *, at: int) -> AlertTurn:
    """An alert whose severity grew: what was not said yet may have its turn now."""
    turn = replace(watched.turn, severity=watched.severity)
    if watched.severity == "critical":
        turn = replace(turn, critical_at=at)
    if turn.way == "said":
        return turn
    again = await _turn(tx, team, kind=watched.kind, severity=watched.severity, at=at, again=turn.alert_id)
    await tx.outbox.hold(alert_key(turn.alert_id), until=_held_until(again))
    return replace(turn, way=again.way, said_at=again.at, said_day=team.day_of(again.at))


async def judge_held_again(tx: Transaction, team: Team, *, at: int) -> None:
    """A team's quiet hours are others now: what they hold waits for the new ones, or no longer."""
    await tx.manners.take_turns(team.id)
    for watched in await tx.manners.unsettled(team_id=team.id):
        turn = watched.turn
        if turn.way not in ("held", "summed") or turn.said_at <= at:
            continue
        until = quiet_until(team.alerts, at, zone_name=team.zone_on(at))
        when = until or at
        if turn.way == "summed":  # it stays in its message
            key = summary_key(team.id, turn.said_day, direct=watched.kind in DIRECT)
            await tx.outbox.hold(key, until=until or 0)
            await tx.manners.save(replace(turn, said_at=when))
            continue
        await tx.outbox.hold(alert_key(turn.alert_id), until=until or 0)
        day = team.day_of(when)
        await tx.manners.save(replace(turn, way="held" if until else "said", said_at=when, said_day=day))


async def click_say_summed(asked: Asked) -> None:
    """Somebody wants one of the summary's alerts by itself, with its buttons."""
    context = asked.context
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        turn = await tx.manners.of(asked.id)
        if turn is None:
            raise Refusal("There is no such alert any more.")
        if turn.way == "summed":
            team = rulebook.directory.by_id(turn.team_id)
            at = context.now_micros()
            await tx.manners.take_turns(team.id)
            await tx.manners.save(replace(turn, way="said", said_at=at))
            await tx.outbox.hold(alert_key(turn.alert_id), until=0)
    context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.SAY_SUMMED_ALERT)(answers(context, click_say_summed))
