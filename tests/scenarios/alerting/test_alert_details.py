"""The details of a spike have the figures of its message."""

import re

from tests.scenarios.alerting.test_alert_people import details
from tests.scenarios.detection.spike_stories import HOUR, runs_away, said, usual
from tests.support.company import Company

_PART = r"(key|model|workflow|tool) ([\w .-]+?):? (\$[\d,.]+) \([^)]*\), usually (\$[\d,.]+|nothing)"


async def test_a_part_costs_and_usually_costs_the_same_in_the_message_and_its_details(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.ben.runs("/tokens", channel="CSEARCH")
    await usual(acme)
    await runs_away(acme, dollars=200)
    await acme.settles()
    acme.clock.jump_to(acme.clock.now() + HOUR)
    await acme.uses(acme.event("later", dollars=3, credential="key-12"))  # after the message
    (alert,) = await said(acme)
    message = set(re.findall(_PART, alert.text_everywhere()))
    shown = set(re.findall(_PART, await details(acme.ben, alert)))

    assert {"model", "tool"} <= {kind for kind, *_ in message}
    assert message <= shown
