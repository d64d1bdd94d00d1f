"""`/tokens me`: a person's own use and limit, to that person alone."""

from bot.money import parse_amount
from bot.refusals import Refusal
from bot.text import first_word
from bot.views.alerting.part_alerts import limit_set_message
from bot.views.org.people import my_use_message
from handlers.alerting.person_limits import own_spend, warn_people
from handlers.reporting.home import use_of
from handlers.slack.answers import SlackRequest

_OFF = frozenset({"off", "none", "no", "remove", "0"})


async def me_command(asked: SlackRequest) -> None:
    """`/tokens me`, `/tokens me limit`, `/tokens me limit 40`, `/tokens me limit off`."""
    _, rest = first_word(asked.text)
    word, typed = first_word(rest)
    if not word:
        await show_my_use(asked)
    elif word.casefold() == "limit":
        await set_limit(asked, typed)
    else:
        command = asked.context.settings.command
        raise Refusal(f"After `{command} me` comes nothing, or `limit 40`, or `limit off`.")


async def show_my_use(asked: SlackRequest) -> None:
    """Shows the person's own use."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        use = await use_of(scope, asked.person)
        limit = await tx.person_limits.of(await tx.people.all_ids_of(asked.person.id))
    await asked.reply(my_use_message(use, command=scope.command, limit_nanos=limit))


async def set_limit(asked: SlackRequest, typed: str) -> None:
    """Sets, removes or shows the person's own limit. It warns them alone, and blocks nothing."""
    amount = None if typed.casefold() in _OFF or not typed else parse_amount(typed)
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        ids = await tx.people.all_ids_of(asked.person.id)
        if typed:
            await tx.person_limits.save(ids, asked.person.id, amount, at=scope.at)
        else:
            amount = await tx.person_limits.of(ids)
        spent = await own_spend(scope, ids)
    await asked.reply(limit_set_message(amount_nanos=amount, spent_nanos=spent, command=scope.command))
    if typed and amount is not None:
        await warn_people(asked.context)
