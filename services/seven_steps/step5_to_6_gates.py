"""Gate 5, execution: who may go in. What must hold while work runs stands with gate 4, where it is asked first."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing
from services.seven_steps.step3_to_4_gates import acknowledged


def entrant_not_briefed(case: Case) -> tuple[Missing, ...]:
    """Whoever is let in is on the crew and has acknowledged the current version (AQ 3064.2 5.6.4)."""
    job, permit = case.job, case.permit
    assert job is not None and permit is not None
    person_id = case.command.payload.get("person_id")
    asked = (person_id,) if person_id else tuple(m.person_id for m in permit.crew.values() if m.role == "worker")
    if not asked:
        return (Missing("crew", need=":workers", who=(roles.WORK_LEAD,)),)
    found = []
    for person in asked:
        if person not in permit.crew and person != job.work_lead:
            found.append(Missing("crew_member", about=person, need=":on_the_crew", who=(roles.WORK_LEAD,)))
        if acknowledged(case, person) is None:
            version = job.briefing.version if job.briefing else ":none"
            found.append(Missing("acknowledgement", about=person, need=f":version {version}", who=(person,)))
    return tuple(found)


def entrant_record(case: Case) -> tuple[int, ...]:
    said = acknowledged(case, str(case.command.payload.get("person_id", "")))
    return (said.seq,) if said else ()


GATES = (
    Gate(
        "G-BR-2",
        1,
        frozenset({Boundary.ENTER}),
        "AQ 3064.2-2025 5.6.4",
        entrant_not_briefed,
        entrant_record,
        alarm="70",
        packs=EVERYWHERE,
    ),
)
