"""A team's standing as `/tokens` shows it, and the messages in place of a standing."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.messages import Block, Message
from bot.org.teams import Team
from bot.reporting.figures import Share
from bot.text import plain
from bot.views.blocks import actions, button, context, name, section
from bot.views.books.budgets import (
    REQUEST_BUDGET,
    figures,
    has_budget,
    headline,
    no_budget_words,
    outlook,
    released_words,
    spent_words,
    subtree_words,
    team_may_request,
    uncounted_words,
)
from bot.views.books.standing_charts import standing_chart
from bot.views.spoken import with_figures
from bot.views.wording import requests_waiting, share_lines

SHOW_STANDING = "show_standing"
"""Action id of the button that shows a team's standing; its value is the team's id."""
SHARE_STANDING = "share_standing"

_MAX_TEAMS = 15


def standing_text(standing: Standing) -> str:
    """Returns a standing in a few sentences, for screen readers and notifications."""
    parts = [headline(standing), outlook(standing)]
    if standing.team.kind == "team" and has_budget(standing):
        parts.insert(1, spent_words(standing))
    elif _lacks_budget(standing):
        parts.append(no_budget_words(standing))
    return " ".join([*parts, subtree_words(standing)]).rstrip()


def standing_message(
    standing: Standing,
    *,
    tools: Sequence[Share],
    command: str,
    pending: int,
    shared_by: str | None = None,
    may_request: bool = True,
    may_share: bool = False,
    gaps_note: str = "",
    grants: Sequence[str] = (),
    commitments: Sequence[str] = (),
) -> Message:
    """Returns the answer to `/tokens`.

    `tools` are the shares of the last 7 full days, largest first. `pending` counts the team's open requests. `shared_by`
    mentions the person who shared the message to the channel. `may_request` and `may_share` say whether these buttons would
    work for who reads it. `gaps_note` names gaps in the data, or is empty. `grants` are sentences about the team's grants with
    an end, `commitments` lines on what is set aside and on transfers that wait.
    """
    team, key = standing.team, f"standing-{standing.team.id}"
    blocks: list[Block] = [section(f"*{headline(standing)}*", block_id=f"{key}-headline", fields=figures(standing))]
    if _lacks_budget(standing):
        blocks.append(section(no_budget_words(standing), block_id=f"{key}-no-budget"))
    small_print = {
        "gaps": gaps_note,
        "uncounted": uncounted_words(standing) if has_budget(standing) else "",
        "released": released_words(standing),
        "grants": " ".join(grants[:5]) if has_budget(standing) else "",
        "commitments": "\n".join(commitments),
    }
    blocks += [context(words, block_id=f"{key}-{of}") for of, words in small_print.items() if words]
    if team.kind == "team":  # the organisation's own days hold unattributed usage only
        blocks += standing_chart(standing)
    total = sum(tool.cost_nanos for tool in tools)
    lines = share_lines(tools, total_nanos=total)
    if lines:
        blocks.append(section(f"*Top tools, last 7 full days*\n{lines}", block_id=f"{key}-tools"))
    buttons = []
    shown = plain(team.name, limit=40)
    if may_request and team_may_request(team):
        label = f"Request budget for {shown}"
        buttons.append(button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label))
    if may_share and team.kind == "team" and team.mode != "preview":
        label = f"Share the figures of {shown} to channel"
        buttons.append(button("Share to channel", action_id=SHARE_STANDING, value=team.id, label=label))
    if buttons:
        blocks.append(actions(*buttons, block_id=f"{key}-actions"))
    notes = [] if shared_by is None else [f"Shared by {shared_by}."]
    if team.mode == "preview":
        notes.append("Preview: only finance sees this.")
    if pending:
        notes.append(f"{requests_waiting(pending, 'a decision')}.")
    notes.append(f"Spent includes today so far. `{command} me` shows your own use, to you alone.")
    blocks.append(context(" ".join(notes), block_id=f"{key}-notes"))
    said = " ".join(part for part in (standing_text(standing), gaps_note, *commitments) if part)
    parts = [*figures(standing), *small_print.values(), *([f"*Top tools, last 7 full days*\n{lines}"] if lines else [])]
    return Message(text=with_figures(said, parts), blocks=tuple(blocks))


def no_team_message(teams: Sequence[Team], command: str) -> Message:
    """Returns the answer in a channel without a team: a choice of `teams`, or the way to join one."""
    if not teams:
        text = (
            "This channel belongs to no team, and you are in none. "
            f"Type `{command}` in your team's channel, or ask an admin to link this one with `{command} setup`. "
            f"`{command} me` shows your own use."
        )
        return Message(text=text, blocks=(section(text, block_id="no-team"),))
    lead = "This channel belongs to no team. Choose one of yours:"
    names = ", ".join(name(team.name) for team in teams[:_MAX_TEAMS])
    rest = f"and {len(teams) - _MAX_TEAMS:,} more" if len(teams) > _MAX_TEAMS else ""
    blocks = [section(lead, block_id="no-team")]
    for team in teams[:_MAX_TEAMS]:
        label = f"Show how {plain(team.name, limit=40)} stands"
        show = button("Show", action_id=SHOW_STANDING, value=team.id, label=label)
        blocks.append(section(f"*{name(team.name)}*", block_id=f"team-{team.id}", accessory=show))
    if rest:
        blocks.append(context(f"… {rest}: type `{command}` in the team's own channel.", block_id="more-teams"))
    return Message(text=f"{lead} {names} {rest}".strip() + ".", blocks=tuple(blocks))


def preview_message(command: str) -> Message:
    """Returns the answer to people outside finance in preview mode."""
    text = (
        "Tokens is in preview here: it counts usage, and only finance sees the figures until they switch it on. "
        f"`{command} me` shows your own use."
    )
    return Message(text=text, blocks=(section(text, block_id="preview"),))


def not_your_team_message(team: Team) -> Message:
    """Returns the answer to a person who asks for another team's figures."""
    text = (
        f"The figures of {name(team.name)} are for its members, its managers and finance. "
        "If you belong to the team, ask an admin to add you."
    )
    return Message(text=text, blocks=(section(text, block_id=f"not-yours-{team.id}"),))


def _lacks_budget(standing: Standing) -> bool:
    """Returns whether to mention that the team has no budget; mode `announce` does not mention budgets."""
    return standing.team.kind == "team" and standing.team.mode != "announce" and not has_budget(standing)
