"""Slack's errors: a name, and sometimes details."""

from collections.abc import Sequence


class SlackError(Exception):
    """A Web API error; `details` go to `response_metadata.messages`."""

    def __init__(self, name: str, details: Sequence[str] = ()) -> None:
        super().__init__(name)
        self.name = name
        self.details = list(details)

    def as_answer(self) -> dict[str, object]:
        """Returns the body of the Web API's answer."""
        answer: dict[str, object] = {"ok": False, "error": self.name}
        if self.details:
            answer["errors"] = self.details
            answer["response_metadata"] = {"messages": [f"[ERROR] {detail}" for detail in self.details]}
        return answer
