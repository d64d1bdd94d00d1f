"""`python -m tests.drill.caps`: 1,000 decisions under random kills, against the stand-in LiteLLM."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.drill.caps.run import run_drill


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Decisions, faults, hand-made changes and kill -9; books against gateway."
    )
    parser.add_argument("--decisions", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'drill.db'}"
        verdict = asyncio.run(run_drill(url, decisions=given.decisions, seed=given.seed))
    sys.stdout.write("\n".join([*verdict.lines(), ""]))
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
