"""The demo's workspace: its people and channels, and the terminal, controls and steps beside the chat."""

from collections.abc import Sequence

from bot.demo.company import DEMO_PEOPLE, DemoChannel
from bot.sandbox.settings import (
    Channel,
    CommandHint,
    Control,
    Member,
    SandboxSettings,
    Shortcut,
    Step,
    Terminal,
    TerminalCommand,
)
from bot.views.reporting.help import COMMANDS

BOT_TOKEN = "xoxb-sandbox"  # noqa: S105  # the sandbox's own; it opens nothing else
APP_TOKEN = "xapp-sandbox"  # noqa: S105  # the same, for Socket Mode

SHORTCUTS = (
    Shortcut(
        name="Request AI budget",
        callback_id="request_ai_budget",
        kind="global",
        description="Ask your manager for more AI budget",
    ),
    Shortcut(
        name="Request budget for this",
        callback_id="request_budget_for_this",
        kind="message",
        description="Ask for AI budget and link this message",
    ),
)
"""The shortcuts of manifest.yml."""


def workspace(
    *,
    bot_url: str,
    secret: str,
    key: str,
    channels: Sequence[DemoChannel],
    team: str,
    is_own: bool,
    app_token: str = "",
) -> SandboxSettings:
    """Returns the workspace with its terminal, controls and steps; `team` is the slug of Anna's team.

    Somebody's own usage (`is_own`) has no steps and no spike: both are scripted for Acme.
    """
    authorised = {"Authorization": f"Bearer {key}"}
    place = next(c.id for c in channels if c.team == team)
    ask = TerminalCommand(
        label="Anna asks the model",
        argv_text='claude -p "why did recall drop on the last eval?"',
        url=f"{bot_url}/v1/teams/{team}/allowance",
        headers=authorised,
        person="UANNA",
        answer="Recall fell with commit 4f2c: the new tokenizer drops hyphenated terms. Two queries explain most of it.",
    )
    spike = Control(
        id="spike",
        label="Make a spike",
        hint="A CI job in Checkout runs away; the alert is in its channel within seconds.",
        url=f"{bot_url}/demo/spike",
        headers=authorised,
    )
    monday = Control(
        id="monday",
        label="Jump to Monday 09:00",
        hint="Moves the clock ahead; every team gets its digest of the week.",
        url=f"{bot_url}/demo/monday",
        headers=authorised,
    )
    return SandboxSettings(
        bot_url=bot_url,
        signing_secret=secret,
        bot_token=BOT_TOKEN,
        app_token=app_token,
        people=tuple(
            Member(
                id=p.slack_id,
                name=p.name,
                real_name=p.real_name,
                email=p.email,
                title=p.title,
                tz=p.timezone,
                is_admin=p.name == "dan",
            )
            for p in DEMO_PEOPLE
        ),
        channels=tuple(Channel(id=c.id, name=c.name, purpose=c.topic, members=c.members) for c in channels),
        acting="UANNA",
        terminal=Terminal(title="Anna's terminal", prompt=f"anna@acme ~/{team} %", commands=(ask,)),
        controls=(monday,) if is_own else (spike, monday),
        steps=() if is_own else _steps(place),
        command_hints=_hints(),
        shortcuts=SHORTCUTS,
    )


def _hints() -> tuple[CommandHint, ...]:
    """Returns every command of the help, for the composer."""
    listed = [line for _, lines in COMMANDS for line in lines]
    hints = [
        CommandHint(text=f"/tokens {words}".strip(), hint=what.format(command="/tokens").replace("`", ""))
        for words, what in listed
    ]
    return (*hints, CommandHint(text="/tokens help", hint="what can be typed"))


def _steps(place: str) -> tuple[Step, ...]:
    return (
        Step(
            title="Anna is refused",
            text="Search has used its budget. Run Anna's command: the gateway asks Tokens first, and says no.",
            done_when="terminal:deny",
            person="UANNA",
            channel=place,
            pane="terminal",
        ),
        Step(
            title="Ben approves",
            text="Act as Ben. In #team-search a request waits: click Approve, and watch the card change.",
            done_when="click:Approve",
            person="UBEN",
            channel=place,
        ),
        Step(
            title="The same call passes",
            text="Back to Anna's terminal: run it again. The budget is there the moment Ben decided.",
            done_when="terminal:allow|terminal:warn",
            person="UANNA",
            channel=place,
            pane="terminal",
        ),
    )
