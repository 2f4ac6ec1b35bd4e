"""What the rules' source says can be missing: read from the source, so that a new word can't be forgotten here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import services.seven_steps

RULES = Path(services.seven_steps.__file__).parent
#: Words put together at run time (`:level_{level}`): looked up by their first part.
PUT_TOGETHER = re.compile(r"^(level|role|trade|fact|hazard|node|mark|method|cause|kind|alarm|weather)_")
VALUE = re.compile(r":([a-z][a-z0-9_]*)")
#: Missing(kind, …) in the start gates takes the kind of equipment.
FROM_EQUIPMENT = {"fire_extinguisher", "rescue_kit", "communication"}


def _calls(name: str) -> Iterator[ast.Call]:
    for file in sorted(RULES.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield node


def missing_words() -> set[str]:
    """Every `what` of a `Missing(...)`."""
    found = {call.args[0].value for call in _calls("Missing") if call.args and isinstance(call.args[0], ast.Constant)}
    return {str(word) for word in found} | FROM_EQUIPMENT


def value_words() -> set[str]:
    """Every word with a leading colon in the values of `Missing(...)` and `Refused(...)`."""
    found: set[str] = set()
    for name in ("Missing", "Refused", "_upgrade"):
        for call in _calls(name):
            for value in (*call.args, *(keyword.value for keyword in call.keywords)):
                for node in ast.walk(value):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        found |= set(VALUE.findall(node.value))
    return {word for word in found if not PUT_TOGETHER.match(word) and not word.endswith("_")}
