"""Claims of unattributed keys, made on Home by admins."""

from datetime import date, timedelta
from difflib import get_close_matches

from slack_bolt.async_app import AsyncApp

from bot.org.attribution import UNATTRIBUTED_DAYS, UnattributedKey
from bot.org.attribution_rules import AttributionRule
from bot.org.teams import Directory, Team
from bot.periods import date_of, day_number, day_start, micros
from bot.refusals import FieldRefusal, Refusal
from bot.rulebook import Rulebook
from bot.views.blocks import name
from bot.views.org import attribution as views
from handlers.context import Context
from handlers.slack.answers import SlackRequest, answers
from storage.store import Transaction

_OLDEST_CLAIM = timedelta(days=3 * 366)


async def claim_key(
    tx: Transaction,
    rulebook: Rulebook,
    credential: str,
    *,
    team: Team,
    since_at: int | None,
    by: int | None,
    at: int,
    moves_later: bool,
) -> None:
    """Stores that a credential belongs to a team, from now on or since a moment.

    Usage since that moment has to move: with `moves_later` the worker moves it, otherwise the caller. Raises Refusal if a
    rule already names another team. Claiming again for the same team is allowed.
    """
    await tx.config.changed()  # locks the row, so a second admin sees the first one's claim
    standing = await _rule_of(tx, credential, at)
    if standing is not None and (standing.origin == "file" or standing.team_id != team.id):
        owner = name(rulebook.directory.by_id(standing.team_id).name)
        where = "teams.yml" if standing.origin == "file" else "a claim"
        raise Refusal(f"{name(credential)} is {owner}'s already, by {where}.")
    from_at = at if since_at is None else since_at
    if standing is None or from_at < standing.from_at:
        await tx.attribution.claim(credential, team.id, from_at=from_at)
        hashed = await tx.audit.hashed(credential)
        detail = {"credential": hashed, "from": from_at}
        await tx.audit.record(at=at, actor_id=by, action="claim key", subject=f"team:{team.id}", detail=detail)
    if since_at is not None and moves_later:
        await tx.reattributions.add(
            credential=credential, team_id=team.id, since_at=since_at, asked_by=by, at=at, is_taken=False
        )


async def _rule_of(tx: Transaction, credential: str, at: int) -> AttributionRule | None:
    """Returns the rule that names this credential now."""
    return next(
        (rule for rule in await tx.attribution.rules() if rule.names_credential(credential) and rule.is_in_force(at)),
        None,
    )


def require_admin(directory: Directory, person_id: int) -> None:
    if person_id not in directory.admins:
        raise Refusal("Only admins claim keys: teams.yml names them, and finance where it names none.")


async def open_claim(request: SlackRequest) -> None:
    """Opens the claim form with the key's usage and all teams."""
    context = request.context
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        require_admin(directory, request.person.id)
        if not directory.real_teams:
            raise Refusal("There is no team to claim it for: teams.yml names none yet.")
        key = await _key(tx, directory, request.id, today=directory.root.day_of(context.now_micros()))
        form = views.claim_form(key=key, teams=directory.real_teams, metadata=str(key.series_id))
    await request.open_form(form)


async def _key(tx: Transaction, directory: Directory, series_id: int, *, today: int) -> UnattributedKey:
    """Returns a button's key with its unattributed usage of the last month."""
    credential = await tx.attribution.credential_of(series_id)
    listed = await tx.attribution.unattributed_keys(
        directory.unattributed.id, first_day=today - UNATTRIBUTED_DAYS, end_day=today + 2
    )
    key = next((key for key in listed if key.credential == credential), None)
    if not credential or key is None:
        raise Refusal("Nothing of that key is unattributed any more.")
    return key._replace(series_id=series_id)


async def submit_claim(request: SlackRequest) -> None:
    """Stores a claim, effective with this commit; the worker moves earlier usage."""
    context = request.context
    at = context.now_micros()
    series_id = request.carried_id()
    async with request.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        directory = rulebook.directory
        require_admin(directory, request.person.id)
        team = _team(directory, request.field(views.TEAM_FIELD))
        since_at = _since(request.field(views.SINCE_FIELD), directory, at=at)
        credential = await tx.attribution.credential_of(series_id)
        if not credential:
            raise Refusal("There is no such key any more.")
        try:
            await claim_key(
                tx,
                rulebook,
                credential,
                team=team,
                since_at=since_at,
                by=request.person.id,
                at=at,
                moves_later=True,
            )
        except Refusal as refusal:
            raise FieldRefusal(views.TEAM_FIELD, refusal.sentence) from refusal
    await request.ack()


def _team(directory: Directory, chosen: str) -> Team:
    """Returns the team that was chosen in the menu or typed."""
    teams = directory.real_teams
    match = next((team for team in teams if str(team.id) == chosen), None) if len(teams) <= views.MAX_TEAMS else None
    if match is None:
        match = directory.by_slug(chosen.strip())
    if match is None:
        named = [team for team in teams if team.name.casefold() == chosen.strip().casefold()]
        match = named[0] if len(named) == 1 else None
    if match is None:
        near = get_close_matches(chosen.strip().casefold(), [team.slug for team in teams], n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise FieldRefusal(views.TEAM_FIELD, f"There is no team of that name.{hint}")
    return match


def _since(chosen: str, directory: Directory, *, at: int) -> int | None:
    """Returns the start of the chosen day in the organisation's zone; None if no day was chosen."""
    if not chosen:
        return None
    day = day_number(date.fromisoformat(chosen))
    today = directory.root.day_of(at)
    if day > today:
        raise FieldRefusal(views.SINCE_FIELD, "Choose today or a day before it.")
    if date_of(today) - date_of(day) > _OLDEST_CLAIM:
        raise FieldRefusal(views.SINCE_FIELD, "Choose a day of the last three years.")
    return micros(day_start(day, directory.root.timezone))


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.CLAIM_KEY)(answers(context, open_claim))
    app.view(views.CLAIM_FORM)(answers(context, submit_claim))
