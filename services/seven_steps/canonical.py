"""RFC 8785 canonical JSON for the values this system allows: no floats, integers below 2^53.

Commands, outcomes and digests are hashed over these bytes; a browser makes the same ones.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

INTEGER_MAX = 2**53 - 1  # what a browser's number holds exactly (RFC 8785 3.2.2.3)


def canonical(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a JSON value.

    Raises ValueError for a float, an integer beyond 2^53 - 1, a lone surrogate, or a key that is not a string.
    """
    plain_keys = _checked(value)
    text = _ENCODE_SORTED(value) if plain_keys else _ENCODE(_ordered(value))
    return text.encode("utf-8")


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(value: Any) -> bool:
    """True if Python's own order of keys is RFC 8785's: it differs only beyond U+FFFF. Raises ValueError."""
    if value is None or isinstance(value, (str, bool)):
        return True
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise ValueError(f"integer beyond 2^53 - 1: {value}")
        return True
    if isinstance(value, dict):
        plain = True
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("a key is not a string")
            plain = _checked(item) and key.isascii() and plain
        return plain
    if isinstance(value, (list, tuple)):
        plain = True
        for item in value:  # every item is looked at, whatever the ones before it said
            plain = _checked(item) and plain
        return plain
    raise ValueError(f"no canonical form for {type(value).__name__}")


def _ordered(value: Any) -> Any:
    """With keys sorted by UTF-16 code units (RFC 8785 3.2.3)."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_ENCODE_SORTED = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True, check_circular=False
).encode
