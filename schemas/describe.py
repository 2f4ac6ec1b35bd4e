"""JSON Schema (2020-12) from the marshmallow schemas, and the files that are checked in.

    python -m schemas.describe          write schemas/outcomes/json/*.json and schemas/openapi.json again

A test compares what is checked in with what comes out: a change of the wire is seen in a diff before it is released.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from schemas.fields import _Text
from schemas.open_fields import ByShape
from schemas.outcomes import EVENTS, BodyV1, EnvelopeV1

OPENAPI_VERSION = "3.1.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
HERE = Path(__file__).parent


def new_spec(title: str, version: str, *, inline: bool) -> tuple[APISpec, OpenAPIConverter]:
    """A spec whose nested schemas stand in place (`inline`) or as components."""
    # a resolver that names nothing makes apispec write the schema in place; its annotation knows only strings
    plugin = MarshmallowPlugin(schema_name_resolver=_no_name if inline else None)
    spec = APISpec(title=title, version=version, openapi_version=OPENAPI_VERSION, plugins=[plugin])
    converter = plugin.converter
    assert converter is not None
    converter.add_attribute_function(_pattern_of_text)  # type: ignore[no-untyped-call]
    converter.add_attribute_function(_one_of_shapes)  # type: ignore[no-untyped-call]
    return spec, converter


def json_schema(schema: type[Schema]) -> dict[str, Any]:
    """Self-contained JSON Schema of one marshmallow schema."""
    _, converter = new_spec("inline", "1", inline=True)
    found: dict[str, Any] = converter.schema2jsonschema(schema())  # type: ignore[no-untyped-call]
    return found


def _no_name(_: Any) -> Any:
    return None


def _pattern_of_text(self: OpenAPIConverter, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    """The pattern as JSON Schema writes it; the one marshmallow uses is anchored in Python's way."""
    return {"pattern": field.json_pattern} if isinstance(field, _Text) and field.json_pattern else {}


def _one_of_shapes(self: OpenAPIConverter, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    if not isinstance(field, ByShape):
        return {}
    shapes = [self.schema2jsonschema(shape()) for shape in field.shapes]  # type: ignore[no-untyped-call]
    return {"anyOf": shapes}


def outcome_files() -> Mapping[str, dict[str, Any]]:
    """File name -> content, for everything under schemas/outcomes/json."""
    named: dict[str, type[Schema]] = {"envelope.1.json": EnvelopeV1, "body.1.json": BodyV1}
    named |= {f"{type_}.{version}.json": schema for (type_, version), schema in EVENTS.items()}
    return {
        name: {"$schema": DIALECT, "title": name.removesuffix(".json"), **json_schema(schema)}
        for name, schema in sorted(named.items())
    }


def written(content: Mapping[str, Any]) -> str:
    """The bytes of a checked-in file."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> int:
    from schemas.openapi import openapi

    folder = HERE / "outcomes" / "json"
    folder.mkdir(exist_ok=True)
    files = outcome_files()
    for stale in folder.glob("*.json"):
        if stale.name not in files:
            stale.unlink()
    for name, content in files.items():
        (folder / name).write_text(written(content), "utf-8")
    (HERE / "openapi.json").write_text(written(openapi()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
