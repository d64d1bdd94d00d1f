"""The forecast of a team's period: what it comes to, with a range, and when the budget runs out at which pace."""

from bot.books.budgets import Standing
from bot.messages import Block, Message
from bot.money import percent, usd
from bot.periods import day_text
from bot.views.blocks import actions, context, date_mark, name, section
from bot.views.books.budgets import (
    IDLE,
    against_budget,
    forecast_words,
    has_budget,
    request_buttons,
    too_early_words,
)
from bot.views.wording import a_day, an_hour, last_day_text, period_words, unpriced_words

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def forecast_message(standing: Standing, *, may_request: bool) -> Message:
    """Returns the forecast of the present period in one sentence, its figures, and how it was made."""
    team, forecast = name(standing.team.name), standing.forecast
    key = f"forecast-{standing.team.id}"
    if standing.has_no_price:
        text = f"{team} used {unpriced_words(standing.unpriced_tokens)}, so there is no forecast."
        return Message(text=text, blocks=(section(text, block_id=key),))
    if forecast.usual_nanos_per_day <= 0:
        text = f"No forecast for {team}. {IDLE}"
        return Message(text=text, blocks=(section(text, block_id=key),))
    if not forecast.is_known:
        text = f"{team}: {too_early_words(standing)}."
        return Message(text=text, blocks=(section(text, block_id=key),))
    lead = f"{_lead(standing)}."
    fields = _fields(standing)
    notes = (
        "The range holds in 4 of 5 cases. It rests on the weekdays of the last 4 weeks: "
        + ", ".join(f"{day} {usd(nanos)}" for day, nanos in zip(_WEEKDAYS, forecast.weekday_nanos, strict=True))
        + "."
    )
    blocks: list[Block] = [section(f"*{lead}*", block_id=key, fields=fields), context(notes, block_id=f"{key}-notes")]
    buttons = request_buttons(standing.team) if may_request else ()
    if buttons and forecast.is_expected_to_run_out:
        blocks.append(actions(*buttons, block_id=f"{key}-actions"))
    said = " ".join(field.replace("*", "").replace("\n", ": ") + "." for field in fields)
    return Message(text=f"{lead} {said} {notes}", blocks=tuple(blocks))


def _lead(standing: Standing) -> str:
    team, end = name(standing.team.name), last_day_text(standing.period)
    lead = f"{team} comes to {forecast_words(standing)} by {end}"
    if not has_budget(standing) or standing.team.kind == "organisation":
        return lead
    return f"{lead}, {against_budget(standing)}"


def _fields(standing: Standing) -> list[str]:
    forecast, balance = standing.forecast, standing.balance
    fields = [
        f"*Spent in {period_words(standing.period.name)}*\n{usd(balance.charged_nanos)}",
        f"*Usual day*\n{a_day(forecast.usual_nanos_per_day)}",
    ]
    if forecast.pace is not None:
        fields.append(f"*Current pace*\n{an_hour(forecast.pace.nanos_per_hour)}")
    if not has_budget(standing) or standing.team.kind == "organisation":
        return fields
    fields.append(f"*Left*\n{usd(max(0, balance.left_nanos))}")
    if balance.left_nanos <= 0:
        return [*fields, "*Runs out*\nNothing is left now"]
    if forecast.pace is not None and forecast.pace.run_out_at is not None:
        at = date_mark(forecast.pace.run_out_at, timezone=standing.zone)
        fields.append(f"*Runs out at the current pace*\n{at}")
    usual = (
        f"Not before {last_day_text(standing.period)}"
        if forecast.run_out_day is None
        else day_text(forecast.run_out_day)
    )
    fields.append(f"*Runs out at the usual pace*\n{usual}")
    fields.append(f"*Chance that it runs out*\n{percent(round(forecast.chance * 100), 100)}")
    return fields
