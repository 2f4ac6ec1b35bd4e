"""Gate 4, site survey to execution, its signatures: measures, isolations, linked tickets, who issues and where.

What the air must be stands in step4_to_5_gas_gates.py, what must be there when work starts in
step4_to_5_start_gates.py.
"""

from __future__ import annotations

from decimal import Decimal

from services.seven_steps import delegation, limits, roles
from services.seven_steps.board_job import Isolation
from services.seven_steps.board_ticket import NodeSignature, Permit
from services.seven_steps.gate import EVERYWHERE, HOT, RUN, Boundary, Case, Gate, Missing
from services.seven_steps.signatures import proved_lately
from services.seven_steps.step1_risk_assessment import ENDED
from services.seven_steps.step2_to_3_level_gates import grade_needed
from services.seven_steps.work_types import type_of
from services.seven_steps.work_types.confined_space import CONFINED_SPACE
from services.seven_steps.work_types.hot_work import SPECIAL
from services.seven_steps.work_types.lifting import LIFTING

B = Boundary
SURVEY, ISSUE = frozenset({B.SURVEY}), frozenset({B.ISSUE})
#: What was found true at the survey and can be undone after it is asked again until the work is over.
STILL_TRUE = SURVEY | ISSUE | RUN
#: All that is accepted where a blind is required: no water seal, no closed valve, nothing else (5.2.2, 6.1).
BLINDED = frozenset({"blind", "spool_removed"})
#: Energies that come by no line into a space; any other, by whatever name it is registered, may be one (6.1).
NO_LINE = frozenset({"electrical", "mechanical", "hydraulic"})
ISOLATORS = (roles.ISOL_AUTH,)
#: A space whose ticket lets nobody in any more; and, once work is to begin in it, one whose ticket is in force.
DONE = frozenset({"completed", "accepted"})
IN_FORCE = frozenset({"issued", "active", "suspended"})
SURVEYED_OR_FURTHER = frozenset({"surveyed", "issued", "active", "suspended", "completed", "accepted"})


# ---- survey: measures and isolations -------------------------------------------------------------------------------


def measures_unconfirmed(case: Case) -> tuple[Missing, ...]:
    """Every line of the form is answered: confirmed, or explicitly not applicable where no fact says it applies."""
    permit = case.permit
    assert permit is not None
    found = []
    applies = type_of(permit).lines(permit, case.board.areas.get(permit.area_id), case.number)
    for line in case.rules.listed(f"measures_{permit.type}"):
        measure = permit.measures.get(line)
        refused = {"not_in_place", "not_applicable"} if line in applies else {"not_in_place"}
        if measure is None or measure.answer in refused:
            have = ":none" if measure is None else f":{measure.answer}"
            who = (roles.AREA_AUTH, roles.GUARDIAN, roles.WORK_LEAD)
            found.append(Missing("measure", about=f"{permit.type}/{line}", have=have, need=":confirmed", who=who))
    return tuple(found)


def measures_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    return tuple(sorted({m.seq for m in case.permit.measures.values()}))


def in_force(case: Case) -> tuple[Isolation, ...]:
    assert case.job is not None
    return tuple(i for i in case.job.isolations.values() if i.removed is None)


def isolation_unverified(case: Case) -> tuple[Missing, ...]:
    """Each planned point is applied and verified; work that needs isolation has at least one point planned."""
    job, permit = case.job, case.permit
    assert job is not None and permit is not None
    planned = job.plan.isolations if job.plan else ()
    if not planned and (job.plan is None or type_of(permit).isolates(permit)):
        return (Missing("isolation_list", need=":isolation_list", who=(roles.WORK_LEAD,)),)
    applied = {i.point_id: i for i in in_force(case)}
    ways = {point.method for point in planned}
    found = [
        Missing("isolation_way", about=f":method_{way}", need=":isolation_list", who=(roles.WORK_LEAD,))
        for way in type_of(permit).isolated_by
        if way not in ways
    ]
    for point in planned:
        isolation = applied.get(point.point_id)
        if isolation is None:
            found.append(Missing("isolation", about=point.point_id, need=":applied", who=ISOLATORS))
        elif isolation.verified is None:
            found.append(Missing("isolation", about=point.point_id, have=":applied", need=":verified", who=ISOLATORS))
    return tuple(found)


