"""Gates 5 to 7, and what shuts every gate: entry, resume and its causes, acceptance, review, stop-work, emergency."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps.board import Alarm
from services.seven_steps.board_job import Action
from services.seven_steps.board_ticket import Check, Inside, Suspension
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import Row, check, opened, ready_for, shut
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, alarms, codes, presence, text

SAID = Stated("x", DAY_TWO, 1)


def watch_lasting(minutes: int, seconds: int = 0) -> Any:
    def given(w: World) -> World:
        permit = w.permit(HOT)
        assert permit.completed is not None and permit.fire_watch is not None
        ended = permit.completed.at + timedelta(minutes=minutes, seconds=seconds)
        return w.change_permit(HOT, fire_watch=replace(permit.fire_watch, at=ended))

    return given


def restored(**changes: Any) -> Any:
    def given(w: World) -> World:
        said = w.permit(HOT).restoration
        assert said is not None
        return w.change_permit(HOT, restoration=replace(said, **changes))

    return given


def inside(w: World) -> World:
    return w.change_permit(PIT, inside={"cutter": Inside("cutter", DAY_TWO, 1)})


def residual(w: World) -> World:
    watch = w.permit(HOT).fire_watch
    assert watch is not None
    return w.change_permit(HOT, fire_watch=replace(watch, no_residual_fire=False))


def open_alarm(closed: bool) -> Any:
    def given(w: World) -> World:
        alarm = Alarm("a", "31", JOB, HOT, DAY_TWO, "", 1, 1, closed=SAID if closed else None)
        w.board = replace(w.board, alarms={"a": alarm})
        return w

    return given


def action(owner: str = "area", due: str = "2026-12-01") -> Any:
    return lambda w: w.change_job(actions={"x": Action("x", "mend", owner, due, SAID)})


def finding(w: World) -> World:
    return w.change_permit(HOT, checks=(Check("barrier", False, "gap", "hse", DAY_TWO, 1),))


GATES_6_AND_7: list[Row] = [
    opened("G-HOT-3a", B.ACCEPT, "a fire watch of 60:00 min", watch_lasting(60)),
    shut("G-HOT-3a", B.ACCEPT, "of 59:59 min", watch_lasting(59, 59)),
    shut("G-HOT-3a", B.ACCEPT, "not ended", lambda w: w.change_permit(HOT, fire_watch=None)),
    opened("G-HOT-3a", B.ACCEPT, "entry needs none", permit=PIT),
    opened("G-HOT-3b", B.ACCEPT, "no residual fire"),
    shut("G-HOT-3b", B.ACCEPT, "residual fire", residual),
    shut("G-HOT-3b", B.ACCEPT, "nobody said", lambda w: w.change_permit(HOT, fire_watch=None)),
    opened("G-CS-2a", B.ACCEPT, "everyone is out", permit=PIT),
    shut("G-CS-2a", B.ACCEPT, "somebody is inside", inside, permit=PIT),
    opened("G-CS-2b", B.ACCEPT, "as many tools out as in", permit=PIT),
    shut(
        "G-CS-2b", B.ACCEPT, "a tool is inside", lambda w: w.change_permit(PIT, tools_inside={"grinder": 1}), permit=PIT
    ),
    shut(
        "G-CS-2b",
        B.ACCEPT,
        "more came out than went in",
        lambda w: w.change_permit(PIT, tools_inside={"grinder": -1}),
        permit=PIT,
    ),
    opened("G-CL-1a", B.ACCEPT, "the place is restored"),
    shut("G-CL-1a", B.ACCEPT, "nobody said so", lambda w: w.change_permit(HOT, restoration=None)),
    shut("G-CL-1a", B.ACCEPT, "guards are missing", restored(guards_back=False)),
    shut("G-CL-1a", B.ACCEPT, "not cleaned", restored(cleaned=False)),
    shut("G-CL-1a", B.ACCEPT, "said before the work was complete", restored(seq=1)),
    shut("G-CL-1b", B.ACCEPT, "somebody is inside", inside, permit=PIT),
    opened("G-CL-1b", B.ACCEPT, "nobody is", permit=PIT),
    opened("G-CL-2a", B.REVIEW, "no alarm was raised"),
    opened("G-CL-2a", B.REVIEW, "an alarm has its result", open_alarm(True)),
    shut("G-CL-2a", B.REVIEW, "an alarm is open", open_alarm(False)),
    opened("G-CL-2b", B.REVIEW, "no finding, no action"),
    opened("G-CL-2b", B.REVIEW, "an action with owner and day", action()),
    shut("G-CL-2b", B.REVIEW, "an action without owner", action(owner="")),
    shut("G-CL-2b", B.REVIEW, "an action without day", action(due="")),
    shut("G-CL-2b", B.REVIEW, "a finding without any action", finding),
    opened("G-CL-2b", B.REVIEW, "a finding with its action", lambda w: action()(finding(w))),
]


@pytest.mark.parametrize("row", GATES_6_AND_7, ids=str)
def test_gate(row: Row) -> None:
    check(row)


ENTRIES = [
    ("a briefed crew member", "cutter", lambda w: w, set()),
    ("somebody who is not on the crew", "area", lambda w: w, {"G-BR-2"}),
    (
        "a new one, certified, not briefed",
        "watch2",
        lambda w: w.change_permit(
            PIT, crew={**w.permit(PIT).crew, "watch2": replace(w.permit(PIT).crew["mate"], person_id="watch2")}
        ),
        {"G-BR-2"},
    ),
    (
        "a crew member after the briefing changed",
        "mate",
        lambda w: w.job_ok("briefer", "give_briefing", {"place": "x", "contents": {"en": []}}),
        {"G-BR-2"},
    ),
]


@pytest.mark.parametrize(("name", "person", "given", "then"), ENTRIES, ids=[e[0] for e in ENTRIES])
def test_who_may_go_in(name: str, person: str, given: Any, then: set[str]) -> None:
    w = ready_for(B.ENTER)
    given(w)
    assert codes(w.do("watch", "enter", {"person_id": person}, job_id=JOB, permit_id=PIT)) == then


def suspended(cause: str) -> World:
    w = ready_for(B.RESUME)
    suspension = Suspension(cause, "why", "mate", w.now, w.board.seq)
    return w.change_permit(HOT, state="suspended", suspensions={cause: suspension}, stopped_at=w.now)


RESUMERS = [
    ("interruption", "lead", set()),
    ("interruption", "safety", {"G-RUN-5"}),
    ("guardian_gone", "lead", set()),
    ("suspension", "area", set()),
    ("suspension", "lead", {"G-RUN-5"}),
    ("weather", "area", set()),
    ("bad_gas", "safety", set()),
    ("bad_gas", "head", set()),
    ("bad_gas", "area", {"G-RUN-5"}),
    ("bad_gas", "lead", {"G-RUN-5"}),
    ("stop_work", "safety", set()),
    ("stop_work", "area", {"G-RUN-5"}),
    ("emergency", "mate", set()),
    ("emergency", "foreman", set()),
    ("emergency", "safety", {"G-RUN-5"}),
    ("expiry", "head", {"G-RUN-5"}),
]


@pytest.mark.parametrize(("cause", "actor", "then"), RESUMERS, ids=[f"{c} by {a}" for c, a, _ in RESUMERS])
def test_the_cause_decides_who_may_resume(cause: str, actor: str, then: set[str]) -> None:
    w = suspended(cause)
    assert codes(w.do(actor, "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == then
    assert (w.permit(HOT).state == "active") == (not then)


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


@pytest.mark.parametrize(
    "boundary", [B.ASSESS, B.PLAN, B.BRIEF, B.SURVEY, B.ISSUE, B.START, B.ACCEPT, B.REVIEW], ids=str
)
def test_nothing_passes_a_gate_of_a_stopped_job(boundary: B) -> None:
    w = ready_for(boundary)
    assert "G-RUN-5" not in w.shut(boundary)
    w.job_ok("mate", "stop_work", {})
    assert "G-RUN-5" in w.shut(boundary)


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


def test_acceptance_is_on_site() -> None:
    w = ready_for(B.ACCEPT)
    assert codes(w.do("area", "accept", job_id=JOB, permit_id=HOT)) == {"G-CL-1c"}
    assert codes(w.do("area", "accept", job_id=JOB, permit_id=HOT, presence=presence("farm"))) == set()


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
