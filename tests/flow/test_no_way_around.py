"""Ways around a gate that somebody might try: each is noticed at the next boundary, or changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps import limits
from services.seven_steps.board_site import IsolationPoint
from services.seven_steps.command import Interval
from services.seven_steps.commands import COMMANDS
from services.seven_steps.decide import EDITS
from services.seven_steps.gate import Boundary as B
from services.seven_steps.judge import judge
from services.seven_steps.spec import RECORD
from services.seven_steps.work_types import ISSUERS
from tests.flow import walk
from tests.flow.payloads import PAYLOADS
from tests.flow.standard_jobs import ready
from tests.flow.tables import ready_for
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, alarms, codes, presence, text


def at_(moment: Any) -> Interval:
    return Interval(moment, moment)


def ago(w: World, **delta: float) -> Interval:
    return at_(w.now - timedelta(**delta))


# ---- content changed after it was agreed ---------------------------------------------------------------------------


def test_a_new_assessment_uncovers_tickets_that_are_not_issued() -> None:
    w = ready_for(B.ISSUE)
    row = walk.risk_row("fire", residual=(5, 5)) | {"controls": []}
    w.job_ok("lead", "record_risk_assessment", {"method": "5x5", "rows": [row], "participants": []})
    assert w.permit(HOT).state == "open"
    assert codes(w.do("safety", "issue", job_id=JOB, permit_id=HOT, presence=presence("farm"))) == {"wrong_state"}


def test_a_new_plan_uncovers_tickets_that_are_not_issued() -> None:
    w = ready_for(B.ISSUE)
    w.job_ok("lead", "record_plan", walk.plan_payload())
    assert (w.permit(HOT).state, w.permit(HOT).nodes) == ("open", ())
    assert codes(w.do("area", "survey", job_id=JOB, permit_id=HOT)) == {"wrong_state"}


def test_the_gas_plan_of_an_issued_ticket_stays() -> None:
    w = ready_for(B.START)
    payload = walk.plan_payload()
    payload["gas"][HOT] = {"gases": ["methane"], "points": ["elsewhere"]}
    assert codes(w.do("lead", "record_plan", payload, job_id=JOB)) == {"wrong_state"}
    fewer = walk.plan_payload() | {"isolations": []}
    assert codes(w.do("lead", "record_plan", fewer, job_id=JOB)) == {"wrong_state"}
    w.job_ok("lead", "record_plan", walk.plan_payload())


@pytest.mark.parametrize("boundary", [B.ISSUE, B.START, B.ENTER, B.RESUME], ids=str)
def test_an_isolation_that_is_gone_or_replaced_is_noticed(boundary: B) -> None:
    w = ready_for(boundary)
    weaker = {"point_id": "up", "method": "valve_closed", "lock_no": "1", "tag_no": "1"}
    w.job_ok("isolator", "apply_isolation", weaker)
    assert {"G-SV-2a", "G-SV-2b"} <= w.shut(boundary, PIT)


def test_an_isolation_stays_from_the_issue_on_and_no_ticket_is_issued_without_it() -> None:
    w = ready_for(B.START)
    assert codes(w.do("isolator", "remove_isolation", {"point_id": "up"}, job_id=JOB)) == {"G-ISO-1"}
    early = ready_for(B.ISSUE)
    early.job_ok("isolator", "remove_isolation", {"point_id": "up"})
    assert "G-SV-2a" in early.shut(B.ISSUE)


def test_a_measure_taken_back_after_the_survey_shuts_the_issue_and_the_start() -> None:
    for boundary in (B.ISSUE, B.START):
        w = ready_for(boundary)
        w.permit_ok(HOT, "area", "confirm_measures", {"lines": [{"line": "1", "answer": "not_in_place"}]})
        assert "G-SV-1" in w.shut(boundary)


def test_a_briefing_older_than_the_ticket_opens_nothing() -> None:
    w = ready_for(B.BRIEF)
    w.change_permit(HOT, created=replace(w.permit(HOT).created, seq=w.board.seq + 1))
    assert "G-BR-1" in w.shut(B.BRIEF)


def test_a_briefing_older_than_the_tickets_content_opens_nothing() -> None:
    w = walk.before_plan()
    w.job_ok(
        "briefer", "give_briefing", {"place": "gate 3", "contents": {"en": [{"topic": "hazards", "text": "fire"}]}}
    )
    walk.acknowledge(w, "lead", "cutter", "mate", "watch")
    w.permit_ok(HOT, "applicant", "amend_ticket", {"limitations": "cold cutting only near the drain"})
    w.job_ok("lead", "assess", {"permits": [HOT]})
    w.job_ok("area", "plan", {"permits": [HOT, PIT]})
    assert "G-BR-1" in w.shut(B.BRIEF, HOT)
    assert "G-BR-1" not in w.shut(B.BRIEF, PIT)


def test_what_was_answered_of_another_place_is_no_answer_of_this_one() -> None:
    w = walk.before_plan()
    w.permit_ok(HOT, "area", "confirm_measures", {"lines": [{"line": "1", "answer": "confirmed"}]})
    w.permit_ok(HOT, "applicant", "amend_ticket", {"place": "tank T-2"})
    assert not w.permit(HOT).measures


def test_a_ticket_is_valid_no_longer_than_the_number_in_force_when_it_is_issued() -> None:
    w = ready("general", B.ISSUE)
    w.board = replace(w.board, policies={"validity_general": "4"})
    w.permit_ok(HOT, "area", "issue", presence=presence("farm"))
    assert w.permit(HOT).valid_to == DAY_TWO + timedelta(hours=4)
    assert w.permit(HOT).planned_to == DAY_TWO + timedelta(hours=8)


def test_an_acknowledgement_in_a_language_that_was_not_given_opens_nothing() -> None:
    w = ready_for(B.BRIEF)
    assert w.job.briefing is not None
    w.change_job(briefing=replace(w.job.briefing, acknowledged={}))
    said = {"version": w.job.briefing.version, "content_sha256": w.job.briefing.content_sha256, "lang": "fr"}
    outcome = w.job_ok("mate", "acknowledge_briefing", said)
    assert outcome.notes == ("briefing_superseded",)


def test_no_process_line_into_a_confined_space_is_shut_by_a_valve_alone() -> None:
    w = ready_for(B.SURVEY)
    point = IsolationPoint("up", "V-1", "farm", "process", "drain", 1)
    assert w.job.plan is not None
    planned = tuple(replace(p, method="valve_closed", blind_required=False) for p in w.job.plan.isolations)
    w.change_job(plan=replace(w.job.plan, isolations=planned), isolations={})
    w.board = replace(w.board, isolation_points={"up": point})
    assert "G-SV-2b" in w.shut(B.SURVEY, PIT)
    assert "G-SV-2b" not in w.shut(B.SURVEY, HOT)


def test_signatures_before_the_survey_do_not_count() -> None:
    w = ready_for(B.SURVEY)
    early = w.do("lead", "sign_node", {"node": "work_lead", "opinion": text("ok")}, job_id=JOB, permit_id=HOT)
    assert codes(early) == {"wrong_state"}


def test_somebody_elses_signature_on_a_line_replaces_nobodys() -> None:
    w = ready_for(B.ISSUE)
    w.permit_ok(HOT, "lead", "sign_node", {"node": "unit", "opinion": text("me too")})
    assert "G-SV-6a" not in w.shut(B.ISSUE)


# ---- clocks: older words that come later ---------------------------------------------------------------------------


def test_a_break_counts_from_when_it_began_not_from_when_it_was_told() -> None:
    w = walk.active()
    w.later(minutes=40)
    w.permit_ok(HOT, "lead", "interrupt", {"reason": text("told late")}, captured=ago(w, minutes=40))
    assert w.permit(HOT).stopped_at == DAY_TWO
    assert "G-GAS-4" in w.shut(B.RESUME)


BREAKS = [
    ("interrupt", {"reason": text("told late")}),
    ("stop_work", {"reason": text("told late")}),
    ("declare_emergency", {"reason": text("told late"), "area_id": "farm"}),
]


@pytest.mark.parametrize(("type_", "payload"), BREAKS, ids=[row[0] for row in BREAKS])
def test_a_break_told_at_no_known_time_began_when_the_work_last_did(type_: str, payload: dict[str, Any]) -> None:
    w = walk.active()
    w.later(minutes=40)
    w.do("lead", type_, payload, job_id=JOB, permit_id=HOT, captured=None)
    assert (w.permit(HOT).state, w.permit(HOT).stopped_at) == ("suspended", DAY_TWO)
    assert "G-GAS-4" in w.shut(B.RESUME)


WATCHES = [
    ("told at once", lambda w: at_(w.now), set()),
    ("ended at 59:59 min, told later", lambda w: ago(w, seconds=1), {"G-HOT-3a"}),
    ("of unknown time", lambda w: None, {"G-HOT-3a", "G-HOT-3b"}),
]


@pytest.mark.parametrize(("name", "captured", "then"), WATCHES, ids=[row[0] for row in WATCHES])
def test_a_fire_watch_ended_when_it_was_captured(name: str, captured: Any, then: set[str]) -> None:
    w = ready_for(B.ACCEPT)
    assert w.permit(HOT).completed is not None
    w.change_permit(HOT, fire_watch=None)
    w.permit_ok(HOT, "watch", "end_fire_watch", {"no_residual_fire": True}, captured=captured(w))
    assert {code for code in w.shut(B.ACCEPT) if code.startswith("G-HOT")} == then


def test_a_fire_watch_is_ended_by_a_guardian_of_the_ticket() -> None:
    w = ready_for(B.ACCEPT)
    w.permit_ok(HOT, "watch2", "end_fire_watch", {"no_residual_fire": True})
    assert "G-HOT-3a" in w.shut(B.ACCEPT)


def test_an_older_leave_does_not_take_out_who_was_found_inside_since() -> None:
    w = walk.active()
    w.later(minutes=30)
    w.permit_ok(PIT, "mate", "record_found_inside", {"person_id": "cutter"})
    w.permit_ok(PIT, "watch", "leave", {"person_id": "cutter"}, captured=ago(w, minutes=20))
    assert set(w.permit(PIT).inside) == {"cutter"}
    w.permit_ok(PIT, "watch", "leave", {"person_id": "cutter"})
    assert not w.permit(PIT).inside


def test_an_older_word_of_a_guardian_does_not_undo_a_newer_one() -> None:
    w = walk.before_start()
    w.later(minutes=10)
    w.permit_ok(HOT, "watch", "guardian_off", {})
    w.permit_ok(HOT, "watch", "guardian_on", {"place": "outside"}, captured=ago(w, minutes=5))
    assert not w.permit(HOT).guardians_on


def test_an_older_calm_does_not_undo_a_storm() -> None:
    w = ready_for(B.START)
    w.later(minutes=5)
    w.ok("tester", "record_wind", {"area_id": "farm", "mean_m_s": "12", "gust_m_s": "15"})
    calm = {"area_id": "farm", "mean_m_s": "2", "gust_m_s": "3"}
    w.ok("tester", "record_wind", calm, captured=ago(w, minutes=3))
    assert "G-LV-3" in w.shut(B.START)


def test_an_older_bump_test_does_not_undo_a_failed_one() -> None:
    w = ready_for(B.ISSUE)
    w.later(minutes=5)
    w.ok("tester", "record_bump_test", {"instrument_id": "meter", "passed": False})
    w.ok("tester", "record_bump_test", {"instrument_id": "meter", "passed": True}, captured=ago(w, minutes=3))
    assert "G-GAS-9c" in w.shut(B.ISSUE)


def test_a_bump_test_that_is_told_late_counts_for_the_readings_of_its_day() -> None:
    w = ready_for(B.ISSUE)
    w.board = replace(w.board, instruments={"meter": replace(w.board.instruments["meter"], bumps={})})
    walk.sample_air(w, HOT)
    assert "G-GAS-9c" in w.shut(B.ISSUE)
    w.later(minutes=5).ok(
        "tester", "record_bump_test", {"instrument_id": "meter", "passed": True}, captured=ago(w, minutes=20)
    )
    assert "G-GAS-9c" not in w.shut(B.ISSUE)


def test_a_bump_test_of_the_next_day_does_not_undo_that_of_the_samples_day() -> None:
    w = ready_for(B.ISSUE)
    w.later(hours=17).ok("tester", "record_bump_test", {"instrument_id": "meter", "passed": False})
    assert "G-GAS-9c" not in w.shut(B.ISSUE)


def test_bump_tests_are_kept_for_some_days() -> None:
    w = walk.site()
    for day in range(limits.BUMP_DAYS_KEPT + 1):
        w.ok("tester", "record_bump_test", {"instrument_id": "meter", "passed": True})
        assert len(w.board.instruments["meter"].bumps) == min(day + 1, limits.BUMP_DAYS_KEPT)
        w.later(hours=24)


def test_a_failed_bump_test_of_unknown_time_counts_and_a_passed_one_does_not() -> None:
    w = ready_for(B.ISSUE)
    for passed in (False, True):
        w.ok("tester", "record_bump_test", {"instrument_id": "meter", "passed": passed}, captured=None)
        assert "G-GAS-9c" in w.shut(B.ISSUE)


def test_an_older_answer_does_not_undo_a_newer_one() -> None:
    w = ready_for(B.SURVEY)
    w.later(minutes=5)
    w.permit_ok(HOT, "area", "confirm_measures", {"lines": [{"line": "1", "answer": "not_in_place"}]})
    late = {"lines": [{"line": "1", "answer": "confirmed"}]}
    w.permit_ok(HOT, "area", "confirm_measures", late, captured=ago(w, minutes=3))
    assert w.permit(HOT).measures["1"].answer == "not_in_place"


def test_a_residual_fire_is_not_undone_by_an_older_word_that_there_is_none() -> None:
    w = ready_for(B.ACCEPT)
    w.permit_ok(HOT, "watch", "end_fire_watch", {"no_residual_fire": False})
    w.later(minutes=1).permit_ok(HOT, "watch", "end_fire_watch", {"no_residual_fire": True}, captured=ago(w, minutes=2))
    assert "G-HOT-3b" in w.shut(B.ACCEPT)
    w.permit_ok(HOT, "watch", "end_fire_watch", {"no_residual_fire": True})
    assert "G-HOT-3b" not in w.shut(B.ACCEPT)


def test_a_residual_fire_of_unknown_time_is_one() -> None:
    w = ready_for(B.ACCEPT)
    w.permit_ok(HOT, "watch", "end_fire_watch", {"no_residual_fire": False}, captured=None)
    assert "G-HOT-3b" in w.shut(B.ACCEPT)


DONE = {"site_restored": True, "guards_back": True, "cleaned": True}


@pytest.mark.parametrize(
    ("minutes", "shut"),
    [(0, False), (61, True), (None, True)],
    ids=["since", "before the work ended", "at no known time"],
)
def test_a_place_is_restored_after_the_work_whenever_that_is_told(minutes: int | None, shut: bool) -> None:
    w = ready_for(B.ACCEPT)
    w.change_permit(HOT, restoration=None)
    w.permit_ok(HOT, "lead", "record_restoration", DONE, captured=None if minutes is None else ago(w, minutes=minutes))
    assert ("G-CL-1a" in w.shut(B.ACCEPT)) is shut


def test_a_place_found_not_restored_is_not_undone_by_an_older_word() -> None:
    w = ready_for(B.ACCEPT)
    w.permit_ok(HOT, "lead", "record_restoration", DONE | {"guards_back": False})
    w.permit_ok(HOT, "lead", "record_restoration", DONE, captured=ago(w, minutes=5))
    assert "G-CL-1a" in w.shut(B.ACCEPT)


def test_who_was_found_inside_earlier_and_has_gone_in_since_is_not_taken_out_by_a_leave_in_between() -> None:
    w = walk.active()
    w.later(minutes=20).permit_ok(PIT, "watch", "enter", {"person_id": "cutter"})
    w.later(minutes=1)
    w.permit_ok(PIT, "watch", "record_found_inside", {"person_id": "cutter"}, captured=ago(w, minutes=15))
    w.permit_ok(PIT, "watch", "leave", {"person_id": "cutter"}, captured=ago(w, minutes=10))
    assert "cutter" in w.permit(PIT).inside


def test_an_older_word_that_the_monitor_runs_does_not_undo_that_it_stopped() -> None:
    for captured in (lambda w: ago(w, minutes=3), lambda w: None):
        w = ready_for(B.START)
        w.permit_ok(PIT, "tester", "record_monitor", {"instrument_id": "meter", "running": False})
        more = {"captured": captured(w)}
        w.permit_ok(PIT, "tester", "record_monitor", {"instrument_id": "meter", "running": True}, **more)
        assert "G-GAS-6a" in w.shut(B.START, PIT)


def test_a_stream_is_not_alive_by_a_word_of_unknown_time() -> None:
    w = ready("hot_special", B.START)
    w.change_permit(HOT, signals={})
    alive = {"kind": "gas_stream", "about": "meter", "state": "alive"}
    w.permit_ok(HOT, "service:watcher", "record_signal", alive, captured=None)
    assert "G-GAS-7" in w.shut(B.START)


def test_an_isolation_is_not_verified_by_who_looked_before_it_was_put_on_again() -> None:
    again = {"point_id": "up", "method": "spool_removed", "lock_no": "9", "tag_no": "9"}
    for captured in (lambda w: ago(w, minutes=3), lambda w: None):
        w = ready_for(B.ISSUE)
        w.job_ok("isolator", "apply_isolation", again)
        w.job_ok("verifier", "verify_isolation", {"point_id": "up", "how": text("tried")}, captured=captured(w))
        assert "G-SV-2a" in w.shut(B.ISSUE)
        w.job_ok("verifier", "verify_isolation", {"point_id": "up", "how": text("tried")})
        assert "G-SV-2a" not in w.shut(B.ISSUE)


def test_a_verification_told_after_an_application_that_was_told_late_counts() -> None:
    w = ready_for(B.ISSUE)
    again = {"point_id": "up", "method": "spool_removed", "lock_no": "9", "tag_no": "9"}
    w.job_ok("isolator", "apply_isolation", again, captured=ago(w, minutes=10))
    w.job_ok("verifier", "verify_isolation", {"point_id": "up", "how": text("tried")}, captured=ago(w, minutes=5))
    assert "G-SV-2a" not in w.shut(B.ISSUE)


@pytest.mark.parametrize("answer", ["confirmed", "not_applicable"])
def test_a_measure_is_not_in_place_by_a_word_of_unknown_time(answer: str) -> None:
    w = ready_for(B.SURVEY)
    wrong, right = ({"lines": [{"line": "1", "answer": one}]} for one in ("not_in_place", answer))
    w.permit_ok(HOT, "area", "confirm_measures", wrong, captured=None)
    w.permit_ok(HOT, "area", "confirm_measures", right, captured=None)
    assert "G-SV-1" in w.shut(B.SURVEY)


def test_a_look_at_equipment_of_unknown_time_is_none_and_a_fault_of_unknown_time_is_one() -> None:
    w = ready_for(B.START)
    item = {"kind": "rescue_kit", "ok": False}
    w.permit_ok(PIT, "watch", "check_equipment", {"items": [item]}, captured=None)
    w.permit_ok(PIT, "watch", "check_equipment", {"items": [item | {"ok": True}]}, captured=None)
    assert "G-CS-1b" in w.shut(B.START, PIT)


# ---- guardians -----------------------------------------------------------------------------------------------------


def test_taking_the_guardian_off_the_crew_stops_the_work() -> None:
    w = walk.active()
    outcome = w.permit_ok(HOT, "lead", "change_crew", {"add": [], "remove": ["watch"]})
    assert (w.permit(HOT).state, alarms(outcome)) == ("suspended", {"31"})


ARRIVALS = [
    ("named, briefed, outside", True, True, "outside", "active"),
    ("not briefed", True, False, "outside", "suspended"),
    ("not named", False, True, "outside", "suspended"),
    ("not outside where somebody is inside", True, True, "at_work", "suspended"),
]


@pytest.mark.parametrize(("name", "named", "briefed", "place", "state"), ARRIVALS, ids=[a[0] for a in ARRIVALS])
def test_a_hand_over_to_somebody_who_may_not_is_a_gap(
    name: str, named: bool, briefed: bool, place: str, state: str
) -> None:
    w = walk.active()
    if named:
        member = {"person_id": "watch2", "role": "guardian", "trade": "guardian"}
        w.permit_ok(PIT, "lead", "change_crew", {"add": [member], "remove": []})
    if briefed:
        walk.acknowledge(w, "watch2")
    w.permit_ok(PIT, "watch", "offer_guardian_handover", {"to": "watch2"})
    w.permit_ok(PIT, "watch2", "take_guardian_handover", {"place": place})
    assert w.permit(PIT).state == state


def with_second_guardian() -> World:
    """Added while the work runs, not briefed."""
    w = walk.active()
    member = {"person_id": "watch2", "role": "guardian", "trade": "guardian"}
    w.permit_ok(HOT, "lead", "change_crew", {"add": [member], "remove": []})
    return w


def test_who_was_added_is_no_guardian_by_their_word_before_the_briefing() -> None:
    w = with_second_guardian()
    w.permit_ok(HOT, "watch2", "guardian_on", {"place": "at_work"})
    outcome = w.permit_ok(HOT, "watch", "guardian_off", {})
    assert (set(w.permit(HOT).suspensions), alarms(outcome)) == ({"guardian_gone"}, {"31"})
    assert "G-RUN-1" in w.shut(B.RESUME)
    walk.acknowledge(w, "watch2")
    assert "G-RUN-1" not in w.shut(B.RESUME)


def test_a_guardian_who_was_briefed_is_not_asked_for_it_when_the_place_is_wrong() -> None:
    w = walk.active()
    w.permit_ok(PIT, "watch", "guardian_on", {"place": "at_work"})
    verdicts = judge(w.board, B.RESUME, w.job, w.permit(PIT), w.now, w.rules)
    assert [m.what for v in verdicts if v.gate.id == "G-CS-1a" for m in v.missing] == ["guardian_outside"]


def test_a_new_briefing_takes_no_guardian_off_duty() -> None:
    w = walk.active()
    topics = [{"topic": "hazards", "text": "fire"}, {"topic": "emergency", "text": "muster at C"}]
    w.job_ok("briefer", "give_briefing", {"place": "gate 3", "contents": {"en": topics, "zh-CN": topics}})
    w.permit_ok(HOT, "watch", "guardian_on", {"place": "at_work"})
    assert w.permit(HOT).state == "active"
    assert w.permit(HOT).guardians_on["watch"].briefed


def test_an_offer_of_hand_over_ends_with_the_duty_or_the_break() -> None:
    for actor, type_, payload in (("watch", "guardian_off", {}), ("lead", "interrupt", {"reason": text("lunch")})):
        w = walk.active()
        w.permit_ok(HOT, "watch", "offer_guardian_handover", {"to": "watch2"})
        w.permit_ok(HOT, actor, type_, payload)
        refused = w.do("watch2", "take_guardian_handover", {"place": "outside"}, job_id=JOB, permit_id=HOT)
        assert codes(refused) == {"wrong_state"}


def test_the_guardian_outside_does_not_go_in() -> None:
    w = walk.active()
    assert codes(w.do("watch", "enter", {"person_id": "watch"}, job_id=JOB, permit_id=PIT)) == {"G-CS-1a"}


def test_whoever_goes_in_is_fit_even_if_not_on_the_crew() -> None:
    w = walk.active()
    w.ok("admin", "record_contraindication", {"person_id": "lead", "work": "confined_space", "active": True})
    assert "G-CR-3a" in codes(w.do("watch", "enter", {"person_id": "lead"}, job_id=JOB, permit_id=PIT))


def test_a_guardians_word_lasts_one_shift() -> None:
    w = ready_for(B.START)
    for hours, shut in ((12, False), (12 + 1 / 3600, True)):
        duty = replace(w.permit(HOT).guardians_on["watch"], since=w.now - timedelta(hours=hours))
        w.change_permit(HOT, guardians_on={"watch": duty})
        assert ("G-RUN-1" in w.shut(B.START)) is shut


def test_a_guardian_who_says_to_be_at_another_place_is_here_no_more() -> None:
    w = walk.active()
    w.change_permit(PIT, place="pump house")
    w.later(minutes=1).permit_ok(PIT, "watch", "guardian_on", {"place": "outside"})
    assert "G-RUN-1" in w.shut(B.RESUME, HOT)
    assert (w.permit(HOT).state, w.permit(PIT).state) == ("suspended", "active")
    w.later(minutes=1).permit_ok(HOT, "watch", "guardian_on", {"place": "at_work"})
    assert "G-RUN-1" not in w.shut(B.RESUME, HOT)


def test_one_guardian_watches_linked_tickets_of_one_spot() -> None:
    w = walk.active()
    w.later(minutes=1).permit_ok(PIT, "watch", "guardian_on", {"place": "outside"})
    assert (w.permit(HOT).state, w.permit(PIT).state) == ("active", "active")


def test_a_monitor_that_stops_stops_the_work() -> None:
    w = walk.active()
    outcome = w.permit_ok(PIT, "tester", "record_monitor", {"instrument_id": "meter", "running": False})
    assert (set(w.permit(PIT).suspensions), alarms(outcome)) == ({"gas_unmonitored"}, {"05"})


def test_a_monitor_the_site_does_not_know_is_none() -> None:
    w = ready_for(B.START)
    w.permit_ok(PIT, "tester", "record_monitor", {"instrument_id": "toy", "running": True})
    assert "G-GAS-6a" in w.shut(B.START, PIT)


# ---- authority -----------------------------------------------------------------------------------------------------


def test_the_area_authority_clears_no_stop_without_the_right_to_issue() -> None:
    w = walk.active()
    w.job_ok("mate", "stop_work", {"reason": text("smoke")}, permit_id=HOT)
    area = w.board.people["area"]
    w.board = replace(w.board, people={**w.board.people, "area": replace(area, roles=frozenset({"area_auth"}))})
    assert codes(w.do("area", "clear_stop", {"result": text("steam")}, job_id=JOB)) == {"not_allowed"}
    refused = w.do("safety", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)
    assert all(set(r.who) == set(ISSUERS) for r in refused.refusals if r.what == "stop_cleared")


def test_clearing_a_stop_or_ending_an_emergency_is_an_act() -> None:
    for type_ in ("clear_stop", "end_emergency"):
        w = walk.active()
        late = w.do("area", type_, PAYLOADS[type_], job_id=JOB, act_by=w.now - timedelta(seconds=1))
        assert codes(late) == {"too_late"}


FACTS = sorted(t for t, s in COMMANDS.items() if s.kind == RECORD and t not in EDITS)


@pytest.mark.parametrize("type_", FACTS)
def test_no_fact_is_refused_for_an_old_version_of_the_job(type_: str) -> None:
    w = walk.active()
    outcome = w.do("hse", type_, PAYLOADS[type_], job_id=JOB, permit_id=HOT, expected_version=0)
    assert "version_conflict" not in codes(outcome)


def test_an_edit_of_an_old_version_of_the_job_is_a_conflict() -> None:
    w = walk.with_job()
    outcome = w.do("lead", "amend_ticket", {"place": "x"}, job_id=JOB, permit_id=HOT, expected_version=0)
    assert codes(outcome) == {"version_conflict"}


def test_a_stop_by_somebody_signed_in_whom_the_site_has_not_registered_counts() -> None:
    w = walk.active()
    w.job_ok("stranger", "stop_work", {})
    assert w.permit(HOT).state == "suspended"


def test_who_signed_for_the_job_does_not_review_it() -> None:
    w = ready_for(B.REVIEW)
    roles = replace(w.board.people["area"], roles=frozenset({"hse", "area_auth"}))
    w.board = replace(w.board, people={**w.board.people, "area": roles})
    assert codes(w.do("area", "review", {"lessons": text("x")}, job_id=JOB)) == {"G-SD-1c"}


def test_only_the_jobs_own_lead_starts_it() -> None:
    w = ready_for(B.START)
    other = replace(w.board.people["mate"], roles=frozenset({"work_lead"}))
    w.board = replace(w.board, people={**w.board.people, "mate": other})
    assert "G-RUN-3" in codes(w.do("mate", "start", {"unchanged": True}, job_id=JOB, permit_id=HOT))


def test_a_ticket_suspended_before_its_start_is_revoked_not_void() -> None:
    w = walk.before_start()
    w.permit_ok(HOT, "area", "suspend", {"cause": "suspension", "reason": text("lorry")})
    assert codes(w.do("lead", "complete", job_id=JOB, permit_id=HOT)) == {"wrong_state"}
    assert codes(w.do("area", "void_ticket", {"reason": text("x")}, job_id=JOB, permit_id=HOT)) == {"wrong_state"}
    w.later(hours=8, seconds=1)
    w.permit_ok(HOT, "service:timekeeper", "expire_ticket")
    assert w.permit(HOT).state == "revoked"


def test_a_void_ticket_takes_nobody_out() -> None:
    w = walk.active()
    w.permit_ok(PIT, "watch", "enter", {"person_id": "cutter"})
    for permit in (HOT, PIT):
        w.permit_ok(permit, "area", "void_ticket", {"reason": text("scope changed")})
    assert codes(w.do("isolator", "remove_isolation", {"point_id": "up"}, job_id=JOB)) == {"G-ISO-1"}
    assert "G-CL-1b" in codes(w.do("hse", "review", {"lessons": text("x")}, job_id=JOB))


def test_a_replacement_can_be_linked_to_an_issued_ticket() -> None:
    w = walk.before_start()
    w.permit_ok(HOT, "area", "revoke_ticket", {"reason": text("scope")})
    new = walk.ticket("hot_work", walk.HOT_FACTS) | {"related": [PIT], "supersedes": HOT}
    w.ok("applicant", "add_ticket", new, job_id=JOB, permit_id="new")
    w.permit_ok(PIT, "applicant", "link_tickets", {"to": "new"})
    assert "new" in w.permit(PIT).related


def test_a_ticket_whose_time_is_over_is_not_issued() -> None:
    w = ready_for(B.ISSUE)
    w.change_permit(HOT, planned_to=w.now - timedelta(seconds=1))
    assert "G-RUN-2" in w.shut(B.ISSUE)


def test_hot_work_inside_does_not_start_without_the_entry_ticket() -> None:
    w = ready_for(B.START)
    w.permit_ok(PIT, "area", "revoke_ticket", {"reason": text("x")})
    assert "G-SV-5a" in w.shut(B.START)


@pytest.mark.parametrize("step", [2, 3])
def test_nothing_is_sent_back_to_a_step_it_has_not_reached(step: int) -> None:
    w = walk.before_assess()
    assert codes(w.do("area", "send_back", {"to_step": step, "reason": text("x")}, job_id=JOB)) == {"wrong_state"}


def test_a_job_is_not_closed_with_an_alarm_raised_since_its_review() -> None:
    w = ready_for(B.REVIEW)
    w.job_ok("hse", "review", {"lessons": text("x")})
    w.permit_ok(PIT, "mate", "record_found_inside", {"person_id": "cutter"})
    assert {"G-CL-1b", "G-CL-2a"} <= codes(w.do("hse", "close_job", job_id=JOB))


# ---- input that would break a predicate ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["soon", "NaN", "1E30", "-5", "525601"])
def test_a_policy_is_a_number_a_gate_can_count_with(value: str) -> None:
    assert codes(walk.site().do("service:desk", "set_policies", {"policies": {"start_window": value}})) == {
        "wrong_state"
    }


def test_a_policy_has_a_name_some_pack_knows() -> None:
    assert codes(walk.site().do("service:desk", "set_policies", {"policies": {"gas_age_before_start": "60"}})) == {
        "wrong_state"
    }
    walk.site().ok("service:desk", "set_policies", {"policies": {"start_window": "0"}})


def test_a_site_lies_in_a_zone_that_exists() -> None:
    site = PAYLOADS["register_site"] | {"zone": "Mars/Base"}
    assert codes(World().do("service:desk", "register_site", site)) == {"wrong_state"}


def test_a_ticket_is_planned_within_a_year() -> None:
    w = walk.with_job()
    for far, then in (
        (limits.PLANNED_AHEAD_MAX, set()),
        (limits.PLANNED_AHEAD_MAX + timedelta(seconds=1), {"limit_reached"}),
    ):
        payload = walk.ticket("general", {}, start=w.now + far - timedelta(hours=8))
        outcome = w.do("applicant", "add_ticket", payload, job_id=JOB, permit_id=f"p{len(then)}")
        assert codes(outcome) == then


def test_two_certificates_may_follow_each_other() -> None:
    w = ready_for(B.PLAN)
    first = w.board.certificates["c-cutter"]
    w.change_permit(HOT, planned_to=w.permit(HOT).planned_from + timedelta(hours=48))
    both = {
        "c-cutter": replace(first, valid_to="2026-11-19"),
        "c-2": replace(first, certificate_id="c-2", valid_from="2026-11-20"),
        "c-watch": w.board.certificates["c-watch"],
    }
    w.board = replace(w.board, certificates=both)
    assert "G-CR-1" not in w.shut(B.PLAN)
    gap = both | {"c-2": replace(first, certificate_id="c-2", valid_from="2026-11-21")}
    w.board = replace(w.board, certificates=gap)
    assert "G-CR-1" in w.shut(B.PLAN)


def test_somebody_is_no_guardian_by_a_word_of_unknown_time() -> None:
    w = ready_for(B.START)
    w.permit_ok(HOT, "watch", "guardian_off", {})
    w.permit_ok(HOT, "watch", "guardian_on", {"place": "outside"}, captured=None)
    assert {"G-RUN-1", "G-HOT-1a"} <= w.shut(B.START)
    w.permit_ok(HOT, "watch", "guardian_on", {"place": "outside"})
    assert not w.shut(B.START) & {"G-RUN-1", "G-HOT-1a"}


def test_a_measure_confirmed_before_the_stop_and_told_after_it_is_not_confirmed_again() -> None:
    w = ready("height", B.RESUME)
    w.later(minutes=5)
    w.permit_ok(HOT, "lead", "interrupt", {"reason": text("lunch")})
    lines = [{"line": line, "answer": "confirmed"} for line in w.rules.listed("measures_height")]
    w.later(minutes=5)
    w.permit_ok(HOT, "lead", "confirm_measures", {"lines": lines}, captured=ago(w, minutes=5, seconds=1))
    assert "G-HG-1" in w.shut(B.RESUME)
    w.permit_ok(HOT, "lead", "confirm_measures", {"lines": lines}, captured=ago(w, minutes=5))
    assert "G-HG-1" not in w.shut(B.RESUME)


def test_a_job_whose_work_has_begun_is_reviewed_not_withdrawn() -> None:
    w = walk.active()
    for ticket in (HOT, PIT):
        w.permit_ok(ticket, "area", "void_ticket", {"reason": text("r")})
    assert codes(w.do("applicant", "withdraw_job", {"reason": text("r")}, job_id=JOB)) == {"wrong_state"}
    assert w.job.state == "briefed"
