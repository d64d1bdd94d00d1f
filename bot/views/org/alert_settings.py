"""A team's alert settings: the form for people who may change them, and the text for others."""

from collections.abc import Sequence
from typing import Any

from bot.messages import Block, Message
from bot.org import alert_settings as rules
from bot.org.alert_settings import AlertSettings, Destination, clock_text
from bot.org.teams import Team
from bot.views.blocks import (
    channel_select,
    checkboxes,
    context,
    field,
    mention_of_channel,
    modal,
    name,
    section,
    select,
    text_input,
)
from bot.views.wording import counted

ALERT_SETTINGS_FORM = "alert_settings_form"
FORM_TITLE = "Alert settings"

_MUTES = {
    "spike:low": "Spikes of low severity",
    "spike:medium": "Spikes of medium severity",
    "threshold:medium": "Thresholds below 100%",
    "forecast": "Forecasts that the budget will not last",
}


def alert_settings_form(team: Team, *, declared: tuple[int, ...]) -> dict[str, Any]:
    """Returns the form with the current settings. `declared` are the thresholds of teams.yml."""
    settings = team.alerts
    blocks: list[Block] = [
        section(
            f"For *{name(team.name)}*, from now on. Times are those of {name(team.timezone)}.", block_id="settings-of"
        ),
        _thresholds(settings, declared),
        _time(
            "Quiet hours from",
            settings.quiet_from,
            rules.FROM_FIELD,
            "Alerts wait until they end; critical ones don't.",
        ),
        _time(
            "Quiet hours until", settings.quiet_until, rules.UNTIL_FIELD, "On the team's clocks, also when they change."
        ),
        field(
            "Quiet days",
            checkboxes(
                [("All of Saturday and Sunday", "weekends")],
                action_id=rules.WEEKENDS_FIELD,
                chosen=["weekends"] if settings.quiet_weekends else [],
            ),
            block_id=rules.WEEKENDS_FIELD,
            hint="Held alerts post Monday if they still apply.",
            optional=True,
        ),
        field(
            "Alerts a day, at most",
            _numbers(rules.CAP_FIELD, rules.DAILY_CAPS, settings.daily_cap, {}),
            block_id=rules.CAP_FIELD,
            hint="The rest are grouped in one message. Critical alerts always post on their own.",
        ),
        field(
            "Escalate unanswered critical alerts after",
            _numbers(rules.ESCALATE_FIELD, rules.ESCALATION_MINUTES, settings.escalate_minutes, _MINUTES),
            block_id=rules.ESCALATE_FIELD,
            hint="To the team's managers by direct message, and after twice as long to those above them.",
        ),
        field(
            "Mute",
            checkboxes(
                [(_MUTES[mute], mute) for mute in rules.MUTABLE_KINDS if _applies(mute, team)],
                action_id=rules.MUTED_FIELD,
                chosen=settings.muted,
            ),
            block_id=rules.MUTED_FIELD,
            hint="Kept and counted, and not said. Nothing critical is ever muted, nor a budget that is used up.",
            optional=True,
        ),
        *_channels(team),
    ]
    return modal(title=FORM_TITLE, submit="Save", blocks=blocks, callback_id=ALERT_SETTINGS_FORM, metadata=str(team.id))


_MINUTES = {0: "Never", 60: "1 hour", 120: "2 hours"}


def _thresholds(settings: AlertSettings, declared: tuple[int, ...]) -> Block:
    of_file = ", ".join(str(percent) for percent in declared)
    typed = text_input(
        action_id=rules.THRESHOLDS_FIELD,
        initial=", ".join(str(percent) for percent in settings.thresholds or ()),
        placeholder=of_file,
        max_length=60,
    )
    hint = f"Percent of the budget; 100 always counts. Empty: as in teams.yml, {of_file}."
    return field("Thresholds", typed, block_id=rules.THRESHOLDS_FIELD, hint=hint, optional=True)


def _time(label: str, minute: int | None, block_id: str, hint: str) -> Block:
    options: list[tuple[str, int | str]] = [("none", rules.NO_TIME), *((clock_text(m), m) for m in rules.HALF_HOURS)]
    chosen = rules.NO_TIME if minute is None else minute
    return field(
        label, select(options, action_id=block_id, chosen=chosen, placeholder="none"), block_id=block_id, hint=hint
    )


def _numbers(action_id: str, numbers: Sequence[int], chosen: int, words: dict[int, str]) -> Any:
    unit = "minutes" if words else ""
    options = [(words.get(number, f"{number} {unit}".strip()), number) for number in sorted({*numbers, chosen})]
    return select(options, action_id=action_id, chosen=chosen, placeholder="Choose")


