"""Puts a mutant into the modules that run, in place: whoever has imported a function or a constant has the mutant's.

There is no way back: it is done in a process of its own.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from types import FunctionType, ModuleType
from typing import Any

from services.seven_steps import gates
from services.seven_steps.gate import Gate
from tests.mutants.mutate import Mutant

PARTS_OF_A_FUNCTION = ("__code__", "__defaults__", "__kwdefaults__")


def plant(mutant: Mutant, module: ModuleType) -> None:
    """Raises whatever the mutated file raises when it is read: such a mutant does not live."""
    there = vars(module)
    namespace = dict(there)
    exec(compile(mutant.tree, mutant.file, "exec"), namespace)
    for name, new in namespace.items():
        old = there.get(name)
        if name != "GATES" and old is not new:
            _put(name, old, new)
    for old_gate, new_gate in zip(there["GATES"], namespace["GATES"], strict=True):
        _put_gate(old_gate, new_gate)
    for boundary in gates.Boundary:
        gates.AT[boundary] = tuple(gate for gate in gates.GATES if boundary in gate.at)
    gates.gates_at.cache_clear()


def _put(name: str, old: Any, new: Any) -> None:
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        for part in PARTS_OF_A_FUNCTION:
            setattr(old, part, getattr(new, part))
    elif not isinstance(new, (type, ModuleType)) and old != new:
        for module in list(sys.modules.values()):
            if vars(module).get(name) is old and module.__name__.startswith(("services.", "tests.")):
                setattr(module, name, new)


def _put_gate(old: Gate, new: Gate) -> None:
    for field in fields(Gate):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if isinstance(was, FunctionType):
            if was.__code__ != now.__code__:
                was.__code__ = now.__code__
        elif not callable(was):
            object.__setattr__(old, field.name, now)
