"""What the command line prints: data on stdout, words on stderr, so that a pipe gets data only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def say(words: str) -> None:
    """One line for a person."""
    print(words, file=sys.stderr, flush=True)


def fault(words: str) -> None:
    print(f"sevengates: {' '.join(words.split())}", file=sys.stderr, flush=True)


def data(value: Any) -> None:
    """One JSON value on one line."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows under a heading, columns as wide as needed; Chinese characters count as two."""
    cells = [[str("" if row.get(column) is None else row.get(column)) for column in columns] for row in rows]
    widths = [max([_width(column), *(_width(line[n]) for line in cells)]) for n, column in enumerate(columns)]
    for line in ([column.replace("_", " ") for column in columns], *cells):
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())
    sys.stdout.flush()


def fields(value: Mapping[str, Any]) -> None:
    """One thing, a line for each field."""
    wide = max((_width(key) for key in value), default=0)
    for key, inner in value.items():
        said = json.dumps(inner, ensure_ascii=False, default=str) if isinstance(inner, (dict, list)) else inner
        print(f"{key.replace('_', ' ')}{' ' * (wide - _width(key))}  {'' if said is None else said}")
    sys.stdout.flush()


def _width(text: str) -> int:
    return sum(2 if "\u1100" <= letter <= "\uffef" else 1 for letter in text)
