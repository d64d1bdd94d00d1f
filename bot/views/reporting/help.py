"""Help texts, and the answers to people who cannot be helped here."""

from bot.messages import Block, Message
from bot.views.blocks import actions, button, context, name, section

MORE_HELP = "more_help"

MOST_NEEDED = (
    ("", "how your team stands: spent, left, burn rate, run-out"),
    ("last week", "what it spent; also `october`, `7d`, `q3`, `search last month`"),
    ("claude 30d", "what it spent on a tool, model or workflow"),
    ("me", "your own use, to you alone"),
    ("request 500 load test", "asks for more budget"),
    ("requests", "requests waiting for you"),
)
"""(arguments, what they do): the six things that most people need."""

COMMANDS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Ask",
        (
            ("", "how this channel's team, or yours, stands"),
            (
                "search last month",
                "any team you may see, over `today`, `7d`, `last week`, `october`, `q3`, `1 nov to 15 nov`",
            ),
            ("claude 30d", "a tool, model, workflow or key of the team"),
            ("top models 30d", "what costs most: `tools`, `models` or `workflows`; people never"),
            ("value", "what the spend brought: cost per merged change, by team, workflow and tool; never by person"),
            ("keys", "what each key spent, for managers, finance and admins"),
            ("forecast", "what the period comes to, and when the budget runs out"),
            ("alerts", "running and recent alerts with their answers"),
            ("me", "your own use, to you alone; `{command} me limit 40` warns you at $32 and $40 a month"),
        ),
    ),
    (
        "Books",
        (
            ("budget search", "a budget with its teams: held, spent, available"),
            ("statement october", "a period's statement, with its files"),
            ("export october", "which files of a period there are, and how to get them"),
            ("history", "budget requests of the team: who asked, who decided, by which policy; `history me` your own"),
        ),
    ),
    (
        "Ask for budget and decide",
        (
            ("request 500 load test until friday", "fills in the request form"),
            ("request emergency 200 why", "takes budget at once, if your policy allows it; a manager keeps or ends it"),
            ("requests", "all requests waiting for you, decided in one place"),
            ("delegate @emi until friday", "names who decides for you; `delegate` alone lists, `off` ends it"),
        ),
    ),
    (
        "Plan",
        (
            ("expect launch 2 days up to $500", "announces spend ahead; `expect` alone lists it"),
            ("hold 500 eval-run until friday", "sets budget aside for a planned run; `hold` alone lists it"),
            ("release eval-run", "releases what is set aside"),
            ("transfer 500 to checkout", "moves budget to another team once a manager of each agrees"),
            ("allocate search 12000", "hands out your department's budget"),
            ("credit 120 search CN-4711", "books a refund of a team, for finance"),
            ("setup", "links a channel to its team, with its people, zone and budget, in one form"),
            ("history settings", "who changed a team's channel, people, zone, budget and alerts"),
            ("settings", "your team's alerts: thresholds, quiet hours, how many a day, channels"),
        ),
    ),
)
"""Every command by what it is for: (arguments, what they do)."""


def help_message(command: str) -> Message:
    """Returns the six things that most people need, and the way to the rest."""
    lead = "Tokens shows what AI tools cost your team, and takes requests for more budget."
    lines = [_line(command, words, what) for words, what in MOST_NEEDED]
    more = button("More", action_id=MORE_HELP, value=0, label="Show every command")
    blocks = (
        section(f"{lead}\n" + "\n".join(f"• {line}" for line in lines), block_id="help"),
        actions(more, block_id="help-more"),
        context(_NOTES.format(command=command), block_id="help-notes"),
    )
    return Message(text=f"{lead} {'; '.join(lines)}. `{command} help more` lists every command.", blocks=blocks)


def all_help_message(command: str) -> Message:
    """Returns every command, by what it is for."""
    blocks: list[Block] = []
    said = []
    for at, (title, commands) in enumerate(COMMANDS):
        lines = [_line(command, words, what) for words, what in commands]
        body = "\n".join((f"*{title}*", *(f"• {line}" for line in lines)))
        blocks.append(section(body, block_id=f"help-{at}"))
        said.append(f"{title}: {'; '.join(lines)}.")
    blocks.append(context(_NOTES.format(command=command), block_id="help-notes"))
    return Message(text=" ".join(said), blocks=tuple(blocks))


_NOTES = "Words come in any order. Mention @Tokens or write to the app to ask the same. Only you see the answers."


def _line(command: str, words: str, what: str) -> str:
    return f"`{f'{command} {words}'.strip()}`: {what.format(command=command)}"


def command_only_message(text: str, command: str) -> Message:
    """Returns the answer to a message that would change something, or that needs a form."""
    said = f"A message to me only asks. To do that, type `{command} {name(text, limit=150)}`."
    return Message(text=said, blocks=(section(said, block_id="command-only"),))


def keys_message(command: str) -> Message:
    """Returns the answer to a person who asks for an API key."""
    text = (
        "API keys come from your AI gateway's admin: Tokens hands out budget, not keys. "
        f"If a key stopped because the budget is used up, ask for more with `{command} request`."
    )
    return Message(text=text, blocks=(section(text, block_id="keys"),))


def outsider_message() -> Message:
    """Returns the only answer to guests and people of other companies."""
    text = "Tokens is for members of this workspace. Guests and people from other companies can't use it."
    return Message(text=text, blocks=(section(text, block_id="outsider"),))
