"""Gate 3, briefing to site survey: everyone who will be there has acknowledged what is said today."""

from __future__ import annotations

from datetime import timedelta

from services.seven_steps import roles, site_time
from services.seven_steps.board_job import Acknowledgement, Briefing
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing

B = Boundary


def to_be_briefed(case: Case) -> tuple[str, ...]:
    """Work lead, workers, guardians (design: job and ticket)."""
    assert case.job is not None and case.permit is not None
    return tuple(dict.fromkeys([case.job.work_lead, *case.permit.crew]))


def acknowledged(case: Case, person_id: str) -> Acknowledgement | None:
    """Of the current version and its very content; an older one opens nothing."""
    briefing = case.job.briefing if case.job else None
    return None if briefing is None else acknowledged_in(briefing, person_id)


def acknowledged_in(briefing: Briefing, person_id: str) -> Acknowledgement | None:
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
    content = [case.permit.created.seq, case.permit.content_seq]
    content += [case.job.plan.recorded.seq] if case.job.plan else []
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


def _longer_than_once(case: Case) -> bool:
    """Whether the planned time reaches beyond one site day, or, where the site briefs by shift, beyond one shift."""
    permit = case.permit
    assert permit is not None
    if case.rules.number("briefing_each_shift", case.board):
        return permit.planned_to - permit.planned_from > case.rules.duration("shift_length", case.board)
    last = permit.planned_to - timedelta(microseconds=1)
    return site_time.site_day(case.board, permit.planned_from) != site_time.site_day(case.board, last)


def _of_now(case: Case, said: Acknowledgement | None) -> bool:
    """Acknowledged on this site day, or within this shift, surely: by the earliest moment; of unknown time: not."""
    if said is None or said.captured is None:
        return False
    if case.rules.number("briefing_each_shift", case.board):
        return case.now - said.captured.earliest <= case.rules.duration("shift_length", case.board)
    return site_time.site_day(case.board, said.captured.earliest) == site_time.site_day(case.board, case.now)


def not_briefed_again(case: Case) -> tuple[Missing, ...]:
    """A ticket of more than one day: everyone has acknowledged the current version today (policy)."""
    assert case.job is not None
    if not _longer_than_once(case):
        return ()
    briefing = case.job.briefing
    version = briefing.version if briefing else ":none"
    need = ":this_shift" if case.rules.number("briefing_each_shift", case.board) else ":today"
    return tuple(
        Missing("briefed_again", about=person_id, have=f":version {version}", need=need, who=(person_id,))
        for person_id in to_be_briefed(case)
        if not _of_now(case, acknowledged(case, person_id))
    )


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
    Gate("G-BR-3", 1, frozenset({B.START, B.RESUME}), "Policy", not_briefed_again, briefing_record, alarm="70"),
)
