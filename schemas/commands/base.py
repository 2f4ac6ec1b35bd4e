"""How a command's schema is declared: one class a (type, version), entered in one registry."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from marshmallow import Schema

from schemas.fields import Strict

Presence = Literal["required", "optional", "never"]

REQUIRED: Presence = "required"
OPTIONAL: Presence = "optional"
NEVER: Presence = "never"


class Payload(Strict):
    """What stands under `payload` in a command."""


@dataclass(frozen=True, slots=True)
class CommandSchema:
    """type, version: the pair on the wire
    payload:        the schema of `payload`
    job, permit:    whether the envelope names one
    """

    type: str
    version: int
    payload: builtins.type[Schema]
    job: Presence
    permit: Presence

    @property
    def name(self) -> str:
        """Component name in OpenAPI, as CreateJobV1."""
        return "".join(part.title() for part in self.type.split("_")) + f"V{self.version}"


REGISTRY: dict[tuple[str, int], CommandSchema] = {}

PayloadClass = TypeVar("PayloadClass", bound=type[Schema])


def command(
    type: str, *, version: int = 1, job: Presence = NEVER, permit: Presence = NEVER
) -> Callable[[PayloadClass], PayloadClass]:
    """Enter the class below as the payload of this command."""

    def enter(payload: PayloadClass) -> PayloadClass:
        if (type, version) in REGISTRY:
            raise ValueError(f"{type} version {version} is declared twice")
        REGISTRY[type, version] = CommandSchema(type, version, payload, job, permit)
        return payload

    return enter


def of_job(type: str, **more: Any) -> Callable[[PayloadClass], PayloadClass]:
    """A command about one job."""
    return command(type, job=REQUIRED, **more)


def of_permit(type: str, **more: Any) -> Callable[[PayloadClass], PayloadClass]:
    """A command about one ticket; naming its job as well is allowed and checked by the rules."""
    return command(type, **{"job": OPTIONAL, "permit": REQUIRED, **more})
