"""Gates 1 to 3: risk assessment, plan, briefing: what takes several acts. Each gate at its bounds: tests/vectors."""

from typing import Any

from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import ready_for
from tests.flow.world import HOT, PIT, World


def contractor(suspended: bool) -> Any:
    def given(w: World) -> World:
        data = {"contractor_id": "huaan", "name": {"en": "Huaan", "zh-CN": "华安"}, "suspended": suspended}
        w.ok("admin", "register_contractor", data)
        return w.change_job(contractor_id="huaan")

    return given


def briefed_again(w: World) -> World:
    topics = [{"topic": "hazards", "text": "now also H2S"}]
    w.job_ok("briefer", "give_briefing", {"place": "gate 3", "contents": {"en": topics}})
    return w


def test_a_new_version_voids_what_was_acknowledged_until_all_acknowledge_it() -> None:
    w = briefed_again(walk.before_brief())
    assert "G-BR-1" in w.shut(B.BRIEF)
    walk.acknowledge(w, "lead", "cutter", "mate", "watch")
    assert "G-BR-1" not in w.shut(B.BRIEF)


def test_a_contraindication_stands_until_it_is_lifted() -> None:
    w = ready_for(B.PLAN)
    for active in (True, False):
        record = {"person_id": "cutter", "work": "hot_work", "active": active}
        w.ok("admin", "record_contraindication", record)
        assert ("G-CR-3a" in w.shut(B.PLAN)) is active


def test_an_old_version_acknowledged_is_accepted_with_a_note_and_opens_nothing() -> None:
    w = walk.before_brief()
    old = w.job.briefing
    assert old is not None
    briefed_again(w)
    said = {"version": old.version, "content_sha256": old.content_sha256, "lang": "en"}
    outcome = w.job_ok("mate", "acknowledge_briefing", said)
    assert outcome.notes == ("briefing_superseded",)
    assert "G-BR-1" in w.shut(B.BRIEF)


def test_all_shut_gates_are_named_not_the_first_only() -> None:
    w = walk.before_plan()
    w.change_job(booking=None, plan=None).change_permit(HOT, crew={})
    outcome = w.do("area", "plan", {"permits": [HOT]}, job_id=walk.JOB)
    assert [r.code for r in outcome.refusals] == ["G-PL-1", "G-PL-2", "G-CR-1", "G-CR-2a"]


def test_every_covered_ticket_is_asked_not_one_of_them_n_times() -> None:
    w = walk.before_plan()
    w.change_permit(PIT, crew={})
    outcome = w.do("area", "plan", {"permits": [HOT, PIT]}, job_id=walk.JOB)
    assert outcome.verdict == "refused"
    assert {v.about for v in outcome.gates} == {HOT, PIT}


def test_a_ticket_that_no_step_covered_cannot_be_surveyed() -> None:
    w = walk.before_survey()
    w.change_job(briefed=frozenset({PIT}))
    outcome = w.do("area", "survey", job_id=walk.JOB, permit_id=HOT)
    assert [r.code for r in outcome.refusals] == ["wrong_state"]


def test_a_refusal_says_what_there_is_and_what_is_needed() -> None:
    w = ready_for(B.PLAN)
    w.change_job(contractor_id="nobody")
    (refusal,) = w.do("area", "plan", {"permits": [HOT]}, job_id=walk.JOB).refusals
    assert (refusal.about, refusal.have, refusal.need) == ("nobody", ":none", ":in_good_standing")
    contractor(True)(w)
    (refusal,) = w.do("area", "plan", {"permits": [HOT]}, job_id=walk.JOB).refusals
    assert (refusal.about, refusal.have, refusal.need) == ("huaan", ":suspended", ":in_good_standing")


def test_the_evidence_of_the_crew_is_the_crews_own() -> None:
    w = ready_for(B.PLAN)
    outcome = w.job_ok("area", "plan", {"permits": [HOT]})
    (verdict,) = (v for v in outcome.gates if v.gate.id == "G-CR-1")
    assert w.board.certificates["c-cutter"].seq in verdict.evidence
    assert w.board.certificates["c-watch2"].seq not in verdict.evidence


def test_a_second_guardian_who_is_let_in_needs_no_workers_certificate() -> None:
    w = ready_for(B.ENTER)
    member = {"person_id": "watch2", "role": "guardian", "trade": "guardian"}
    w.permit_ok(PIT, "lead", "change_crew", {"add": [member], "remove": []})
    walk.acknowledge(w, "watch2")
    w.permit_ok(PIT, "watch", "enter", {"person_id": "watch2"})
