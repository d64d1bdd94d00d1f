"""A process that sends one shape of usage as fast as it is answered: `python -m tests.bench.shapes.sender URL KEY SHAPE
EVENTS SEED`.

It makes its bodies first, sends a warm-up, says `ready`, waits for a line, sends what counts and prints a line of figures.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from tests.bench.formats import FORMATS, bodies
from tests.bench.sender import Sender, Sent
from tests.bench.shapes.events import SHAPES


def main() -> None:
    """Sends the warm-up, then the events that count."""
    url, key, name, count, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    form, shape, now = FORMATS["cloudevents"], SHAPES[name], datetime.now(UTC)
    sender = Sender(url, key, form)
    warm_up = bodies(form, shape.before(seed, now))
    counted = bodies(form, shape.counted(count, seed, now))
    asyncio.run(sender.send(warm_up))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    seconds, answers = asyncio.run(sender.send(counted))
    sys.stdout.write(json.dumps(asdict(Sent(events=count, seconds=seconds, answers=answers))) + "\n")


if __name__ == "__main__":
    main()
