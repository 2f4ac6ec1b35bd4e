"""Reads which clause of a standard is held by what (`seven_steps/clauses/*.toml`), and the readings of the law
(`seven_steps/readings.toml`), and compares what the rows name with what there is.

What a row says is data; what counts as covered is found out here, never typed: a row that names a gate, an alarm, a
command or a line of a form that does not exist is uncovered.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from services.rule_use import raised_by
from services.rulebook import LANGUAGES, rulebook
from services.seven_steps import codes
from services.seven_steps.commands import COMMANDS
from services.seven_steps.gates import GATES
from services.seven_steps.work_types import TYPES

ENFORCED, CHECKLIST, NOT_ENFORCEABLE, UNCOVERED = "enforced", "checklist", "not_enforceable", "uncovered"
KINDS = (ENFORCED, CHECKLIST, NOT_ENFORCEABLE)
LETTER = re.compile(r"[a-z]$")
ROW_KEYS = {"id", *LANGUAGES, *KINDS, "work", "from_memory", "to_build"}


class BadClauses(Exception):
    """Clause data that can't be used: says which file, which row and why, in one line."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One row. text and why_not by language; why_not beside `by` or `lines` is what the clause leaves to people."""

    standard: str
    id: str
    text: Mapping[str, str]
    by: tuple[str, ...] = ()  # gates, "alarm:02", "command:accept"
    lines: tuple[str, ...] = ()  # "hot_work/12"
    why_not: Mapping[str, str] | None = None
    work: str = ""  # the type of work it is about; empty for all
    from_memory: bool = False
    to_build: bool = False

    @property
    def kind(self) -> str:
        """What holds the clause, as the row says it."""
        return ENFORCED if self.by else CHECKLIST if self.lines else NOT_ENFORCEABLE

    @property
    def ref(self) -> str:
        return f"{self.standard} {self.id}"


