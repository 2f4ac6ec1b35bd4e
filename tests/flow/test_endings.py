"""A change is a new ticket (GB 30871-2022 4.16, 4.17): what ends, what is kept, and what is asked again."""

from typing import Any

import pytest

from services.seven_steps.gate import Boundary as B
from services.seven_steps.site_time import stamp
from tests.flow import walk
from tests.flow.payloads import NEW, PAYLOADS
from tests.flow.tables import ready_for
from tests.flow.world import HOT, JOB, PIT, World, codes, presence, text

SITE_CHANGES = ("process", "conditions", "method", "environment")


def replaced(w: World, old: str = HOT, by: str = "area", **payload: Any) -> World:
    w.permit_ok(old, by, "replace_ticket", PAYLOADS["replace_ticket"] | payload)
    return w


def test_a_started_ticket_is_void_and_one_not_started_revoked() -> None:
    assert replaced(walk.active()).permit(HOT).state == "void"
    assert replaced(walk.before_start()).permit(HOT).state == "revoked"


def test_the_new_ticket_supersedes_the_old_one_and_is_linked_both_ways() -> None:
    w = replaced(walk.active())
    new, old = w.permit(NEW), w.permit(HOT)
    assert (new.supersedes, new.state, new.type, new.level) == (HOT, "open", "hot_work", old.level)
    assert new.related == {PIT} and NEW in w.permit(PIT).related
    assert old.ended is not None and old.ended.text == "not done by the evening"
    assert new.permit_no != old.permit_no and NEW in w.job.permits


def test_it_is_one_outcome() -> None:
    w = walk.active()
    outcome = w.permit_ok(HOT, "area", "replace_ticket", PAYLOADS["replace_ticket"])
    assert [e.type for e in outcome.events] == ["permit.voided", "ticket.added", "ticket.replaced", "tickets.linked"]


def test_nothing_that_belongs_to_a_ticket_is_kept() -> None:
    new = replaced(walk.active()).permit(NEW)
    assert not (new.gas or new.measures or new.nodes or new.issue or new.surveyed or new.started or new.inside)
    assert not (new.guardians_on or new.equipment or new.foreman_check or new.valid_to or new.monitor)


def test_the_crew_as_it_was_is_kept() -> None:
    w = walk.active()
    w.permit_ok(HOT, "lead", "change_crew", {"add": [], "remove": ["mate"]})
    assert set(replaced(w).permit(NEW).crew) == {"cutter", "watch"}


def test_of_a_new_time_assessment_and_plan_are_kept_and_every_step_is_signed_again() -> None:
    w = replaced(walk.active())
    assert w.shut(B.ASSESS, NEW) == set()
    assert any(NEW in row.permits for row in w.job.assessment.rows)  # type: ignore[union-attr]
    assert w.job.plan is not None and w.job.plan.gas[NEW] == w.job.plan.gas[HOT]
    assert NEW not in w.job.assessed | w.job.planned | w.job.briefed
    assert codes(w.do("area", "survey", job_id=JOB, permit_id=NEW)) >= {"wrong_state"}
    w.job_ok("lead", "assess", {"permits": [NEW]})
    w.job_ok("area", "plan", {"permits": [NEW]})
    assert "G-BR-1" in w.shut(B.BRIEF, NEW)


@pytest.mark.parametrize("change", ["content", "scope", "place", *SITE_CHANGES])
def test_of_any_other_change_the_hazards_are_assessed_for_the_new_ticket(change: str) -> None:
    w = replaced(walk.active(), changed=["time", change])
    assert "G-RA-1" in w.shut(B.ASSESS, NEW)
    assert w.job.plan is not None and NEW not in w.job.plan.gas
    assert (w.job.changed is not None) == (change in SITE_CHANGES)


@pytest.mark.parametrize(
    "payload",
    [
        {"place": "pit 4"},
        {"facts": walk.HOT_FACTS | {"on_pipe_rack": True}},
        {"equipment_tag": "V-9"},
        {"limitations": "no grinding"},
        {"level": "special", "level_reason": "beside the furnace"},
    ],
    ids=lambda payload: next(iter(payload)),
)
def test_what_differs_has_changed_whatever_was_said(payload: dict[str, Any]) -> None:
    w = replaced(walk.active(), **payload)
    assert "G-RA-1" in w.shut(B.ASSESS, NEW)


def test_after_a_change_of_conditions_no_ticket_is_issued_on_the_old_assessment() -> None:
    w = replaced(ready_for(B.ISSUE), old=PIT, changed=["conditions"])
    assert {"G-RA-4"} <= w.shut(B.ISSUE, HOT)


def test_whoever_is_inside_stays_on_the_old_tickets_list() -> None:
    w = walk.active()
    w.permit_ok(PIT, "watch", "enter", {"person_id": "cutter"})
    replaced(w, old=PIT)
    assert (w.permit(PIT).state, set(w.permit(PIT).inside)) == ("void", {"cutter"})
    assert codes(w.do("isolator", "remove_isolation", {"point_id": "up"}, job_id=JOB)) == {"G-ISO-1"}
    w.permit_ok(PIT, "watch", "leave", {"person_id": "cutter"})
    assert not w.permit(PIT).inside


def test_a_ticket_is_replaced_once() -> None:
    w = replaced(walk.active())
    again = PAYLOADS["replace_ticket"] | {"new_permit_id": "00000000-0000-4000-8000-00000000000e"}
    assert codes(w.do("area", "replace_ticket", again, job_id=JOB, permit_id=HOT)) == {"wrong_state"}
    w.permit_ok(NEW, "area", "replace_ticket", again)
    assert w.permit(again["new_permit_id"]).supersedes == NEW


