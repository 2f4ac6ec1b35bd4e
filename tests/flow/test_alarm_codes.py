"""Every alarm code has something that raises it, driven end to end on the core, and an owner from then on (AQ 5.9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from services.seven_steps import codes, roles
from services.seven_steps.board_site import Period
from services.seven_steps.gate import Boundary as B
from services.timekeeper.due import ENFORCE, EXPIRE_TICKET, RAISE_ALARM, due
from tests.flow import walk
from tests.flow.standard_jobs import TICKET, ready
from tests.flow.tables import ready_for
from tests.flow.test_audit import drawn, found
from tests.flow.test_audit import result as audit_result
from tests.flow.world import HOT, JOB, PEOPLE, PIT, World, presence, text

TIMEKEEPER = "service:timekeeper"


def refused(w: World, permit: str, who: str, act: str) -> None:
    payload = {"unchanged": True} if act in ("start", "resume") else {}
    there = presence("farm") if act == "issue" else None
    assert w.do(who, act, payload, job_id=JOB, permit_id=permit, presence=there).verdict == "refused"


def timekept(w: World) -> None:
    """One look of the timekeeper."""
    for one in list(due(w.board, w.now, w.rules)):
        payload = {"code": one.code, "what": one.permit.permit_no} if one.kind == RAISE_ALARM else {}
        assert one.kind in (ENFORCE, EXPIRE_TICKET, RAISE_ALARM)
        w.do(TIMEKEEPER, one.kind, payload, job_id=JOB, permit_id=one.permit.permit_id)


def no_gas_test() -> World:
    w = ready_for(B.ISSUE)
    w.change_permit(HOT, gas=())
    refused(w, HOT, "safety", "issue")
    return w


def old_gas_test() -> World:
    w = ready_for(B.ISSUE).later(minutes=30, seconds=1)
    refused(w, HOT, "safety", "issue")
    return w


def long_break() -> World:
    w = walk.active().later(minutes=1)
    w.permit_ok(HOT, "lead", "interrupt", {"reason": text("lunch")})
    w.later(minutes=31)
    timekept(w)
    return w


def next_day() -> World:
    w = walk.active()
    w.now = datetime.fromisoformat("2026-11-20T00:00:00+08:00")
    timekept(w)
    return w


def monitor_off() -> World:
    w = walk.active()
    w.permit_ok(PIT, "tester", "record_monitor", {"instrument_id": "meter", "running": False})
    return w


def bad_gas_before_work() -> World:
    """Not only where work runs."""
    w = walk.before_issue()
    walk.sample_air(w, HOT, {"propane": ("0.5", "%vol")})
    return w


def overtime() -> World:
    w = walk.active().later(hours=8, seconds=1)
    timekept(w)
    return w


def approver_elsewhere() -> World:
    w = ready_for(B.ISSUE)
    w.do("safety", "issue", job_id=JOB, permit_id=HOT)
    return w


def guardian_left() -> World:
    w = walk.active()
    w.permit_ok(HOT, "watch", "guardian_off", {})
    return w


def on_special_day(**calendar: object) -> Callable[[], World]:
    """Hot work that its own grade issues although the day or hour asks for the next one."""

    def given() -> World:
        w = ready_for(B.ISSUE)
        w.board = replace(w.board, calendar=replace(w.board.calendar, **calendar))
        refused(w, HOT, "safety", "issue")
        return w

    return given


def certificate(**changes: object) -> Callable[[], World]:
    def given() -> World:
        w = ready_for(B.PLAN)
        known = replace(w.board.certificates["c-cutter"], **changes)
        w.board = replace(w.board, certificates={**w.board.certificates, "c-cutter": known})
        assert w.do("area", "plan", {"permits": [HOT, PIT]}, job_id=JOB).verdict == "refused"
        return w

    return given


def anothers_certificate() -> World:
    w = ready_for(B.PLAN)
    crew = [walk.CREW[0] | {"certificate_id": "c-watch"}, *walk.CREW[1:]]
    w.permit_ok(HOT, "lead", "assign_crew", {"crew": crew})
    assert w.do("area", "plan", {"permits": [HOT, PIT]}, job_id=JOB).verdict == "refused"
    return w


def no_ticket_for_the_space() -> World:
    w = ready_for(B.ISSUE)
    w.change_permit(HOT, related=frozenset())
    w.change_permit(PIT, state="void")
    refused(w, HOT, "safety", "issue")
    return w


def linked(**changes: object) -> Callable[[], World]:
    def given() -> World:
        w = ready_for(B.ISSUE)
        w.change_permit(PIT, **changes)
        refused(w, HOT, "safety", "issue")
        return w

    return given


def not_briefed() -> World:
    w = ready_for(B.BRIEF)
    assert w.job.briefing is not None
    w.change_job(briefing=replace(w.job.briefing, acknowledged={}))
    assert w.do("briefer", "brief", {"permits": [HOT, PIT]}, job_id=JOB).verdict == "refused"
    return w


def no_assessment() -> World:
    w = walk.with_job()
    assert w.do("lead", "assess", {"permits": [HOT, PIT]}, job_id=JOB).verdict == "refused"
    return w


def measures_open() -> World:
    w = ready_for(B.SURVEY)
    w.change_permit(HOT, measures={})
    refused(w, HOT, "area", "survey")
    return w


def approval_waits() -> World:
    w = walk.before_issue().later(minutes=241)
    timekept(w)
    return w


def found_inside() -> World:
    w = walk.active()
    w.permit_ok(PIT, "watch", "record_found_inside", {"person_id": "mate"})
    return w


def fire_watch_over() -> World:
    w = walk.completed().later(minutes=61)
    timekept(w)
    return w


def emergency() -> World:
    w = walk.active()
    w.ok("mate", "declare_emergency", {"area_id": "farm", "reason": text("leak")})
    return w


def stopped() -> World:
    w = walk.active()
    w.ok("mate", "stop_work", {"reason": text("smoke")}, job_id=JOB, permit_id=HOT)
    return w


def not_sealed() -> World:
    w = walk.before_start()
    w.ok("service:sealer", "raise_alarm", {"code": "96", "what": "permit"}, job_id=JOB, permit_id=HOT)
    return w


def without_stream() -> World:
    w = walk.active()
    w.change_permit(HOT, facts=dict(w.permit(HOT).facts) | {"material_may_be_released": True})
    timekept(w)
    return w


def without_video() -> World:
    w = walk.active()
    w.change_permit(HOT, level="special")
    timekept(w)
    return w


def out_of_fence() -> World:
    w = walk.active()
    w.ok("service:watcher", "raise_alarm", {"code": "07", "what": "watch"}, job_id=JOB, permit_id=HOT)
    return w


def critical_finding() -> World:
    w = walk.active()
    w.ok("hse", "record_audit_result", audit_result(drawn(w), found("critical")))
    return w


def in_and_out() -> World:
    w = ready("blind_plate", B.ISSUE)
    w.change_permit(TICKET, facts=dict(w.permit(TICKET).facts) | {"action": "insert_and_remove"})
    refused(w, TICKET, "area", "issue")
    return w


THURSDAY = 4
DRIVEN: dict[str, Callable[[], World]] = {
    "01": no_gas_test,
    "02": old_gas_test,
    "03": long_break,
    "04": next_day,
    "05": monitor_off,
    "06": bad_gas_before_work,
    "07": out_of_fence,
    "10": overtime,
    "20": in_and_out,
    "30": approver_elsewhere,
    "31": guardian_left,
    "40": on_special_day(holidays=frozenset({"2026-11-19"})),
    "41": on_special_day(rest_days=frozenset({THURSDAY})),
    "42": on_special_day(night_from="08:00", night_to="09:00"),
    "43": on_special_day(special_periods=(Period("games", "2026-11-19", "2026-11-19"),)),
    "50": certificate(revoked=True),
    "51": certificate(valid_to="2026-11-18"),
    "52": anothers_certificate,
    "60": no_ticket_for_the_space,
    "61": linked(state="open"),
    "62": linked(related=frozenset()),
    "70": not_briefed,
    "80": no_assessment,
    "90": measures_open,
    "91": approval_waits,
    "92": found_inside,
    "93": fire_watch_over,
    "94": emergency,
    "95": stopped,
    "96": not_sealed,
    "97": without_stream,
    "98": without_video,
    "99": critical_finding,
}


def test_no_code_is_without_something_that_raises_it() -> None:
    assert set(codes.ALARMS) - set(DRIVEN) == set()
    assert set(DRIVEN) - set(codes.ALARMS) == set()


@pytest.mark.parametrize("code", sorted(DRIVEN))
def test_it_is_raised_has_an_owner_and_is_closed_with_a_result(code: str) -> None:
    w = DRIVEN[code]()
    there = [alarm for alarm in w.board.alarms.values() if alarm.code == code]
    assert there, sorted(alarm.code for alarm in w.board.alarms.values())
    alarm = there[0]
    assert alarm.owner in {*PEOPLE, *roles.ROLES}, alarm.owner
    w.ok("area", "acknowledge_alarm", {"alarm_id": alarm.alarm_id})
    assert w.board.alarms[alarm.alarm_id].owner == "area"
    w.ok("hse", "close_alarm", {"alarm_id": alarm.alarm_id, "result": text("seen to")})
    closed = w.board.alarms[alarm.alarm_id]
    assert closed.closed is not None and closed.closed.text == "seen to"


OWNERS = [
    ("06", "lead"),  # who leads the work
    ("95", "safety"),  # who issued it
    ("93", "watch"),  # who watches
    ("91", "approver_safety"),  # whose signature is waited for
    ("94", "shift_foreman"),
    ("96", "admin"),
]


@pytest.mark.parametrize(("code", "owner"), OWNERS)
def test_the_owner_is_who_is_in_charge_of_what_it_says(code: str, owner: str) -> None:
    w = DRIVEN[code]()
    assert {a.owner for a in w.board.alarms.values() if a.code == code and a.permit_id != PIT} == {owner}
