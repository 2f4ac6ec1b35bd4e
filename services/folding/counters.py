"""Counts of what a reader or writer met, by name and label: shown by /metrics and asserted by tests."""

from __future__ import annotations

from collections import Counter


class Counters:
    """Whole numbers that only grow. `add("dropped", "not_next")` counts under `dropped{not_next}`."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, label: str = "", by: int = 1) -> None:
        self._counts[name, label] += by

    def of(self, name: str, label: str | None = None) -> int:
        """The count of one label, or of all labels of the name together."""
        if label is not None:
            return self._counts[name, label]
        return sum(count for (counted, _), count in self._counts.items() if counted == name)

    def plain(self) -> dict[str, int]:
        """`name` or `name{label}` -> count, as a JSON value."""
        return {f"{name}{{{label}}}" if label else name: count for (name, label), count in sorted(self._counts.items())}
