"""Installs programs from npm and PyPI into a folder, each once per set of versions."""

import asyncio
import json
import sys
from pathlib import Path

from tests.clients.program import Install

_MARK = "installed.json"


class InstallError(Exception):
    """A package could not be installed; the message has the end of what the installer printed."""


def specifications(install: Install, *, newest: bool) -> list[str]:
    """Returns the packages as their installer reads them: pinned, or without a version."""
    if newest:
        return [name for name, _ in install.packages]
    between = "@" if install.kind == "npm" else "=="
    return [f"{name}{between}{version}" if version else name for name, version in install.packages]


async def installed(install: Install, folder: Path, *, newest: bool) -> Path:
    """Returns the folder of the program and installs it there unless the same versions are. InstallError if that fails."""
    wanted = specifications(install, newest=newest)
    if not newest and _is_there(folder, wanted):
        return folder
    _prepare(folder, is_npm=install.kind == "npm")
    if install.kind == "npm":
        scripts = () if install.scripts else ("--ignore-scripts",)
        await _run("npm", "install", "--no-package-lock", "--no-fund", "--no-audit", *scripts, *wanted, folder=folder)
    else:
        await _run(sys.executable, "-m", "venv", str(folder), folder=folder)
        await _run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *wanted, folder=folder)
    (folder / _MARK).write_text(json.dumps(wanted))
    return folder


def _is_there(folder: Path, wanted: list[str]) -> bool:
    mark = folder / _MARK
    return mark.exists() and bool(json.loads(mark.read_text()) == wanted)


def _prepare(folder: Path, *, is_npm: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if is_npm:
        (folder / "package.json").write_text(json.dumps({"private": True}))


async def version_of(install: Install, folder: Path) -> str:
    """Returns the version of the program that is installed in a folder."""
    name = install.packages[0][0]
    if install.kind == "npm":
        found = json.loads((folder / "node_modules" / name / "package.json").read_text())
        return str(found["version"])
    code = f"import importlib.metadata; print(importlib.metadata.version({name.partition('[')[0]!r}))"
    return (await _run(str(folder / "bin" / "python"), "-c", code, folder=folder)).strip()


async def _run(*words: str, folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", "10", *words),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    if process.returncode != 0:
        raise InstallError(f"{' '.join(words[:3])} failed: {printed.decode(errors='replace')[-600:]}")
    return printed.decode(errors="replace")