def test_a_ticket_that_ended_before_is_replaced_without_ending_it_again() -> None:
    w = walk.before_start()
    w.later(hours=8, seconds=1)
    w.permit_ok(HOT, "service:timekeeper", "expire_ticket")
    ended = w.permit(HOT).ended
    replaced(w, by="applicant")
    assert (w.permit(HOT).ended, w.permit(NEW).supersedes) == (ended, HOT)


def test_an_accepted_ticket_is_not_replaced_nor_one_of_a_reviewed_job() -> None:
    w = walk.before_review()
    assert codes(w.do("area", "replace_ticket", PAYLOADS["replace_ticket"], job_id=JOB, permit_id=HOT)) == {
        "wrong_state"
    }
    w.change_permit(HOT, state="void").change_job(state="reviewed")
    assert codes(w.do("area", "replace_ticket", PAYLOADS["replace_ticket"], job_id=JOB, permit_id=HOT)) == {
        "wrong_state"
    }


@pytest.mark.parametrize("type_", ["revoke_ticket", "replace_ticket"])
def test_an_issued_ticket_is_ended_by_somebody_who_may_approve(type_: str) -> None:
    w = walk.before_start()
    assert codes(w.do("applicant", type_, PAYLOADS[type_], job_id=JOB, permit_id=HOT)) == {"wrong_state"}
    w.permit_ok(HOT, "safety", type_, PAYLOADS[type_])
    early = ready_for(B.ISSUE)
    early.permit_ok(HOT, "applicant", type_, PAYLOADS[type_])


def test_a_job_with_an_issued_ticket_is_not_withdrawn_past_its_approvers() -> None:
    w = walk.before_start()
    assert codes(w.do("applicant", "withdraw_job", {"reason": text("r")}, job_id=JOB)) == {"wrong_state"}
    for ticket in (HOT, PIT):
        w.permit_ok(ticket, "area", "revoke_ticket", {"reason": text("r")})
    w.job_ok("applicant", "withdraw_job", {"reason": text("r")})
    assert w.job.state == "closed"


def test_the_new_ticket_has_an_id_of_its_own_and_a_time_that_is_near() -> None:
    w = walk.active()
    for payload, then in (
        ({"new_permit_id": PIT}, "wrong_state"),
        ({"planned_from": "2028-01-01T00:00:00Z", "planned_to": "2028-01-01T08:00:00Z"}, "limit_reached"),
    ):
        refused = w.do("area", "replace_ticket", PAYLOADS["replace_ticket"] | payload, job_id=JOB, permit_id=HOT)
        assert codes(refused) == {then}
    assert w.permit(HOT).state == "active"


def test_the_whole_way_of_a_replacement() -> None:
    """A new time on the same day: signed, briefed, surveyed, tested and issued anew, and work goes on."""
    w = walk.active()
    start = w.now
    w.later(hours=1)
    for ticket in (HOT, PIT):
        w.permit_ok(ticket, "lead", "interrupt", {"reason": text("rain")})
    times = {"planned_from": stamp(start), "planned_to": stamp(start.replace(hour=start.hour + 5))}
    replaced(w, **times)
    w.job_ok("lead", "assess", {"permits": [NEW]})
    w.job_ok("area", "plan", {"permits": [NEW]})
    topics = [{"topic": "hazards", "text": "fire"}]
    w.job_ok("briefer", "give_briefing", {"place": "gate 3", "contents": {"en": topics, "zh-CN": topics}})
    walk.acknowledge(w, "lead", "cutter", "mate", "watch")
    w.job_ok("briefer", "brief", {"permits": [NEW]})
    assert {"G-SV-1"} == w.shut(B.SURVEY, NEW)
    lines = [{"line": line, "answer": "confirmed"} for line in w.rules.listed("measures_hot_work")]
    w.permit_ok(NEW, "area", "confirm_measures", {"lines": lines})
    w.permit_ok(NEW, "area", "survey")
    assert {"G-GAS-1", "G-SV-6a"} <= w.shut(B.ISSUE, NEW)
    assert not {"G-SV-5a", "G-SV-5b", "G-SV-5c"} & w.shut(B.ISSUE, NEW)
    refused = w.do("safety", "issue", job_id=JOB, permit_id=NEW, presence=presence("farm"))
    assert "G-GAS-1" in codes(refused)
    readings = [{"gas": gas, "point": point, "value": walk.GOOD_AIR[gas][0], "unit": walk.GOOD_AIR[gas][1]}
                for gas in walk.GASES["hot"] for point in walk.POINTS]  # fmt: skip
    w.permit_ok(NEW, "tester", "record_gas_test", {"instrument_id": "meter", "readings": readings})
    for node, who in (("work_lead", "lead"), ("unit", "area")):
        w.permit_ok(NEW, who, "sign_node", {"node": node, "opinion": text("agreed")})
    w.permit_ok(NEW, "safety", "issue", presence=presence("farm"))
    assert {"G-HOT-5", "G-HOT-1a", "G-HOT-1b", "G-RUN-1"} <= w.shut(B.START, NEW)
    w.permit_ok(NEW, "foreman", "check_ticket")
    w.permit_ok(NEW, "watch", "guardian_on", {"place": "outside"})
    items = [{"kind": "fire_extinguisher", "ok": True, "count": 2}, {"kind": "communication", "ok": True}]
    w.permit_ok(NEW, "watch", "check_equipment", {"items": items})
    w.permit_ok(NEW, "lead", "start", {"unchanged": True})
    assert (w.permit(NEW).state, w.permit(HOT).state) == ("active", "void")
