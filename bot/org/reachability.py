"""Teams without a manager whom Slack reaches: who is gone, and who gets their messages instead."""

from dataclasses import dataclass

from bot.org.teams import Team

_FAULT_WORDS = {
    "deactivated": "the Slack account is deactivated",
    "outsider": "a guest, a bot or another company's account, which may not see Tokens",
    "unknown": "no e-mail and no Slack id is known",
}
_NO_ACCOUNT = "no active Slack account"


@dataclass(frozen=True, kw_only=True)
class GonePerson:
    """A person with a role whom Slack does not reach. `label` is an e-mail, else a name or Slack id, as typed."""

    label: str
    fault: str

    @property
    def words(self) -> str:
        """Returns `carol@acme.test (no active Slack account)`, not escaped."""
        return f"{self.label} ({_FAULT_WORDS.get(self.fault, _NO_ACCOUNT)})"


@dataclass(frozen=True, kw_only=True)
class LostManagers:
    """A team whose managers are all unreachable; `team` is the organisation for finance. `instead` are the people who
    act for them, as mentions or names."""

    team: Team
    gone: tuple[GonePerson, ...]
    instead: tuple[str, ...]

    @property
    def is_finance(self) -> bool:
        return self.team.kind == "organisation"
