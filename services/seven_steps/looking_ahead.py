"""What a plan would meet while it is being written: its gates, asked of a board on which the draft stands as recorded.

It shuts nothing and opens nothing, and no rule stands here: the gates themselves are asked, and asked again when the
plan is sent. What only helps to choose (which certificates somebody holds, whom he guards else, which gas to plan) is
looked up where the gates look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.seven_steps import (
    ending,
    site_time,
    step1_risk_assessment,
    step2_plan,
    step2_to_3_crew_gates,
    step2_to_3_gates,
    step2_to_3_level_gates,
    step5_execution,
)
from services.seven_steps.board import Board
from services.seven_steps.board_job import GasPlan, Job, Plan, PlannedIsolation
from services.seven_steps.board_site import Certificate
from services.seven_steps.board_ticket import CrewMember, Permit
from services.seven_steps.event import put_job, put_permit
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary, Case, Gate, Missing, Verdict
from services.seven_steps.gates import judge_gates
from services.seven_steps.judge import case_of
from services.seven_steps.rules import Rules
from services.seven_steps.spec import Refused
from services.seven_steps.step4_to_5_gas_gates import gas_kinds, points_asked
from services.seven_steps.step4_to_5_gates import issuer_is_worker
from services.seven_steps.work_types import type_of
from services.seven_steps.work_types.work_type import Level

B = Boundary
#: The id of a ticket that is being written.
DRAFT = "draft"
WINDOW_GATES = frozenset({"G-PL-3", "G-PL-4", "G-LV-2"})
#: Of the booking a ticket's time can only miss the day; the rest is for whoever books.
BOOKING_GATES, BOOKED_DAY = frozenset({"G-PL-1"}), "booking_day"
LEVEL_GATES = frozenset({"G-LV-1"})
CREW_GATES = frozenset(gate.id for gate in step2_to_3_crew_gates.GATES)
#: What gates of a later step say of the plan itself; the rest of what they say is not the plan's to supply yet.
OF_THE_PLAN = frozenset({"gas_plan", "gas_point", "isolation_list", "isolation_way", "blind"})
CLASH_GATES, COORDINATION_GATES = frozenset({"G-SIM-1"}), frozenset({"G-SIM-2"})
PLAN_GATES = frozenset({"G-GAS-1", "G-GAS-8", "G-SV-2a", "G-SV-2b"})


@dataclass(frozen=True, slots=True)
class Shut:
    """One thing that the gate would miss."""

    gate: Gate
    missing: Missing


def _shut(boundary: Boundary, case: Case, ids: frozenset[str]) -> tuple[Shut, ...]:
    verdicts: Iterable[Verdict] = judge_gates(boundary, case)
    return tuple(Shut(v.gate, missing) for v in verdicts if v.gate.id in ids for missing in v.missing)


# ---- crew ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemberAhead:
    """A member of the crew as drafted.

    certificates: the person's own of the trade that counts here, good on a planned day, the last to end first
    asked:        whether a certificate of that trade is asked for
    days_left:    by certificate: those that the site warns of, see ending.py
    shut:         what the gates miss about this person
    guards:       for a guardian: live tickets whose planned time overlaps and which this person guards too
    twice:        named more than once; a crew has each person once, the last naming counts
    no_issuer:    the person may issue such tickets, but not this one: whoever works on it does not issue it (policy)
    """

    person_id: str
    role: str
    trade: str
    certificates: tuple[Certificate, ...]
    asked: bool
    days_left: Mapping[str, int]
    shut: tuple[Shut, ...]
    guards: tuple[Permit, ...]
    twice: bool
    no_issuer: bool


@dataclass(frozen=True, slots=True)
class CrewAhead:
    """members: in the order of the draft; shut: what is about nobody of them."""

    members: tuple[MemberAhead, ...]
    shut: tuple[Shut, ...]


def crew_ahead(
    board: Board, permit: Permit, crew: Sequence[Mapping[str, Any]], now: datetime, rules: Rules
) -> CrewAhead:
    """The crew as `assign_crew` would say it: person_id, role, trade, certificate_id."""
    board = step2_plan.crew_assigned(board, {"permit_id": permit.permit_id, "crew": crew})
    return _told(board, board.permits[permit.permit_id], crew, now, rules)


def crew_change_ahead(
    board: Board, permit: Permit, change: Mapping[str, Any], now: datetime, rules: Rules
) -> CrewAhead:
    """The crew as `change_crew` would leave it (add, remove); its members are those who are added."""
    board = step5_execution.crew_changed(board, {"permit_id": permit.permit_id, **change})
    return _told(board, board.permits[permit.permit_id], change["add"], now, rules)


def _told(board: Board, permit: Permit, crew: Sequence[Mapping[str, Any]], now: datetime, rules: Rules) -> CrewAhead:
    """crew: those of the ticket's crew who are told of one by one."""
    case = case_of(board, B.PLAN, board.jobs[permit.job_id], permit, now, rules)
    shut = _shut(B.PLAN, case, CREW_GATES)
    ends = {one.id: one.days_left for one in ending.ending_soon(board, now, rules) if one.kind == ending.CERTIFICATE}
    names = [one["person_id"] for one in crew]
    members = tuple(
        _member(case, step2_plan.crew_member(board, said), shut, ends, names.count(said["person_id"]) > 1)
        for said in crew
    )
    told = {id(one) for member in members for one in member.shut}
    return CrewAhead(members, tuple(one for one in shut if id(one) not in told))


