"""Step 5: a ticket ends without an acceptance, or a new one takes its place (GB 30871-2022 4.16, 4.17)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import words
from schemas.commands.base import Payload, of_permit
from schemas.commands.registry import _in_order
from schemas.commands.ticket_facts import FACTS
from schemas.fields import Instant, Line, Many, OneOf, Part, Spot, Uuid, errors_of, text
from schemas.open_fields import ByShape


@of_permit("revoke_ticket")
class RevokeTicket(Payload):
    reason = text()


@of_permit("void_ticket")
class VoidTicket(Payload):
    reason = text()


@of_permit("replace_ticket")
class ReplaceTicket(Payload):
    """The envelope's `permit_id` is the old ticket, `new_permit_id` the client makes. What is left out stays."""

    new_permit_id = Uuid()
    changed = Many(OneOf(words.TICKET_CHANGES), len(words.TICKET_CHANGES), low=1, unique=True)
    reason = text()
    planned_from = Instant()
    planned_to = Instant()
    facts = ByShape(tuple(FACTS.values()), optional=True)
    place = Line(optional=True)
    equipment_tag = Line(optional=True)
    limitations = Line(optional=True)
    level = OneOf(words.LEVELS, optional=True)
    level_reason = Line(optional=True)
    spot = Part(Spot, optional=True)
    activities = Many(OneOf(words.ACTIVITIES), len(words.ACTIVITIES), unique=True, optional=True)

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "planned_from", "planned_to")

    @validates_schema
    def facts_are_those_of_one_type(self, data: dict[str, Any], **_: Any) -> None:
        facts = data.get("facts")
        if isinstance(facts, dict):
            tried = [errors_of(shape, facts) for shape in FACTS.values()]
            if all(tried):
                raise ValidationError({"facts": min(tried, key=len)})
