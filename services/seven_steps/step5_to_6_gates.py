"""Gate 5, execution: who may go in. What must hold while work runs stands with gate 4, where it is asked first."""

from __future__ import annotations

from services.seven_steps import roles, special_entry
from services.seven_steps.gate import ENTRY, EVERYWHERE, Boundary, Case, Gate, Missing
from services.seven_steps.step3_to_4_gates import acknowledged
from services.seven_steps.step4_to_5_gas_gates import limit_record, out_of_limits


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


def entry_out_of_limits(case: Case) -> tuple[Missing, ...]:
    """A normal entry only within limits; a special one with what it takes (6.6: reading medium sure)."""
    permit = case.permit
    assert permit is not None
    if special_entry.mode_of(case):
        return special_entry.unfit(case)
    if not out_of_limits(case):
        return ()
    have, need = ":normal_entry", ":special_entry"
    return (Missing("entry_mode", about=permit.permit_no, have=have, need=need, who=(roles.HSE,)),)


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
    Gate(
        "G-GAS-10",
        1,
        frozenset({Boundary.ENTER}),
        "GB 30871-2022 6.4, 6.6; policy",
        entry_out_of_limits,
        limit_record,
        works=ENTRY,
    ),
)
