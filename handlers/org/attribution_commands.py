"""`tokens attribution`: unattributed keys, explanations of an event's team, and moving past usage by today's rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from bot.intake.adjustments import BookedEvent
from bot.intake.reattributions import Move, Reattribution, explain_today
from bot.intake.twins.calls import whole_input
from bot.money import usd
from bot.org.attribution import AttributionStep, Source
from bot.org.teams import Directory
from bot.periods import DAY_MICROS, date_of, day_number, day_start, micros, moment
from bot.refusals import ConfigError
from bot.rulebook import Rulebook
from handlers.books.horizons import removed_words
from handlers.cli import cell, opened, out, printable, run
from handlers.context import Context
from handlers.intake.reattributions import reattribute, would_move
from handlers.org.attribution import claim_key
from handlers.org.people import LISTED_DAYS, day_of_option
from storage.intake.booked_events import EventFilter
from storage.store import Transaction

commands = typer.Typer(help="Which team usage belongs to, and by which rule.", no_args_is_help=True)

_MOST_EVENTS = 50
_ASKED = {
    "key": "key bound to a team",
    "credential": "credential",
    "gateway_team": "gateway's team",
    "workflow": "service or workflow",
    "tag": "tags",
    "declared team": "declared team",
    "user": "user",
    "user's team": "user's team",
    "source default": "source's default",
    "unattributed": "nobody",
    "merged": "merged team",
    "closed": "closed team",
}


async def explanations(context: Context, event_id: str, *, source: str | None) -> list[list[str]]:
    """Returns the explanation of each event with this id, in lines. Raises ConfigError if there is none."""
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        sources = {known.id: known for known, _ in await tx.keys.listed()}
        named = next((known for known in sources.values() if known.name == source), None)
        if source is not None and named is None:
            raise ConfigError(f"--source: there is no source {source!r}; `tokens keys list` shows them")
        query = EventFilter(event_id=event_id, source_id=named.id if named else None)
        quick = replace(query, moments=await tx.event_keys.moments_of(event_id))
        page = await tx.booked_events.page(quick, limit=_MOST_EVENTS)
        if (
            not page.events and not await tx.event_keys.old_ids.are_read()
        ):  # perhaps booked before there were runs: reads all events
            page = await tx.booked_events.page(query, limit=_MOST_EVENTS)
        if not page.events:
            where = f" of {source}" if source else ""
            raise ConfigError(
                f"EVENT_ID: no event{where} with the id {event_id!r} is booked; is it in quarantine? "
                f"{await removed_words(context, since_at=0)}".strip()
            )
        return [await _explained(tx, rulebook, booked, sources[booked.source_id]) for booked in page.events]


async def _explained(tx: Transaction, rulebook: Rulebook, booked: BookedEvent, source: Source) -> list[str]:
    directory = rulebook.directory
    spellings = (await tx.people.spellings_of([booked.person_id])).get(booked.person_id, ())
    steps = explain_today(booked, spellings, rulebook, source)
    placement = steps[-1].placement
    assert placement is not None
    shown_user = ", ".join(spellings) if directory.organisation.people != "none" else "hidden"
    facts = {
        "credential": booked.credential,
        "gateway's team": booked.gateway_team,
        "workflow": booked.workflow,
        "tags": ", ".join(booked.tags),
        "declared team": booked.declared_team,
        "user": shown_user if booked.person_id else "",
    }
    team = directory.by_id(booked.team_id)
    lines = [
        f"Event {booked.event_id} of source {source.name}, {_moment(booked.occurred_at)}",
        f"counts for {team.slug}, by {booked.rule}, on {date_of(booked.local_day)}, with {usd(booked.cost_nanos)}",
        f"its cost is of the basis {booked.basis}" + (f": {booked.cost_reason}" if booked.cost_reason else ""),
        *(f"  {name}: {value or 'not said'}" for name, value in facts.items()),
        "what the books say:",
    ]
    for assignment in await tx.reattributions.assignments_of(booked):
        how = "booked" if assignment.how == "booked" else f"moved ({assignment.how})"
        lines.append(
            f"  {_moment(assignment.at)} {how}: {directory.by_id(assignment.team_id).slug}, by {assignment.rule}"
        )
    lines += await _records_of(tx, booked)
    lines.append("asked in this order, by the rules as they stand now:")
    hidden = directory.organisation.people == "none"
    lines += [f"  {number}. {_step_words(step, directory, hidden)}" for number, step in enumerate(steps, 1)]
    if placement.team_id == booked.team_id:
        lines.append("today's rules say the same team")
    else:
        day = date_of(directory.root.day_of(booked.occurred_at))
        slug = directory.by_id(placement.team_id).slug
        lines.append(f"today's rules say {slug}: `tokens attribution reapply --since {day}` moves it")
    return lines


async def _records_of(tx: Transaction, booked: BookedEvent) -> list[str]:
    """Returns what each record of the call said, if it has several."""
    records = await tx.usage.call_records.of_calls([booked.key])
    if not records:
        return []
    said = sorted(records, key=lambda record: (record.made_at, record.event.key))
    return [
        f"records of this call: {len(records)}, booked once, with what the fullest of them says",
        *(
            f"  {record.event.event_id}, {_moment(record.event.occurred_at)}: {record.event.labels.model}, "
            f"{whole_input(record.event):,} tokens in, {record.event.output:,} out"
            for record in said
        ),
    ]


def _step_words(step: AttributionStep, directory: Directory, hidden: bool) -> str:
    kind = _ASKED[step.kind] + (" (rules that began later)" if step.early else "")
    checked_value = "hidden" if hidden and step.kind.startswith("user") and step.checked_value else step.checked_value
    if step.placement is None:
        return f"{kind}: {checked_value or 'not said'}: no hit"
    words = f"{kind}: {checked_value}: " if checked_value else f"{kind}: "
    words += f"{directory.by_id(step.placement.team_id).slug}, by {step.placement.rule}"
    if step.since:
        words += f", from {_moment(step.since)}"
    if step.until is not None:
        words += f" until {_moment(step.until)}"
    return words + (", a claim" if step.origin == "claim" else "")


def _moment(at: int) -> str:
    return f"{moment(at):%Y-%m-%d %H:%M:%S} UTC"


async def reapply(
    context: Context, *, since: date, team: str | None = None, credential: str = "", dry_run: bool = False
) -> list[Move]:
    """Moves past usage to the teams of today's rules and returns the moves."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        scope_team = directory.root if team is None else directory.by_slug(team)
        if scope_team is None:
            raise ConfigError(f"--team: there is no team {team!r}; `tokens teams list` shows them")
        since_at = micros(day_start(day_number(since), directory.root.timezone))
        if dry_run:
            work = Reattribution(id=0, credential=credential, team_id=scope_team.id, since_at=since_at, asked_by=None)
        else:
            work = await tx.reattributions.add(
                credential=credential, team_id=scope_team.id, since_at=since_at, asked_by=None, at=at, is_taken=True
            )
    return await (would_move(context, work) if dry_run else reattribute(context, work))


