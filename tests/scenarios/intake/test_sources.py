"""`tokens sources` and `tokens keys set --role`: the state of each source, and the one of two layers that is booked."""

import json
import re
from datetime import timedelta
from pathlib import Path

from bot.clock import SystemClock
from handlers.crosschecks.observations import change_role
from tests.scenarios.commands import Run, refused, well
from tests.support.company import Company, usage_event


def test_each_source_is_shown_with_its_calls_its_quarantine_and_how_much_was_booked(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    assert "There are no sources" in well(run("sources"))
    well(run("keys", "create", "laptops", "--source", "cloudevents", "--role", "observe"))
    now = SystemClock().now()
    events = [usage_event(n, at=now - timedelta(days=2, seconds=n)) for n in range(40)]
    Path("seen.jsonl").write_text("\n".join(map(json.dumps, [*events, usage_event("x", at=now, model=None)])))
    Path("booked.jsonl").write_text("\n".join(map(json.dumps, events[:30])))
    well(run("replay", "seen.jsonl", "--source", "laptops"))
    well(run("replay", "booked.jsonl", "--source", "gateway"))

    said = well(run("sources"))

    when = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert re.search(rf"gateway +cloudevents +meter +{when} +0 +30 +0 +–", said)
    assert re.search(rf"laptops +cloudevents +observe +{when} +0 +40 +1 +75\.0%, 1 model drift", said)
    assert well(run("check")) == "Everything agrees.\n"


def test_a_role_is_set_and_shown(run: Run) -> None:
    well(run("teams", "import", "teams.yml"))
    well(run("keys", "create", "sdk", "--source", "cloudevents"))

    assert well(run("keys", "set", "sdk", "--role", "observe")).startswith("sdk: observe")
    assert re.search(r"sdk +cloudevents +observe", well(run("keys", "list")))
    assert refused(run("keys", "set", "sdk", "--role", "spy")) == "--role: must be meter or observe"
    assert "there is no source 'x'" in refused(run("keys", "set", "x", "--role", "meter"))


async def test_finance_sees_on_home_what_was_seen_and_not_booked(acme: Company) -> None:
    await change_role(acme.context, "gateway", "observe")
    answer = await acme.uses(*(acme.event(n, ago=timedelta(days=2)) for n in range(40)))
    assert answer["accepted"] == 40

    words = (await acme.chloe.opens_home()).text_everywhere()

    assert "gateway saw calls that nobody booked" in words
    assert "40 of 40 calls" in words
    assert "You used" not in (await acme.anna.opens_home()).text_everywhere()
