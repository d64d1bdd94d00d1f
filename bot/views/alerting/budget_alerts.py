"""The messages of budget alerts: thresholds, exhausted budgets and forecasts, open and ended."""

from bot.alerting.budget_alerts import FULL_PERCENT, PostedForecast
from bot.books.budgets import Standing
from bot.charts.values import encode
from bot.messages import Block, Message
from bot.money import usd, usd_round
from bot.org.teams import Team
from bot.periods import day_text, short_day_text
from bot.text import plain
from bot.views.alerting.alerts import answer_blocks
from bot.views.blocks import chart_placeholder, context, name, section
from bot.views.books.budgets import figures, headline, outlook, request_buttons
from bot.views.books.standing_charts import against_plan
from bot.views.spoken import with_figures


def threshold_message(
    standing: Standing, percent: int, *, alert_id: int, command: str, answered: str | None
) -> Message:
    """Returns the message of a crossed threshold, or of an exhausted budget with its consequences. `answered` is the
    sentence of the answer, in mrkdwn."""
    team, key = standing.team, f"alert-{alert_id}{'-answered' if answered else ''}"
    crossed = crossed_words(standing, percent)
    now = f"{headline(standing)} {outlook(standing)}"
    after = [next_steps(standing)] if percent == FULL_PERCENT else []
    picture = against_plan(standing)
    charts = () if picture is None else (encode(picture),)
    blocks: list[Block] = [
        section(f"*{crossed}.* {' '.join([now, *after])}", block_id=f"{key}-headline", fields=figures(standing)),
        *([chart_placeholder(0, block_id=f"{key}-chart")] if charts else []),
        *answer_blocks(
            key,
            alert_id,
            answered,
            what=f"the budget alert of {plain(team.name, limit=40)}",
            others=request_buttons(standing.team),
            expectable=False,
            may_request=False,
        ),
        *_notes(key, team, command),
    ]
    said = [answered] if answered else []
    text = with_figures(" ".join([f"{crossed}.", now, *after, *said]), figures(standing))
    return Message(text=text, blocks=tuple(blocks), charts=charts)


def crossed_words(standing: Standing, percent: int) -> str:
    """Returns `Search has passed 80% of its budget`, `Search has used up its budget`, or that the rest is held."""
    team, balance = standing.team, standing.balance
    budget = _budget(standing)
    if percent != FULL_PERCENT:
        return f"{name(team.name)} has passed {percent}% of {budget}"
    if balance.allocated_nanos <= 0:
        whole = f"handed {budget} to its teams" if balance.handed_nanos > 0 else f"has {budget}"
        return f"{name(team.name)} {whole} and spent {usd(balance.charged_nanos)}"
    if balance.charged_nanos >= balance.allocated_nanos:
        return f"{name(team.name)} has used up {budget}"
    return f"{name(team.name)} has nothing left of {budget}: the rest is held"


def _budget(standing: Standing) -> str:
    """Returns the budget that an alert is about: what went to the teams below is no part of it."""
    balance = standing.balance
    if standing.team.kind != "team":
        return "the budget that no team was given"
    if balance.handed_nanos <= 0:
        return "its budget" if balance.allocated_nanos > 0 else "a budget of $0"
    if balance.allocated_nanos <= 0:
        return "its budget"
    return f"its budget (the {usd_round(balance.allocated_nanos)} that its teams did not get)"


def next_steps(standing: Standing) -> str:
    """Returns the consequences of an exhausted budget in the team's mode, and the options."""
    team = standing.team
    if team.kind != "team":
        return (
            "Next: such usage is still recorded, and no gateway blocks it. Claim its keys for a team, or raise "
            "`organisation.funding` in teams.yml."
        )
    if team.mode == "govern":
        return (
            "Next: usage is still recorded. Gateways that check first block calls until more budget is approved or the "
            "period ends."
        )
    return f"Next: nothing, as the team is in mode {team.mode}: usage is booked, and gateways are told to allow it."


def threshold_resolved_message(standing: Standing, percent: int, *, alert_id: int, because: str) -> Message:
    """Returns the message of a threshold alert that ended. `because` is a sentence in mrkdwn."""
    shown = name(standing.team.name)
    if standing.balance.budget != "set":
        text = f"{shown} has no budget now, so its alert at {percent}% has ended. {headline(standing)}"
    else:
        text = f"{shown} is below {percent}% of {_budget(standing)} again: {because} {headline(standing)}"
    return Message(text=text, blocks=(section(text, block_id=f"alert-{alert_id}-resolved"),))


def raised_words(standing: Standing) -> str:
    """Returns the reason of an end without a click: an import or a transfer raised the budget."""
    return f"its budget is {usd_round(standing.balance.allocated_nanos)} now."


RELEASED = "what was held is free again."


def forecast_message(
    foretold: PostedForecast, *, team: Team, alert_id: int, command: str, team_may_request: bool, answered: str | None
) -> Message:
    """Returns the message of a forecast run-out, or of its end: `foretold.outcome` tells them apart."""
    key = f"alert-{alert_id}-{foretold.outcome}{'-answered' if answered else ''}"
    said = f"Said on {day_text(foretold.said_on)} for {day_text(foretold.said_day)}."
    shown, last_day = name(team.name), short_day_text(foretold.end_day - 1)
    if foretold.outcome != "expected":
        text = {
            "recovered": f"No longer expected: the budget of {shown} lasts until {last_day} as things stand.",
            "ran_out": f"The budget of {shown} ran out on {day_text(foretold.shown_on)}.",
            "nearer": f"The budget of {shown} is expected to run out earlier: a newer message says when.",
        }[foretold.outcome]
        text = f"{text} {said}"
        notes = [context(answered, block_id=f"{key}-answer")] if answered else []
        return Message(text=text, blocks=(section(text, block_id=key), *notes))
    lead = f"{shown} is expected to run out of budget on {day_text(foretold.shown_day)}"
    over = max(0, foretold.end_nanos - foretold.allocated_nanos)
    until = f"until {short_day_text(foretold.late_day)}" if foretold.late_day is not None else "or later"
    sure = (
        f"In 8 of 10 cases it is from {short_day_text(foretold.early_day)} {until}; the chance that it is before "
        f"{last_day} is over is {_chance(foretold.chance)}."
    )
    end = (
        f"By then it comes to {usd_round(foretold.end_nanos)}, {usd_round(over)} over its budget of "
        f"{usd_round(foretold.allocated_nanos)}."
    )
    moved = [said] if foretold.shown_day != foretold.said_day else []
    shown_answer = [answered] if answered else []
    blocks: list[Block] = [
        section(f"*{lead}.* {sure} {end}", block_id=key),
        *answer_blocks(
            key,
            alert_id,
            answered,
            what=f"the forecast of {plain(team.name, limit=40)}",
            others=request_buttons(team) if team_may_request else (),
            expectable=False,
            may_request=False,
        ),
        *_notes(key, team, command, *moved),
    ]
    return Message(text=" ".join([f"{lead}.", sure, end, *moved, *shown_answer]), blocks=tuple(blocks))


def _chance(chance: float) -> str:
    return "over 95%" if chance > 0.95 else f"{chance:.0%}"


def _notes(key: str, team: Team, command: str, *said: str) -> list[Block]:
    notes = [*said, f"`{command}` here shows how the team stands now."] if team.kind == "team" else list(said)
    return [context(*notes, block_id=f"{key}-notes")] if notes else []