async def _print_moves(context: Context, moves: Sequence[Move], *, since: date, dry_run: bool) -> None:
    if removed := await removed_words(context, since_at=day_number(since) * DAY_MICROS):
        out.print(removed)
    slugs = {team.id: team.slug for team in (await context.rulebooks.latest()).directory.teams}
    if not moves:
        out.print("Nothing moves: all of it is where today's rules say.")
        return
    table = Table("from", "to", "calls", "spend", box=None)
    for move in moves:
        table.add_row(slugs[move.from_team_id], slugs[move.to_team_id], f"{move.calls:,}", usd(move.cost_nanos))
    out.print(table)
    if dry_run:
        out.print("Dry run: nothing was moved.")


@commands.command("unattributed")
def unattributed_command(
    since: Annotated[str | None, typer.Option("--since", help="From which day on; else 90 days.")] = None,
) -> None:
    """Lists the credentials whose usage no rule could place, with calls and spend."""

    async def work() -> None:
        day = day_of_option(since)
        async with opened() as context, context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            today = directory.root.day_of(context.now_micros())
            first_day = today - LISTED_DAYS if day is None else day_number(day)
            keys = await tx.attribution.unattributed_keys(
                directory.unattributed.id, first_day=first_day, end_day=today + 2
            )
        if not keys:
            out.print("Everything is attributed.")
            return
        table = Table("credential", "calls", "spend", "last used", box=None)
        for key in keys:
            shown = cell(key.credential or "(none named)")
            table.add_row(shown, f"{key.calls:,}", usd(key.cost_nanos), f"{date_of(key.last_day)}")
        out.print(table)

    run(work())


@commands.command("claim")
def claim_command(
    credential: Annotated[str, typer.Argument(help="As `tokens attribution unattributed` lists it.")],
    team: Annotated[str, typer.Option("--team", help="The slug of the team that uses it.")],
    since: Annotated[str | None, typer.Option("--since", help="Also moves what was used since that day.")] = None,
) -> None:
    """Says that a credential is a team's, as the button in Home does. Imports of teams.yml leave it alone."""

    async def work() -> None:
        day = day_of_option(since)
        async with opened() as context:
            at = context.now_micros()
            async with context.store.begin() as tx:
                rulebook = await context.rulebooks.current(tx)
                claiming = rulebook.directory.by_slug(team)
                if claiming is None:
                    raise ConfigError(f"--team: there is no team {team!r}; `tokens teams list` shows them")
                since_at = micros(day_start(day_number(day), rulebook.directory.root.timezone)) if day else None
                await claim_key(
                    tx, rulebook, credential, team=claiming, since_at=since_at, by=None, at=at, moves_later=False
                )
            out.print(f"{credential} is {claiming.slug}'s from {day or 'now'} on.", markup=False)
            if day is not None:
                moves = await reapply(context, since=day, team=claiming.slug, credential=credential)
                await _print_moves(context, moves, since=day, dry_run=False)

    run(work())


@commands.command("explain")
def explain_command(
    event_id: Annotated[str, typer.Argument(help="The id that the sender gave the event.")],
    source: Annotated[str | None, typer.Option("--source", help="Of this source alone.")] = None,
) -> None:
    """Says which rules were asked about an event, what they looked at, which one hit, and what today's would say."""

    async def work() -> None:
        async with opened() as context:
            events = await explanations(context, event_id, source=source)
        for number, lines in enumerate(events):
            if number:
                out.print()
            for line in lines:
                out.print(printable(line), markup=False)

    run(work())


@commands.command("reapply")
def reapply_command(
    since: Annotated[str, typer.Option("--since", help="Usage from this day on, in the organisation's time zone.")],
    team: Annotated[str | None, typer.Option("--team", help="Only what comes to this team, or leaves it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would move, and move nothing.")] = False,
) -> None:
    """Moves past usage to where it belongs by today's rules, by adjusting rows. Twice moves nothing twice."""

    async def work() -> None:
        day = day_of_option(since)
        assert day is not None
        async with opened() as context:
            moves = await reapply(context, since=day, team=team, dry_run=dry_run)
            await _print_moves(context, moves, since=day, dry_run=dry_run)

    run(work())
