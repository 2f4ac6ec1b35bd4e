"""A field whose shape depends on another field: the schema around it decides which one must fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields


class ByShape(fields.Field[dict[str, Any]]):
    """An object of one of several shapes; the enclosing schema validates it against the right one."""

    def __init__(self, shapes: Sequence[type[Schema]], *, optional: bool = False) -> None:
        super().__init__(required=not optional)
        self.shapes = tuple(shapes)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("A JSON object is expected.")
        return value
