"""`tokens doctor`: checks settings, database, Slack and channels, and suggests fixes."""

from pathlib import Path
from typing import Any

import aiohttp
import typer
from slack_sdk.errors import SlackApiError

from bot.clock import SystemClock
from bot.org.reachability import GonePerson
from bot.org.teams import Directory
from bot.periods import MICROS, moment
from bot.refusals import ConfigError
from bot.settings import Settings, load_settings
from handlers.books.archives import require_pyarrow
from handlers.cli import out, prepare, run
from handlers.context import Context
from handlers.crosschecks.caps.commands import try_gateway
from handlers.crosschecks.caps.lines import needs_people
from handlers.crosschecks.health_alerts import silent_sources
from handlers.schedule import look_up_slack
from handlers.slack.away import is_slack_away
from handlers.slack.client import slack_client
from handlers.slack.installing.credentials import Finding, check_credentials, check_scopes, check_socket
from handlers.slack.reachability import label_of, lost_managers
from storage.intake.pending import Waiting
from storage.outbox import MessageState
from storage.store import Transaction

_MOST_MESSAGES = 10
_LATE_MICROS = 60 * MICROS
_WAITING: tuple[MessageState, ...] = ("waiting",)
_GIVEN_UP: tuple[MessageState, ...] = ("given-up",)


def _check_retention(settings: Settings) -> list[Finding]:
    """Says how long raw events stay, and whether they can be archived first."""
    days, folder = settings.keep_events_days, settings.archive_to
    if days is None:
        kept = (True, "raw events are kept for ever: TOKENS_KEEP_EVENTS_DAYS is not set")
        unused = (False, "TOKENS_ARCHIVE_TO does nothing without TOKENS_KEEP_EVENTS_DAYS: set both or none")
        return [kept, unused] if folder else [kept]
    findings = [(True, f"raw events are kept for {days} days, and to the end of their month")]
    if not folder:
        return [*findings, (True, "old events are removed without an archive: TOKENS_ARCHIVE_TO is not set")]
    if not Path(folder).is_dir():
        return [*findings, (False, f"TOKENS_ARCHIVE_TO: there is no folder {folder}: make it, or no event is removed")]
    try:
        require_pyarrow()
    except ConfigError as error:
        return [*findings, (False, str(error))]
    return [*findings, (True, f"old events are archived to {folder} first")]


async def _check_slack(context: Context) -> list[Finding]:
    slack = context.slack
    assert slack is not None
    try:
        answer = await slack.auth_test()
    except SlackApiError as error:
        if is_slack_away(error):
            status = error.response.status_code
            return [(False, f"Slack does not answer at {context.settings.api_url}: status {status}. Try again later.")]
        return [(False, f"Slack refuses the bot token: {error.response.get('error')}. Install the app again.")]
    except (aiohttp.ClientError, TimeoutError) as error:
        return [(False, f"Slack does not answer at {context.settings.api_url}: {error}")]
    findings: list[Finding] = [(True, f"Slack knows the bot as {answer.get('user')} in {answer.get('team')}")]
    findings += check_scopes(str(answer.headers.get("x-oauth-scopes", "")))
    if context.settings.uses_socket:
        findings += await check_socket(context)
    await look_up_slack(context)
    return findings


async def _check_teams(context: Context) -> list[Finding]:
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        sources = await tx.keys.listed()
        silent = await silent_sources(tx, directory)
        people = await _check_roles(tx, directory)
        messages = await _check_messages(tx)
        late = late_totals(await tx.pending.waiting(), now=context.now_micros())
    findings: list[Finding] = []
    if not directory.real_teams:
        findings.append(
            (
                False,
                "there are no teams: type /tokens setup in a team's channel, or run `tokens teams import teams.yml`",
            )
        )
    findings += people
    advice = {
        "unresolved": "is not found: invite the bot into it, or mend its name",
        "broken": "can't be posted to: invite the bot into it, or unarchive it",
        "paused": "is shared with another company: link another one",
    }
    for team in directory.real_teams:
        if team.channel_state in advice:
            findings.append((False, f"{team.slug}: {team.channel_ref} {advice[team.channel_state]}"))
    for team in directory.alert_teams:
        separate = (("alerts", team.alerts.alerts_destination), ("approvals", team.alerts.approvals_destination))
        findings += [
            (False, f"{team.slug}: {what} in {p.ref} {advice[p.state]}")
            for what, p in separate
            if p and p.state in advice
        ]
    if not any(count for _, count in sources):
        findings.append(
            (False, "no ingest key is in force: `tokens connect CLIENT --create` makes one and says what to paste")
        )
    findings += [
        (
            False,
            f"{s.name}: nothing came since {moment(s.since):%Y-%m-%d %H:%M} UTC, when it usually does: look at its sender",
        )
        for s in silent
    ]
    findings.append((True, f"{len(directory.real_teams)} teams, {len(sources)} sources"))
    return findings + messages + late


