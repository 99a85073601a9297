"""Seconds that the parts of a flow take; imported by the programs of every client."""

import time


class Stopwatch:
    """Made when a program's imports are done, for which the process computed the seconds called `import`."""

    def __init__(self):
        self.laps = {"import": round(time.process_time(), 3)}
        self._last = time.time()

    def lap(self, name):
        """End the part called *name*."""
        now = time.time()
        self.laps[name] = round(self.laps.get(name, 0.0) + now - self._last, 3)
        self._last = now
