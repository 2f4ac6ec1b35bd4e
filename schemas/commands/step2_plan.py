"""Step 2, plan 工作计划: when, how, with whom, behind which isolations."""

from __future__ import annotations

from schemas import limits, words
from schemas.commands.base import Payload, of_job, of_permit
from schemas.fields import (
    CrewMember,
    Day,
    Dec,
    Flag,
    Ident,
    Line,
    LongText,
    Many,
    MapOf,
    OneOf,
    Part,
    Sha256,
    Strict,
    Uuid,
    Word,
    permit_list,
    text,
)


@of_job("book_work")
class BookWork(Payload):
    planned_day = Day()
    urgent = Flag()
    reason = text(optional=True)


@of_job("approve_urgent_booking")
class ApproveUrgentBooking(Payload):
    pass


class PlanDocument(Strict):
    kind = OneOf(words.PLAN_DOCUMENTS)
    sha256 = Sha256()
    permit_id = Uuid(optional=True)


class PlannedIsolation(Strict):
    point_id = Ident()
    method = OneOf(words.ISOLATION_METHODS)
    blind_required = Flag()


class GasPlan(Strict):
    gases = Many(Word(), limits.GASES_OF_PLAN_MAX, low=1, unique=True)
    points = Many(Word(), limits.POINTS_OF_PLAN_MAX, low=1, unique=True)


@of_job("record_plan")
class RecordPlan(Payload):
    method_statement = Part(LongText)
    emergency_plan = Part(LongText)
    rescue_kit = Line()
    comms_channel = Line()
    flush_water_m = Dec("0", "10000", optional=True)
    documents = Many(Part(PlanDocument), limits.DOCUMENTS_OF_PLAN_MAX)
    isolations = Many(Part(PlannedIsolation), limits.ISOLATIONS_OF_PLAN_MAX)
    gas = MapOf(Uuid(), Part(GasPlan), limits.PERMITS_OF_COMMAND_MAX)


@of_permit("assign_crew")
class AssignCrew(Payload):
    crew = Many(Part(CrewMember), limits.CREW_MAX)


@of_permit("cosign_services")
class CosignServices(Payload):
    services = Many(OneOf(words.SERVICES), len(words.SERVICES), low=1, unique=True)
    opinion = text()


@of_job("plan")
class Plan(Payload):
    permits = permit_list()
