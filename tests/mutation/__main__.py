"""`python -m tests.mutation [package or file…]`: the figures of each package, and its survivors that have no reason yet."""

import sys
import time
from pathlib import Path

from tests.mutation.judging import Judge
from tests.mutation.mutants import Mutant
from tests.mutation.packages import PACKAGES, package_of
from tests.mutation.processes import in_fork
from tests.mutation.reasons import read_reasons

_ROOT = Path(__file__).parent.parent.parent
_MOST_SURVIVORS = 0.1


def main(names: list[str]) -> int:
    """Judges packages or files, all if none is named; returns 1 if over a tenth survives or a survivor has no reason."""
    reasons = read_reasons(Path(__file__).parent / "survivors.txt")

    def report(mutant: Mutant) -> None:
        if mutant.label not in reasons:
            _say(f"  {mutant.line}: {mutant.label}")

    failed = False
    for name in names or list(PACKAGES):
        began = time.monotonic()
        verdicts = in_fork(Judge(_ROOT, package_of(name), report=report).verdicts)
        if verdicts is None:
            return 1
        count = len(verdicts.survivors)
        share = count / verdicts.mutants
        new = [label for label in verdicts.survivors if label not in reasons]
        _say(
            f"{name}: {verdicts.mutants} mutants, {verdicts.mutants - count} killed, {count} survived"
            f" ({share:.1%}), {len(new)} without a reason, {time.monotonic() - began:.0f} s"
        )
        failed = failed or share > _MOST_SURVIVORS or bool(new)
    return int(failed)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
