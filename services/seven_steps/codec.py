"""Values to JSON and back, for snapshots, the register and digests: dataclasses, times, decimals, sets, mappings."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast

from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical, sha256_hex

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A JSON value that `restore` with the same type turns back into an equal one. Sets are sorted."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, datetime):
        return site_time.stamp(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"no plain form for {type(value).__name__}")


def restore(cls: type[T], value: Any) -> T:
    """The value of that type. Raises TypeError, KeyError or ValueError if it does not fit."""
    return cast(T, _restorer(cast(Any, cls))(value))


def digest(board: Board) -> str:
    """SHA-256 over the canonical form of the whole board: two equal folds have the same."""
    return sha256_hex(canonical(plain(board)))


@lru_cache(maxsize=512)
def _restorer(hint: Any) -> Callable[[Any], Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = _restorer(next(a for a in args if a is not type(None)))
        return lambda v: None if v is None else inner(v)
    if dataclasses.is_dataclass(hint):
        return _dataclass_restorer(hint)
    if hint is datetime:
        return site_time.parse
    if hint is Decimal:
        return Decimal
    return _container_restorer(origin, args)


def _container_restorer(origin: Any, args: tuple[Any, ...]) -> Callable[[Any], Any]:
    if origin is frozenset:
        of_set = _restorer(args[0])
        return lambda v: frozenset(of_set(item) for item in v)
    if origin is tuple:
        of_tuple = _restorer(args[0])
        return lambda v: tuple(of_tuple(item) for item in v)
    if origin is not None and args and issubclass(origin, Mapping) and args[1] is not Any:
        of_mapping = _restorer(args[1])
        return lambda v: {key: of_mapping(item) for key, item in v.items()}
    return lambda v: v


def _dataclass_restorer(cls: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(cls)
    restorers: dict[str, Callable[[Any], Any]] = {}

    def restorer(value: Any) -> Any:
        if not restorers:  # filled on first use: types may refer to each other
            restorers.update({f.name: _restorer(hints[f.name]) for f in dataclasses.fields(cls)})
        return cls(**{name: of_field(value[name]) for name, of_field in restorers.items()})

    return restorer
