"""A shift is handed over by two people; work nobody took over stops; a ticket is revalidated where rules know that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.seven_steps.site_time import stamp
from services.timekeeper.due import ENFORCE, due
from tests.flow import walk
from tests.flow.standard_jobs import TICKET, ready
from tests.flow.tables import B
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, Outcome, World, codes, text

TIMEKEEPER = "service:timekeeper"
#: Day shift 08:00-12:00 of the standard day, then the area authority's to 20:00 (site time; the walk starts at 08:00).
NOON = DAY_TWO + timedelta(hours=4)
EVENING = DAY_TWO + timedelta(hours=12)
SECOND = timedelta(seconds=1)
SAID = {"area_id": "farm", "live_work": text("pit open, one cutter"), "plant_state": text("pump 2 isolated")}


def roster(w: World, *more: dict[str, Any]) -> World:
    shifts = [
        {"area_id": "farm", "person_id": "foreman", "start": stamp(DAY_TWO), "end": stamp(NOON)},
        {"area_id": "farm", "person_id": "area", "start": stamp(NOON), "end": stamp(EVENING)},
        *more,
    ]
    w.ok("admin", "set_foreman_roster", {"shifts": shifts})
    return w


def at_work() -> World:
    """Both tickets run; what else would stop them in four hours is kept in order."""
    w = roster(walk.active())
    w.now = NOON - timedelta(minutes=5)
    for permit in (PIT, HOT):  # the record that is overdue first
        walk.sample_air(w, permit)
    return w


def checked(w: World) -> Outcome:
    return w.permit_ok(HOT, "watch", "record_check", {"item": "round", "ok": True})


def handed_over(w: World) -> str:
    outcome = w.ok("foreman", "hand_over_shift", SAID)
    return str(outcome.events[0].data["handover_id"])


def taken(w: World) -> World:
    w.ok("area", "accept_shift", {"area_id": "farm", "handover_id": handed_over(w)})
    return w


def test_work_that_nobody_took_over_stops_at_the_end_of_its_shift() -> None:
    w = at_work()
    w.now = NOON
    checked(w)
    assert w.permit(HOT).state == "active"
    w.now = NOON + SECOND
    checked(w)
    assert {p: set(w.permit(p).suspensions) for p in (HOT, PIT)} == {HOT: {"no_handover"}, PIT: {"no_handover"}}


def test_the_timekeeper_sees_the_end_of_the_shift() -> None:
    w = at_work()
    assert not [one for one in due(w.board, NOON, w.rules) if one.kind == ENFORCE]
    assert {one.permit.permit_id for one in due(w.board, NOON + SECOND, w.rules) if one.kind == ENFORCE} == {HOT, PIT}


def test_a_hand_over_that_both_signed_carries_it_to_the_end_of_the_next_shift() -> None:
    w = taken(at_work())
    assert w.board.shift_handovers["farm"].tickets == {HOT, PIT}
    w.now = NOON + timedelta(minutes=30)
    checked(w)
    assert {w.permit(p).state for p in (HOT, PIT)} == {"active"}
    w.change_permit(HOT, valid_to=EVENING + timedelta(hours=1))
    assert "G-SH-1" not in {v for v in w.shut(B.RESUME) if w.now <= EVENING}
    w.now = EVENING + SECOND
    assert "G-SH-1" in w.shut(B.RESUME)


def test_what_one_side_signed_is_no_hand_over() -> None:
    w = at_work()
    handed_over(w)
    w.now = NOON + SECOND
    checked(w)
    assert set(w.permit(HOT).suspensions) == {"no_handover"}


def test_work_started_after_the_hand_over_was_written_is_not_in_it() -> None:
    w = roster(walk.before_start())
    w.permit_ok(PIT, "lead", "start", {"unchanged": True})
    w.change_permit(HOT, state="surveyed")
    handover_id = handed_over(w)
    w.change_permit(HOT, state="issued")
    w.permit_ok(HOT, "lead", "start", {"unchanged": True})
    w.ok("area", "accept_shift", {"area_id": "farm", "handover_id": handover_id})
    w.now = NOON + SECOND
    assert ("G-SH-1" in w.shut(B.RESUME, HOT), "G-SH-1" in w.shut(B.RESUME, PIT)) == (True, False)


def test_stopped_work_goes_on_after_a_late_hand_over_by_an_approver_of_its_grade() -> None:
    w = at_work()
    w.now = NOON + SECOND
    checked(w)
    assert "G-SH-1" in codes(w.do("safety", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT))
    taken(w)
    w.ok("tester", "record_wind", {"area_id": "farm", "mean_m_s": "3.2", "gust_m_s": "5.0"})
    assert codes(w.do("lead", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)) == {"G-RUN-5"}
    w.permit_ok(HOT, "safety", "resume", {"unchanged": True})
    assert w.permit(HOT).state == "active"


WRONG = [
    pytest.param(lambda w: None, "area", "0", "another hand-over than the one that stands", id="other id"),
    pytest.param(lambda w: None, "foreman", None, "the same person", id="same person"),
    pytest.param(roster, "safety", None, "no shift of theirs follows", id="not on the roster"),
]


@pytest.mark.parametrize(("given", "who", "handover_id", "why"), WRONG)
def test_who_may_not_take_over(given: Callable[[World], Any], who: str, handover_id: str | None, why: str) -> None:
    w = at_work()
    if who == "safety":
        data = {"person_id": "safety", "roles": ["approver_safety", "shift_foreman"], "trades": [], "unit": "U"}
        w.ok("service:desk", "register_person", data | {"vault_sha256": "0" * 64})
    real = handed_over(w)
    given(w)
    payload = {"area_id": "farm", "handover_id": handover_id or real}
    assert codes(w.do(who, "accept_shift", payload)) == {"wrong_state"}, why


def test_who_handed_over_does_not_take_it_over_even_with_the_next_shift_their_own() -> None:
    w = at_work()
    roster(w, {"area_id": "farm", "person_id": "foreman", "start": stamp(NOON), "end": stamp(EVENING)})
    payload = {"area_id": "farm", "handover_id": handed_over(w)}
    assert codes(w.do("foreman", "accept_shift", payload)) == {"wrong_state"}


def test_nobody_hands_over_a_shift_that_is_not_theirs() -> None:
    w = at_work()
    assert codes(w.do("area", "hand_over_shift", SAID)) == {"wrong_state"}  # theirs begins at noon
    assert codes(w.do("foreman", "hand_over_shift", SAID | {"area_id": "yard"})) == {"wrong_state"}


def test_two_foremen_who_overlap_hand_over_within_their_common_time() -> None:
    w = walk.active()
    shifts = [
        {
            "area_id": "farm",
            "person_id": "foreman",
            "start": stamp(DAY_TWO),
            "end": stamp(NOON + timedelta(minutes=15)),
        },
        {"area_id": "farm", "person_id": "area", "start": stamp(NOON), "end": stamp(EVENING)},
    ]
    w.ok("admin", "set_foreman_roster", {"shifts": shifts})
    w.now = NOON + timedelta(minutes=10)
    taken(w)
    assert w.board.shift_handovers["farm"].until == EVENING


# ---- revalidation --------------------------------------------------------------------------------------------------


def british(type_: str) -> World:
    """Work that runs on a site where HSG250 binds and no other law."""
    w = ready(type_, B.RESUME)
    assert w.board.site is not None
    w.board = replace(w.board, site=replace(w.board.site, packs=("hsg250@1", "site-policy@1")))
    return w


def revalidated(w: World, until: datetime, who: str = "area", permit: str = TICKET) -> Outcome:
    payload = {"valid_to": stamp(until), "unchanged": True}
    return w.do(who, "revalidate", payload, job_id=JOB, permit_id=permit)


def test_a_ticket_is_revalidated_for_at_most_one_shift_where_hsg250_binds_alone() -> None:
    w = british("general").later(hours=1)
    most = w.now + timedelta(hours=12)
    assert codes(revalidated(w, most + SECOND)) == {"limit_reached"}
    assert codes(revalidated(w, w.permit(TICKET).valid_to or w.now)) == {"limit_reached"}
    assert revalidated(w, most).verdict == "accepted"
    assert (w.permit(TICKET).valid_to, w.permit(TICKET).state) == (most, "active")


def test_never_where_gb_30871_binds() -> None:
    w = ready("general", B.RESUME).later(hours=1)
    outcome = revalidated(w, w.now + timedelta(hours=11))
    assert codes(outcome) == {"wrong_state"}
    assert [r.packs for r in outcome.refusals] == [("gb30871-2022@1",)]


def test_revalidation_asks_what_a_resume_asks() -> None:
    w = british("general").later(hours=1)
    w.change_permit(TICKET, crew={})
    assert "G-CR-1" in codes(revalidated(w, w.now + timedelta(hours=11)))


def test_a_ticket_that_is_over_is_not_revalidated() -> None:
    w = british("general")
    w.now = (w.permit(TICKET).valid_to or w.now) + SECOND
    assert "G-RUN-2" in codes(revalidated(w, w.now + timedelta(hours=11)))


def test_only_a_grade_that_issues_revalidates() -> None:
    w = british("hot_work").later(minutes=1)
    assert codes(revalidated(w, w.now + timedelta(hours=11), who="area")) == {"wrong_state"}
    assert revalidated(w, w.now + timedelta(hours=11), who="safety").verdict == "accepted"


def test_nobody_revalidates_work_that_they_do_or_lead() -> None:
    w = british("general").later(hours=1)
    until, crew = w.now + timedelta(hours=11), w.permit(TICKET).crew
    w.change_permit(TICKET, crew={**crew, "area": replace(crew["mate"], person_id="area")})
    refused = revalidated(w, until)
    assert [(r.code, r.have) for r in refused.refusals] == [("wrong_state", ":on_the_job")]
    w.change_permit(TICKET, crew=crew)
    assert revalidated(w, until).verdict == "accepted"
