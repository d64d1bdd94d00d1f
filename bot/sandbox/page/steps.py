"""Suggested steps of the tour, completed by actions on the page."""

from typing import Any

from bot.sandbox.page.feed import Feed
from bot.sandbox.settings import Step

Json = dict[str, Any]


class Steps:
    """Steps in order; one counts only after all earlier ones are done."""

    def __init__(self, steps: tuple[Step, ...], feed: Feed) -> None:
        self._steps = steps
        self._feed = feed
        self._done = 0

    def happened(self, what: str) -> None:
        """Records an action such as `terminal:deny` or `command:/tokens request 500`."""
        if self._done >= len(self._steps):
            return
        awaited = self._steps[self._done].done_when.split("|")
        if any(_fits(deed, what) for deed in awaited):
            self._done += 1
            self._feed.tell("steps", {"steps": self.as_page()})

    def as_page(self) -> list[Json]:
        """Returns the list for the page."""
        return [
            {
                "title": step.title,
                "text": step.text,
                "done": i < self._done,
                "person": step.person,
                "channel": step.channel,
                "pane": step.pane,
            }
            for i, step in enumerate(self._steps)
        ]


def _fits(deed: str, what: str) -> bool:
    if not deed:
        return False
    return what.startswith(deed) if deed.startswith("command:") else what == deed
