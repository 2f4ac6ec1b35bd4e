"""Gates 5 to 7, and what shuts every gate: acts that follow each other. Each gate at its bounds: tests/vectors."""

from dataclasses import replace
from typing import Any

import pytest

from services.seven_steps.board_ticket import Suspension
from services.seven_steps.gate import Boundary as B
from services.seven_steps.step7_to_closed_gates import had_part
from tests.flow import walk
from tests.flow.tables import ready_for
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, alarms, codes, text


def suspended(cause: str) -> World:
    w = ready_for(B.RESUME)
    suspension = Suspension(cause, "why", "mate", w.now, w.board.seq)
    return w.change_permit(HOT, state="suspended", suspensions={cause: suspension}, stopped_at=w.now)


def test_of_two_causes_the_stricter_decides() -> None:
    w = suspended("interruption")
    w.permit_ok(HOT, "area", "suspend", {"cause": "weather", "reason": text("storm")})
    assert codes(w.do("lead", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == {"G-RUN-5"}
    assert codes(w.do("area", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == set()


def test_a_break_counts_from_the_first_moment_work_stopped() -> None:
    w = walk.active()
    w.permit_ok(HOT, "lead", "interrupt", {"reason": text("lunch")})
    w.later(minutes=20)
    w.permit_ok(HOT, "area", "suspend", {"cause": "suspension", "reason": text("lorry")})
    assert w.permit(HOT).stopped_at == DAY_TWO


# ---- stop-work -----------------------------------------------------------------------------------------------------

STEPS = [
    walk.with_job,
    walk.before_plan,
    walk.before_survey,
    walk.before_issue,
    walk.before_start,
    walk.active,
    walk.completed,
    walk.before_review,
    walk.closed,
]


@pytest.mark.parametrize("step", STEPS, ids=[s.__name__ for s in STEPS])
@pytest.mark.parametrize("actor", ["mate", "hse", "applicant"])
def test_stop_work_is_never_refused(step: Any, actor: str) -> None:
    w = step()
    outcome = w.do(actor, "stop_work", {"reason": text("smoke")}, job_id=JOB, permit_id=HOT, act_by=None, captured=None)
    assert outcome.verdict == "accepted"


def test_a_stop_suspends_running_tickets_and_shuts_every_boundary_until_the_cause_is_cleared() -> None:
    w = walk.active()
    w.job_ok("mate", "stop_work", {"reason": text("smoke")}, permit_id=HOT)
    assert {w.permit(p).state for p in (HOT, PIT)} == {"suspended"}
    assert codes(w.do("safety", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == {"G-RUN-5"}
    w.job_ok("area", "clear_stop", {"result": text("it was steam")})
    assert codes(w.do("safety", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == set()


def test_a_stop_on_a_closed_job_is_kept_as_a_concern() -> None:
    w = walk.closed()
    outcome = w.job_ok("mate", "stop_work", {"reason": text("late thought")})
    assert [e.type for e in outcome.events] == ["concern.recorded"]
    assert w.job.state == "closed"


# ---- emergency -----------------------------------------------------------------------------------------------------


def test_an_emergency_suspends_every_running_ticket_of_its_area_in_one_event() -> None:
    w = walk.active()
    outcome = w.ok("mate", "declare_emergency", {"area_id": "farm", "reason": text("leak")})
    assert [e.type for e in outcome.events] == ["emergency.declared", "alarm.raised"]
    assert {w.permit(p).state for p in (HOT, PIT)} == {"suspended"}
    assert "G-RUN-5" in codes(w.do("mate", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT))
    w.ok("hse", "end_emergency", {"area_id": "farm", "reason": text("over")})
    assert codes(w.do("mate", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == set()


def test_an_emergency_elsewhere_leaves_this_work_alone() -> None:
    w = walk.active()
    w.ok("mate", "declare_emergency", {"area_id": "yard", "reason": text("leak")})
    assert w.permit(HOT).state == "active"


def test_nothing_starts_in_an_emergency_of_the_whole_site() -> None:
    w = ready_for(B.START)
    w.ok("mate", "declare_emergency", {"reason": text("gale")})
    assert w.permit(HOT).state == "suspended"
    assert codes(w.do("lead", "start", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == {"wrong_state"}
    w.ok("hse", "end_emergency", {"reason": text("over")})
    w.permit_ok(HOT, "mate", "resume", {"unchanged": True})
    assert (w.permit(HOT).state, w.permit(HOT).started) == ("issued", None)


def test_an_emergency_in_an_area_the_site_does_not_know_stops_the_whole_site() -> None:
    w = walk.active()
    w.ok("mate", "declare_emergency", {"area_id": "Farm", "reason": text("leak")})
    assert w.permit(HOT).state == "suspended"


# ---- guardian, expiry, records that are always true ----------------------------------------------------------------


def test_a_guardian_who_leaves_suspends_the_work_with_alarm_31() -> None:
    w = walk.active()
    outcome = w.permit_ok(HOT, "watch", "guardian_off", {"reason": text("ill")})
    assert (w.permit(HOT).state, alarms(outcome)) == ("suspended", {"31"})


def test_a_hand_over_signed_by_both_is_no_gap() -> None:
    w = walk.active()
    member = {"person_id": "watch2", "role": "guardian", "trade": "guardian"}
    w.permit_ok(HOT, "lead", "change_crew", {"add": [member], "remove": []})
    walk.acknowledge(w, "watch2")
    w.permit_ok(HOT, "watch", "offer_guardian_handover", {"to": "watch2"})
    outcome = w.permit_ok(HOT, "watch2", "take_guardian_handover", {"place": "at_work"})
    assert (w.permit(HOT).state, set(w.permit(HOT).guardians_on), alarms(outcome)) == ("active", {"watch2"}, set())


def test_a_hand_over_to_somebody_not_named_on_the_ticket_is_a_gap() -> None:
    w = walk.active()
    w.permit_ok(HOT, "watch", "offer_guardian_handover", {"to": "watch2"})
    w.permit_ok(HOT, "watch2", "take_guardian_handover", {"place": "at_work"})
    assert set(w.permit(HOT).suspensions) == {"guardian_gone"}


def test_an_expired_ticket_is_suspended_with_alarm_10_and_nobody_resumes_it() -> None:
    w = walk.active()
    w.later(hours=8, seconds=1)
    outcome = w.permit_ok(HOT, "service:timekeeper", "expire_ticket")
    assert set(w.permit(HOT).suspensions) == {"expiry"}
    assert "10" in alarms(outcome)
    refused = codes(w.do("head", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT))
    assert {"G-RUN-2", "G-RUN-5"} <= refused
    w.permit_ok(HOT, "lead", "complete")


FACTS = [
    ("watch", "leave", {"person_id": "cutter", "tools": {}}, PIT),
    ("mate", "record_found_inside", {"person_id": "mate"}, PIT),
    ("watch", "guardian_off", {}, HOT),
    ("tester", "record_monitor", {"instrument_id": "meter", "running": False}, PIT),
    ("area", "record_check", {"item": "barrier", "ok": True}, HOT),
    ("lead", "interrupt", {"reason": text("lunch")}, HOT),
    ("area", "suspend", {"cause": "weather", "reason": text("storm")}, HOT),
]


@pytest.mark.parametrize("step", STEPS[1:], ids=[s.__name__ for s in STEPS[1:]])
@pytest.mark.parametrize(("actor", "type_", "payload", "permit"), FACTS, ids=[f[1] for f in FACTS])
def test_a_fact_is_never_refused_because_the_permit_has_moved_on(
    step: Any, actor: str, type_: str, payload: dict[str, Any], permit: str
) -> None:
    w = step()
    outcome = w.do(actor, type_, payload, job_id=JOB, permit_id=permit, captured=None, act_by=None)
    assert outcome.verdict == "accepted"


def test_a_record_about_a_closed_job_waits_for_hse() -> None:
    w = walk.closed()
    outcome = w.permit_ok(PIT, "watch", "leave", {"person_id": "cutter"})
    assert [e.type for e in outcome.events] == ["late_arrival.recorded"]
    (late,) = w.board.late_arrivals
    w.ok("hse", "clear_late_arrival", {"late_command_id": late, "result": text("known")})
    assert not w.board.late_arrivals


def test_found_inside_counts_and_raises_an_alarm() -> None:
    w = walk.active()
    outcome = w.permit_ok(PIT, "mate", "record_found_inside", {"person_id": "cutter"})
    assert (set(w.permit(PIT).inside), alarms(outcome)) == ({"cutter"}, {"92"})


ENDS = [
    ("revoked before it started", walk.before_start, "revoke_ticket", "revoked"),
    ("void after it started", walk.active, "void_ticket", "void"),
]


@pytest.mark.parametrize(("name", "step", "type_", "state"), ENDS, ids=[e[0] for e in ENDS])
def test_void_or_revoked(name: str, step: Any, type_: str, state: str) -> None:
    w = step()
    w.permit_ok(HOT, "area", type_, {"reason": text("scope changed")})
    assert w.permit(HOT).state == state
    other = {"revoke_ticket": "void_ticket", "void_ticket": "revoke_ticket"}[type_]
    assert codes(w.do("area", other, {"reason": text("again")}, job_id=JOB, permit_id=HOT)) == {"wrong_state"}


def test_isolation_stays_while_a_ticket_it_protects_is_live() -> None:
    w = walk.active()
    assert codes(w.do("isolator", "remove_isolation", {"point_id": "up"}, job_id=JOB)) == {"G-ISO-1"}
    done = walk.before_review()
    done.job_ok("isolator", "remove_isolation", {"point_id": "up"})
    assert done.job.isolations["up"].removed is not None


@pytest.mark.parametrize(("step", "state"), [(1, "draft"), (2, "assessed"), (3, "planned")])
def test_the_one_way_back_before_issue(step: int, state: str) -> None:
    w = walk.before_issue()
    w.job_ok("area", "send_back", {"to_step": step, "reason": text("plan is thin")})
    assert w.job.state == state
    assert {w.permit(p).state for p in (HOT, PIT)} == {"open"}
    assert not w.job.briefed


def test_there_is_no_way_back_once_a_ticket_is_issued() -> None:
    w = walk.before_start()
    assert codes(w.do("area", "send_back", {"to_step": 1, "reason": text("no")}, job_id=JOB)) == {"wrong_state"}


def test_a_ticket_suspended_before_its_start_still_has_to_pass_start() -> None:
    w = walk.before_start()
    w.permit_ok(HOT, "area", "suspend", {"cause": "suspension", "reason": text("lorry in the way")})
    assert w.permit(HOT).state == "suspended"
    assert codes(w.do("lead", "start", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == {"wrong_state"}
    w.permit_ok(HOT, "area", "resume", {"unchanged": True})
    assert (w.permit(HOT).state, w.permit(HOT).started) == ("issued", None)


def test_a_suspension_of_a_ticket_that_is_not_live_changes_nothing() -> None:
    w = walk.completed()
    before = w.permit(HOT)
    w.permit_ok(HOT, "lead", "interrupt", {"reason": text("late entry")})
    assert w.permit(HOT) == before


def test_whoever_had_a_part_in_a_job_cannot_audit_it() -> None:
    w = ready_for(B.REVIEW)
    w.change_job(applicant="admin", work_lead="dept")
    watched = {"watch2": replace(w.permit(HOT).guardians_on["watch"], person_id="watch2")}
    w.change_permit(HOT, guardians_on=watched)
    signed, there, asked = {"safety", "foreman", "area"}, {"cutter", "mate", "watch", "watch2"}, {"admin", "dept"}
    assert signed | there | asked <= had_part(w.board, w.job)
    assert "hse" not in had_part(w.board, w.job)
