"""A scope: one transaction with its rulebook, moment and command name."""

from dataclasses import dataclass
from datetime import datetime

from bot.org.teams import Directory, Team
from bot.periods import micros
from bot.rulebook import Rulebook
from storage.store import Transaction


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The values that handlers pass on together. `Context.scope` and `SlackRequest.scope` create one per transaction."""

    tx: Transaction
    rulebook: Rulebook
    now: datetime
    command: str
    """The name of the slash command in messages."""

    @property
    def at(self) -> int:
        """Returns `now` in microseconds since 1970."""
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
