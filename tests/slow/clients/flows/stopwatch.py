"""Seconds that the parts of a flow take; imported by the programs of every client."""

import os
import time


class Stopwatch:
    """Made when a program's imports are done: its first lap began with the process."""

    def __init__(self):
        self.laps = {}
        self._last = float(os.environ["FLOW_BEGAN"])
        self.lap("import")

    def lap(self, name):
        """End the part called *name*."""
        now = time.time()
        self.laps[name] = round(self.laps.get(name, 0.0) + now - self._last, 3)
        self._last = now
