"""What all facts on the board have in common. `seq` is the `site_seq` of the record that stated a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn


class _Empty(dict[str, Any]):
    """An empty mapping that stays empty, and may be the default of a frozen field."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise TypeError("the board is immutable")


EMPTY: Mapping[str, Any] = _Empty()


@dataclass(frozen=True, slots=True)
class Stated:
    """Somebody said or signed something at a time."""

    by: str
    at: datetime
    seq: int
    means: str = ""
    text: str = ""
