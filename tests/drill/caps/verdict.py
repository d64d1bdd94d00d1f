"""What a drill of caps counted, and its report."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Verdict:
    """What the drill counted."""

    targets: int

    decisions: int = 0
    temporary: int = 0
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    by_hand: int = 0
    found_by_hand: int = 0
    kept: int = 0
    writes: int = 0
    double_writes: int = 0
    above_books: int = 0
    not_reverted: int = 0
    disagreeing: list[str] = field(default_factory=list)
    book_faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        wrong = (
            self.double_writes + self.above_books + self.not_reverted + len(self.disagreeing) + len(self.book_faults)
        )
        return wrong == 0 and self.by_hand == self.found_by_hand

    def lines(self) -> list[str]:
        faults_met = ", ".join(f"{count} × {name}" for name, count in sorted(self.faults.items())) or "none"
        return [
            f"{self.decisions} decisions in {self.seconds:.0f} s, {self.temporary} of them temporary; "
            f"{self.kills} workers killed by kill -9",
            f"faults of the gateway: {faults_met}",
            f"writes that took effect: {self.writes}; double: {self.double_writes}",
            f"caps that differ from the books at the end: {len(self.disagreeing)} of {self.targets}",
            f"teams whose caps let through more than is available: {self.above_books}",
            f"temporary grants that were not taken back: {self.not_reverted} of {self.temporary}",
            f"hand-made changes found: {self.found_by_hand} of {self.by_hand} ({self.kept} kept by a person)",
            *self.disagreeing,
            *self.book_faults,
            "The gateway follows the books." if self.is_good else "The drill FAILED.",
        ]
