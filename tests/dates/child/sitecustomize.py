"""Shifts the clock of a Python process that a test at a moment starts; Python imports this by its name."""

import os
import time

import time_machine

_ahead = float(os.environ["TEST_CLOCK_SHIFT_SECONDS"])
time_machine.travel(time.time() + _ahead, tick=True).start()
