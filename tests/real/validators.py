"""Validators of others, each in an environment of its own under `.cache`: focus-validator and beancount, pinned."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

FOCUS = ("focus-validator==2.2.1", "pyarrow<22")
"""pyarrow 22 wants a newer numpy than the validator."""
BEANCOUNT = ("beancount==3.2.3",)
MODEL = "1.2.0.1"
CRITERIA = (
    *("ACCOUNT_NAMING_SUPPORTED", "MULTIPLE_PRICING_CATEGORIES_SUPPORTED", "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED"),
    *("MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED", "NEGOTIATED_PRICING_SUPPORTED", "PUBLIC_PRICE_LIST_SUPPORTED"),
    *("USAGE_MEASUREMENT_SUPPORTED", "UNIT_PRICING_SUPPORTED", "SUB_ACCOUNT_SUPPORTED"),
    *("RESOURCE_TYPE_ASSIGNMENT_SUPPORTED", "PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED", "TAGGING_SUPPORTED"),
)
"""What our files have: the validator leaves out the rules of what a file has not."""
CONTRADICTORY = ("InvoiceId-C-004-C", "InvoiceId-C-005-C")
"""It must be null, and it must not be: one of both fails in every file, and InvoiceId-C-003-C judges them together."""
_TOTAL = re.compile(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+) \| Skipped: (\d+)")
_FAILED = re.compile(r"(\S+): FAIL ")


class NotInstalled(Exception):
    """A validator can't be installed here. The text says why."""


@dataclass(frozen=True, kw_only=True)
class FocusReport:
    """What the validator found."""

    passed: int
    skipped: int
    failed: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Returns the rules that fail, without one of the two that contradict each other."""
        of_both = [rule for rule in self.failed if rule in CONTRADICTORY]
        return tuple(rule for rule in self.failed if rule not in of_both[:1])


def read_report(text: str) -> FocusReport:
    """Reads what the validator printed: it exits with 0 whatever it finds. Raises ValueError if it found nothing."""
    total = _TOTAL.search(text)
    if total is None:
        raise ValueError(f"the validator printed no result: {text[-400:]}")
    failed = tuple(dict.fromkeys(_FAILED.findall(text)))
    if len(failed) != int(total[3]):
        raise ValueError(f"{total[3]} rules fail, and {len(failed)} are named")
    return FocusReport(passed=int(total[2]), skipped=int(total[4]), failed=failed)


def validate_focus(file: Path) -> FocusReport:
    """Returns what the official validator finds in a file. Raises NotInstalled."""
    folder = environment("focus", FOCUS, python=(3, 12))
    (site,) = (folder / "lib").glob("python*/site-packages")  # it opens a file of its own by a relative path
    command: list[str | Path] = [folder / "bin" / "focus-validator", "--data-file", file.resolve()]
    command += ["--validate-version", MODEL]
    command += ["--block-download", "--applicability-criteria", ",".join(CRITERIA)]
    return read_report(_output(command, folder=site))


def bean_check(file: Path) -> str:
    """Returns what beancount objects to in a file; "" if nothing. Raises NotInstalled."""
    folder = environment("beancount", BEANCOUNT, python=sys.version_info[:2])
    return _output([folder / "bin" / "bean-check", "--no-cache", file.resolve()], folder=ROOT).strip()


def environment(name: str, packages: Sequence[str], *, python: tuple[int, int]) -> Path:
    """Returns a virtual environment with these packages, and makes it if there is none. Raises NotInstalled."""
    folder = ROOT / ".cache" / "validators" / name
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    found = _python(python)
    if found is None:
        raise NotInstalled(f"{packages[0]} needs Python {python[0]}.{python[1]}, and there is none here")
    try:
        subprocess.run([found, "-m", "venv", folder], check=True, capture_output=True)
        install: list[str | Path] = [folder / "bin" / "pip", "install", "--quiet", *packages]
        subprocess.run(install, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        lines = str(error.stderr or error).strip().splitlines()
        raise NotInstalled(f"{packages[0]} can't be installed: {lines[-1] if lines else error}") from error
    (folder / "done").touch()
    return folder


def is_there(name: str) -> bool:
    """Whether a validator is installed already."""
    return (ROOT / ".cache" / "validators" / name / "done").exists()


def _python(wanted: tuple[int, int]) -> str | None:
    """Returns a Python of this version that runs: packages of newer ones may have to be compiled."""
    name = f"python{wanted[0]}.{wanted[1]}"
    of_pyenv = Path.home().glob(f".pyenv/versions/{wanted[0]}.{wanted[1]}.*/bin/python")
    for candidate in [sys.executable, *(path for path in [shutil.which(name)] if path), *map(str, of_pyenv)]:
        asked = subprocess.run(
            [candidate, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0 and tuple(map(int, asked.stdout.split())) == wanted:
            return candidate
    return None


def _output(command: Sequence[str | Path], *, folder: Path) -> str:
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return found.stdout + found.stderr
