"""`tokens rehearse`: what another policy or budget plan would have meant for the requests of the last weeks."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.money import usd
from bot.org.teams_yml.policy_file import read_policy_file
from bot.requests.rehearsals.replays import Tally
from bot.requests.rehearsals.words import as_json, decided_rows, effect_lines, heading_lines, line_rows
from handlers.cli import cell, opened, out, run
from handlers.requests.rehearsals.playing import Rehearsal, rehearse


def rehearse_command(
    file: Annotated[Path, typer.Argument(help="A teams.yml, or only its policy.", metavar="POLICY.yml")],
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=520, help="How many weeks of requests.")] = 8,
    as_json_: Annotated[bool, typer.Option("--json", help="Print it for machines.")] = False,
) -> None:
    """Shows what a policy or budget plan would have meant for the requests of the last weeks. Changes nothing."""

    async def work() -> None:
        planned = read_policy_file(file.read_text(encoding="utf-8", errors="surrogateescape"))
        async with opened() as context:
            found = await rehearse(context, planned, weeks=weeks)
        if as_json_:
            typer.echo(json.dumps(as_json(found.comparison, found.told), ensure_ascii=False, indent=1))
        else:
            _print(found)

    run(work())


def _print(found: Rehearsal) -> None:
    comparison, told = found.comparison, found.told
    for line in heading_lines(comparison, told):
        out.print(line, markup=False)
    if not comparison.asks:
        return
    ways = Table("decided by", "now", "with this policy", box=None)
    for words, now, planned in decided_rows(comparison):
        ways.add_row(*map(cell, (words, _tally(now), _tally(planned))))
    lines = Table("line of this policy", "requests", box=None)
    for words, tally in line_rows(comparison, told):
        lines.add_row(*map(cell, (words, _tally(tally))))
    for table in (ways, lines):
        out.print()
        out.print(table)
    out.print()
    for line in effect_lines(comparison, told):
        out.print(line, markup=False)


def _tally(tally: Tally) -> str:
    return f"{tally.requests:,} · {usd(tally.amount_nanos)}" if tally.requests else "–"