@dataclass(frozen=True, slots=True)
class Standard:
    id: str
    name: str
    title: Mapping[str, str]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How this product reads a place where the law is silent or contradicts itself. bears_on: gates and numbers."""

    no: int
    text: Mapping[str, str]
    bears_on: tuple[str, ...]


# ---- reading the files ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def standards() -> tuple[Standard, ...]:
    """Every standard of this release with its clauses in order. Raises BadClauses."""
    return read_standards(files("services.seven_steps") / "clauses")


@lru_cache(maxsize=1)
def readings() -> tuple[Reading, ...]:
    file = files("services.seven_steps") / "readings.toml"
    return tuple(_reading(file.name, row) for row in _parsed(file).get("reading", ()))


def read_standards(folder: Traversable) -> tuple[Standard, ...]:
    """A standard may be spread over several files: the first names it, the others repeat its id."""
    heads: dict[str, Mapping[str, Any]] = {}
    rows: dict[str, dict[str, Clause]] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name.removesuffix(".toml")):
        if not file.name.endswith(".toml"):
            continue
        data = _parsed(file)
        head = data.get("standard") or {}
        _only(file.name, "standard", head, {"id", "name", "title"})
        standard = _said(file.name, "standard.id", head.get("id"))
        if standard not in heads:
            heads[standard] = {"name": _said(file.name, "name", head.get("name")), "title": head.get("title")}
        of_standard = rows.setdefault(standard, {})
        for row in data.get("clause", ()):
            clause = _clause(file.name, standard, row)
            if clause.id in of_standard:
                raise BadClauses(f"{file.name}: {clause.id}: stands twice")
            of_standard[clause.id] = clause
    return tuple(
        Standard(key, head["name"], _both("", key, head["title"]), tuple(rows[key].values()))
        for key, head in heads.items()
    )


def _parsed(file: Traversable) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadClauses(f"{file.name}: {error}") from error


def _clause(file: str, standard: str, row: Mapping[str, Any]) -> Clause:
    clause_id = _said(file, "id", row.get("id"))
    _only(file, clause_id, row, ROW_KEYS)
    if not any(row.get(kind) for kind in KINDS):
        raise BadClauses(f"{file}: {clause_id}: says neither {' nor '.join(KINDS)}")
    why_not = row.get(NOT_ENFORCEABLE)
    return Clause(
        standard,
        clause_id,
        _both(file, clause_id, {lang: row.get(lang) for lang in LANGUAGES}),
        _names(file, clause_id, row.get(ENFORCED, [])),
        _names(file, clause_id, row.get(CHECKLIST, [])),
        _both(file, clause_id, why_not) if why_not is not None else None,
        str(row.get("work", "")),
        bool(row.get("from_memory")),
        bool(row.get("to_build")),
    )


def _reading(file: str, row: Mapping[str, Any]) -> Reading:
    where = f"reading {row.get('no')}"
    _only(file, where, row, {"no", *LANGUAGES, "bears_on"})
    if type(row.get("no")) is not int:
        raise BadClauses(f"{file}: {where}: no must be a number")
    text = _both(file, where, {lang: row.get(lang) for lang in LANGUAGES})
    return Reading(row["no"], text, _names(file, where, row.get("bears_on", [])))


def _only(file: str, where: str, row: Mapping[str, Any], known: set[str]) -> None:
    for key in row:
        if key not in known:
            raise BadClauses(f"{file}: {where}: {key}: unknown key")


def _said(file: str, where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadClauses(f"{file}: {where}: is missing")
    return value


def _both(file: str, where: str, value: Any) -> Mapping[str, str]:
    texts = value if isinstance(value, dict) else {}
    _only(file, where, texts, set(LANGUAGES))
    return {lang: _said(file, f"{where}: {lang}", texts.get(lang)) for lang in LANGUAGES}


def _names(file: str, where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise BadClauses(f"{file}: {where}: must be a list of names")
    return tuple(value)


# ---- what there is -------------------------------------------------------------------------------------------------


def parent_of(gate_id: str) -> str:
    """G-CR-2a -> G-CR-2; a gate without a letter is its own."""
    return LETTER.sub("", gate_id)


def same_gate(named: str, gate_id: str) -> bool:
    """Naming the parent means any of its letters."""
    return named in (gate_id, parent_of(gate_id))


def exists(name: str) -> bool:
    """Is there such a gate, an alarm code that something raises, or such a command?"""
    kind, _, rest = name.partition(":")
    if kind == "alarm":
        return rest in codes.ALARMS and bool(raised_by(rest))
    if kind == "command":
        return rest in COMMANDS
    return any(same_gate(name, gate.id) for gate in GATES)


def line_exists(name: str) -> bool:
    """Is there such a line of a form (type of work, slash, number)?"""
    form, _, line = name.partition("/")
    return line in rulebook().listed(f"measures_{form}")


def absent(clause: Clause) -> tuple[str, ...]:
    """What the row names and is not there."""
    gone = [name for name in clause.by if not exists(name)] + [name for name in clause.lines if not line_exists(name)]
    return tuple(gone if clause.work in ("", *TYPES) else [f"type:{clause.work}", *gone])


def counts_as(clause: Clause) -> str:
    return UNCOVERED if absent(clause) else clause.kind


def coverage(found: Iterable[Standard] | None = None) -> dict[str, int]:
    """How many clauses there are, and how many count as what."""
    kinds = [counts_as(clause) for standard in found or standards() for clause in standard.clauses]
    return {"clauses": len(kinds)} | {kind: kinds.count(kind) for kind in (*KINDS, UNCOVERED)}


def naming(name: str) -> tuple[Clause, ...]:
    """The rows that name this gate, alarm ("alarm:02") or command."""
    return tuple(
        clause
        for standard in standards()
        for clause in standard.clauses
        if any(one == name or (":" not in one and same_gate(one, name)) for one in clause.by)
    )