def _applies(mute: str, team: Team) -> bool:
    """Returns whether a muted kind applies to the team; the organisation has no spikes of its own."""
    return team.kind == "team" or not mute.startswith("spike")


def _channels(team: Team) -> list[Block]:
    """Returns the fields of separate channels. Slack cannot clear a channel menu, so checkboxes reset it."""
    separate = [("Channel for alerts", rules.ALERTS_FIELD, team.alerts.alerts_destination)]
    hint = "Only if not the team's own. Everybody in it sees the team's figures. The Monday digest stays in the team's."
    own, back_to = "The team's channel", "the team's own channel"
    if team.kind == "team":
        separate.append(("Channel for approvals", rules.APPROVALS_FIELD, team.alerts.approvals_destination))
    else:
        hint = "In place of direct messages to finance and admins. Everybody in it sees the company's figures."
        own, back_to = "Direct messages", "finance and admins by direct message"
    blocks = [
        field(
            label,
            channel_select(action_id=block_id, chosen=place.ref if place else "", placeholder=own),
            block_id=block_id,
            hint=hint,
            optional=True,
        )
        for label, block_id, place in separate
    ]
    back = [
        (f"{kind.capitalize()} go to {back_to} again", kind)
        for kind, (_, _, place) in zip(("alerts", "approvals"), separate, strict=False)
        if place
    ]
    if back:
        boxes = checkboxes(back, action_id=rules.BACK_FIELD, chosen=[])
        blocks.append(
            field("Back", boxes, block_id=rules.BACK_FIELD, hint="In place of the channels above.", optional=True)
        )
    return blocks


def alert_settings_message(team: Team, *, who_may: Sequence[str]) -> Message:
    """Returns the current settings for people who may not change them. `who_may` are mentions of those who may."""
    lines = [f"• {line}" for line in settings_lines(team)]
    lead = f"Alert settings of {name(team.name)}"
    may = f"{', '.join(who_may[:5])} can change them." if who_may else "Finance can change them."
    blocks = (
        section(f"*{lead}*\n" + "\n".join(lines), block_id=f"alert-settings-{team.id}"),
        context(may, block_id=f"alert-settings-{team.id}-notes"),
    )
    return Message(text=f"{lead}: {'; '.join(line[2:] for line in lines)}. {may}", blocks=blocks)


def which_team_message(teams: Sequence[Team], *, command: str) -> Message:
    """Returns the choice of teams for a person who manages several."""
    lead = f"Whose alert settings? Type `{command} settings` in the team's channel, or with its name: "
    named = ", ".join(f"`{command} settings {team.slug}`" for team in teams[:10])
    return Message(text=f"{lead}{named}.", blocks=(section(f"{lead}{named}.", block_id="which-settings"),))


def settings_lines(team: Team) -> list[str]:
    """Returns the settings in mrkdwn, one per line."""
    settings = team.alerts
    percents = ", ".join(f"{percent}%" for percent in sorted({*team.thresholds, 100}))
    source = "set in Slack" if settings.thresholds else "from teams.yml"
    quiet = []
    if settings.quiet_from is not None and settings.quiet_until is not None:
        hours = f"{clock_text(settings.quiet_from)} to {clock_text(settings.quiet_until)}"
        quiet.append(f"{hours} ({name(team.timezone)})")
    if settings.quiet_weekends:
        quiet.append("Saturday and Sunday")
    minutes = settings.escalate_minutes
    further = f"after {minutes} and {2 * minutes} minutes" if minutes else "never"
    muted = ", ".join(_MUTES[mute].lower() for mute in rules.MUTABLE_KINDS if mute in settings.muted) or "nothing"
    return [
        f"Thresholds: {percents}, {source}",
        f"Quiet hours: {' and '.join(quiet) or 'none'}",
        f"Up to {counted(settings.daily_cap, 'alert')} a day; the rest are grouped",
        f"Unanswered critical alerts are escalated {further}",
        f"Muted: {muted}",
        _routes(team),
    ]


def _routes(team: Team) -> str:
    alerts = team.alerts.alerts_destination
    if team.kind == "organisation":
        return f"Alerts go to {_place(alerts, own='finance and admins by direct message')}"
    return f"Alerts go to {_place(alerts)}, approvals to {_place(team.alerts.approvals_destination)}"


def _place(place: Destination | None, *, own: str = "the team's channel") -> str:
    if place is None:
        return own
    return mention_of_channel(place.ref) + ("" if place.state == "linked" else f" ({place.state})")
