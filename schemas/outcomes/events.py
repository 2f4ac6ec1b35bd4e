"""What each event on the log carries: one schema a (type, version). A closed list, compared with the rules by a test.

Most events carry their command's payload as it came, and beside it what the rules derived. Who said it and by which
means stand in every event; job and ticket where it is about one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, fields, validate

from schemas import limits, words
from schemas.commands import (
    registry,
    service,
    site,
    step2_plan,
    step4_site_survey,
    step5_endings,
    step5_execution,
    step6_supervision,
)
from schemas.commands import step1_risk_assessment as step1
from schemas.commands import step3_briefing as step3
from schemas.commands import step7_review as step7
from schemas.commands.ticket_facts import FACTS
from schemas.fields import (
    Code,
    CrewMember,
    Day,
    Dec,
    Flag,
    Ident,
    Instant,
    Int,
    Line,
    Many,
    MapOf,
    OneOf,
    OneOfInt,
    PackName,
    Part,
    Sha256,
    Spot,
    Strict,
    Text,
    Uuid,
    Word,
    text,
)
from schemas.open_fields import ByShape

REQUIRED, OPTIONAL = "required", "optional"
TEXT_IN_EVENT_CHARS_MAX = limits.TEXT_CHARS_MAX
ALARM_TEXT_CHARS_MAX = limits.TEXT_CHARS_MAX
JOBS_OF_SITE_MAX = LIVE_TICKETS_MAX = 5_000


class About(Strict):
    """In every event."""

    by = Ident()
    means = OneOf(words.MEANS)
    captured = fields.List(Instant(), required=True, allow_none=True, validate=validate.Length(equal=2))


class AboutSite(About):
    """Also of a job or ticket, where the command named one."""

    job_id = fields.String(allow_none=True)
    permit_id = fields.String(allow_none=True)


class AboutJob(About):
    job_id = Uuid()
    permit_id = fields.String(allow_none=True)


class AboutPermit(About):
    job_id = Uuid()
    permit_id = Uuid()


class Said(Strict):
    """A reason that may have been left empty."""

    lang = OneOf(words.LANGUAGES)
    text = fields.String(required=True, validate=validate.Length(max=TEXT_IN_EVENT_CHARS_MAX))


def plain(*, most: int = limits.LINE_CHARS_MAX, nullable: bool = False) -> fields.String:
    """A string the rules made, or a value that may be empty."""
    return fields.String(required=True, allow_none=nullable, validate=validate.Length(max=most))


def interval() -> fields.List[Any]:
    """[earliest, latest] on the site's clock; null is unknown, which is no evidence."""
    return fields.List(Instant(), required=True, allow_none=True, validate=validate.Length(equal=2))


def many_words(most: int = 100) -> Many:
    return Many(Word(), most)


class GasRow(step4_site_survey.Reading):
    """A reading, its value in the unit of its limit, and what speaks against it as evidence."""

    reading_id = Word()
    converted = plain(most=64, nullable=True)
    converted_unit = OneOf((words.PERCENT_VOLUME, words.MG_PER_M3))
    passed = Flag()
    marks = many_words()


class NumberedFinding(step7.Finding):
    finding_id = Ident()
    permit_id = fields.String(required=True, allow_none=True)


class BandedRow(step1.RiskRow):
    band = Word()
    residual_band = Word()


SCHEMAS_BY_KEY: dict[tuple[str, int], type[Schema]] = {}


def _name(type_: str, version: int) -> str:
    return "".join(part.title() for part in type_.replace(".", "_").split("_")) + f"EventV{version}"


def _event(type_: str, about: type[About], payload: type[Schema] | None = None, /, **more: fields.Field[Any]) -> None:
    """Enter an event: its command's payload, if it carries that, and more fields."""
    bases = (payload, about) if payload is not None else (about,)
    SCHEMAS_BY_KEY[type_, 1] = type(_name(type_, 1), bases, {"__doc__": f"`{type_}` version 1", **more})


