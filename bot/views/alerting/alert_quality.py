"""The quality of alerts on Home, for finance, admins and managers."""

from collections.abc import Sequence

from bot.alerting.alert_quality import QUALITY_DAYS, AlertQuality
from bot.alerting.reactions.alert_opinions import OpinionReason
from bot.messages import Block
from bot.org.teams import Team
from bot.views.alerting.delivery_rules import settings_button
from bot.views.blocks import name, section
from bot.views.wording import counted

_MAX_TEAMS = 3
REASON_WORDS: dict[OpinionReason, str] = {
    "small": "too small to matter",
    "planned": "planned",
    "wrong": "wrong team or cause",
    "late": "too late",
    "known": "already known",
    "other": "another reason",
}


def quality_words(quality: AlertQuality) -> str:
    """Returns one or two sentences in mrkdwn."""
    if not quality.alerts:
        return "No alert."
    parts = [
        f"{quality.acknowledged:,} acknowledged",
        f"{quality.expected:,} planned",
        f"{quality.not_useful:,} not useful{_reasons(quality)}",
    ]
    soon = "" if quality.median_seconds is None else f"; median response {_span(quality.median_seconds)}"
    noise = f" {quality.noise:,} of {quality.answered:,} answered were noise." if quality.is_noisy else ""
    return f"{counted(quality.alerts, 'alert')}: {', '.join(parts)}{soon}.{noise}"


def _reasons(quality: AlertQuality) -> str:
    """Returns ` (2 too small to matter, 1 planned)`; nothing without reasons."""
    listed = ", ".join(f"{count:,} {REASON_WORDS[reason]}" for reason, count in quality.reasons)
    return f" ({listed})" if listed else ""


def _span(seconds: int) -> str:
    if seconds < 60:
        return "under a minute"
    if seconds < 2 * 3_600:
        return counted(seconds // 60, "minute")
    return counted(seconds // 3_600, "hour")


def company_quality_block(
    quality: AlertQuality, noisy: Sequence[tuple[Team, AlertQuality]], *, organisation: Team
) -> Block:
    """Returns the block for finance and admins: all teams together, the noisy teams, and a button to the settings of
    the organisation."""
    lines = [quality_words(quality)]
    if noisy:
        named = ", ".join(name(team.name, limit=30) for team, _ in noisy[:_MAX_TEAMS])
        rest = f" and {counted(len(noisy) - _MAX_TEAMS, 'team')} more" if len(noisy) > _MAX_TEAMS else ""
        lines.append(f"Mostly noise: {named}{rest}. Consider adjusting their thresholds or mutes.")
    words = f"*Alerts, last {QUALITY_DAYS} days*\n" + "\n".join(lines)
    return section(words, block_id="company-alerts", accessory=settings_button(organisation))


def managed_quality_blocks(managed: Sequence[tuple[Team, AlertQuality]]) -> list[Block]:
    """Returns the blocks for managers: each of their teams with a button to its settings."""
    if not managed:
        return []
    blocks = [section(f"*Alerts of my teams, last {QUALITY_DAYS} days*", block_id="home-alerts")]
    for team, quality in managed[:_MAX_TEAMS]:
        words = f"*{name(team.name, limit=40)}* {quality_words(quality)}"
        blocks.append(section(words, block_id=f"home-alerts-{team.id}", accessory=settings_button(team)))
    return blocks
