"""Bytes to a JSON object of our subset, or Malformed with the path of each thing that does not belong.

RFC 8785 bytes must come out the same in Python and in the browser, so the subset is narrow: no floats (1.0 and 1e3
are floats too), integers below 2^53, no duplicate keys, no lone surrogates, no NUL, no NaN, bounded depth and size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from schemas import limits

FieldErrors = Mapping[str, list[str]]

NOT_JSON = "This is not JSON in UTF-8."
NOT_AN_OBJECT = "A JSON object is expected."
TOO_DEEP = f"Nested deeper than {limits.JSON_DEPTH_MAX} levels."
TOO_MANY_NODES = f"More than {limits.JSON_NODES_MAX} values."
NO_FLOATS = "No fractions here: write a decimal as a string, an integer without a point or exponent."
INTEGER_TOO_LARGE = f"Integers are at most {limits.INTEGER_MAX}."
DUPLICATE_KEY = "The same key stands here twice."
BAD_CHARACTERS = "NUL or half of a surrogate pair."


class Malformed(Exception):
    """Input that cannot be understood. `fields` maps a dotted path ("payload.readings.0.lel") to what is wrong."""

    def __init__(self, fields: FieldErrors) -> None:
        super().__init__("; ".join(f"{path}: {' '.join(said)}" for path, said in fields.items()))
        self.fields: dict[str, list[str]] = {path: list(said) for path, said in fields.items()}


class _Wrong:
    """Stands where the parser met something outside the subset, so that the walk can name its path."""

    def __init__(self, said: str) -> None:
        self.said = said


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`. Raises Malformed."""
    try:
        value = json.loads(
            raw.decode("utf-8", errors="strict"),
            parse_float=lambda _: _Wrong(NO_FLOATS),
            parse_constant=lambda _: _Wrong(NO_FLOATS),
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise Malformed({"": [NOT_JSON]}) from None
    if not isinstance(value, dict):
        raise Malformed({"": [NOT_AN_OBJECT]})
    check_plain(value)
    return value


def check_plain(value: Any) -> None:
    """Raises Malformed unless `value` (already parsed) is within the subset."""
    wrong: dict[str, list[str]] = {}
    waiting: list[tuple[str, Any, int]] = [("", value, 1)]
    nodes = 0
    while waiting:
        path, node, depth = waiting.pop()
        nodes += 1
        if nodes > limits.JSON_NODES_MAX:
            raise Malformed({"": [TOO_MANY_NODES]})
        if depth > limits.JSON_DEPTH_MAX:
            raise Malformed({_shortened(path): [TOO_DEEP]})
        if isinstance(node, dict):
            for key, below in node.items():
                if not isinstance(key, str) or _has_bad_characters(key):
                    wrong[path] = [BAD_CHARACTERS]
                else:
                    waiting.append((f"{path}.{key}" if path else key, below, depth + 1))
        elif isinstance(node, list):
            waiting.extend(
                (f"{path}.{index}" if path else str(index), below, depth + 1) for index, below in enumerate(node)
            )
        elif said := _wrong_scalar(node):
            wrong[_shortened(path)] = [said]
    if wrong:
        raise Malformed(wrong)


def _wrong_scalar(node: Any) -> str:
    if node is None or isinstance(node, bool):
        return ""
    if isinstance(node, str):
        return BAD_CHARACTERS if _has_bad_characters(node) else ""
    if isinstance(node, int):
        return INTEGER_TOO_LARGE if abs(node) > limits.INTEGER_MAX else ""
    return node.said if isinstance(node, _Wrong) else NO_FLOATS


def _has_bad_characters(text: str) -> bool:
    return "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)


def _integer(digits: str) -> int | _Wrong:
    return int(digits) if len(digits) <= len(str(limits.INTEGER_MAX)) + 1 else _Wrong(INTEGER_TOO_LARGE)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Wrong(DUPLICATE_KEY) if key in found else value
    return found


def _shortened(path: str) -> str:
    return path if len(path) <= limits.LINE_CHARS_MAX else path[: limits.LINE_CHARS_MAX] + "…"
