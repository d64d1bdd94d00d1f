"""The survivors that are known, each with the reason why no test kills it."""

from pathlib import Path


def read_reasons(file: Path) -> dict[str, str]:
    """Reads reasons by a mutant's label: a line that begins with # is the reason for the labels that follow it."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in file.read_text().splitlines():
        if line.startswith("#"):
            reason = line.lstrip("# ")
        elif line.strip():
            reasons[line.strip()] = reason
    return reasons
