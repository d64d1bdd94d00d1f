"""Unattributed keys and people, the form to claim a key, and the notice about moved usage."""

from collections.abc import Sequence
from typing import Any

from bot.messages import Block, Message
from bot.money import usd
from bot.org.attribution import UnattributedKey
from bot.org.people import UnmatchedPerson
from bot.org.teams import Team
from bot.periods import short_day_text
from bot.reporting.reports import UnattributedView
from bot.text import plain
from bot.views.blocks import (
    button,
    context,
    date_input,
    date_mark,
    field,
    modal,
    name,
    section,
    select,
    spoken_label,
    text_input,
)
from bot.views.wording import counted

CLAIM_KEY = "claim_key"
CLAIM_FORM = "claim_form"
TEAM_FIELD = "team"
SINCE_FIELD = "since"

_KEYS_SHOWN = 5
_PEOPLE_SHOWN = 5
MAX_TEAMS = 100
"""The maximum number of options in a menu."""
_SLUG_CHARACTERS = 80


def unattributed_blocks(view: UnattributedView) -> list[Block]:
    """Returns unattributed keys and unknown people of the last month; empty if there are none."""
    return [*_keys(view), *_people(view)]


def _keys(view: UnattributedView) -> list[Block]:
    named = [key for key in view.keys if key.credential]
    unnamed = [key for key in view.keys if not key.credential]
    if not view.keys:
        return []
    who = "Claim a key for the team that uses it." if view.may_claim else "An admin can claim them for a team."
    blocks = [section(f"*Unassigned keys, last 30 days*\n{who}", block_id="whose-keys")]
    for key in named[:_KEYS_SHOWN]:
        claim = None
        if view.may_claim and not key.is_moving and key.by != "file":
            label = f"Claim {spoken_label(key.credential, limit=40)} for a team"
            claim = button("Claim", action_id=CLAIM_KEY, value=key.series_id, label=label)
        blocks.append(section(_key_words(key), block_id=f"whose-key-{key.series_id}", accessory=claim))
    rest = []
    if len(named) > _KEYS_SHOWN:
        spend = usd(sum(key.cost_nanos for key in named[_KEYS_SHOWN:]))
        more = counted(len(named) - _KEYS_SHOWN, "key")
        rest.append(f"And {more} more with {spend}: `tokens attribution unattributed` lists them.")
    if unnamed:
        spend = usd(sum(key.cost_nanos for key in unnamed))
        rest.append(f"{counted(sum(key.calls for key in unnamed), 'call')} with {spend} named no key.")
    if rest:
        blocks.append(context(" ".join(rest), block_id="whose-keys-more"))
    return blocks


def _key_words(key: UnattributedKey) -> str:
    used = f"{usd(key.cost_nanos)}, {counted(key.calls, 'call')}, last on {short_day_text(key.last_day)}"
    words = f"*{name(key.credential, limit=60)}*\n{used}"
    if not key.team:
        return words
    if key.is_moving:
        then = "this use is being moved there."
    elif key.by == "file":
        then = "this use is from before; `tokens attribution reapply` moves what the rule's dates cover."
    else:
        then = "this use is from before. Claim it again with a date to move it there."
    return f"{words}\nIt counts for {name(key.team, limit=40)} now; {then}"


def _people(view: UnattributedView) -> list[Block]:
    if not view.people:
        return []
    lines = [f"• {_person_words(one, hidden=view.hides_people)}" for one in view.people[:_PEOPLE_SHOWN]]
    if len(view.people) > _PEOPLE_SHOWN:
        lines.append(f"and {len(view.people) - _PEOPLE_SHOWN:,} more: `tokens people unmatched` lists them")
    text = "*People whom nobody knows, last 30 days*\nAn alias or a team in people.csv says who they are."
    return [section(text, block_id="whose-people"), section("\n".join(lines), block_id="whose-people-names")]


def _person_words(one: UnmatchedPerson, *, hidden: bool) -> str:
    """Returns one unknown person. With `hidden`, figures of a person named by e-mail are left out, because they are
    private.
    """
    shown = name(one.spelled, limit=60)
    if one.is_email and hidden:
        return shown
    return f"{shown}: {usd(one.cost_nanos)}, {counted(one.calls, 'call')}"


def claim_form(*, key: UnattributedKey, teams: Sequence[Team], metadata: str) -> dict[str, Any]:
    """Returns the form to claim a key. If the teams do not fit into a menu, the person types a name or slug."""
    if len(teams) <= MAX_TEAMS:
        options = [(plain(team.name, limit=70), team.id) for team in sorted(teams, key=lambda t: t.name.casefold())]
        chooser = select(options, action_id=TEAM_FIELD, chosen=None, placeholder="Choose a team")
    else:
        chooser = text_input(
            action_id=TEAM_FIELD, initial="", placeholder="search", max_length=_SLUG_CHARACTERS, focus=True
        )
    hint = "Calls with this key count for it from now on, whoever made them."
    since = date_input(action_id=SINCE_FIELD, placeholder="Choose a date")
    since_hint = "Empty: what was used before stays where it is. Moved usage is no new spend, and alerts nobody."
    blocks = [
        section(_key_words(key), block_id="claimed-key"),
        field("Team" if len(teams) <= MAX_TEAMS else "Team, by name or slug", chooser, block_id=TEAM_FIELD, hint=hint),
        field("Also move what was used since", since, block_id=SINCE_FIELD, hint=since_hint, optional=True),
    ]
    return modal(title="Claim a key", submit="Claim", blocks=blocks, callback_id=CLAIM_FORM, metadata=metadata)


def moved_message(team: Team, *, calls: int, nanos: int, since_at: int, credential: str, key: int) -> Message:
    """Returns the notice to a team about past usage that moved to it."""
    since = date_mark(since_at, timezone=team.timezone, pattern="{date_short_pretty}")
    what = f"Use of the key {name(credential)}" if credential else "Use that belongs to this team"
    text = (
        f"{what} since {since} counts for {name(team.name)} now: {counted(calls, 'call')}, {usd(nanos)}. "
        "It is in the figures of the days on which it was made; it is no new spend."
    )
    return Message(text=text, blocks=(section(text, block_id=f"moved-{key}"),))


def moved_away_words(*, nanos: int) -> str:
    """Returns the sentence about why a team's alert is obsolete."""
    return f"{usd(nanos)} of past use turned out to be another team's."
