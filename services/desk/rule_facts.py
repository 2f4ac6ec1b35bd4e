"""What can be told of a rule: gates, numbers, alarms and clauses, put together from the code, the packs, the clause
rows, the readings and the vectors. `rules list`, `rules show`, `rules coverage` and RULES.md print it."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import services
from services.clauses import Clause, Reading, absent, counts_as, naming, parent_of, readings, same_gate, standards
from services.gateway.texts import LANGUAGES, catalogue
from services.rule_use import missing_of, raised_by, used_by
from services.rulebook import installed
from services.seven_steps import codes
from services.seven_steps.gate import Boundary, Gate, packs_named
from services.seven_steps.gates import GATES
from services.seven_steps.rules import Number, Pack

ROOT = Path(services.__file__).parents[1]
VECTORS = ROOT / "tests" / "vectors"
#: What a vector shows (tests/vectors/README.md), in the order in which they are told.
KINDS = ("open", "shut", "missing", "inside", "outside", "not asked")
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")

Facts = dict[str, Any]


# ---- packs and numbers ---------------------------------------------------------------------------------------------


@cache
def newest_packs() -> tuple[Pack, ...]:
    """The newest version of every pack that can be used, laws first."""
    shelf = installed()
    newest = {pack.id: shelf.find(pack.id) for pack in shelf.packs.values()}
    return tuple(sorted(newest.values(), key=lambda pack: (pack.is_policy, pack.id)))


def number_facts(name: str, pack: Pack, number: Number) -> Facts:
    return {
        "number": name,
        "value": str(number.value),
        "unit": number.unit,
        "clause": number.clause,
        "pack": pack.ref,
        "edition": pack.edition,
        "policy": pack.is_policy,
        "text": dict(number.text),
    }


def numbers_named(name: str) -> list[Facts]:
    """That number in every pack that has it."""
    return [number_facts(name, pack, pack.numbers[name]) for pack in newest_packs() if name in pack.numbers]


# ---- gates ---------------------------------------------------------------------------------------------------------


def both(key: str) -> dict[str, str]:
    return {lang: catalogue(lang).get(key, "") for lang in LANGUAGES}


def effect_of(gate: Gate) -> str:
    """block, suspend (blocks, and stops running work), or alarm (blocks nothing)."""
    if gate.suspends:
        return "suspend"
    return "block" if gate.blocks else "alarm"


@cache
def _listed_in() -> Mapping[str, str]:
    """gate id -> the file whose GATES lists it."""
    found: dict[str, str] = {}
    for name, module in sorted(sys.modules.items()):
        if name.startswith("services.seven_steps.") and name != "services.seven_steps.gates":
            for gate in getattr(module, "GATES", ()):
                found.setdefault(gate.id, f"{name.rpartition('.')[2]}.py")
    return found


def file_of(gate: Gate) -> str:
    return _listed_in()[gate.id]


def in_short(gate: Gate) -> Facts:
    return {
        "gate": gate.ref,
        "id": gate.id,
        "source": gate.source,
        "packs": list(gate.brought_by),
        "at": [boundary.value for boundary in Boundary if boundary in gate.at],
        "effect": effect_of(gate),
        "alarm": gate.alarm,
        "file": file_of(gate),
        "text": both(f"gate.{gate.id}.title"),
    }


def in_full(gate: Gate) -> Facts:
    used = used_by(gate)
    named = [pack for pack in newest_packs() if pack.id in packs_named(gate.source)]
    return in_short(gate) | {
        "kind": "gate",
        "editions": [pack.edition for pack in named],
        "rule": both(f"gate.{gate.id}.rule"),
        "suspends": gate.suspends,
        "judges_the_act": gate.of_act,
        "alarms": list(used.alarms),
        "shut_when": [_phrase(what) for what in missing_of(gate) if f"missing.{what}.fact" in catalogue("en")],
        "evidence": gate.evidence.__name__.replace("_", " "),
        "numbers": [row for name in used.numbers for row in numbers_named(name)],
        "lists": list(used.lists),
        "vectors": vectors_of(gate.id),
        "clauses": [clause_facts(clause) for clause in naming(gate.id)],
        "readings": [_reading(one) for one in readings_on(gate.id, used.numbers)],
    }


def _phrase(what: str) -> dict[str, str]:
    return {lang: PLACEHOLDER.sub("…", text) for lang, text in both(f"missing.{what}.fact").items()}


def gates_called(name: str) -> list[Gate]:
    """The gate of that id, or all letters of a parent id; a version behind @ is left out."""
    return [gate for gate in GATES if same_gate(name.partition("@")[0], gate.id)]


# ---- readings, clauses, alarms, vectors ----------------------------------------------------------------------------


def readings_on(name: str, numbers: tuple[str, ...] = ()) -> list[Reading]:
    """The readings that bear on a gate or a number, or on all of them."""
    about = {name, parent_of(name), *numbers}
    return [one for one in readings() if not one.bears_on or about & set(one.bears_on)]


def _reading(one: Reading) -> Facts:
    return {"reading": f"A10.{one.no}", "text": dict(one.text)}


def clause_facts(clause: Clause) -> Facts:
    """One row with what it counts as, and what of it is not there."""
    return {
        "clause": f"{_standard_name(clause.standard)} {clause.id}",
        "text": dict(clause.text),
        "counts_as": counts_as(clause),
        "enforced": list(clause.by),
        "checklist": [{"line": line, "text": both(f"measure.{line.replace('/', '.')}")} for line in clause.lines],
        "not_enforceable": dict(clause.why_not) if clause.why_not else None,
        "from_memory": clause.from_memory,
        "to_build": clause.to_build,
        "absent": list(absent(clause)),
    }


@cache
def _standard_name(standard_id: str) -> str:
    return next(one.name for one in standards() if one.id == standard_id)


def clauses_called(name: str) -> list[Clause]:
    """By number ("5.3.1 c"), with the standard before it or without; a number without its letter means all letters."""
    found = []
    for standard in standards():
        for clause in standard.clauses:
            ids = {f"{prefix}{clause.id}" for prefix in ("", f"{standard.name} ", f"{standard.id} ")}
            if name in ids or any(one.startswith(f"{name} ") and len(one) == len(name) + 2 for one in ids):
                found.append(clause)
    return found


def alarm_facts(code: str) -> Facts:
    """Which gates raise it, and which of the services that watch."""
    laws = [(pack, pack.alarms[code]) for pack in newest_packs() if code in pack.alarms]
    return {
        "kind": "alarm",
        "id": code,
        "text": both(f"alarm.{code}"),
        "law": [{"pack": pack.ref, "clause": "table A.4", "text": dict(text)} for pack, text in laws],
        "local": not laws,
        "gates": [name for name in raised_by(code) if "/" not in name],
        "files": [name for name in raised_by(code) if "/" in name],
        "clauses": [clause_facts(clause) for clause in naming(f"alarm:{code}")],
    }


def is_alarm(name: str) -> bool:
    return name in codes.ALARMS


def number_in_full(name: str) -> Facts:
    gates = [gate.id for gate in GATES if name in used_by(gate).numbers]
    return {
        "kind": "number",
        "id": name,
        "values": numbers_named(name),
        "gates": gates,
        "readings": [_reading(one) for one in readings_on(name)],
    }


@cache
def _vectors() -> tuple[Facts, ...]:
    """Every vector of a working copy; an installation has none."""
    found = []
    for file in sorted(VECTORS.glob("*.toml")):
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("vector", [])
        found += [row | {"file": f"tests/vectors/{file.name}"} for row in rows]
    return tuple(found)


def vectors_here() -> bool:
    return VECTORS.is_dir()


def vectors_of(gate_id: str) -> list[Facts]:
    """Each vector that names the gate, in the order of their kinds: what opens it, what shuts it, then its bounds."""
    rows = (row for row in _vectors() if same_gate(str(row.get("gate", "")), gate_id))
    found = [{key: row.get(key) for key in ("kind", "name", "at", "expect", "file")} for row in rows]
    return sorted(found, key=lambda row: KINDS.index(row["kind"]))
