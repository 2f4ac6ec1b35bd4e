"""Gate 1, risk assessment to plan: nothing is planned before its dangers are written down, controlled and accepted."""

from __future__ import annotations

from services.seven_steps import limits, risk, roles
from services.seven_steps.board import Board
from services.seven_steps.board_job import Assessment, Job, RiskRow
from services.seven_steps.board_site import Lesson
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing

#: Asked of the act of signing, and again when the ticket is issued on it.
ASSESS = frozenset({Boundary.ASSESS, Boundary.ISSUE})
LEAD = (roles.WORK_LEAD,)


def rows_of(case: Case) -> tuple[RiskRow, ...]:
    """The rows of the assessment that are about this ticket."""
    assessment = assessment_of(case)
    if assessment is None or case.permit is None:
        return ()
    return tuple(row for row in assessment.rows if case.permit.permit_id in row.permits)


def assessment_of(case: Case) -> Assessment | None:
    return case.job.assessment if case.job else None


def assessment_record(case: Case) -> tuple[int, ...]:
    assessment = assessment_of(case)
    if assessment is None:
        return ()
    return (assessment.recorded.seq, *(a.seq for a in assessment.acceptances.values()))


def not_assessed(case: Case) -> tuple[Missing, ...]:
    """Rows exist for the ticket, each with a control and a residual score; at issue it is signed as well."""
    rows = rows_of(case)
    if not rows:
        return (Missing("risk_assessment", need=":rows_for_this_ticket", who=LEAD),)
    found = [Missing("control", about=row.step, need="≥ 1", who=LEAD) for row in rows if not row.controls]
    assessment = assessment_of(case)
    if case.command.type == Boundary.ISSUE and (assessment is None or assessment.signed is None):
        found.append(Missing("assessment_signed", need=":signed", who=LEAD))
    return tuple(found)


def risk_not_acceptable(case: Case) -> tuple[Missing, ...]:
    """Extreme never passes. High needs an engineered control, and an ALARP reason by an approver and by HSE."""
    found = []
    for row in rows_of(case):
        left = risk.band_left(row)
        if left == risk.EXTREME:
            found.append(Missing("residual_risk", about=row.step, have=":extreme", need=":high_or_lower", who=LEAD))
        if left == risk.HIGH and not any(c["level"] in risk.ENGINEERED for c in row.controls):
            found.append(Missing("engineered_control", about=row.step, need="≥ 1", who=LEAD))
    if any(risk.band_left(row) == risk.HIGH for row in rows_of(case)):
        found += _alarp_missing(case)
    return tuple(found)


def _alarp_missing(case: Case) -> list[Missing]:
    assessment = assessment_of(case)
    assert assessment is not None
    good = {role for role, said in assessment.acceptances.items() if len(said.text) >= limits.ALARP_TEXT_MIN}
    found = []
    need = f"≥ {limits.ALARP_TEXT_MIN} :characters"
    if not good & roles.APPROVERS:
        found.append(Missing("alarp_approver", need=need, who=tuple(sorted(roles.APPROVERS))))
    if roles.HSE not in good:
        found.append(Missing("alarp_hse", need=need, who=(roles.HSE,)))
    return found


def hazard_missing(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    named = {row.hazard for row in rows_of(case)}
    wanted = case.rules.listed(f"hazards_{case.permit.type}")
    return tuple(
        Missing("hazard", about=hazard, need=f":hazard_{hazard}", who=LEAD) for hazard in wanted if hazard not in named
    )


def lessons_unanswered(case: Case) -> tuple[Missing, ...]:
    """Each approved lesson that fits the ticket is answered: applied, or not applicable with a reason."""
    assessment = assessment_of(case)
    answers = assessment.lessons if assessment else {}
    found = []
    for lesson in fitting_lessons(case):
        answer = answers.get(lesson.lesson_id)
        if answer is None:
            found.append(Missing("lesson_answer", about=lesson.lesson_id, have=lesson.text, need=":answered", who=LEAD))
        elif not (answer.applied or answer.reason):
            found.append(Missing("lesson_reason", about=lesson.lesson_id, have=lesson.text, need=":reason", who=LEAD))
    return tuple(found)


def fitting_lessons(case: Case) -> tuple[Lesson, ...]:
    assert case.permit is not None and case.job is not None
    return lessons_for(case.board, case.job, case.permit)


def lessons_for(board: Board, job: Job, permit: Permit) -> tuple[Lesson, ...]:
    """Approved lessons that fit by type, area and equipment; what a lesson leaves open fits everything."""
    here = (permit.type, permit.area_id, permit.equipment_tag or job.equipment_tag)
    return tuple(
        lesson
        for lesson in board.lessons.values()
        if lesson.approved is not None
        and all(not wanted or one in wanted for wanted, one in zip(_applies_to(lesson), here, strict=True))
    )


def _applies_to(lesson: Lesson) -> tuple[frozenset[str], ...]:
    return lesson.types, lesson.areas, lesson.equipment


def lessons_record(case: Case) -> tuple[int, ...]:
    """The assessment that answers, and the records that published what fits."""
    published = (lesson.approved.seq for lesson in fitting_lessons(case) if lesson.approved)
    return (*assessment_record(case), *published)


GATES = (
    Gate(
        "G-RA-1",
        1,
        ASSESS,
        "GB 30871-2022 4.1; AQ 3064.2-2025 5.4.5",
        not_assessed,
        assessment_record,
        alarm="80",
        packs=EVERYWHERE,
    ),
    Gate("G-RA-2", 1, ASSESS, "Policy", risk_not_acceptable, assessment_record),
    Gate("G-RA-3", 1, ASSESS, "Policy", hazard_missing, assessment_record),
    Gate("G-LSN-1", 1, frozenset({Boundary.ASSESS}), "Policy", lessons_unanswered, lessons_record),
)
