"""The team that a question means: the named one, the channel's, or the person's own."""

from dataclasses import dataclass

from bot.messages import Message
from bot.org.teams import Directory, Team
from bot.views.books import standings as standing_views
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest


@dataclass(frozen=True, kw_only=True)
class MeantTeam:
    """The team to answer about, with the person's `others` if it was only one of several. Without one, the message in its
    place."""

    team: Team | None
    others: tuple[Team, ...] = ()
    instead: Message | None = None


def meant_team(scope: Scope, asked: SlackRequest) -> MeantTeam:
    """Returns the team that is meant where none is named: this channel's, which everybody there may see; the company for
    finance; else the first of the person's own."""
    directory, person_id = scope.directory, asked.person.id
    is_finance = person_id in directory.finance
    here = directory.open_at(asked.channel_id)
    if here is not None and (here.mode != "preview" or is_finance):
        return MeantTeam(team=here)
    own = own_teams(directory, person_id)
    if is_finance:
        return MeantTeam(team=directory.root, others=own)
    if own:
        return MeantTeam(team=own[0], others=own[1:])
    if (here is not None and here.mode == "preview") or directory.teams_of(person_id):
        return MeantTeam(team=None, instead=standing_views.preview_message(scope.command))
    return MeantTeam(team=None, instead=standing_views.no_team_message([], scope.command))


def own_teams(directory: Directory, person_id: int) -> tuple[Team, ...]:
    """Returns a person's teams whose figures they may see, those that go on before those that have ended."""
    seen = [team for team in directory.teams_of(person_id) if directory.may_see(person_id, team)]
    return tuple(sorted(seen, key=lambda team: team.has_ended))
