"""Messages for a team or for people: who gets them, and where; the outbox delivers them."""

from bot.messages import Message
from bot.org.alert_settings import MessageRoute
from bot.org.teams import Directory, Team
from storage.outbox import copy_key
from storage.store import Transaction


async def post_to_team(
    tx: Transaction,
    directory: Directory,
    team: Team,
    message: Message,
    *,
    dedupe_key: str,
    at: int,
    route: MessageRoute = "",
    held_until: int = 0,
) -> bool:
    """Stores a message for a team's channel, or for its managers, or else finance, if it has no working channel. Returns
    False if it was stored before.
    """
    place = team.destination(route)
    if place.ref and place.state != "broken":
        return await tx.outbox.put(
            message, dedupe_key=dedupe_key, at=at, to_team_id=team.id, route=route, held_until=held_until
        )
    people = directory.responsible_for(team)
    return await post_to_people(tx, people, message, dedupe_key=dedupe_key, at=at, held_until=held_until, about=team)


async def post_notice(
    tx: Transaction, directory: Directory, team: Team, message: Message, *, dedupe_key: str, at: int
) -> bool:
    """Stores a notice, such as a digest, for a team, or for finance alone while the team is in preview. Returns False if
    it was stored before.

    Alerts go through `handlers.alerting.delivery_rules.post_alert`.
    """
    if team.mode == "preview":
        people = directory.reachable_finance
        return await post_to_people(tx, people, message, dedupe_key=dedupe_key, at=at)
    return await post_to_team(tx, directory, team, message, dedupe_key=dedupe_key, at=at)


async def post_to_people(
    tx: Transaction,
    people: frozenset[int],
    message: Message,
    *,
    dedupe_key: str,
    at: int,
    held_until: int = 0,
    about: Team | None = None,
) -> bool:
    """Stores a copy of a message for each person; a change of the message changes all copies. Returns False if each was
    stored before.

    If all of them turn out to be gone, the others responsible for the team `about` get it, or finance.
    """
    team_id = None if about is None else about.id
    stored = [
        await tx.outbox.put(
            message,
            dedupe_key=copy_key(dedupe_key, person_id),
            at=at,
            to_person_id=person_id,
            held_until=held_until,
            about_team_id=team_id,
        )
        for person_id in sorted(people)
    ]
    return any(stored)
