"""Entry to a confined space that can't be brought within limits: a mode of its own (GB 30871-2022 6.6; policy).

Off unless the site's policy allows it. HSE approves it for this ticket, until work begins or goes on again. It
lets a person in; it does not let the work go on: that stays stopped for its bad gas.
"""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.gate import Boundary, Case, Missing

#: Isolating breathing apparatus and lifeline, or antistatic dress and explosion-proof tools.
MODES = ("breathing_apparatus", "explosion_proof")
#: Why the work may stand while somebody is let in that way.
BAD_GAS = frozenset({"bad_gas"})


def mode_of(case: Case) -> str:
    """How the person who is let in goes in; empty for a normal entry, and for everything that is no entry."""
    return str(case.command.payload.get("mode", "")) if case.command.type == Boundary.ENTER else ""


def unfit(case: Case) -> tuple[Missing, ...]:
    """What a special entry lacks: the policy, and HSE's approval of this very mode since work last began or went on."""
    permit, job, mode = case.permit, case.job, mode_of(case)
    assert permit is not None and job is not None
    found = []
    if not case.rules.number("special_entry_allowed", case.board):
        who = (roles.ADMIN, roles.HSE)
        found.append(Missing("special_entry_policy", about=permit.permit_no, have=":no", need=":yes", who=who))
    said = permit.special_entry
    old = said is None or (permit.last_run_at is not None and said.at < permit.last_run_at)
    if said is None or old or said.text != mode:
        have = ":none" if said is None or old else f":mode_{said.text}"
        about, need = permit.permit_no, f":mode_{mode}"
        found.append(Missing("special_entry_approval", about=about, have=have, need=need, who=(roles.HSE,)))
    elif said.by in permit.crew or said.by == job.work_lead:
        have, need = ":on_the_job", ":another_person"
        found.append(Missing("special_entry_approver", about=said.by, have=have, need=need, who=(roles.HSE,)))
    return tuple(found)


def is_fit(case: Case) -> bool:
    return bool(mode_of(case)) and not unfit(case)


def approval_record(case: Case) -> tuple[int, ...]:
    said = case.permit.special_entry if case.permit else None
    return (said.seq,) if said is not None and mode_of(case) else ()
