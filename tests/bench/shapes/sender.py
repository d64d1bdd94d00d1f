"""A process that sends one shape of usage as fast as it is answered: `python -m tests.bench.shapes.sender URL KEY FORMAT
SHAPE EVENTS SEED`.

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
    url, key, sent_as, name = sys.argv[1:5]
    count, seed = int(sys.argv[5]), int(sys.argv[6])
    form, shape, now = FORMATS[sent_as], SHAPES[name], datetime.now(UTC)
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
