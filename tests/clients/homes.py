"""A clean home for a program: an environment of a few variables, and a folder to work in."""

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.clients.apis.tools import FILE

_PATIENCE_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    output: str


class Home:
    """The home of one program. Nothing of the caller's environment is seen there, and no proxy is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / FILE).write_text("The weather is fine.\n")

    def write(self, path: str, text: str) -> Path:
        """Writes a file below the home and returns its path."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Returns the environment of a command: `env -i` with what every program needs, and `more`."""
        node = shutil.which("node")
        bins = dict.fromkeys([*([str(Path(node).parent)] if node else []), "/usr/local/bin", "/usr/bin", "/bin"])
        return {
            "HOME": str(self.folder),
            "PATH": ":".join(bins),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "TMPDIR": str(_made(self.folder / "tmp")),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    async def run(self, *words: str | Path, env: Mapping[str, str], patience: float = _PATIENCE_SECONDS) -> Ran:
        """Runs a command to its end, at low priority; ends its whole group if it takes too long."""
        process = await asyncio.create_subprocess_exec(
            *("nice", "-n", "10", *(str(word) for word in words)),
            cwd=self.work,
            env=self.environment(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), patience)
        except TimeoutError:
            printed = f"took longer than {patience:.0f} s".encode()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return Ran(code=process.returncode or 0, output=printed.decode(errors="replace"))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
