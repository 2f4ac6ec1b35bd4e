"""marshmallow's nested messages as a flat map of dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: A body of a thousand wrong fields is answered with the first of them.
FIELDS_TOLD_MAX = 100
PATH_CHARS_MAX = 300


def flattened(messages: Mapping[Any, Any], under: str = "") -> dict[str, list[str]]:
    """{"rows": {0: {"hazard": ["…"]}}} under "payload" -> {"payload.rows.0.hazard": ["…"]}."""
    found: dict[str, list[str]] = {}
    _collect(messages, under, found)
    return dict(list(found.items())[:FIELDS_TOLD_MAX])


def _collect(messages: Any, path: str, found: dict[str, list[str]]) -> None:
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            # "_schema" is of the object itself
            _collect(below, path if key == "_schema" else _joined(path, key), found)
    else:
        listed = messages if isinstance(messages, list) else [messages]
        found.setdefault(path[:PATH_CHARS_MAX], []).extend(str(said) for said in listed)


def _joined(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
