"""Step 5, execution 工作执行: guardian, start, in and out, breaks and resumes, changes of crew, the end of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.seven_steps import codes, roles, site_time, special_entry
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import EquipmentCheck, GuardianDuty, Inside, Permit, Suspension
from services.seven_steps.event import (
    at,
    change_permit,
    event,
    happened,
    job_of,
    permit_of,
    put,
    recorded,
    stated,
    without,
)
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.signature_keys import has_valid_key
from services.seven_steps.signatures import asked_of, is_enough
from services.seven_steps.spec import ACT, PERMIT, RECORD, CommandSpec, Decision, Refused
from services.seven_steps.step2_plan import crew_member
from services.seven_steps.step2_to_3_crew_gates import guardian_required
from services.seven_steps.step3_to_4_gates import acknowledged_in
from services.seven_steps.step4_to_5_start_gates import on_duty, start_window_over
from services.seven_steps.work_types import ISSUERS, type_of

Data = Mapping[str, Any]
RUNNING = frozenset({"active"})
STARTED = frozenset({"active", "suspended"})


# ---- decide --------------------------------------------------------------------------------------------------------


def guardian_off(case: Case) -> Decision:
    return (event(case, "guardian.off", person_id=case.actor, reason=case.command.payload.get("reason")),)


def offer_guardian_handover(case: Case) -> Decision:
    permit = case.permit
    assert permit is not None
    if case.actor not in permit.guardians_on:
        return Refused(codes.WRONG_STATE, about=case.actor, have=":not_on_duty", need=":on_duty")
    return (event(case, "guardian.handover_offered", to=case.command.payload["to"]),)


def take_guardian_handover(case: Case) -> Decision:
    """Two signatures on the spot, no gap: the first guardian was on duty until now (AQ 3064.2 5.6.4).

    Who does not sign as the site asks is no guardian here, and no gate that stands while work runs asks for it: then it
    is a gap. Whether they are briefed is G-RUN-1's to ask.
    """
    permit = case.permit
    assert permit is not None
    if permit.handover_to != case.actor:
        return Refused(codes.WRONG_STATE, about=case.actor, have=permit.handover_to or ":none", need=":offered_to_you")
    place, gone = case.command.payload["place"], permit.handover_from or ""
    handed = event(case, "guardian.handed_over", gone=gone, to=case.actor, place=place)
    stay = set(on_duty(case)) - {gone, case.actor}
    signed = has_valid_key(case) and is_enough(case.command.means, asked_of(case, "take_guardian_handover"))
    if signed or stay or permit.state not in RUNNING or not guardian_required(case):
        return (handed,)
    reason = {"lang": "en", "text": f"G-SG-1 {case.actor}"}
    return (
        handed,
        event(case, "permit.suspended", cause="guardian_gone", reason=reason),
        event(case, "alarm.raised", alarm_id=f"{case.board.seq + 1}-1", code="31", text=case.actor),
    )


def complete(case: Case) -> Decision:
    permit = case.permit
    assert permit is not None
    if permit.started is None:
        return Refused(codes.WRONG_STATE, about=permit.permit_no, have=":not_started", need=":started")
    return (event(case, "work.completed"),)


def start(case: Case) -> Decision:
    return (event(case, "work.started", unchanged=case.command.payload.get("unchanged") is True),)


def enter(case: Case) -> Decision:
    """A normal entry is into running work; a special one also where the work stands only for its bad gas."""
    payload, permit = case.command.payload, case.permit
    assert permit is not None
    stands = permit.state == "suspended"
    if stands and not (special_entry.mode_of(case) and set(permit.suspensions) == special_entry.BAD_GAS):
        return Refused(codes.WRONG_STATE, about=permit.permit_no, have=":suspended", need=":active")
    if payload["person_id"] in permit.inside:
        return Refused(codes.WRONG_STATE, about=payload["person_id"], have=":inside", need=":outside")
    return (event(case, "entry.entered", **{"tools": {}, **payload}),)


def approve_special_entry(case: Case) -> Decision:
    permit = case.permit
    assert permit is not None
    if not type_of(permit).entry:
        return Refused(codes.WRONG_STATE, about=permit.permit_no, have=":none", need=":ticket_confined_space")
    return (event(case, "special_entry.approved", **case.command.payload),)


def leave(case: Case) -> Decision:
    payload = case.command.payload
    return (event(case, "entry.left", person_id=payload["person_id"], tools=payload.get("tools", {})),)


def record_found_inside(case: Case) -> Decision:
    """True whatever the state: counted as inside, with an alarm (design: two classes of command)."""
    person_id = case.command.payload["person_id"]
    alarm = event(case, "alarm.raised", alarm_id=f"{case.board.seq + 1}-1", code="92", text=person_id)
    return (event(case, "entry.found_inside", person_id=person_id), alarm)


def interrupt(case: Case) -> Decision:
    """Takes authority away, so it is never refused: on a ticket that is not live it is kept and changes nothing."""
    return (event(case, "permit.suspended", cause="interruption", reason=case.command.payload["reason"]),)


def suspend(case: Case) -> Decision:
    payload = case.command.payload
    return (event(case, "permit.suspended", cause=payload["cause"], reason=payload["reason"]),)


def resume(case: Case) -> Decision:
    return (event(case, "permit.resumed", unchanged=case.command.payload.get("unchanged") is True),)


def change_crew(case: Case) -> Decision:
    payload = case.command.payload
    return (event(case, "crew.changed", add=payload.get("add", []), remove=payload.get("remove", [])),)


def expire_ticket(case: Case) -> Decision:
    """The timekeeper says that the time is over; the core looks at its own `now` (GB 30871-2022 4.16).

    A ticket that was not started within its window is over too: a new one is needed (G-RUN-4).
    """
    permit = case.permit
    assert permit is not None
    never = permit.started is None and bool(start_window_over(case))
    over = permit.valid_to is not None and case.now > permit.valid_to
    if permit.valid_to is None or "expiry" in permit.suspensions or not (over or never):
        have = site_time.stamp(case.now)
        return Refused(codes.WRONG_STATE, about=permit.permit_no, have=have, need=":expired")
    expired = event(case, "permit.expired", valid_to=site_time.stamp(permit.valid_to))
    if permit.started is None:
        return (expired,)
    alarm = event(case, "alarm.raised", alarm_id=f"{case.board.seq + 1}-1", code="10", text=permit.permit_no)
    return (expired, alarm)


# ---- evolve --------------------------------------------------------------------------------------------------------


def guardian_on(board: Board, data: Data) -> Board:
    """Of unknown time it is no evidence that they are there now."""
    permit, when = permit_of(board, data), happened(board, data)
    if data["captured"] is None or _said_later(permit, data["by"], when):
        return board
    duty = GuardianDuty(data["by"], data["place"], when, board.seq, _is_briefed(board, data, data["by"]))
    on = put(permit.guardians_on, data["by"], duty)
    return change_permit(board, data, guardians_on=on, guardian_said=put(permit.guardian_said, data["by"], when))


def _is_briefed(board: Board, data: Data, person_id: str) -> bool:
    """Whether they have acknowledged what is said now, or had when they came: a briefing given later takes nobody off
    duty, not even who says again to be there."""
    briefing, before = job_of(board, data).briefing, permit_of(board, data).guardians_on.get(person_id)
    if before is not None and before.briefed:
        return True
    return briefing is not None and acknowledged_in(briefing, person_id) is not None


def guardian_off_duty(board: Board, data: Data) -> Board:
    permit, when = permit_of(board, data), happened(board, data)
    if _said_later(permit, data["person_id"], when):
        return board
    return change_permit(
        board,
        data,
        guardians_on=without(permit.guardians_on, data["person_id"]),
        guardian_said=put(permit.guardian_said, data["person_id"], when),
        handover_from=None,
        handover_to=None,
    )


def _said_later(permit: Permit, person_id: str, when: datetime) -> bool:
    """An older word that came later does not undo a newer one."""
    said = permit.guardian_said.get(person_id)
    return said is not None and when < said


def guardian_handover_offered(board: Board, data: Data) -> Board:
    return change_permit(board, data, handover_from=data["by"], handover_to=data["to"])


def guardian_handed_over(board: Board, data: Data) -> Board:
    permit, when = permit_of(board, data), happened(board, data)
    duty = GuardianDuty(data["to"], data["place"], when, board.seq, _is_briefed(board, data, data["to"]))
    on = put(without(permit.guardians_on, data["gone"]), data["to"], duty)
    said = put(put(permit.guardian_said, data["gone"], when), data["to"], when)
    return change_permit(board, data, guardians_on=on, guardian_said=said, handover_from=None, handover_to=None)


def equipment_checked(board: Board, data: Data) -> Board:
    equipment = dict(permit_of(board, data).equipment)
    for item in data["items"]:
        before = equipment.get(item["kind"])
        if before is not None and happened(board, data) < before.at:
            continue  # an older look that came later: the newer one stands
        if item["ok"] and data["captured"] is None:
            continue  # of unknown time it is no evidence; that it is wanting is taken as of now
        equipment[item["kind"]] = EquipmentCheck(
            kind=item["kind"],
            ok=item["ok"],
            count=item.get("count", 0),
            volts=item.get("volts"),
            by=data["by"],
            at=happened(board, data),
            seq=board.seq,
        )
    return change_permit(board, data, equipment=equipment)


def monitor_recorded(board: Board, data: Data) -> Board:
    """Of unknown time it is no evidence that it runs; that it stopped is taken as of now."""
    said = permit_of(board, data).monitor_said
    if (said is not None and happened(board, data) < said) or (data["running"] and data["captured"] is None):
        return board
    monitor = stated(board, data, data["instrument_id"]) if data["running"] else None
    return change_permit(board, data, monitor=monitor, monitor_said=happened(board, data))


def work_started(board: Board, data: Data) -> Board:
    return change_permit(
        board,
        data,
        state="active",
        started=stated(board, data),
        last_run_at=at(board),
        entered_since_run=False,
    )


def entry_entered(board: Board, data: Data) -> Board:
    permit = _tools(board, data, permit_of(board, data), 1)
    entry = Inside(data["person_id"], at(board), board.seq, mode=data.get("mode", ""))
    inside = put(permit.inside, data["person_id"], entry)
    return change_permit(board, data, inside=inside, tools_inside=permit.tools_inside, entered_since_run=True)


def special_entry_approved(board: Board, data: Data) -> Board:
    return change_permit(board, data, special_entry=stated(board, data, data["mode"]))


def entry_left(board: Board, data: Data) -> Board:
    """A leave of an earlier time does not take out who was found, or went in, after it."""
    permit = _tools(board, data, permit_of(board, data), -1)
    entry = permit.inside.get(data["person_id"])
    if entry is not None and happened(board, data) < entry.since:
        return change_permit(board, data, tools_inside=permit.tools_inside)
    inside = without(permit.inside, data["person_id"])
    return change_permit(board, data, inside=inside, tools_inside=permit.tools_inside)


def _tools(board: Board, data: Data, permit: Permit, sign: int) -> Permit:
    """Tools are counted in and out; more out than in is shown as a negative count, and keeps the gate shut."""
    counts = dict(permit.tools_inside)
    for name, count in data["tools"].items():
        counts[name] = counts.get(name, 0) + sign * count
    return replace(permit, tools_inside={name: count for name, count in counts.items() if count != 0})


def entry_found_inside(board: Board, data: Data) -> Board:
    """Who was let in after that moment is in there since: no leave from between the two takes them out."""
    inside = permit_of(board, data).inside
    before = inside.get(data["person_id"])
    since = max(happened(board, data), before.since) if before else happened(board, data)
    found = Inside(data["person_id"], since, board.seq, without_enter=True)
    return change_permit(board, data, inside=put(inside, data["person_id"], found))


def permit_resumed(board: Board, data: Data) -> Board:
    """Work goes on; a ticket that was suspended before its start is only issued again, and start is still to pass."""
    begun = permit_of(board, data).started is not None
    return change_permit(
        board,
        data,
        state="active" if begun else "issued",
        suspensions={},
        stopped_at=None,
        last_run_at=at(board),
        entered_since_run=False,
        handover_from=None,
        handover_to=None,
    )


def crew_changed(board: Board, data: Data) -> Board:
    permit = permit_of(board, data)
    crew = {key: member for key, member in permit.crew.items() if key not in data["remove"]}
    for member in data["add"]:
        crew[member["person_id"]] = crew_member(board, member)
    return change_permit(board, data, crew=crew)


def work_completed(board: Board, data: Data) -> Board:
    return change_permit(board, data, state="completed", completed=stated(board, data), fire_watch=None)


def permit_expired(board: Board, data: Data) -> Board:
    """Not begun: revoked. Begun: suspended with the cause expiry, never silently closed (reading A10.10)."""
    permit = permit_of(board, data)
    if permit.started is None:
        ended = Stated(data["by"], at(board), board.seq, data["means"], "expired before start")
        return change_permit(board, data, state="revoked", ended=ended)
    suspension = Suspension("expiry", "", data["by"], at(board), board.seq)
    return change_permit(
        board,
        data,
        state="suspended",
        suspensions=put(permit.suspensions, "expiry", suspension),
        stopped_at=permit.stopped_at or at(board),
    )


APPLIERS = {
    ("guardian.on", 1): guardian_on,
    ("guardian.off", 1): guardian_off_duty,
    ("guardian.handover_offered", 1): guardian_handover_offered,
    ("guardian.handed_over", 1): guardian_handed_over,
    ("equipment.checked", 1): equipment_checked,
    ("monitor.recorded", 1): monitor_recorded,
    ("work.started", 1): work_started,
    ("entry.entered", 1): entry_entered,
    ("special_entry.approved", 1): special_entry_approved,
    ("entry.left", 1): entry_left,
    ("entry.found_inside", 1): entry_found_inside,
    ("permit.resumed", 1): permit_resumed,
    ("crew.changed", 1): crew_changed,
    ("work.completed", 1): work_completed,
    ("permit.expired", 1): permit_expired,
}

GUARDIANS = frozenset({roles.GUARDIAN})
LEADS = frozenset({roles.WORK_LEAD})
CHECKERS = frozenset({roles.GUARDIAN, roles.WORK_LEAD, roles.AREA_AUTH, roles.POWER_AUTH})
REGISTER_KEEPERS = frozenset({roles.GUARDIAN, roles.WORKER, roles.WORK_LEAD})
SUSPENDERS = ISSUERS | {roles.AREA_AUTH, roles.HSE, roles.SHIFT_FOREMAN, roles.GUARDIAN}
#: Which of them may resume which cause is G-RUN-5's to say; whoever declared an emergency may be anyone.
RESUMERS = roles.ANYONE

COMMANDS = (
    CommandSpec("guardian_on", RECORD, GUARDIANS, PERMIT, recorded("guardian.on")),
    CommandSpec("guardian_off", RECORD, GUARDIANS, PERMIT, guardian_off),
    CommandSpec("offer_guardian_handover", RECORD, GUARDIANS, PERMIT, offer_guardian_handover),
    CommandSpec("take_guardian_handover", RECORD, GUARDIANS, PERMIT, take_guardian_handover),
    CommandSpec("check_equipment", RECORD, CHECKERS, PERMIT, recorded("equipment.checked")),
    CommandSpec(
        "record_monitor",
        RECORD,
        frozenset({roles.GAS_TESTER, roles.GUARDIAN}),
        PERMIT,
        recorded("monitor.recorded"),
    ),
    CommandSpec("start", ACT, LEADS, PERMIT, start, states=frozenset({"issued"}), boundary=Boundary.START),
    CommandSpec("enter", ACT, GUARDIANS, PERMIT, enter, states=STARTED, boundary=Boundary.ENTER),
    CommandSpec("approve_special_entry", ACT, frozenset({roles.HSE}), PERMIT, approve_special_entry, states=STARTED),
    CommandSpec("leave", RECORD, REGISTER_KEEPERS, PERMIT, leave),
    CommandSpec("record_found_inside", RECORD, roles.ANYONE, PERMIT, record_found_inside),
    CommandSpec("interrupt", RECORD, LEADS | GUARDIANS, PERMIT, interrupt),
    CommandSpec("suspend", RECORD, SUSPENDERS, PERMIT, suspend),
    CommandSpec("resume", ACT, RESUMERS, PERMIT, resume, states=frozenset({"suspended"}), boundary=Boundary.RESUME),
    CommandSpec("change_crew", RECORD, LEADS, PERMIT, change_crew, states=STARTED | {"issued"}),
    CommandSpec("complete", ACT, LEADS, PERMIT, complete, states=STARTED, boundary=Boundary.COMPLETE),
    CommandSpec(
        "expire_ticket",
        RECORD,
        frozenset({roles.SERVICE}),
        PERMIT,
        expire_ticket,
        states=STARTED | {"issued"},
    ),
)
