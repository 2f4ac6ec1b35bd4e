"""Which numbers and lists of the rule packs a gate asks for, and which alarms it raises: read from its source.

Nobody types these: the predicate's function is followed through every function of the rules it calls. A name counts
when a text of that function is the name of a number or list, or, for a name put together at run time
(`f"validity_hot_{level}"`), when it fits. What differs by type of work stands in a `WorkType`: a field of it that a
function reads counts with what it holds for every type. Tests compare the result with what gates ask for when they run.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import services
from services.rulebook import installed
from services.seven_steps.gate import Gate
from services.seven_steps.gates import GATES
from services.seven_steps.simops_matrix import Clash

RULES = "services.seven_steps"
SOURCE = Path(services.__file__).parent
#: Who raises alarms besides the gates: the commands of the rules, and the services that watch.
RAISERS = ("seven_steps", "timekeeper", "watcher", "sealer")
LETTERS = re.compile(r"[a-z]{3,}")
#: Calls whose first text says what is missing or refused, in the words of the catalogues, and names no number.
WORDS_FIRST = frozenset({"Missing", "Refused"})


@dataclass(frozen=True, slots=True)
class Used:
    """Names as the packs have them, sorted; alarms as codes."""

    numbers: tuple[str, ...]
    lists: tuple[str, ...]
    alarms: tuple[str, ...]


@cache
def used_by(gate: Gate) -> Used:
    """What the gate's predicate may ask for, whatever the ticket's type."""
    texts = set(_strings(gate.shut_by))
    patterns: set[str] = set()
    alarms: set[str] = {gate.alarm} - {""}
    for function in _reached(gate.shut_by):
        for node in _nodes(function):
            found = _texts_of(node, function)
            texts |= found.texts
            patterns |= found.patterns
            alarms |= found.alarms
    return Used(_known(_number_names(), texts, patterns), _known(_list_names(), texts, patterns), tuple(sorted(alarms)))


@cache
def missing_of(gate: Gate) -> tuple[str, ...]:
    """What can keep the gate shut: the first word of every `Missing(...)` it may reach.

    Where one is given in a variable, every text on the way may be it: who asks keeps those that are such words.
    """
    found: dict[str, None] = {}
    others: dict[str, None] = {}
    for function in _reached(gate.shut_by):
        for node in ast.walk(_source_of(function)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Missing" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found[first.value] = None
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                others[node.value] = None
    return tuple(found or others)


@cache
def raised_by(code: str) -> tuple[str, ...]:
    """The gates that raise that alarm, then the files besides them that hold the code as a text of their own."""
    gates = [gate.id for gate in GATES if code in used_by(gate).alarms]
    return (*gates, *_files_with(code))


def _files_with(code: str) -> Iterator[str]:
    """`codes.py`, the list of codes itself, and the files of gates aside."""
    for folder in RAISERS:
        for file in sorted((SOURCE / folder).glob("*.py")):
            if file.name == "codes.py" or file.name.endswith("_gates.py"):
                continue
            text = file.read_text(encoding="utf-8")
            if f'"{code}"' in text and any(
                isinstance(node, ast.Constant) and node.value == code for node in ast.walk(ast.parse(text))
            ):
                yield f"services/{folder}/{file.name}"


def _known(names: frozenset[str], texts: set[str], patterns: set[str]) -> tuple[str, ...]:
    return tuple(sorted(n for n in names if n in texts or any(re.fullmatch(pattern, n) for pattern in patterns)))


@cache
def _number_names() -> frozenset[str]:
    return frozenset(name for pack in installed().packs.values() for name in pack.numbers)


@cache
def _list_names() -> frozenset[str]:
    return frozenset(name for pack in installed().packs.values() for name in pack.lists)


# ---- one node of a function's source -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    texts: set[str] = dataclasses.field(default_factory=set)
    patterns: set[str] = dataclasses.field(default_factory=set)
    alarms: set[str] = dataclasses.field(default_factory=set)


def _texts_of(node: ast.AST, function: Callable[..., Any]) -> _Found:
    found = _Found()
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.texts.add(node.value)
    elif isinstance(node, ast.JoinedStr):
        found.patterns |= _pattern(node)
    elif isinstance(node, ast.Name):
        found.texts |= set(_strings(_global(function, node.id)))
    elif isinstance(node, ast.Attribute):
        found.texts |= set(_field_texts(node.attr))
        found.texts |= set(_strings(_attribute(function, node)))
    elif isinstance(node, ast.Call):
        found.alarms |= _alarms(node, function)
    return found


def _pattern(node: ast.JoinedStr) -> set[str]:
    literal = "".join(
        part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )
    if not LETTERS.search(literal) or re.search(r"[^a-z0-9_]", literal):
        return set()
    parts = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[a-z0-9_]*" for p in node.values)
    return {"".join(parts)}


def _alarms(call: ast.Call, function: Callable[..., Any]) -> set[str]:
    """Codes given as `alarm=`: a text, or one out of a table."""
    found: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg != "alarm":
            continue
        for node in ast.walk(keyword.value):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.Name):
                found |= set(_strings(_global(function, node.id)))
    return {code for code in found if code.isdigit()}


# ---- functions, and what their names mean --------------------------------------------------------------------------


def _reached(start: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """The predicate and every function of the rules it may call."""
    waiting, seen = list(_functions(start)), set()
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        yield function
        for node in _nodes(function):
            if isinstance(node, ast.Name):
                waiting += _functions(_global(function, node.id))
            elif isinstance(node, ast.Attribute):
                waiting += _functions(_attribute(function, node))
                waiting += [one for value in _field_values(node.attr) for one in _functions(value)]


def _functions(value: Any) -> list[Callable[..., Any]]:
    """The functions of the rules in a value; a partial, one that closes over others, or a row of the matrix of
    simultaneous operations brings its own too."""
    if isinstance(value, partial):
        return [one for part in (value.func, *value.args, *value.keywords.values()) for one in _functions(part)]
    if isinstance(value, Clash):
        return [one for part in (value.a, value.b, value.condition, value.asks) for one in _functions(part)]
    if isinstance(value, tuple):
        return [one for inner in value for one in _functions(inner)]
    value = getattr(value, "__wrapped__", value)
    if not hasattr(value, "__code__") or not str(value.__module__).startswith(RULES):
        return []
    closed = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
    return [value, *(one for inner in closed for one in _functions(inner))]


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _nodes(function: Callable[..., Any]) -> Iterator[ast.AST]:
    """Every node of the function's body, but the words that say what is missing and what stands for documentation."""
    skipped: set[int] = set()
    source = _source_of(function)
    for node in ast.walk(source):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WORDS_FIRST and node.args:
            skipped.add(id(node.args[0]))
    closed = [cell.cell_contents for cell in getattr(function, "__closure__", None) or () if _filled(cell)]
    yield from (node for node in ast.walk(source) if id(node) not in skipped)
    yield from (ast.Constant(text) for value in closed for text in _strings(value))


