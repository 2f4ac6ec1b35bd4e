"""Everything that a schema says of a field is said to people in their own language, at the field's own name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from marshmallow import fields, validate

import schemas
from schemas.commands.base import REGISTRY
from schemas.fields import errors_of
from services.gateway.pages import faults
from services.gateway.texts import LANGUAGES, texts

CJK = re.compile(r"[\u4e00-\u9fff]")
OF_MARSHMALLOW = (
    *(text for kind in (fields.Field, fields.Integer, fields.Boolean, fields.List, fields.Dict, fields.Nested)
      for key, text in kind.default_error_messages.items() if key not in ("validator_failed", "too_large")),
    validate.Length.message_min.format(min=2), validate.Length.message_max.format(max=9),
    validate.Length.message_all.format(min=2, max=9), validate.Length.message_equal.format(equal=2),
)  # fmt: skip


def raised_by_the_schemas() -> set[str]:
    """Messages in the source of the schemas of commands: those of a ValidationError, of `said` and of `error`."""
    found: set[str] = set()
    for path in [*Path(schemas.__file__).parent.glob("commands/*.py"), Path(schemas.__file__).parent / "fields.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ValidationError") and node.args:
                found |= _texts(node.args[0])
            if isinstance(node, ast.Assign) and "said" in {ast.unparse(one) for one in node.targets}:
                found |= _texts(node.value)
    return {one for one in found if one[:1].isupper() and one.endswith(".")}


def _texts(node: ast.expr) -> set[str]:
    """Literal texts; what an f-string fills in stands as X."""
    if isinstance(node, ast.JoinedStr):
        return {"".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)}
    below = {text for child in ast.iter_child_nodes(node) for text in _texts(child) if isinstance(child, ast.expr)}
    return below | ({node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set())


@pytest.mark.parametrize("message", sorted(raised_by_the_schemas() | set(OF_MARSHMALLOW)))
def test_a_message_has_words_in_both_languages(message: str) -> None:
    assert CJK.search(faults.said_of(texts("zh-CN"), message)), message
    assert faults.said_of(texts("en"), message)


def test_the_words_of_the_schemas_were_found_at_all() -> None:
    assert {"A line is answered twice.", "X is measured in X."} <= raised_by_the_schemas()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_form_of_every_command_is_answered_in_words(lang: str) -> None:
    said = texts(lang)
    for (type_, _), spec in REGISTRY.items():
        wrong = errors_of(spec.payload, {"nobody_knows": 1})
        for _, place, what in faults.in_words(said, type_, {str(path): list(one) for path, one in wrong.items()}):
            assert place and what and "." not in place


def test_a_path_is_told_by_the_names_of_the_form() -> None:
    assert (
        faults.where(texts("en"), "record_gas_test", "payload.readings.1.value")
        == "Readings, row 2, Number on the instrument"
    )
    assert faults.where(texts("zh-CN"), "record_gas_test", "payload.readings.1.value").endswith("第 2 行，仪器读数")


def test_values_in_a_message_are_words_too() -> None:
    told = faults.said_of(texts("zh-CN"), "hydrogen_sulfide is measured in ppm or mg/m3.")
    assert told == "硫化氢的测量单位为 ppm 或 mg/m³。"
    assert faults.said_of(texts("en"), "Must not be before planned_from.") == "This may not be before: Planned from."
    assert faults.said_of(texts("en"), "Something new.") == "Something new."
