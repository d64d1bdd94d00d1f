"""What holds, transfers and credits share: which team is meant, and the locks of its accounts."""

from collections.abc import Sequence

from bot.books.ledger import Account, Bucket
from bot.org.teams import Team
from bot.refusals import Refusal
from bot.views.blocks import name
from bot.views.books.commitments.holds import held_lines
from bot.views.books.commitments.transfers import waiting_lines
from handlers.books.periods import require_open
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest

_BUCKETS: tuple[Bucket, ...] = ("available", "held", "spent")


async def lock_budgets(scope: Scope, teams: Sequence[Team], *periods: str) -> None:
    """Opens the present period of some teams and locks their accounts of it and of the given periods, in order, before
    anything is read that decides: nobody else can promise the same money meanwhile."""
    directory = scope.directory
    names = set(periods)
    for period in {directory.period_at(team, scope.at) for team in teams}:
        await require_open(scope.tx, scope.rulebook, period, at=scope.at)
        names.add(period.name)
    await scope.tx.ledger.lock(
        Account(team_id=team.id, period=period, bucket=bucket)
        for team in teams
        for period in names
        for bucket in _BUCKETS
    )


def require_governed(team: Team) -> None:
    """Raises Refusal where budgets have no consequences yet."""
    if team.mode != "govern":
        raise Refusal(
            f"{name(team.name)} is in mode {team.mode}: budgets have no consequences yet, so there is nothing to set aside "
            "or move."
        )


def team_in_words(scope: Scope, asked: SlackRequest, *, what: str) -> Team:
    """Returns the team that a command means: the channel's, or the only one that the person manages or belongs to. Raises
    Refusal if it is unclear."""
    directory = scope.directory
    here = directory.open_at(asked.channel_id)
    if here is not None and here.kind == "team" and (here.mode != "preview" or asked.person.id in directory.finance):
        return here
    own = [team for team in directory.teams_of(asked.person.id) if directory.may_see(asked.person.id, team)]
    managed = [team for team in own if directory.manages(asked.person.id, team)]
    for listed in (managed, own):
        if len(listed) == 1:
            return listed[0]
    raise Refusal(f"Which team? Type `{scope.command} {what}` in the channel of the team you mean.")


async def commitment_lines(scope: TeamScope) -> list[str]:
    """Returns what a team has set aside and its transfers that wait, as lines for its standing."""
    tx, directory, team = scope.tx, scope.directory, scope.team
    waiting = [
        (transfer, directory.by_id(transfer.giver_id), directory.by_id(transfer.taker_id))
        for transfer in await tx.transfers.waiting(team.id)
    ]
    return [*held_lines(await tx.holds.uses_of([team.id])), *waiting_lines(waiting)]
