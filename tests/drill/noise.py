"""Measures in a process of its own how much longer work takes because other processes use this machine."""

import asyncio
import sys
import time
from contextlib import suppress

from rich.console import Console

from tests.drill.records import Records
from tests.support.paths import ROOT

_WORK_SECONDS = 0.02
_PAUSE_SECONDS = 0.3


def main() -> None:
    """Prints a line per measurement: the moment, and the time of some work as a multiple of its time alone."""
    out = Console(highlight=False)
    with suppress(KeyboardInterrupt, BrokenPipeError):
        while True:
            began, worked = time.monotonic(), time.process_time()
            while time.process_time() - worked < _WORK_SECONDS:
                pass
            ended = time.monotonic()
            out.print(f"{ended:.3f} {max(1.0, (ended - began) / (time.process_time() - worked)):.3f}")
            time.sleep(_PAUSE_SECONDS)


async def measure_noise(records: Records) -> None:
    """Records the measurements until it is cancelled."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "tests.drill.noise"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        while line := await process.stdout.readline():
            at, slowness = line.split()
            records.slowness.append((float(at), float(slowness)))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


if __name__ == "__main__":
    main()