def _registry() -> None:
    _event("site.registered", AboutSite, registry.RegisterSite, site_id=Ident())
    _event("area.registered", AboutSite, registry.RegisterArea)
    _event("plot_plan.registered", AboutSite, registry.RegisterPlotPlan)
    _event("person.registered", AboutSite, registry.RegisterPerson)
    _event("certificate.registered", AboutSite, registry.RegisterCertificate)
    _event("contraindication.recorded", AboutSite, registry.RecordContraindication)
    _event("contractor.registered", AboutSite, registry.RegisterContractor)
    _event(
        "instrument.registered",
        AboutSite,
        registry.RegisterInstrument,
        calibration_gas=plain(nullable=True),
        correction_factors=MapOf(Word(), Dec("0.01", "100"), limits.GASES_OF_INSTRUMENT_MAX),
    )
    _event("recorder.registered", AboutSite, registry.RegisterRecorder)
    _event("isolation_point.registered", AboutSite, registry.RegisterIsolationPoint)
    _event("service_owner.registered", AboutSite, registry.RegisterServiceOwner)
    _event("key.registered", AboutSite, registry.RegisterKey, person_id=Ident())
    _event("key.revoked", AboutSite, registry.RevokeKey)
    _event("calendar.set", AboutSite, registry.SetCalendar)
    _event("roster.set", AboutSite, registry.SetForemanRoster)
    _event("policies.set", AboutSite, registry.SetPolicies)
    packs = Many(PackName(), limits.PACKS_MAX * 2)
    policies = MapOf(Code(), Line(), limits.POLICIES_MAX)
    rules: dict[str, fields.Field[Any]] = {"proposal_id": Ident(), "packs": packs, "policies": policies}
    removed = Many(Code(), limits.POLICIES_MAX)
    _event("rules.proposed", AboutSite, **rules, policies_removed=removed, reason=Part(Said))
    _event("rules.released", AboutSite, **rules, policies_removed=removed, proposed_by=Ident())
    _event("right.delegated", AboutSite, registry.Delegate)
    _event("right.undelegated", AboutSite, registry.Undelegate)
    _event("clock.advanced", AboutSite, registry.AdvanceClock)


def _site() -> None:
    day = fields.String(required=True, allow_none=True)
    _event("bump_test.recorded", AboutSite, site.RecordBumpTest, day=day)
    _event("wind.recorded", AboutSite, site.RecordWind, area_id=plain(nullable=True), captured=interval())
    jobs = Many(Uuid(), JOBS_OF_SITE_MAX)
    _event("change.recorded", AboutSite, site.RecordChange, area_id=plain(nullable=True), jobs=jobs)
    tickets = Many(Uuid(), LIVE_TICKETS_MAX)
    _event("shift.handed_over", AboutSite, site.HandOverShift, handover_id=Word(), tickets=tickets, shift_end=Instant())
    _event("shift.accepted", AboutSite, site.AcceptShift, until=Instant())
    _event("emergency.declared", AboutSite, site.DeclareEmergency, area_id=plain())
    _event("emergency.ended", AboutSite, site.EndEmergency, area_id=plain())
    _event("concern.recorded", AboutSite, concern_id=Word(), what=Part(Said))
    _event("stop_work.called", AboutJob, reason=Part(Said))
    _event("stop.cleared", AboutJob, step5_execution.ClearStop)
    said = plain(most=ALARM_TEXT_CHARS_MAX)
    _event("alarm.raised", AboutSite, alarm_id=Word(), code=Word(), text=said, owner=Ident())
    _event("alarm.acknowledged", AboutSite, site.AcknowledgeAlarm)
    _event("alarm.closed", AboutSite, site.CloseAlarm)
    _event(
        "late_arrival.recorded",
        AboutSite,
        command_id=Uuid(),
        type=Word(),
        payload=fields.Dict(keys=fields.String(), required=True),
    )
    _event("late_arrival.cleared", AboutSite, site.ClearLateArrival)


