"""The programs that `make clients` runs: how each is installed, set up and made to call."""

from tests.clients.program import Program
from tests.clients.programs import claude_code

PROGRAMS: tuple[Program, ...] = (claude_code.PROGRAM,)
