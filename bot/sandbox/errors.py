"""Slack's way of saying no: a name, and sometimes what exactly was wrong."""

from collections.abc import Sequence


class SlackError(Exception):
    """A Web API refusal; `details` go to `response_metadata.messages`."""

    def __init__(self, name: str, details: Sequence[str] = ()) -> None:
        super().__init__(name)
        self.name = name
        self.details = list(details)

    def as_answer(self) -> dict[str, object]:
        """The body of the Web API's answer."""
        answer: dict[str, object] = {"ok": False, "error": self.name}
        if self.details:
            answer["errors"] = self.details
            answer["response_metadata"] = {"messages": [f"[ERROR] {detail}" for detail in self.details]}
        return answer
