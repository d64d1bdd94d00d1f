"""Checks of sealed statements: their seals, the chain of each team, and their entries against the ledger."""

from collections.abc import AsyncIterator

from bot.books.statements.lines import PostedEntry, is_on
from bot.books.statements.sheets import FIRST, entry_cells
from bot.books.statements.verification import compared, faults_of_sheet, seal_of
from bot.refusals import Refusal
from storage.books.closing.periods import Periods
from storage.books.statements.sealed import SealedStatement, Statements
from storage.transaction import OpenTransaction


async def statement_faults(tx: OpenTransaction, *, since_day: int | None = None) -> AsyncIterator[str]:
    """Yields each statement whose seal, link or entries disagree, with the row at fault; of the tail alone, of the periods that
    end after a day."""
    statements = Statements(tx)
    if since_day is None:
        links, last = await statements.links(), dict[int, tuple[int, str]]()
    else:
        names = {one.name for one in (await Periods(tx).known()).values() if one.end_day > since_day}
        links, last = await statements.links(names), await statements.before(names)
    for team_id, period, number, previous, seal in links:
        before = last.get(team_id, (0, FIRST))
        if (number, previous) != (before[0] + 1, before[1]):
            yield f"statements: team {team_id}, {period}: the chain is broken: it does not continue statement {before[0]}"
        last[team_id] = (number, seal)
    for period in sorted({period for _, period, _, _, _ in links}):
        entries = await statements.entries_of_period(period)
        for sealed in await statements.of_period(period):
            for fault in _faults(sealed, entries):
                yield f"statements: {fault}"


def _faults(sealed: SealedStatement, entries: list[PostedEntry]) -> list[str]:
    """Returns what is wrong with a stored statement."""
    place = f"team {sealed.team_id}, {sealed.period}"
    try:
        faults = [f"{place}: {fault}" for fault in faults_of_sheet(sealed.sheet)]
        if seal_of(sealed.sheet) != (sealed.previous, sealed.seal):
            faults.append(f"{place}: the stored seal is not the sheet's")
    except (Refusal, ValueError, KeyError) as error:
        return [f"{place}: its sheet can't be read: {error}"]
    ours = [one for one in entries if is_on(one, team_id=sealed.team_id, period=sealed.period)]
    slugs = {team_id: slug for slug, team_id in sealed.slugs.items()}
    cells = {str(one.id): entry_cells(one, slugs) for one in ours}
    return faults + compared(sealed.sheet, cells, expected=cells.keys(), place="the ledger")