def _member(case: Case, member: CrewMember, shut: Iterable[Shut], ends: Mapping[str, int], twice: bool) -> MemberAhead:
    assert case.permit is not None
    person = case.board.people.get(member.person_id)
    guardian = member.role == "guardian"
    trade = step2_to_3_crew_gates.GUARDIAN_TRADE if guardian else member.trade
    fitting = _fitting(case, member.person_id, trade)
    required = step2_to_3_crew_gates.guardian_required(case)
    about = {member.person_id, *((person.contractor_id,) if person and person.contractor_id else ())}
    return MemberAhead(
        person_id=member.person_id,
        role=member.role,
        trade=trade,
        certificates=fitting,
        asked=required if guardian else trade in case.rules.listed("certified_trades"),
        days_left={c.certificate_id: ends[c.certificate_id] for c in fitting if c.certificate_id in ends},
        shut=tuple(one for one in shut if one.missing.about in about),
        guards=_guarded(case, member.person_id) if guardian else (),
        twice=twice,
        no_issuer=_may_not_issue(case, member.person_id),
    )


def _fitting(case: Case, person_id: str, trade: str) -> tuple[Certificate, ...]:
    """Good on a planned day at least; whether every day is covered is the gate's to say."""
    days = step2_to_3_crew_gates.days_asked(case)
    held = (
        c
        for c in step2_to_3_crew_gates.certificates_of(case, person_id)
        if c.trade == trade and not c.revoked and any(step2_to_3_crew_gates.good_on(c, day) for day in days)
    )
    return tuple(sorted(held, key=lambda c: c.valid_to, reverse=True))


def _guarded(case: Case, person_id: str) -> tuple[Permit, ...]:
    others = step2_to_3_crew_gates.others_in_window(case, person_id)
    return tuple(one for one in others if person_id in step2_to_3_crew_gates.guardians_of(one))


def _may_not_issue(case: Case, person_id: str) -> bool:
    """Asked of whoever holds the rung that issues this ticket (G-SD-1a)."""
    person = case.board.people.get(person_id)
    assert case.permit is not None
    work = type_of(case.permit)
    needed = step2_to_3_level_gates.grade_needed(case)
    if person is None or work.rung(work.grade_of(person.roles)) < work.rung(needed):
        return False
    return bool(issuer_is_worker(replace(case, actor=person_id)))


# ---- other work at that time ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClashesAhead:
    """What goes on beside a ticket, as the gate of the plan looks at it; the tickets of its own job count as planned.

    prohibited: what that gate would miss
    to_agree:   what the gate of the issue would miss as long as nobody has coordinated it
    """

    prohibited: tuple[Shut, ...]
    to_agree: tuple[Shut, ...]


def _clashes(case: Case) -> ClashesAhead:
    assert case.job is not None
    # the command stays the plan's at both gates: it says which tickets count, and when
    case = replace(case, command=replace(case.command, payload={"permits": list(case.job.permits)}))
    return ClashesAhead(_shut(B.PLAN, case, CLASH_GATES), _shut(B.ISSUE, case, COORDINATION_GATES))


# ---- window and level ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TicketAhead:
    """A ticket as drafted.

    timed:    begin and end are both said; until then nothing is told of a window, nor of an upgrade by it
    longest:  the longest time that this type and level may be planned for; None: the law states none
    touches:  what the window falls on: holiday, rest day, night, special period
    upgrades: those of them for which the issuer stands one step higher (GB 30871-2022 5.1.1)
    derived:  the level that the facts give, with its reasons and the facts that are not stated
    level:    the level in force, a higher one that was asked for included
    issuer:   the role that must issue it, upgrade included
    clashes:  with other work of its time; None until that is said
    """

    permit: Permit
    timed: bool
    longest: timedelta | None
    touches: tuple[str, ...]
    upgrades: tuple[str, ...]
    derived: Level
    level: str
    issuer: str
    window: tuple[Shut, ...]
    facts: tuple[Shut, ...]
    clashes: ClashesAhead | None


