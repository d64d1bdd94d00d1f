"""The programs that `make clients` runs: how each is installed, set up and made to call."""

from tests.clients.program import Program
from tests.clients.programs import (
    claude_code,
    codex,
    continue_cli,
    copilot_cli,
    gemini_cli,
    litellm_proxy,
    opencode,
    qwen_code,
)
from tests.clients.programs.sdks import SDKS

PROGRAMS: tuple[Program, ...] = (
    claude_code.PROGRAM,
    codex.PROGRAM,
    gemini_cli.PROGRAM,
    qwen_code.PROGRAM,
    copilot_cli.PROGRAM,
    opencode.PROGRAM,
    continue_cli.PROGRAM,
    litellm_proxy.PROGRAM,
    *SDKS,
)