def _step1() -> None:
    nullable = {"contractor_id": plain(nullable=True), "copied_from": plain(nullable=True)}
    _event("job.created", AboutJob, step1.CreateJob, job_no=Word(), day=Day(), **nullable)
    content: dict[str, fields.Field[Any]] = {
        "facts": ByShape(tuple(FACTS.values())),
        "area_id": Ident(),
        "place": plain(),
        "equipment_tag": plain(),
        "limitations": plain(),
        "planned_from": Instant(),
        "planned_to": Instant(),
        "level": OneOf(("", *words.LEVELS)),
        "level_reasons": many_words(),
        "requested_level": OneOf(("", *words.LEVELS)),
        "requested_level_reason": plain(),
        "spot": Part(Spot, nullable=True),
        "activities": Many(OneOf(words.ACTIVITIES), len(words.ACTIVITIES)),
    }
    _event(
        "ticket.added",
        AboutPermit,
        permit_no=Word(),
        type=OneOf(words.PERMIT_TYPES),
        day=Day(),
        related=Many(Uuid(), limits.RELATED_PERMITS_MAX),
        supersedes=plain(nullable=True),
        **content,
    )
    _event("ticket.amended", AboutPermit, **content)
    _event("tickets.linked", AboutPermit, to=Uuid())
    _event(
        "risk.recorded",
        AboutJob,
        version=Int(1, limits.EXPECTED_VERSION_MAX),
        method=OneOf(words.ASSESSMENT_METHODS),
        rows=Many(Part(BandedRow), limits.RISK_ROWS_MAX),
        participants=Many(Ident(), limits.PARTICIPANTS_MAX),
        lessons=Many(Part(step1.LessonAnswer), limits.LESSON_ANSWERS_MAX),
    )
    _event("risk.residual_accepted", AboutJob, role=OneOf(words.ROLES), alarp=text())
    _event("risk.assessed", AboutJob, step1.Assess)


def _steps2_and_3() -> None:
    _event("plan.booked", AboutJob, step2_plan.BookWork)
    _event("plan.urgent_approved", AboutJob)
    _event("plan.recorded", AboutJob, step2_plan.RecordPlan)
    _event("permit.services_cosigned", AboutPermit, step2_plan.CosignServices)
    _event("crew.assigned", AboutPermit, crew=Many(Part(CrewMember), limits.CREW_MAX))
    _event("plan.approved", AboutJob, step2_plan.Plan)
    version = Int(1, limits.EXPECTED_VERSION_MAX)
    _event("briefing.given", AboutJob, step3.GiveBriefing, version=version, content_sha256=Sha256())
    _event("briefing.acknowledged", AboutJob, step3.AcknowledgeBriefing, captured=interval(), superseded=Flag())
    _event("job.briefed", AboutJob, step3.Brief)
    _event("job.sent_back", AboutJob, step3.SendBack)
    _event("job.withdrawn", AboutJob, step3.WithdrawJob)


def _step4() -> None:
    _event("measures.confirmed", AboutPermit, step4_site_survey.ConfirmMeasures)
    _event("isolation.applied", AboutJob, step4_site_survey.ApplyIsolation)
    _event("isolation.verified", AboutJob, step4_site_survey.VerifyIsolation)
    _event("isolation.removed", AboutJob, step6_supervision.RemoveIsolation)
    _event(
        "gas.tested",
        AboutPermit,
        instrument_id=Ident(),
        tester=Ident(),
        sampled=interval(),
        readings=Many(Part(GasRow), limits.READINGS_MAX),
    )
    state = step4_site_survey.RecordProcessState
    _event("process_state.recorded", AboutPermit, state, captured=interval())
    _event("permit.surveyed", AboutPermit)
    _event("permit.node_signed", AboutPermit, step4_site_survey.SignNode)
    _event(
        "permit.issued",
        AboutPermit,
        step4_site_survey.Issue,
        grade=OneOf(("", *words.ISSUER_ROLES)),
        presence=OneOf(("", "code", "position")),
        valid_from=Instant(),
        valid_to=Instant(),
    )
    _event("permit.foreman_checked", AboutPermit)
    clashes = many_words()
    _event("coordination.made", AboutPermit, step4_site_survey.Coordinate, clashes=clashes)
    _event("coordination.signed", AboutPermit, step4_site_survey.SignCoordination)
    _event("permit.printed", AboutPermit, copy=OneOfInt(words.COPIES))


