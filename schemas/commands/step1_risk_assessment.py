"""Step 1, risk assessment 风险评估: the job, its tickets, what can go wrong and what is done against it."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import limits, words
from schemas.commands.base import REQUIRED, Payload, of_job, of_permit
from schemas.commands.registry import _in_order
from schemas.commands.ticket_facts import FACTS
from schemas.fields import (
    Dec,
    Flag,
    Ident,
    Instant,
    Int,
    Line,
    Many,
    OneOf,
    Part,
    Spot,
    Strict,
    Uuid,
    errors_of,
    permit_list,
    text,
)
from schemas.open_fields import ByShape


@of_job("create_job")
class CreateJob(Payload):
    title = text()
    area_id = Ident()
    place = Line()
    equipment_tag = Line()
    work_content = text()
    applicant_unit = Line()
    work_unit = Line()
    contractor_id = Ident(optional=True)
    work_lead = Ident()
    copied_from = Uuid(optional=True)


class TicketFields(Payload):
    equipment_tag = Line(optional=True)
    limitations = Line(optional=True)
    level = OneOf(words.LEVELS, optional=True)
    level_reason = Line(optional=True)
    related = Many(Uuid(), limits.RELATED_PERMITS_MAX, unique=True, optional=True)
    supersedes = Uuid(optional=True)
    spot = Part(Spot, optional=True)
    activities = Many(OneOf(words.ACTIVITIES), len(words.ACTIVITIES), unique=True, optional=True)

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "planned_from", "planned_to")


@of_permit("add_ticket", job=REQUIRED)
class AddTicket(TicketFields):
    """`permit_id` of the envelope is the new ticket's, made by the client."""

    type = OneOf(words.PERMIT_TYPES)
    facts = ByShape(tuple(FACTS.values()))
    place = Line()
    planned_from = Instant()
    planned_to = Instant()

    @validates_schema
    def facts_are_those_of_the_type(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("type") in FACTS and isinstance(data.get("facts"), dict):
            wrong = errors_of(FACTS[data["type"]], data["facts"])
            if wrong:
                raise ValidationError({"facts": wrong})


@of_permit("amend_ticket")
class AmendTicket(TicketFields):
    """Before the ticket is planned; what is left out stays. The type of a ticket never changes."""

    facts = ByShape(tuple(FACTS.values()), optional=True)
    place = Line(optional=True)
    planned_from = Instant(optional=True)
    planned_to = Instant(optional=True)

    @validates_schema
    def facts_are_those_of_one_type(self, data: dict[str, Any], **_: Any) -> None:
        facts = data.get("facts")
        if isinstance(facts, dict):
            tried = [errors_of(shape, facts) for shape in FACTS.values()]
            if all(tried):
                raise ValidationError({"facts": min(tried, key=len)})


@of_permit("link_tickets")
class LinkTickets(Payload):
    to = Uuid()


class Score5x5(Strict):
    l = Int(1, 5)
    s = Int(1, 5)


class ScoreLec(Strict):
    l = Dec("0.1", "10")
    e = Dec("0.5", "10")
    c = Dec("1", "100")


class Control(Strict):
    level = OneOf(words.CONTROL_LEVELS)
    text = text()
    owner = Ident()


class RiskRow(Strict):
    step = Line()
    hazard = Line()
    permits = Many(Uuid(), limits.PERMITS_OF_COMMAND_MAX, low=1, unique=True)
    initial = ByShape((Score5x5, ScoreLec))
    controls = Many(Part(Control), limits.CONTROLS_OF_ROW_MAX)
    residual = ByShape((Score5x5, ScoreLec))


class LessonAnswer(Strict):
    """A lesson of earlier work: applied here, or why it does not apply."""

    lesson_id = Ident()
    applied = Flag()
    reason = text(optional=True)

    @validates_schema
    def not_applied_has_a_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("applied") is False and "reason" not in data:
            raise ValidationError("Say why it does not apply.", "reason")


@of_job("record_risk_assessment")
class RecordRiskAssessment(Payload):
    method = OneOf(words.ASSESSMENT_METHODS)
    rows = Many(Part(RiskRow), limits.RISK_ROWS_MAX, low=1)
    participants = Many(Ident(), limits.PARTICIPANTS_MAX, unique=True)
    lessons = Many(Part(LessonAnswer), limits.LESSON_ANSWERS_MAX, optional=True)

    @validates_schema
    def scores_are_those_of_the_method(self, data: dict[str, Any], **_: Any) -> None:
        score = ScoreLec if data.get("method") == "lec" else Score5x5
        wrong: dict[int, dict[str, Any]] = {}
        for index, row in enumerate(data.get("rows", [])):
            said = {side: errors_of(score, row[side]) for side in ("initial", "residual") if side in row}
            if any(said.values()):
                wrong[index] = {side: errors for side, errors in said.items() if errors}
        if wrong:
            raise ValidationError({"rows": wrong})


@of_job("accept_residual_risk")
class AcceptResidualRisk(Payload):
    role = OneOf((*words.APPROVER_ROLES, "hse"), data_key="as")
    alarp = text()


@of_job("assess")
class Assess(Payload):
    permits = permit_list()
