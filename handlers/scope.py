"""The scope of a handler: its transaction, rulebook, moment and settings."""

from dataclasses import dataclass
from datetime import datetime

from bot.org.teams import Directory, Team
from bot.periods import micros
from bot.rulebook import Rulebook
from storage.store import Transaction


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The values that handlers pass on together. `Context.scope` and `SlackRequest.scope` make one per transaction."""

    tx: Transaction
    rulebook: Rulebook
    now: datetime
    command: str
    """The name of the slash command, as messages show it."""

    @property
    def at(self) -> int:
        """`now` in microseconds since the epoch."""
        return micros(self.now)

    @property
    def directory(self) -> Directory:
        return self.rulebook.directory

    def of_team(self, team: Team) -> "TeamScope":
        """Returns the same scope for one team, or for the organisation as a whole."""
        return TeamScope(tx=self.tx, rulebook=self.rulebook, now=self.now, command=self.command, team=team)

    def of_team_id(self, team_id: int) -> "TeamScope":
        """Returns the same scope for the team with this id."""
        return self.of_team(self.directory.by_id(team_id))


@dataclass(frozen=True, kw_only=True)
class TeamScope(Scope):
    """A scope for one team."""

    team: Team
