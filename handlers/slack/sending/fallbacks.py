"""Fallbacks: who gets a message whose channel or person can't be reached."""

import structlog

from bot.org.teams import Directory
from bot.outbox import PERSON_GONE
from handlers.context import Context
from handlers.slack.posts import post_to_people
from storage.deliveries import OutboxItem
from storage.outbox import CLOSED, GIVEN_UP, IN_PREVIEW
from storage.store import Transaction

log = structlog.get_logger()

_NOT_BROKEN = frozenset({"team_channel_paused", IN_PREVIEW})
"""The channel works but must not be used. In preview, finance gets alerts stored before the preview."""


async def fall_back(context: Context, tx: Transaction, item: OutboxItem, *, owner: str, fault: str, at: int) -> None:
    """Ends a message that can't reach its place, and stores copies for the people who get it instead.

    A message that nobody else should get, or has, is closed; one that nobody can get is given up.
    """
    directory = (await context.rulebooks.current(tx)).directory
    people: frozenset[int] | None
    if item.to_team_id is not None:
        people = await _instead_of_channel(tx, directory, item, fault)
    else:
        people = await _instead_of_person(tx, directory, item, fault, at)
    given_up = CLOSED if people is None or people else GIVEN_UP
    ended = await tx.deliveries.end(item, owner=owner, fault=fault, given_up=given_up)
    log.warning("message passed on", outbox_id=item.id, fault=fault, people=len(people or ()))
    if ended and people:
        about = None if item.about_team_id is None else directory.by_id(item.about_team_id)
        base = item.dedupe_key.rpartition(":to:")[0] or item.dedupe_key
        await post_to_people(tx, people, item.message, dedupe_key=base, at=at, about=about)


async def _instead_of_channel(tx: Transaction, directory: Directory, item: OutboxItem, fault: str) -> frozenset[int]:
    """Marks a team's channel as broken, and returns the people responsible for the team."""
    assert item.to_team_id is not None
    team = directory.by_id(item.to_team_id)
    apart = team.destination(item.route) != team.destination()
    if fault not in _NOT_BROKEN and apart:
        await tx.alert_settings.set_place(team.id, item.route, state="broken")
    elif fault not in _NOT_BROKEN:
        await tx.teams.set_channel(team.id, channel_id=team.channel_id, state="broken")
    return directory.reachable_finance if fault == IN_PREVIEW else directory.responsible_for(team)


async def _instead_of_person(
    tx: Transaction, directory: Directory, item: OutboxItem, fault: str, at: int
) -> frozenset[int] | None:
    """Notes that a person is gone, and returns the people who get their copy: None if it was theirs alone, or others
    have it."""
    assert item.to_person_id is not None
    gone = item.to_person_id
    if fault != PERSON_GONE:
        await tx.reachability.record({gone: fault}, at=at)
    if ":to:" not in item.dedupe_key or await tx.outbox.others_have(item.dedupe_key, except_id=item.id):
        return None
    about = None if item.about_team_id is None else directory.by_id(item.about_team_id)
    people = directory.reachable_finance if about is None else directory.responsible_for(about)
    return people - {gone} or directory.reachable_finance - {gone}
