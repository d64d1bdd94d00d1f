"""Help texts, and the answers to people who cannot be helped here."""

from bot.messages import Message
from bot.views.blocks import context, name, section

COMMANDS = (
    ("", "how this channel's team, or yours, stands: spent, available, burn rate, run-out date"),
    (
        "me",
        "your own use and cost, to you alone; `{command} me limit 40` warns you, and nobody else, at $32 and $40 a month",
    ),
    ("top", "what costs most: `{command} top tools`, `models` or `workflows`, over `7d`, `30d` or `mtd`; people never"),
    ("request", "ask for more budget; `{command} request 500 load test of the new ranker` fills in the form"),
    (
        "history",
        "budget requests of this channel's team: who asked, who decided, by which policy; `history me` your own",
    ),
    ("requests", "budget requests that wait for your decision; decide them in one place"),
    (
        "request emergency 200 why",
        "takes budget at once, if your policy allows it; everybody sees it, and a manager keeps or ends it",
    ),
    ("delegate @emi until friday", "names who decides budget requests for you; `delegate` alone lists, `off` ends it"),
    ("statement", "a period's statement: `{command} statement 2026-10`, with its CSV and a page to file"),
    ("expect", "what is expected of this team; `{command} expect launch 2 days up to $500` announces spend ahead"),
    ("hold 500 eval-run until Friday", "sets budget aside for a planned run; `hold` alone lists what is set aside"),
    ("release eval-run", "releases what is set aside for a run"),
    ("transfer 500 to checkout", "moves budget to another team once a manager of each has agreed"),
    ("budget", "your team's budget: with its teams, held, spent, available; `{command} budget search` names the team"),
    ("allocate", "hand out your department's budget; `{command} allocate search 12000` fills in the form"),
    ("settings", "your team's alerts: thresholds, quiet hours, how many a day, channels; its managers change them"),
    (
        "setup",
        "links this channel to a team, or creates one: managers, members, zone and budget in one form; for admins",
    ),
    ("help", "this list"),
)
"""(arguments of the command, what it does)"""


def help_message(command: str, *, unknown: str | None, suggestion: str | None) -> Message:
    """Returns the list of commands. `unknown` is an unknown word that the person typed, `suggestion` the nearest known
    one.
    """
    lines = [f"`{f'{command} {word}'.strip()}`: {what.format(command=command)}" for word, what in COMMANDS]
    lead = "Tokens shows what AI tools cost your team, and takes requests for more budget."
    if unknown is not None:
        meant = f" Did you mean `{command} {suggestion}`?" if suggestion else ""
        lead = f"I don't know “{name(unknown)}”.{meant}"
    blocks = (
        section(f"{lead}\n" + "\n".join(f"• {line}" for line in lines), block_id="help"),
        context("Only you see these answers; a standing can be shared to the channel.", block_id="help-notes"),
    )
    return Message(text=f"{lead} You can type: {'; '.join(lines)}.", blocks=blocks)


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