def isolation_too_weak(case: Case) -> tuple[Missing, ...]:
    """Nothing is accepted instead of a blind or a spool taken out, least of all a water seal or a closed valve."""
    job = case.job
    assert job is not None
    must = (
        {p.point_id for p in job.plan.isolations if p.blind_required or _always(case, p.point_id)}
        if job.plan
        else set()
    )
    planned = {p.point_id: p.method for p in job.plan.isolations} if job.plan else {}
    used = planned | {i.point_id: i.method for i in in_force(case)}
    return tuple(
        Missing("blind", about=point_id, have=f":method_{method}", need=":blind_or_spool_removed", who=ISOLATORS)
        for point_id, method in sorted(used.items())
        if point_id in must and method not in BLINDED
    )


def _always(case: Case, point_id: str) -> bool:
    """Into a confined space no line is shut by a valve alone, whatever it carries and the plan says (6.1); a point that
    nobody registered may be one."""
    assert case.permit is not None
    point = case.board.isolation_points.get(point_id)
    return type_of(case.permit).entry and (point is None or point.energy not in NO_LINE)


def isolation_record(case: Case) -> tuple[int, ...]:
    found = []
    for isolation in in_force(case):
        found += [isolation.applied.seq] + ([isolation.verified.seq] if isolation.verified else [])
    return tuple(sorted(found))


def verified_by_applier(case: Case) -> tuple[Missing, ...]:
    return tuple(
        Missing("other_verifier", about=i.point_id, have=i.applied.by, need=":another_person", who=ISOLATORS)
        for i in in_force(case)
        if i.verified is not None and i.verified.by == i.applied.by
    )


# ---- issue: linked tickets and signatures --------------------------------------------------------------------------


def _siblings(case: Case) -> list[Permit]:
    """The job's other tickets that count: void and revoked ones do not (rules G-SV-5)."""
    assert case.job is not None and case.permit is not None
    others = (case.board.permits[key] for key in case.job.permits if key != case.permit.permit_id)
    return [other for other in others if other.state not in ENDED]


def linked_missing(case: Case) -> tuple[Missing, ...]:
    """Every ticket this one refers to exists, and work inside a confined space or with a lift has that ticket too."""
    permit = case.permit
    assert permit is not None and case.job is not None
    who = (roles.APPLICANT, roles.WORK_LEAD)
    found = [
        Missing("linked_ticket", about=key, need=":exists", who=who, alarm="61")
        for key in sorted(permit.related)
        if key not in case.board.permits or case.board.permits[key].job_id != permit.job_id
    ]
    kinds = {other.type for other in _siblings(case)}
    begins = case.command.type != B.ISSUE
    spaces = [
        other
        for other in _siblings(case)
        if other.type == CONFINED_SPACE.id and (other.state in IN_FORCE if begins else other.state not in DONE)
    ]
    if _inside(permit) and not spaces:
        found.append(Missing("confined_space_ticket", need=":ticket_confined_space", who=who, alarm="60"))
    if LIFTING.id not in kinds and _lifts(case, permit):
        found.append(Missing("lifting_ticket", need=":ticket_lifting", who=who, alarm="60"))
    return tuple(found)


def _inside(permit: Permit) -> bool:
    """Other work in a confined space: the ticket says so, or that it is high up inside a tower, furnace or tank."""
    inside = permit.facts.get("inside_confined_space") or "inside_vessel" in permit.facts.get("situations", ())
    return bool(inside) and permit.type != CONFINED_SPACE.id


