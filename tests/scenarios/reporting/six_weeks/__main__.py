"""`python -m tests.scenarios.reporting.six_weeks DIR`: runs `tokens digest --out` for six kinds of last week."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SystemClock
from tests.scenarios.reporting.six_weeks.seeds import KINDS, seeded


async def seed(folder: Path) -> None:
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday() + 7)
    for kind in KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{folder / kind / 'tokens.db'}"
        await (await seeded(kind, url, monday=monday, clock=SystemClock())).store.close()


def main() -> None:
    folder = Path(sys.argv[1]).absolute()
    asyncio.run(seed(folder))
    for kind in KINDS:
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / kind / 'tokens.db'}"}
        command = [sys.executable, "-m", "bot", "digest", "--team", "search", "--out", str(folder / kind)]
        subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    main()
