"""Runs the real Claude apps gateway beside Tokens: `python -m tests.gateways.real`, or `make gateways`.

The gateway refuses an identity provider and a model API on loopback, so all of it runs in a network namespace of its own, where
an address that is not loopback belongs to nobody else. Nothing listens outside of it, and nothing in it reaches the network.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.clients.installs import InstallError, installed
from tests.clients.program import Install
from tests.gateways.real.story import tell
from tests.support.paths import ROOT

GATEWAY = Install(kind="npm", packages=(("@anthropic-ai/claude-code", "2.1.332"),), scripts=True)
_INSIDE = "--inside"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gateways.real", description=__doc__)
    parser.add_argument("--newest", action="store_true", help="take the newest version instead of the pinned one")
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".cache" / "gateways", help="where the gateway is installed"
    )
    parser.add_argument(_INSIDE, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        with tempfile.TemporaryDirectory(prefix="tokens-gateways-") as home:
            return asyncio.run(tell(asked.inside, Path(home)))
    missing = [program for program in ("npm", "unshare", "ip") if shutil.which(program) is None]
    if missing:
        return _stop(f"This needs {', '.join(missing)}, which this machine has not.")
    try:
        folder = asyncio.run(installed(GATEWAY, asked.cache.resolve() / "claude-code", newest=asked.newest))
    except InstallError as error:
        return _stop(f"The gateway could not be installed. {error}")
    apart = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-current-user", "--keep-caps", "--net")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
        return _stop(f"This machine allows no network namespace ({' '.join(apart)}), and the gateway wants one here.")
    claude = folder / "node_modules" / ".bin" / "claude"
    words = [*apart, sys.executable, "-m", "tests.gateways.real", _INSIDE, str(claude)]
    return subprocess.run(words, cwd=ROOT, check=False).returncode


def _stop(reason: str) -> int:
    sys.stdout.write(f"{reason}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