def _lifts(case: Case, permit: Permit) -> bool:
    """Other work lifts what needs a ticket of its own: only a fixed crane may do without below a mass (A10.15)."""
    if "lift_t" not in permit.facts:
        return False
    mass = Decimal(str(permit.facts["lift_t"]))
    return not permit.facts.get("fixed_crane", False) or mass >= case.number("lifting_ticket_from")


def not_linked(case: Case) -> tuple[Missing, ...]:
    permit = case.permit
    assert permit is not None
    return tuple(
        Missing("link", about=other.permit_no, need=":linked_both_ways", who=(roles.APPLICANT, roles.WORK_LEAD))
        for other in _siblings(case)
        if other.permit_id not in permit.related or permit.permit_id not in other.related
    )


def linked_not_surveyed(case: Case) -> tuple[Missing, ...]:
    return tuple(
        Missing("linked_survey", about=o.permit_no, have=f":{o.state}", need=":surveyed", who=(roles.AREA_AUTH,))
        for o in _siblings(case)
        if o.state not in SURVEYED_OR_FURTHER
    )


def linked_record(case: Case) -> tuple[int, ...]:
    return tuple(sorted(o.surveyed.seq for o in _siblings(case) if o.surveyed))


def not_on_site(case: Case) -> tuple[Missing, ...]:
    """The approver is there: the guardian's code or a position inside the area (4.11 a; rules, trap 9)."""
    permit, presence = case.permit, case.command.presence
    assert permit is not None
    places = {permit.permit_id, permit.area_id} | set(permit.related)
    if presence is not None and presence.place in places:
        return ()
    have = presence.place if presence else ":none"
    return (Missing("presence", about=case.actor, have=have, need=permit.area_id, who=(case.actor or roles.GUARDIAN,)),)


