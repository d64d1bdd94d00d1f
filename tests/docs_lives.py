"""The picture of a request's life in docs/requests.md, drawn from `LIFE`; `python -m tests.docs_lives` draws it anew."""

from collections import defaultdict
from collections.abc import Sequence

from bot.requests.lives import LIFE, LifeStep
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "requests.md"
BEGINS, ENDS = "```mermaid\nstateDiagram-v2\n", "\n```\n"


def picture(life: Sequence[LifeStep] = LIFE) -> str:
    """Returns the lines of a mermaid state diagram: steps that lead the same way share an arrow."""
    arrows: dict[tuple[str, str], list[LifeStep]] = defaultdict(list)
    for step in life:
        arrows[step.before or "[*]", step.after].append(step)
    lines = [f"    {before} --> {after}: {_words(steps)}" for (before, after), steps in arrows.items()]
    ends = dict.fromkeys(step.after for step in life if step.after not in {other.before for other in life})
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in ends)])


def _words(steps: Sequence[LifeStep]) -> str:
    """Returns the names of steps with who takes them, such as `change, nudge (asker)`."""
    takers: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        takers[step.by].append(step.name)
    return "<br/>".join(f"{', '.join(names)} ({taker})" for taker, names in takers.items())


def drawn(page: str) -> str:
    """Returns the picture that a page has."""
    _, begins, rest = page.partition(BEGINS)
    return rest.partition(ENDS)[0] if begins else ""


def main() -> None:
    """Draws the picture into the page."""
    page = PAGE.read_text()
    PAGE.write_text(page.replace(BEGINS + drawn(page) + ENDS, BEGINS + picture() + ENDS))


if __name__ == "__main__":
    main()
