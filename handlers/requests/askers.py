"""Who may ask for a team's budget, and when there is something to ask for."""

from bot.org.teams import Directory, Team
from bot.org.tree.places import merged_into
from bot.periods import long_day_text
from bot.refusals import Refusal
from bot.requests.approvals import ApprovalRoute
from bot.requests.votes import can_be_decided
from bot.views.blocks import name


def require_may_ask(directory: Directory, team: Team, *, person_id: int, channel: str) -> None:
    """Raises Refusal unless a person may ask for a team's budget: in the team, in its channel, or in finance."""
    if not _belongs(directory, team, person_id=person_id, channel=channel):
        raise Refusal(f"You are not in {name(team.name)}, so you can't ask for its budget.")


def may_ask(directory: Directory, team: Team, *, person_id: int, channel: str) -> bool:
    """Returns whether a request for a team's budget would be taken from a person, so that its button is shown."""
    takes_requests = team.kind == "team" and team.mode == "govern" and not team.has_ended
    return takes_requests and _belongs(directory, team, person_id=person_id, channel=channel)


def _belongs(directory: Directory, team: Team, *, person_id: int, channel: str) -> bool:
    own = team in directory.teams_of(person_id) or directory.manages(person_id, team)
    return team.is_at(channel) or own or person_id in directory.finance


def require_decider(found: ApprovalRoute, directory: Directory) -> None:
    """Raises Refusal, with what to do, if nobody could decide a request, or too few people."""
    if found.is_auto or (found.deciders and can_be_decided(found, directory)):
        return
    who = "Nobody but you could decide this request."
    if found.deciders:
        few = (
            "only one of them is there" if len(found.deciders) == 1 else f"only {len(found.deciders)} of them are there"
        )
        who = f"The policy asks {found.needed} people to approve this request, and {few}."
    raise Refusal(f"{who} Ask an admin to name another manager, or somebody of finance.")


def require_open(directory: Directory, team: Team) -> None:
    if not team.has_ended or team.closed_day is None:
        return
    taker = merged_into(directory, team)
    if taker is not team:
        raise Refusal(f"{name(team.name)} is merged into {name(taker.name)}. Request budget for {name(taker.name)}.")
    raise Refusal(f"{name(team.name)} is closed since {long_day_text(team.closed_day)}, so it gets no more budget.")


def require_govern_mode(team: Team) -> None:
    if team.mode != "govern":
        raise Refusal(
            f"{name(team.name)} is in mode {team.mode}: budgets have no consequences yet, so there is nothing to ask for."
        )
