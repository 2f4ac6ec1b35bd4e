"""What is checked in is what comes out of the schemas: a change of the wire shows in a diff."""

from __future__ import annotations

import json

import jsonschema
import pytest
from openapi_spec_validator import validate

from schemas.commands import SCHEMAS
from schemas.describe import HERE, outcome_files, written
from schemas.openapi import OPERATIONS, openapi
from services.gateway.roles import endpoint_matrix
from services.seven_steps.evolve import APPLIERS
from tests.contract.examples import PAYLOADS, command

AGAIN = "run `python -m schemas.describe` and look at the diff"


def test_the_wire_knows_exactly_the_events_of_the_rules() -> None:
    from schemas.outcomes import EVENTS

    assert set(EVENTS) == set(APPLIERS)


def test_the_checked_in_json_schemas_are_those_of_the_code() -> None:
    files = outcome_files()
    folder = HERE / "outcomes" / "json"
    assert {path.name for path in folder.glob("*.json")} == set(files), AGAIN
    differing = [name for name, content in files.items() if (folder / name).read_text("utf-8") != written(content)]
    assert differing == [], AGAIN


@pytest.mark.parametrize("name", sorted(outcome_files()))
def test_every_json_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(outcome_files()[name])


def test_the_checked_in_openapi_is_that_of_the_code_and_valid() -> None:
    described = openapi()
    assert (HERE / "openapi.json").read_text("utf-8") == written(described), AGAIN
    validate(described)


def test_every_endpoint_is_described_and_every_description_is_an_endpoint() -> None:
    assert {(operation.method.upper(), operation.path) for operation in OPERATIONS} == set(endpoint_matrix())


@pytest.mark.parametrize("type_", sorted(PAYLOADS))
def test_what_the_schema_takes_its_json_schema_takes(type_: str) -> None:
    described = json.loads(json.dumps(openapi()["components"]["schemas"]))
    schema = {"$ref": f"#/components/schemas/{SCHEMAS[type_, 1].name}", "components": {"schemas": described}}
    jsonschema.Draft202012Validator(schema).validate(command(type_))
