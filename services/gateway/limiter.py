"""Rate limits: how many of something one key may do within a window, counted in this process."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

KEYS_MAX = 20_000  # the longest unused keys are forgotten beyond this


@dataclass
class Limiter:
    """At most `most` marks within `window_s` seconds for each key. `name` is what a 429 says."""

    name: str
    most: int
    window_s: int
    now: Callable[[], float] = time.monotonic
    _marks: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def mark(self, key: str) -> None:
        """Count one, whether or not the limit is reached."""
        marks = self._marks.setdefault(key, deque(maxlen=self.most))
        self._marks.move_to_end(key)
        marks.append(self.now())
        while len(self._marks) > KEYS_MAX:
            self._marks.popitem(last=False)

    def wait_s(self, key: str) -> int:
        """0 while another is allowed, else the seconds until it is."""
        marks = self._marks.get(key)
        if marks is None:
            return 0
        begin = self.now() - self.window_s
        while marks and marks[0] <= begin:
            marks.popleft()
        if not marks:
            del self._marks[key]
            return 0
        return 0 if len(marks) < self.most else int(marks[0] - begin) + 1

    def forget(self, key: str) -> None:
        self._marks.pop(key, None)
