"""Shows a month's exports to the validators of others: `python -m tests.real.exports`, or `make validators`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from bot.clock import ShiftedClock
from bot.settings import Settings
from handlers.books.exports.commands import export, export_beancount
from handlers.cli import prepare
from storage.migrate import migrate
from tests.real.validators import NotInstalled, bean_check, validate_focus
from tests.support.company import organise
from tests.support.export_month import fill_organised

EVENTS = 2_000


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_export(Path(folder)))
        return max(_judge_focus(Path(folder) / "focus.csv"), _judge_beancount(Path(folder) / "ledger.beancount"))


async def _export(folder: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{folder}/tokens.db", answer_seconds=60)
    await migrate(settings.database_url)
    context = await prepare(settings, ShiftedClock())
    period = await fill_organised(context, await organise(context), events=EVENTS)
    await export(context, "focus", str(folder / "focus.csv"), period=period.name, file_format="csv", is_silent=True)
    await export_beancount(context, str(folder / "ledger.beancount"), period=None)
    await context.store.close()


def _judge_focus(file: Path) -> int:
    try:
        report = validate_focus(file)
    except NotInstalled as reason:
        return _say(f"FOCUS: skipped, as {reason}", good=True)
    counts = f"{report.passed} rules pass, {report.skipped} are skipped"
    if report.faults:
        return _say(f"FOCUS: {counts}, and these fail: {', '.join(report.faults)}", good=False)
    return _say(f"FOCUS: {counts}, and of two that contradict each other one fails", good=True)


def _judge_beancount(file: Path) -> int:
    try:
        objection = bean_check(file)
    except NotInstalled as reason:
        return _say(f"beancount: skipped, as {reason}", good=True)
    return _say(f"beancount: {objection or 'every entry and balance is accepted'}", good=not objection)


def _say(line: str, *, good: bool) -> int:
    sys.stdout.write(f"{line}\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
