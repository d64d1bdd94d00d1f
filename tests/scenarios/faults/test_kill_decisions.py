"""`kill -9` at each step of a decision, from the click to the cap that is read back: decided, booked, shown and written once.

`python -m tests.drill.decisions` dies at every step on both databases, again and again.
"""

from tests.support.decisions.acme_process import decides_through, deciding
from tests.support.decisions.deaths import DEATHS


async def test_a_decision_is_made_once_wherever_its_process_dies(database_url: str) -> None:
    """Each database takes a third of the steps: a start of the bot takes a second."""
    share = DEATHS[1::3] if database_url.startswith("sqlite") else DEATHS[2::3]
    async with deciding(database_url) as acme:
        await decides_through(acme, share)
