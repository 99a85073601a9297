"""Seconds that the parts of a flow take; imported by the programs of every client."""

import threading
import time


class Stopwatch:
    """Made when a program's imports are done, for which the process computed the seconds called `import`.

    Within the other laps lie the seconds called `asleep`: what a client sleeps between its questions.
    """

    def __init__(self):
        self.laps = {"import": round(time.process_time(), 3), "asleep": 0.0}
        self._sleep, time.sleep = time.sleep, self._asleep
        self._last = time.time()

    def _asleep(self, seconds):
        if threading.current_thread() is threading.main_thread():
            self.laps["asleep"] += seconds
        self._sleep(seconds)

    def lap(self, name):
        """End the part called *name*."""
        now = time.time()
        self.laps[name] = round(self.laps.get(name, 0.0) + now - self._last, 3)
        self._last = now
