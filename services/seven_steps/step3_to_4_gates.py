"""Gate 3, briefing to site survey: everyone who will be there has acknowledged what is said today."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board_job import Acknowledgement
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing

B = Boundary


def to_be_briefed(case: Case) -> tuple[str, ...]:
    """Work lead, workers, guardians (design: job and ticket)."""
    assert case.job is not None and case.permit is not None
    return tuple(dict.fromkeys([case.job.work_lead, *case.permit.crew]))


def acknowledged(case: Case, person_id: str) -> Acknowledgement | None:
    """Of the current version and its very content; an older one opens nothing."""
    briefing = case.job.briefing if case.job else None
    if briefing is None:
        return None
    said = briefing.acknowledged.get(person_id)
    if said is None or (said.version, said.content_sha256) != (briefing.version, briefing.content_sha256):
        return None
    return said


def not_briefed(case: Case) -> tuple[Missing, ...]:
    """The briefing is newer than the ticket, its assessment and its plan, and everyone acknowledged this version."""
    assert case.job is not None and case.permit is not None
    briefing = case.job.briefing
    if briefing is None:
        return (Missing("briefing", need=":briefing", who=(roles.BRIEFER,)),)
    content = [case.permit.created.seq, *([case.job.plan.recorded.seq] if case.job.plan else [])]
    content += [case.job.assessment.recorded.seq] if case.job.assessment else []
    if briefing.given.seq < max(content):
        have, need = f":version {briefing.version}", ":new_version"
        return (Missing("briefing", have=have, need=need, who=(roles.BRIEFER,)),)
    if not case.permit.crew:
        return (Missing("crew", need=":workers", who=(roles.WORK_LEAD,)),)
    return tuple(
        Missing("acknowledgement", about=person_id, need=f":version {briefing.version}", who=(person_id,))
        for person_id in to_be_briefed(case)
        if acknowledged(case, person_id) is None
    )


def briefing_record(case: Case) -> tuple[int, ...]:
    briefing = case.job.briefing if case.job else None
    if briefing is None:
        return ()
    said = (acknowledged(case, person_id) for person_id in to_be_briefed(case))
    return (briefing.given.seq, *(a.seq for a in said if a is not None))


GATES = (
    Gate(
        "G-BR-1",
        1,
        frozenset({B.BRIEF, B.START, B.RESUME}),
        "GB 30871-2022 4.4; AQ 3064.2-2025 5.4.2",
        not_briefed,
        briefing_record,
        alarm="70",
        packs=EVERYWHERE,
    ),
)