def not_reauthenticated(case: Case) -> tuple[Missing, ...]:
    """The person proved who they are at most 15 minutes before (AQ 3064.2 5.5.2; ESL art. 13)."""
    if proved_lately(case):
        return ()
    minutes = int(limits.REAUTHENTICATED_WITHIN.total_seconds() // 60)
    return (Missing("identity", about=case.actor, need=f"≤ {minutes} min", who=(case.actor,)),)


def grade_too_low(case: Case) -> tuple[Missing, ...]:
    """The issuer's own grade, even where he issues for somebody: that is asked of him besides."""
    permit = case.permit
    assert permit is not None
    need = grade_needed(case)
    delegated = _not_delegated(case, need)
    person = case.board.people.get(case.actor)
    grade = type_of(permit).grade_of(person.roles) if person else ""
    if type_of(permit).rung(grade) >= type_of(permit).rung(need):
        return delegated
    have = f":role_{grade}" if grade else ":none"
    return (Missing("grade", about=case.actor, have=have, need=f":role_{need}", who=(need,)), *delegated)


def _not_delegated(case: Case, need: str) -> tuple[Missing, ...]:
    """Whoever issues for somebody was asked to by him, now, by a right that is high enough and that both hold."""
    principal, permit = case.command.payload.get("on_behalf_of"), case.permit
    assert permit is not None
    if not principal:
        return ()
    work, actor = type_of(permit), case.board.people.get(case.actor)
    enough = work.ladder[work.rung(need) :]
    given = (right for right in enough if (d := delegation.in_force(case, principal, right)) and d.to == case.actor)
    if any(delegation.holds(actor, right) for right in given):
        return ()
    return (Missing("delegation", about=str(principal), need=f":role_{need}", who=(str(principal),)),)


def delegation_record(case: Case) -> tuple[int, ...]:
    principal = case.board.people.get(str(case.command.payload.get("on_behalf_of", "")))
    return tuple(sorted(d.seq for d in principal.delegations.values() if d.to == case.actor)) if principal else ()


def issuer_is_worker(case: Case) -> tuple[Missing, ...]:
    """Segregation of duties is policy, not GB (rules, trap 3)."""
    permit, job = case.permit, case.job
    assert permit is not None and job is not None
    if case.actor != job.work_lead and case.actor not in permit.crew:
        return ()
    return (
        Missing(
            "other_issuer", about=case.actor, have=":on_the_job", need=":another_person", who=(grade_needed(case),)
        ),
    )


def nodes_required(case: Case) -> tuple[str, ...]:
    """The form's signature lines before the issue; the issuer's own line is the issue (reading A10.10)."""
    permit = case.permit
    assert permit is not None
    own = roles.NODE_OF_GRADE.get(grade_needed(case))
    return tuple(node for node in type_of(permit).nodes if node != own)


def valid_signature(case: Case, node: str) -> NodeSignature | None:
    """The last one by somebody who holds that line's role, after the survey."""
    permit = case.permit
    assert permit is not None
    surveyed = permit.surveyed.seq if permit.surveyed else 0
    for signature in reversed(permit.nodes):
        person = case.board.people.get(signature.by)
        held = person is not None and bool(person.roles & roles.NODE_ROLES[node])
        if signature.node == node and held and signature.seq > surveyed:
            return signature
    return None


def nodes_unsigned(case: Case) -> tuple[Missing, ...]:
    """Each node is signed, each after the one before it (AQ 3064.2 5.5.1)."""
    found: list[Missing] = []
    last = 0
    for node in nodes_required(case):
        signature = valid_signature(case, node)
        who = tuple(sorted(roles.NODE_ROLES[node]))
        if signature is None:
            found.append(Missing("signature", about=f":node_{node}", need=":signed", who=who))
        elif signature.seq < last:
            found.append(
                Missing("signature_order", about=f":node_{node}", have=":signed_early", need=":in_order", who=who)
            )
        last = max(last, signature.seq if signature else last)
    return tuple(found)


def nodes_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    return tuple(sorted(n.seq for n in case.permit.nodes))


def node_late(case: Case) -> tuple[Missing, ...]:
    """From the survey, or the signature before, to each signature (AQ 3064.2 5.2.1): an alarm, no block."""
    permit = case.permit
    assert permit is not None
    if permit.surveyed is None:
        return ()
    longest = case.rules.duration("approval_node_limit", case.board)
    since, found = permit.surveyed.at, []
    for node in nodes_required(case):
        signature = valid_signature(case, node)
        done = signature.at if signature else case.now
        if done - since > longest:
            who = tuple(sorted(roles.NODE_ROLES[node]))
            found.append(
                Missing("node_time", about=f":node_{node}", have=str(done - since), need=f"≤ {longest}", who=who)
            )
        since = max(since, done)
    return tuple(found)


def changed_since_assessment(case: Case) -> tuple[Missing, ...]:
    """The assessment, signed, is newer than the last change of process or conditions (4.17)."""
    job = case.job
    assert job is not None
    if job.changed is None:
        return ()
    signed = job.assessment.signed if job.assessment is not None else None
    if job.assessment is not None and signed is not None and job.assessment.recorded.seq > job.changed.seq:
        return ()
    return (Missing("new_assessment", have=job.changed.text, need=":assessment_after_change", who=(roles.WORK_LEAD,)),)


def change_record(case: Case) -> tuple[int, ...]:
    job = case.job
    assert job is not None
    assessed = (job.assessment.recorded.seq,) if job.assessment else ()
    return (*assessed, *((job.changed.seq,) if job.changed else ()))


#: What must be true of the unit, by the fields of `record_process_state` (5.4.2 b-d).
UNIT_FACTS = ("unit_stable", "slight_positive_pressure", "no_decomposing_service")
UNIT_KNOWERS = (roles.AREA_AUTH, roles.SHIFT_FOREMAN)


def special_unproved(case: Case) -> tuple[Missing, ...]:
    """特级: unit stable, slight positive pressure, no thermally decomposing service, said not long ago (5.4.2)."""
    permit = case.permit
    assert permit is not None
    if permit.level != SPECIAL:
        return ()
    state, oldest = permit.process_state, case.rules.duration("process_state_age", case.board)
    if state is None:
        return tuple(Missing(what, about=permit.permit_no, need=f":{what}", who=UNIT_KNOWERS) for what in UNIT_FACTS)
    found = [
        Missing(what, about=permit.permit_no, have=":no", need=f":{what}", who=UNIT_KNOWERS)
        for what in UNIT_FACTS
        if not getattr(state, what)
    ]
    if state.at is None or case.now - state.at.earliest > oldest:
        have = ":mark_time_unknown" if state.at is None else str(case.now - state.at.earliest)
        found.append(Missing("process_state", about=permit.permit_no, have=have, need=f"≤ {oldest}", who=UNIT_KNOWERS))
    return tuple(found)


def process_record(case: Case) -> tuple[int, ...]:
    return (case.permit.process_state.seq,) if case.permit and case.permit.process_state else ()


def nothing(_case: Case) -> tuple[int, ...]:
    """The act itself is the evidence."""
    return ()


GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"
GATES = (
    Gate("G-SV-1", 1, STILL_TRUE, f"{GB} annex A; {AQ} 5.4.5", measures_unconfirmed, measures_record, alarm="90"),
    Gate(
        "G-SV-2a", 1, STILL_TRUE, f"{GB} 4.2, 6.1", isolation_unverified, isolation_record, alarm="90", packs=EVERYWHERE
    ),
    Gate("G-SV-2b", 1, STILL_TRUE, f"{GB} 5.2.2, 6.1", isolation_too_weak, isolation_record, alarm="90"),
    Gate("G-SD-1b", 1, STILL_TRUE, "Policy (HSG250)", verified_by_applier, isolation_record),
    Gate("G-RA-4", 1, ISSUE, f"{GB} 4.17", changed_since_assessment, change_record, alarm="80", packs=EVERYWHERE),
    Gate(
        "G-SV-3a", 1, ISSUE, f"{GB} 4.11 a; {AQ} 5.5.2", not_on_site, nothing, alarm="30", of_act=True, packs=EVERYWHERE
    ),
    Gate("G-SV-3b", 1, ISSUE, f"{AQ} 5.5.2", not_reauthenticated, nothing, of_act=True, packs=EVERYWHERE),
    Gate(
        "G-SV-4", 1, ISSUE, f"{GB} 4.11 b; {AQ} 5.5.3", grade_too_low, delegation_record, of_act=True, packs=EVERYWHERE
    ),
    Gate("G-SD-1a", 1, ISSUE, "Policy (HSG250)", issuer_is_worker, nothing, of_act=True),
    Gate(
        "G-SV-5a",
        1,
        ISSUE | {B.START, B.RESUME},
        f"{GB} 4.6, 9.1; {AQ} 5.9.8",
        linked_missing,
        linked_record,
        alarm="61",
        packs=EVERYWHERE,
    ),
    Gate("G-SV-5b", 1, ISSUE, f"{GB} 4.6; {AQ} 5.9.8", not_linked, linked_record, alarm="62", packs=EVERYWHERE),
    Gate(
        "G-SV-5c", 1, ISSUE, f"{GB} 4.6; {AQ} 5.9.8", linked_not_surveyed, linked_record, alarm="61", packs=EVERYWHERE
    ),
    Gate("G-SV-6a", 1, ISSUE, f"{AQ} 5.5.1", nodes_unsigned, nodes_record),
    Gate("G-SV-6b", 1, ISSUE, f"{AQ} 5.2.1, 5.9.9", node_late, nodes_record, alarm="91", blocks=False),
    Gate(
        "G-HOT-4",
        1,
        ISSUE | {B.START, B.RESUME},
        f"{GB} 5.4.2",
        special_unproved,
        process_record,
        works=HOT,
        packs=EVERYWHERE,
    ),
)
