"""What the gateway counts, in Prometheus' text format (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LATENCY_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]


@dataclass
class Histogram:
    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_S) + 1))
    total_s: float = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(LATENCY_BOUNDS_S, seconds)] += 1
        self.total_s += seconds


class Metrics:
    """Counters and one histogram of the time from a command's receipt to its answer."""

    def __init__(self) -> None:
        self._counters: defaultdict[tuple[str, Labels], int] = defaultdict(int)
        self.answered = Histogram()

    def count(self, name: str, **labels: str) -> None:
        self._counters[name, tuple(sorted(labels.items()))] += 1

    def value(self, name: str, **labels: str) -> int:
        return self._counters[name, tuple(sorted(labels.items()))]

    def render(self, gauges: Mapping[str, Iterable[tuple[Mapping[str, str], float]]]) -> str:
        """The page; `gauges` are read at the moment of asking: name -> (labels, value) rows."""
        lines: list[str] = []
        for name in sorted({name for name, _ in self._counters}):
            lines.append(f"# TYPE sevengates_{name} counter")
            rows = sorted((labels, value) for (of, labels), value in self._counters.items() if of == name)
            lines += [f"sevengates_{name}{_braced(labels)} {value}" for labels, value in rows]
        for name, gauge_rows in sorted(gauges.items()):
            lines.append(f"# TYPE sevengates_{name} gauge")
            lines += [f"sevengates_{name}{_braced(tuple(sorted(labels.items())))} {v:g}" for labels, v in gauge_rows]
        return "\n".join([*lines, *self._histogram(), ""])

    def _histogram(self) -> list[str]:
        name = "sevengates_command_answer_seconds"
        lines, below = [f"# TYPE {name} histogram"], 0
        for bound, count in zip(LATENCY_BOUNDS_S, self.answered.counts, strict=False):
            below += count
            lines.append(f'{name}_bucket{{le="{bound:g}"}} {below}')
        everything = sum(self.answered.counts)
        return [
            *lines,
            f'{name}_bucket{{le="+Inf"}} {everything}',
            f"{name}_sum {self.answered.total_s:.6f}",
            f"{name}_count {everything}",
        ]


def _braced(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
