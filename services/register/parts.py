"""A board as rows: its fields, what changed from one board to the next, and a board made again from its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args, get_origin, get_type_hints

from services.seven_steps import codec
from services.seven_steps.board import Board

_HINTS = get_type_hints(Board)
#: Fields that the chain's position says (table `sites`), and the one that has a table of its own.
POSITION, SEEN = ("seq", "head", "decided_at"), "seen"
#: Mappings are kept entry by entry, the other fields whole under the key "".
MAPPINGS = tuple(f.name for f in fields(Board) if get_origin(_HINTS[f.name]) is Mapping and f.name != SEEN)
WHOLE = tuple(f.name for f in fields(Board) if f.name not in (*POSITION, *MAPPINGS, SEEN))
#: What one entry, or the whole field, is.
SEEN_TYPE: Any = get_args(get_args(_HINTS[SEEN])[1])[1]
TYPES: Mapping[str, Any] = {name: get_args(_HINTS[name])[1] for name in MAPPINGS} | {n: _HINTS[n] for n in WHOLE}


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the board that came, changed or left with a record."""

    part: str
    key: str
    old: Any  # None: it came
    new: Any  # None: it left


@dataclass(frozen=True, slots=True)
class SeenChange:
    """A command id that the board keeps from now on, and what it keeps of it; None: it no longer does."""

    scope: str
    command_id: str
    kept: Any


def changes(old: Board, new: Board) -> Iterator[Change]:
    """What differs, in the order of the new board's entries; parts that left come first in each mapping."""
    for name in WHOLE:
        before, after = getattr(old, name), getattr(new, name)
        if before is not after and before != after:
            yield Change(name, "", before, after)
    for name in MAPPINGS:
        before, after = getattr(old, name), getattr(new, name)
        if before is after:
            continue
        for key in before.keys() - after.keys():
            yield Change(name, key, before[key], None)
        for key, value in after.items():
            was = before.get(key)
            if was is not value and was != value:
                yield Change(name, key, was, value)


def seen_changes(old: Board, new: Board) -> Iterator[SeenChange]:
    """What differs in `seen`; what the board no longer keeps comes first in each scope."""
    if old.seen is new.seen:
        return
    for scope in old.seen.keys() - new.seen.keys():
        yield from (SeenChange(scope, command_id, None) for command_id in old.seen[scope])
    for scope, after in new.seen.items():
        before = old.seen.get(scope, {})
        if before is after:
            continue
        yield from (SeenChange(scope, command_id, None) for command_id in before.keys() - after.keys())
        yield from (SeenChange(scope, key, value) for key, value in after.items() if before.get(key) != value)


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the board: `json` has been read from its text."""

    part: str
    key: str
    json: Any


def with_parts(board: Board, gone: Iterable[tuple[str, str]], stored: Iterable[Stored], **position: Any) -> Board:
    """An older board with what left taken out and what changed put in; entries that came stand in their order."""
    changed: dict[str, Any] = {}
    for part, key in gone:
        mapping = changed.setdefault(part, dict(getattr(board, part)))
        mapping.pop(key, None)
    for row in stored:
        value = codec.restore(TYPES[row.part], row.json)
        if row.part in WHOLE:
            changed[row.part] = value
        else:
            changed.setdefault(row.part, dict(getattr(board, row.part)))[row.key] = value
    kept = {f.name: getattr(board, f.name) for f in fields(Board)}
    return Board(**(kept | changed | position))
