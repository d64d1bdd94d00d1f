"""The program that sent a group of OTLP records, where that decides how they are read."""

from functools import lru_cache
from typing import Literal

from bot.sources.otlp.records import Origin

Producer = Literal["claude_code", "codex", "gemini_cli", "copilot", ""]

PROGRAMS: dict[str, Producer] = {
    "claude-code": "claude_code",
    "claude-code-desktop": "claude_code",
    "codex": "codex",
    "codex-cli": "codex",
    "codex_cli_rs": "codex",
    "codex_exec": "codex",
    "codex_vscode": "codex",
    "codex-app-server": "codex",
    "gemini-cli": "gemini_cli",
    "copilot-chat": "copilot",
    "github-copilot": "copilot",
}
"""The programs' exact names in `service.name`: a company's own `copilot-for-sales` is not among them."""
_SCOPES: tuple[tuple[str, Producer], ...] = (
    ("com.anthropic.claude_code", "claude_code"),
    ("codex_", "codex"),
    ("gemini-cli", "gemini_cli"),
    ("copilot-chat", "copilot"),
)


def producer_of(origin: Origin) -> Producer:
    """Returns the program, by its service's name or, as people rename services, by its scope's; "" for all others."""
    return _producer(origin.service[:40], origin.scope[:40])  # longer names are not looked up, as results are cached


@lru_cache(maxsize=1000)
def _producer(service: str, scope: str) -> Producer:
    named = PROGRAMS.get(service)
    if named is not None:
        return named
    return next((producer for begins, producer in _SCOPES if scope.startswith(begins)), "")