@cache
def _source_of(function: Callable[..., Any]) -> ast.AST:
    line, name = function.__code__.co_firstlineno, function.__name__
    for node in ast.walk(_module_source(function.__module__)):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            if first == line and getattr(node, "name", "<lambda>") == name:
                return node
    raise LookupError(f"no source of {function.__module__}.{name}")


@cache
def _module_source(module: str) -> ast.Module:
    file = sys.modules[module].__file__
    assert file is not None
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def _global(function: Callable[..., Any], name: str) -> Any:
    return function.__globals__.get(name)


def _attribute(function: Callable[..., Any], node: ast.Attribute) -> Any:
    """`module.name` of a module of the rules; None for everything else."""
    owner = _global(function, node.value.id) if isinstance(node.value, ast.Name) else None
    return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None


def _strings(value: Any) -> Iterator[str]:
    """The texts of a constant: a text, or a collection of them. A table of work types is read field by field."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, partial):
        yield from _strings((*value.args, *value.keywords.values()))
    elif isinstance(value, (tuple, list, set, frozenset)):
        for inner in value:
            yield from _strings(inner)


# ---- what differs by type of work ----------------------------------------------------------------------------------


@cache
def _field_values(name: str) -> tuple[Any, ...]:
    """What every type of work holds in that field; empty if it is no field of a WorkType."""
    try:
        types = importlib.import_module(f"{RULES}.work_types").TYPES
    except ModuleNotFoundError:
        return ()
    return tuple(getattr(one, name) for one in types.values() if hasattr(type(one), name))


def _field_texts(name: str) -> Iterator[str]:
    for value in _field_values(name):
        yield from _strings(value)
