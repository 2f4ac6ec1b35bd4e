"""Commands on the wire: one schema a (type, version).

    load(body)       the client part of a POST body, checked: exactly the values that came, or Malformed
    transport(body)  what stood beside it: elapsed_ms, presence
    SCHEMAS          (type, version) -> CommandSchema

Values are never rewritten: the bytes that are hashed and signed are those of the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from schemas.commands import (  # noqa: F401  each enters its commands in the registry
    registry,
    service,
    site,
    step1_risk_assessment,
    step2_plan,
    step3_briefing,
    step4_site_survey,
    step5_endings,
    step5_execution,
    step6_supervision,
    step7_review,
)
from schemas.commands.base import NEVER, REGISTRY, REQUIRED, CommandSchema
from schemas.commands.envelope import NULLABLE, TRANSPORT, CodeOfGuardian, DevicePosition, Envelope
from schemas.errors import flattened
from schemas.fields import errors_of
from schemas.plain_json import Malformed, check_plain

SCHEMAS: Mapping[tuple[str, int], CommandSchema] = MappingProxyType(REGISTRY)
TYPES = frozenset(type_ for type_, _ in SCHEMAS)

__all__ = ["SCHEMAS", "TYPES", "CommandSchema", "Malformed", "UnknownVersion", "load", "transport"]


class UnknownVersion(Exception):
    """The type is known, this version of it is not: refused `unknown_command_version`, not malformed."""

    def __init__(self, type: str, version: int) -> None:
        super().__init__(f"{type} version {version}")
        self.type = type
        self.version = version


def load(body: Mapping[str, Any]) -> dict[str, Any]:
    """The client part of `body`. Raises Malformed with every wrong path, or UnknownVersion."""
    check_plain(body)
    given = {key: value for key, value in body.items() if not (value is None and key in NULLABLE)}
    wrong = flattened(errors_of(Envelope, given))
    known = _schema_of(given, wrong)
    if known is not None:
        _check_subject(known, given, wrong)
        if isinstance(given.get("payload"), dict):
            wrong |= flattened(errors_of(known.payload, given["payload"]), "payload")
    _check_presence(given, wrong)
    if wrong:
        raise Malformed(wrong)
    return {key: value for key, value in given.items() if key not in TRANSPORT}


def transport(body: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the client part, without nulls. Call it after `load` has accepted the body."""
    return {key: body[key] for key in TRANSPORT if body.get(key) is not None}


def _schema_of(given: Mapping[str, Any], wrong: dict[str, list[str]]) -> CommandSchema | None:
    if "type" in wrong or "version" in wrong:
        return None
    if given["type"] not in TYPES:
        wrong["type"] = ["There is no such command."]
        return None
    known = SCHEMAS.get((given["type"], given["version"]))
    if known is None and not wrong:
        raise UnknownVersion(given["type"], given["version"])
    return known


def _check_subject(known: CommandSchema, given: Mapping[str, Any], wrong: dict[str, list[str]]) -> None:
    for key, presence in (("job_id", known.job), ("permit_id", known.permit)):
        if presence == REQUIRED and key not in given:
            wrong.setdefault(key, []).append("This command needs it.")
        elif presence == NEVER and key in given:
            wrong.setdefault(key, []).append("This command is not about one.")


def _check_presence(given: Mapping[str, Any], wrong: dict[str, list[str]]) -> None:
    presence = given.get("presence")
    if isinstance(presence, dict):
        shape = CodeOfGuardian if "code" in presence else DevicePosition
        wrong |= flattened(errors_of(shape, presence), "presence")