async def _check_gateways(context: Context) -> list[Finding]:
    """Connects to each gateway whose caps follow the books, and names caps that somebody has to look at."""
    async with context.store.read() as tx:
        gateways = (await context.rulebooks.current(tx)).gateways
        rows = await tx.gateway_caps.all() if gateways else []
    findings: list[Finding] = []
    async with aiohttp.ClientSession() as session:
        for gateway in gateways:
            found = await try_gateway(gateway, session)
            works = found.can_read and found.can_write
            what = f"gateway {gateway.name} ({gateway.kind}, {gateway.mode})"
            words = "its caps can be read and written" if works else "; ".join(found.notes) or "its caps can't be read"
            findings.append((works, f"{what}: {words}"))
    for row in rows:
        where = f"cap of {row.target.kind} {row.target.ref} at {row.gateway}"
        if row.state == "conflict":
            findings.append((False, f"{where} was changed by hand: a manager of the team has to choose in Slack"))
        elif needs_people(row):
            findings.append((False, f"{where}: {row.sentence}"))
    return findings


async def _check_roles(tx: Transaction, directory: Directory) -> list[Finding]:
    """Checks whether somebody with a role can be reached for each team, and in finance."""
    if not directory.finance:
        return [
            (
                False,
                "nobody is finance: type /tokens setup in Slack, or name somebody under organisation.finance in teams.yml",
            )
        ]
    findings: list[Finding] = []
    lost = await lost_managers(tx, directory)
    for team in lost:
        gone = ", ".join(person.words for person in team.gone)
        if team.is_finance:
            findings.append((False, f"nobody in finance can be reached: {gone}. Name somebody in teams.yml"))
            continue
        stand_ins = (await tx.people.by_ids(directory.responsible_for(team.team))).values()
        instead = ", ".join(sorted(label_of(person) for person in stand_ins)) or "nobody"
        findings.append(
            (False, f"{team.team.slug}: no manager can be reached: {gone}. Name another; {instead} can act instead")
        )
    faults = await tx.reachability.unreachable()
    named = {person for _, person, role in directory.roles if role in ("manager", "finance", "admin")}
    told = {person.label for team in lost for person in team.gone}
    for person in (await tx.people.by_ids(named & faults.keys())).values():
        gone_person = GonePerson(label=label_of(person), fault=faults[person.id].fault)
        if gone_person.label not in told:
            findings.append((True, f"{gone_person.words} can't be reached; others with the same role can"))
    return findings


def late_totals(waiting: Waiting | None, *, now: int) -> list[Finding]:
    """Names usage that waits for its totals for more than a minute: a process was killed, and none runs since."""
    if waiting is None or now - waiting.since <= _LATE_MICROS:
        return []
    since = f"{moment(waiting.since):%Y-%m-%d %H:%M} UTC"
    return [
        (False, f"{waiting.events} calls are missing in the totals since {since}: start `tokens run`, which adds them")
    ]


async def _check_messages(tx: Transaction) -> list[Finding]:
    """Counts messages that wait, were given up, or may be in Slack twice."""
    counts = await tx.outbox.undelivered_counts()
    waiting = await tx.outbox.undelivered(_WAITING, limit=1)
    since = f", the oldest since {moment(waiting[0].created_at):%Y-%m-%d %H:%M} UTC" if waiting else ""
    fault = f" ({waiting[0].fault})" if waiting and waiting[0].fault else ""
    findings: list[Finding] = [(True, f"{counts['waiting']} messages waiting{since}{fault}")]
    if counts["given-up"]:
        worst = await tx.outbox.undelivered(_GIVEN_UP, limit=_MOST_MESSAGES)
        findings.append(
            (
                False,
                f"{counts['given-up']} messages were given up: `tokens messages retry` posts them after you mend it",
            )
        )
        findings += [(False, f"message {lost.id} ({lost.dedupe_key}) was given up: {lost.fault}") for lost in worst]
    repeated = await tx.outbox.repeated()
    if repeated:
        findings.append((True, f"{repeated} messages may be in Slack twice: the answer to a post was lost"))
    return findings


async def _examine() -> list[Finding]:
    settings = load_settings()
    findings = [*check_credentials(settings), *_check_retention(settings)]
    try:
        context = await prepare(settings, SystemClock())
    except ConfigError as error:
        return [*findings, (False, str(error))]
    kind = "SQLite" if settings.is_sqlite else "PostgreSQL"
    findings.append((True, f"the database ({kind}) answers and is up to date"))
    session: Any = None
    try:
        if settings.has_slack:
            session = aiohttp.ClientSession()
            context.slack = slack_client(settings, session)
            findings += await _check_slack(context)
        findings += await _check_teams(context)
        findings += await _check_gateways(context)
    finally:
        if session is not None:
            await session.close()
        await context.store.close()
    return findings


def doctor_command() -> None:
    """Settings, database, Slack and channels: what is well, what is not, and what to do. Exit code 1 if anything is not."""
    findings = run(_examine())
    for well, text in findings:
        out.print(f"{'ok  ' if well else 'FIX '} {text}", markup=False)
    if not all(well for well, _ in findings):
        raise typer.Exit(1)