def ticket_ahead(
    board: Board, job: Job, before: Permit | None, said: Mapping[str, Any], now: datetime, rules: Rules
) -> TicketAhead | Refused:
    """The ticket as `add_ticket` or `amend_ticket` would say it; what is not said yet stays as `before` has it."""
    stated = (step1_risk_assessment.content_of(before) if before is not None else {}) | dict(said)
    timed = {"planned_from", "planned_to"} <= stated.keys()
    stated = {"place": "", "planned_from": site_time.stamp(now), "planned_to": site_time.stamp(now)} | stated
    asking = case_of(board, B.PLAN, job, None, now, rules)
    far = step1_risk_assessment.too_far(asking, stated)
    found = far or step1_risk_assessment.added_ticket(asking, DRAFT, stated)
    if isinstance(found, Refused):
        return found
    site, board = board, step1_risk_assessment.ticket_added(board, found.data)
    permit, job = board.permits[DRAFT], board.jobs[job.job_id]
    case = case_of(board, B.PLAN, job, permit, now, rules)
    work, area = type_of(permit), board.areas.get(permit.area_id)
    touches = site_time.upgrade_reasons_between(board, permit.planned_from, permit.planned_to)
    return TicketAhead(
        permit=permit,
        timed=timed,
        longest=step2_to_3_gates.longest_validity(case, permit),
        touches=touches if timed else (),
        upgrades=step2_to_3_level_gates.upgrades(case) if timed else (),
        derived=work.derive(permit.facts, area, case.number),
        level=permit.level,
        issuer=step2_to_3_level_gates.grade_needed(case) if timed else work.grades[permit.level],
        window=_window(case) if timed else (),
        facts=_shut(B.PLAN, case, LEVEL_GATES),
        clashes=_clashes(case if before is None else _in_its_place(site, before, case)) if timed else None,
    )


def _window(case: Case) -> tuple[Shut, ...]:
    booked = (one for one in _shut(B.PLAN, case, BOOKING_GATES) if one.missing.what == BOOKED_DAY)
    return (*_shut(B.PLAN, case, WINDOW_GATES), *booked)


def _in_its_place(site: Board, before: Permit, drafted: Case) -> Case:
    """The draft where the ticket is that it changes or replaces: the two are not beside each other."""
    assert drafted.permit is not None
    permit = replace(
        drafted.permit,
        permit_id=before.permit_id,
        permit_no=before.permit_no,
        created=before.created,
        related=before.related,
    )
    board = put_permit(site, permit)
    return case_of(board, B.PLAN, board.jobs[permit.job_id], permit, drafted.now, drafted.rules)


# ---- gas and isolations --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GasProposal:
    """What a gas plan of this ticket can't do without.

    kinds:  kinds of gas that must be tested, each with the gases of that kind which an instrument in service measures
    points: where; none: wherever the plan says
    """

    kinds: Mapping[str, tuple[str, ...]]
    points: tuple[str, ...]


def gas_proposal(board: Board, job: Job, permit: Permit, now: datetime, rules: Rules) -> GasProposal:
    case = case_of(board, B.PLAN, job, permit, now, rules)
    measured = sorted({gas for one in board.instruments.values() if one.in_service for gas in one.gases})
    kinds = {kind: tuple(gas for gas in measured if _kind(rules, gas) == kind) for kind in gas_kinds(case)}
    return GasProposal(kinds, points_asked(case))


def _kind(rules: Rules, gas: str) -> str:
    known = rules.gas(gas)
    return known.kind if known is not None else ""


def plan_ahead(
    board: Board, job: Job, said: Mapping[str, Any], now: datetime, rules: Rules
) -> Mapping[str, tuple[Shut, ...]]:
    """By ticket: what its later gates would miss in the gas plans and isolations that `record_plan` would state."""
    board, job = _with_plan(board, job, said, now)
    found = {}
    for permit in _to_be_planned(board, job):
        cases = ((at, case_of(board, at, job, permit, now, rules)) for at in (B.SURVEY, B.ISSUE))
        shut = [one for at, case in cases for one in _shut(at, case, PLAN_GATES)]
        found[permit.permit_id] = tuple(dict.fromkeys(one for one in shut if one.missing.what in OF_THE_PLAN))
    return found


def plan_clashes(
    board: Board, job: Job, said: Mapping[str, Any], now: datetime, rules: Rules
) -> Mapping[str, ClashesAhead]:
    """By ticket: what it would clash with, the isolations included that `record_plan` would state."""
    board, job = _with_plan(board, job, said, now)
    return {
        permit.permit_id: _clashes(case_of(board, B.PLAN, job, permit, now, rules))
        for permit in _to_be_planned(board, job)
    }


def _to_be_planned(board: Board, job: Job) -> list[Permit]:
    tickets = (board.permits[key] for key in job.permits if key in board.permits)
    return [one for one in tickets if one.state in step1_risk_assessment.BEFORE_ISSUE]


def _with_plan(board: Board, job: Job, said: Mapping[str, Any], now: datetime) -> tuple[Board, Job]:
    plan = replace(
        job.plan or _no_plan(now),
        gas={key: GasPlan(tuple(g["gases"]), tuple(g["points"])) for key, g in said.get("gas", {}).items()},
        isolations=tuple(
            PlannedIsolation(i["point_id"], i["method"], i["blind_required"]) for i in said.get("isolations", ())
        ),
    )
    job = replace(job, plan=plan)
    return put_job(board, job), job


def _no_plan(now: datetime) -> Plan:
    return Plan(Stated(by="", at=now, seq=0, means="", text=""), "", "", "", "")
