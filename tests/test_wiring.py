"""Presses every button that is drawn: something must answer each, and nothing may fail."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from handlers.costs.prices import notify_unpriced
from handlers.listeners import register_all
from handlers.reporting.company_digests import post_week
from handlers.reporting.digests import post_digest
from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import Surface, options_of

VIEWS = Path(__file__).parent.parent / "bot" / "views"
PRESSED = ("button", "overflow", "static_select")
WENT_WRONG = "Something went wrong"


async def press_everything(person: Person, where: Surface) -> int:
    """Presses each button and each option of each menu; returns how many."""
    pressed = 0
    for block, element in where.elements():
        if element["type"] not in PRESSED or block["type"] == "input":
            continue
        if not await is_there(person, where, element["action_id"]):
            continue  # an earlier button changed the message
        for value in [option["value"] for option in options_of(element)] or [None]:
            reply = await person._acts(where, block, element, value)
            assert reply.ok, (element["action_id"], reply.raw)
            assert WENT_WRONG not in reply.text_everywhere(), (element["action_id"], reply.text)
            while (modal := await person.modal()) is not None:
                await person.closes(modal)
            pressed += 1
    return pressed


async def is_there(person: Person, where: Surface, action_id: str) -> bool:
    """Whether the element is still on the message; a modal or Home stays as it was drawn."""
    shown = [m for m in await person.messages() if (m.channel, m.ts) == (where.raw.get("channel"), where.raw.get("ts"))]
    return all(action_id in {element["action_id"] for _, element in message.elements()} for message in shown)


async def test_every_button_drawn_is_answered(acme: Company) -> None:
    await _everything_is_said(acme)
    people = {"anna": acme.anna, "ben": acme.ben, "chloe": acme.chloe, "dan": acme.dan}
    pressed = 0
    for person in people.values():
        for message in [*await person.messages("CSEARCH"), *await person.dms()]:
            pressed += await press_everything(person, message)
        pressed += await press_everything(person, await person.opens_home())
        for command in (
            "/tokens",
            "/tokens me",
            "/tokens value",
            "/tokens expect",
            "/tokens statement",
            "/tokens help",
            "/tokens nothing",
        ):
            for message in (await person.runs(command, channel="CSEARCH")).messages:
                pressed += await press_everything(person, message)

    assert pressed > 30
    refused = [call for call in acme.workspace.calls if not call["ok"] and call["error"] != "invalid_blocks"]
    assert refused == []


async def _everything_is_said(acme: Company) -> None:
    """Digests, a threshold, a spike's shape, a request, a model without a price, each with its buttons."""
    for days in range(12):
        await acme.uses(acme.event(f"d{days}", dollars=20, ago=timedelta(days=days)))
    await acme.uses(*[acme.event(f"s{n}", dollars=100, credential="ci-7") for n in range(8)])
    await acme.uses(acme.event("nobody", team=None, user=None, credential="ci-9"))
    await acme.anna.runs("/tokens expect launch 2 days from tomorrow", channel="CSEARCH")
    form = (await acme.anna.runs("/tokens request 5 x", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form)
    directory = (await acme.context.rulebooks.latest()).directory
    team = directory.by_slug("search")
    assert team is not None
    today = team.day_of(acme.context.now_micros())
    await acme.uses(acme.event("unpriced", cost_usd=None))
    assert await notify_unpriced(acme.context) == 1
    monday = today - (today + 3) % 7
    assert await post_digest(acme.context, team, monday - 7)
    assert await post_week(acme.context, monday - 7) == 2
    await acme.settles()


def constants() -> dict[str, set[str]]:
    """Action ids and callback ids that the views define, by kind."""
    found: dict[str, set[str]] = {"action": set(), "view": set()}
    for path in VIEWS.rglob("*.py"):
        for name, value in re.findall(r'^([A-Z_]+) = "([a-z_]+)"$', path.read_text(), re.MULTILINE):
            if name.endswith("_FIELD"):
                continue
            found["view" if name.endswith("_FORM") else "action"].add(value)
    return found


class Register:
    """Writes down what listeners are registered for."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {
            "action": set(),
            "view": set(),
            "command": set(),
            "event": set(),
            "shortcut": set(),
        }

    def __getattr__(self, kind: str) -> Callable[[str | re.Pattern[str]], Callable[[object], None]]:
        def register(name: str | re.Pattern[str], **_: Any) -> Callable[[object], None]:
            if isinstance(name, str):  # a pattern takes what nothing else does
                self.names[kind].add(name)
            return lambda listener: None

        return register


async def test_every_action_and_form_of_the_views_has_a_listener(acme: Company) -> None:
    register: Any = Register()
    register_all(register, acme.context)

    assert constants()["action"] == register.names["action"]
    assert constants()["view"] == register.names["view"]
