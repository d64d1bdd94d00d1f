"""The tool that made a call, and whether it is in-house or third-party."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from bot.usage import UsageEvent

ToolKind = Literal["in_house", "third_party"]

_CACHE_SIZE = 20_000

_KNOWN_AGENTS = (
    ("claude-cli*", "Claude Code"),
    ("claude-code*", "Claude Code"),
    ("codex*", "Codex"),
    ("githubcopilot*", "GitHub Copilot"),
    ("github-copilot*", "GitHub Copilot"),
    ("copilot*", "GitHub Copilot"),
    ("cursor*", "Cursor"),
    ("geminicli*", "Gemini CLI"),
    ("gemini-cli*", "Gemini CLI"),
    ("qwencode*", "Qwen Code"),
    ("qwen-code*", "Qwen Code"),
    ("opencode*", "OpenCode"),
    ("aider*", "Aider"),
    ("cline*", "Cline"),
    ("roo-code*", "Roo Code"),
    ("roocode*", "Roo Code"),
    ("kilo-code*", "Kilo Code"),
    ("kilocode*", "Kilo Code"),
    ("windsurf*", "Windsurf"),
    ("zed/*", "Zed"),
    ("goose/*", "Goose"),
)
"""User agents of known tools. Libraries such as openai-python or curl are not tools and have no entry."""
_KNOWN_NAMES = {
    "codexcli": "Codex",
    "codexclirs": "Codex",
    "codexexec": "Codex",
    "codexvscode": "Codex",
    "claudecli": "Claude Code",
    "claudecodedesktop": "Claude Code",
    "copilot": "GitHub Copilot",
    "copilotchat": "GitHub Copilot",
    "githubcopilotchat": "GitHub Copilot",
}
"""Names of known tools in telemetry, folded by `_folded`, where they differ from the tool's own name."""


@dataclass(frozen=True, kw_only=True)
class ToolRule:
    """One line of `tools:` in teams.yml. All its patterns must match; `*` and `?` are wildcards."""

    name: str
    kind: ToolKind
    model: str | None = None
    user_agent: str | None = None
    api_base: str | None = None

    def fits(self, *, model: str, user_agent: str, api_base: str) -> bool:
        """Returns whether a call (in lower case) matches every pattern. A rule without patterns only names a tool."""
        pairs = ((self.model, model), (self.user_agent, user_agent), (self.api_base, api_base))
        given = [(pattern.casefold(), value) for pattern, value in pairs if pattern]
        return bool(given) and all(value and fnmatchcase(value, pattern) for pattern, value in given)


class Tools:
    """A company's tools: its own rules go before the built-in ones. Results are cached."""

    def __init__(self, rules: Iterable[ToolRule]) -> None:
        listed = tuple(rules)
        self._by_agent = tuple(rule for rule in listed if rule.user_agent)
        self._by_api_base = tuple(rule for rule in listed if rule.api_base and not rule.user_agent)
        self._by_model = tuple(rule for rule in listed if rule.model and not rule.user_agent and not rule.api_base)
        self._names = {_folded(name): name for name in _KNOWN_NAMES.values()}
        self._names |= {_folded(name): name for _, name in _KNOWN_AGENTS}
        self._names |= {_folded(rule.name): rule.name for rule in reversed(listed)}
        for spelled, name in _KNOWN_NAMES.items():
            self._names.setdefault(spelled, self._names[_folded(name)])
        self._kinds: dict[str, ToolKind] = {_folded(rule.name): rule.kind for rule in reversed(listed)}
        self._decided = lru_cache(maxsize=_CACHE_SIZE)(self._decide)

    def tool_of(self, event: UsageEvent, *, api_base: str = "") -> str:
        """Returns the tool's name: as declared, else by user agent, API address or model; "" if nothing matches."""
        return self._decided(event.labels.tool, event.labels.user_agent, event.labels.model, api_base)

    def named(self, declared: str, model: str) -> str:
        """Returns the tool of a call that is not made yet: as declared, else by its model; "" if nothing matches."""
        return self._decided(declared, "", model, "")

    def kind_of(self, tool_name: str) -> ToolKind:
        """Returns in-house if a rule says so, and third-party for every other tool."""
        return self._kinds.get(_folded(self._canonical(tool_name)), "third_party")

    def _decide(self, declared: str, user_agent: str, model: str, api_base: str) -> str:
        if declared.strip():
            return self._canonical(declared)
        agent, base, named = user_agent.strip().casefold(), api_base.strip().casefold(), model.strip().casefold()
        models = (named, named.partition("/")[2] or named)  # gateways send `openai/metacode-2` for `metacode-2`
        if agent:
            own = self._first(self._by_agent, models, agent, base)
            known = next((name for pattern, name in _KNOWN_AGENTS if fnmatchcase(agent, pattern)), "")
            if tool := own or (self._canonical(known) if known else ""):
                return tool
        return self._first(self._by_api_base, models, agent, base) or self._first(self._by_model, models, agent, base)

    def _canonical(self, declared: str) -> str:
        return self._names.get(_folded(declared), declared.strip())

    def _first(self, rules: Iterable[ToolRule], models: tuple[str, str], agent: str, base: str) -> str:
        fits = (r for r in rules if any(r.fits(model=m, user_agent=agent, api_base=base) for m in models))
        rule = next(fits, None)
        return self._canonical(rule.name) if rule is not None else ""


def _folded(name: str) -> str:
    """Folds spellings: `Claude Code`, `claude-code` and `claude_code` are one tool."""
    return re.sub(r"[\s_-]+", "", name.casefold())
