"""`python -m tests.mutation.by_hand`: changes of the posting rules that need a database to be noticed, each made in a copy of
the source and judged by the tests of the books."""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_COPIED = ("bot", "handlers", "storage", "tests", "pyproject.toml", "manifest.yml", "docs")
_FAILED = 1
"""pytest's exit code when tests ran and one failed; others mean that it could not run them."""


@dataclass(frozen=True, kw_only=True)
class HandMutant:
    """A change of one file: `old` occurs once in it and becomes `new`. `tests` should notice."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, root: Path) -> None:
        path = root / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise SystemExit(f"{self.file}: {self.old!r} occurs {text.count(self.old)} times, not once")
        path.write_text(text.replace(self.old, self.new))


def hand_mutants() -> Iterator[HandMutant]:
    """Yields the changes of posting_rules.toml."""
    for listed in tomllib.loads((Path(__file__).parent / "posting_rules.toml").read_text())["mutant"]:
        yield HandMutant(file=listed["file"], old=listed["old"], new=listed["new"], tests=tuple(listed["tests"]))


def main() -> int:
    """Judges every change; returns 1 if one survives."""
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in _COPIED:
            source = _ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, root / name)
        for number, mutant in enumerate(hand_mutants(), start=1):
            original = (root / mutant.file).read_text()
            mutant.apply(root)
            command = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests)
            ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
            (root / mutant.file).write_text(original)
            if ended.returncode not in (0, _FAILED):
                raise SystemExit(f"{mutant.file}: the tests did not run\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
            survived += ended.returncode == 0
            _say(f"{number}: {'killed' if ended.returncode else 'SURVIVED'}: {mutant.file}: {mutant.old.strip()[:80]}")
    _say(f"{survived} survived")
    return int(survived > 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
