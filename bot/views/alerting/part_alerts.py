"""The messages about a part's budget, for the team's channel, and about a person's limit, for that person alone."""

from bot.alerting.part_alerts import FULL_PERCENT, PartFacts
from bot.messages import Block, Message
from bot.money import usd
from bot.org.teams import Team
from bot.text import plain
from bot.views.alerting.alerts import answer_blocks
from bot.views.blocks import context, name, section
from bot.views.books.budgets import request_buttons

_KIND_WORDS = {"in_house": "in-house tools", "third_party": "third-party tools"}


def part_message(facts: PartFacts, *, team: Team, alert_id: int, command: str, answered: str | None) -> Message:
    """Returns the message of a crossed threshold. `answered` is the sentence of the answer, in mrkdwn."""
    key = f"alert-{alert_id}{'-answered' if answered else ''}"
    crossed = _crossed(facts, team)
    now = f"{usd(facts.spent_nanos)} of {usd(facts.amount_nanos)} is spent in {facts.period}."
    after = [_next(facts, team)] if facts.percent == FULL_PERCENT else []
    blocks: list[Block] = [
        section(f"*{crossed}.* {' '.join([now, *after])}", block_id=f"{key}-headline"),
        *answer_blocks(
            key,
            alert_id,
            answered,
            what=f"the budget alert of {plain(team.name, limit=40)}",
            others=request_buttons(team),
            expectable=False,
            may_request=False,
        ),
        context(
            f"`{command} top` shows what costs most. The amount is in teams.yml (`budget.parts`).",
            block_id=f"{key}-notes",
        ),
    ]
    said = [answered] if answered else []
    return Message(text=" ".join([f"{crossed}.", now, *after, *said]), blocks=tuple(blocks))


def part_ended_message(facts: PartFacts, *, team: Team, alert_id: int, amount_nanos: int | None) -> Message:
    """Returns the message of an alert whose part has a larger budget now, or None of its own any more."""
    whose = f"{name(team.name)}: the budget for {_part(facts)}"
    if amount_nanos is None:
        text = f"{whose} is gone, so its alert at {facts.percent}% has ended."
    else:
        text = f"{whose} is {usd(amount_nanos)} now, so less than {facts.percent}% of it is spent."
    return Message(text=text, blocks=(section(text, block_id=f"alert-{alert_id}-resolved"),))


def _part(facts: PartFacts) -> str:
    return _KIND_WORDS.get(facts.pattern, name(facts.pattern)) if facts.kind == "tool_kind" else name(facts.pattern)


def _crossed(facts: PartFacts, team: Team) -> str:
    budget = f"its budget for {_part(facts)}"
    if facts.percent == FULL_PERCENT:
        return f"{name(team.name)} has used up {budget}"
    return f"{name(team.name)} has passed {facts.percent}% of {budget}"


def _next(facts: PartFacts, team: Team) -> str:
    if team.mode != "govern" or facts.enforce != "absolute":
        return "Usage is still recorded, and gateways are told to allow it."
    return "Usage is still recorded. Gateways that check first now block these calls; the team's other calls go on."


def limit_message(*, amount_nanos: int, spent_nanos: int, percent: int, where: str, command: str) -> Message:
    """Returns the warning of a person's limit. `where` is the team whose file sets it, in mrkdwn; empty for the person's own
    limit."""
    used = f"You used {usd(spent_nanos)} of {usd(amount_nanos)}"
    if where:
        text = f"{used} that each person of {where} has in this period. Nothing is blocked."
        private = f"Only you see this. `{command} me` shows your use."
    else:
        text = f"{used}, the limit that you set yourself for a month. Nothing is blocked."
        private = f"Only you see this. `{command} me limit off` removes the limit; `{command} me limit 80` changes it."
    if percent == FULL_PERCENT:
        text = f"*Limit reached.* {text}"
    return Message(
        text=f"{text.replace('*', '')} Only you see this.",
        blocks=(section(text, block_id="limit"), context(private, block_id="limit-notes")),
    )


def limit_set_message(*, amount_nanos: int | None, spent_nanos: int, command: str) -> Message:
    """Returns the answer to `/tokens me limit`. None is no limit."""
    if amount_nanos is None:
        text = f"You have no limit. `{command} me limit 40` makes Tokens message you, and nobody else, at $32 and at $40 a month."
    else:
        text = (
            f"Your limit is {usd(amount_nanos)} a month; {usd(spent_nanos)} is used. Tokens messages you at 80% and at 100%, and "
            f"nobody else. Nothing is blocked. `{command} me limit off` removes it."
        )
    private = "Only you see this, your managers don't."
    return Message(
        text=f"{text} {private}",
        blocks=(section(text, block_id="my-limit"), context(private, block_id="my-limit-notes")),
    )