def _step5() -> None:
    tools = MapOf(Word(), Int(0, limits.TOOL_COUNT_MAX), limits.TOOLS_MAX)
    reason = Part(Said, nullable=True)
    _event("guardian.on", AboutPermit, step5_execution.GuardianOn)
    _event("guardian.off", AboutPermit, person_id=Ident(), reason=reason)
    _event("guardian.handover_offered", AboutPermit, to=Ident())
    _event("guardian.handed_over", AboutPermit, gone=plain(), to=Ident(), place=OneOf(words.GUARDIAN_PLACES))
    _event("equipment.checked", AboutPermit, step5_execution.CheckEquipment)
    _event("monitor.recorded", AboutPermit, step5_execution.RecordMonitor)
    _event("signal.recorded", AboutPermit, service.RecordSignal, seen=interval())
    _event("gas.segment_recorded", AboutPermit, service.RecordGasSegment, at=interval())
    _event("work.started", AboutPermit, step5_execution.Start)
    _event("entry.entered", AboutPermit, step5_execution.Enter, tools=tools)
    _event("special_entry.approved", AboutPermit, step5_execution.ApproveSpecialEntry)
    _event("entry.left", AboutPermit, step5_execution.Leave, tools=tools)
    _event("entry.found_inside", AboutPermit, step5_execution.RecordFoundInside)
    _event("permit.suspended", AboutPermit, cause=Word(), reason=Part(Said))
    _event("permit.revalidated", AboutPermit, step5_execution.Revalidate)
    _event("permit.resumed", AboutPermit, step5_execution.Resume)
    _event("crew.changed", AboutPermit, step5_execution.ChangeCrew)
    _event("work.completed", AboutPermit)
    _event("permit.revoked", AboutPermit, step5_endings.RevokeTicket)
    _event("permit.voided", AboutPermit, step5_endings.VoidTicket)
    _event("permit.expired", AboutPermit, valid_to=Instant())
    _event(
        "ticket.replaced",
        AboutPermit,
        by_permit=Uuid(),
        changed=Many(OneOf(words.TICKET_CHANGES), len(words.TICKET_CHANGES)),
        kept=Many(OneOf(words.TICKET_PARTS_KEPT), len(words.TICKET_PARTS_KEPT)),
        reason=text(),
    )
    _event("personal_lock.added", AboutJob, step5_execution.AddPersonalLock, person_id=Ident())
    _event("personal_lock.removed", AboutJob, step5_execution.RemovePersonalLock, person_id=Ident())
    _event("personal_lock.removed_for_owner", AboutJob, step5_execution.RemoveAbsentOwnersLock)


def _steps6_and_7() -> None:
    _event("check.recorded", AboutPermit, step6_supervision.RecordCheck)
    _event("site.restored", AboutPermit, step6_supervision.RecordRestoration)
    _event("fire_watch.ended", AboutPermit, step6_supervision.EndFireWatch)
    _event("permit.accepted", AboutPermit)
    _event("action.recorded", AboutJob, step7.RecordAction)
    _event("action.closed", AboutJob, step7.CloseAction)
    _event("review.recorded", AboutJob, step7.Review)
    _event("job.closed", AboutJob)
    _event(
        "document.sealed",
        AboutJob,
        kind=OneOf(words.SEAL_KINDS),
        sha256=Sha256(),
        level=OneOf(words.SEAL_LEVELS),
        records_to=Int(1, limits.INTEGER_MAX),
    )


def _after_the_work() -> None:
    known = Many(OneOf(words.PERMIT_TYPES), limits.TYPES_OF_LESSON_MAX)
    _event(
        "lesson.proposed",
        AboutSite,
        lesson_id=Ident(),
        what=text(),
        tags=many_words(limits.TAGS_OF_LESSON_MAX),
        types=known,
        areas=Many(Ident(), limits.PLACES_OF_LESSON_MAX),
        equipment=Many(Line(), limits.PLACES_OF_LESSON_MAX),
    )
    _event("lesson.published", AboutSite, step7.PublishLesson)
    _event("lesson.withdrawn", AboutSite, step7.WithdrawLesson)
    _event(
        "audit.sampled",
        AboutSite,
        step7.DrawAuditSample,
        type=plain(nullable=True),
        area_id=plain(nullable=True),
        audit_id=Ident(),
        population=Int(1, limits.INTEGER_MAX),
        population_sha256=Sha256(),
        jobs=Many(Uuid(), limits.AUDIT_SAMPLE_MAX),
    )
    _event(
        "audit.answered",
        AboutJob,
        audit_id=Ident(),
        findings=Many(Part(NumberedFinding), limits.FINDINGS_OF_RESULT_MAX),
        note=Part(Text, nullable=True),
        independent=Flag(),
    )
    _event("audit.finding_answered", AboutJob, step7.AnswerAuditFinding)
    _event("audit.closed", AboutSite, step7.CloseAudit)
    _event("documents.purged", AboutSite, step7.Purge)


for _part in (_registry, _site, _step1, _steps2_and_3, _step4, _step5, _steps6_and_7, _after_the_work):
    _part()

EVENTS: Mapping[tuple[str, int], type[Schema]] = MappingProxyType(SCHEMAS_BY_KEY)
