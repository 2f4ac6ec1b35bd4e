"""How the unit stands before special-level hot work: said by those who know, kept in order, and stopping what runs."""

from datetime import timedelta

import pytest

from services.seven_steps.command import Interval
from services.seven_steps.gate import Boundary as B
from tests.flow.standard_jobs import STEADY, TICKET, ready
from tests.flow.world import World, codes

UNSTEADY = STEADY | {"unit_stable": False}


def say(w: World, payload: dict[str, bool], who: str = "foreman", **more: object) -> World:
    w.permit_ok(TICKET, who, "record_process_state", payload, **more)
    return w


def test_an_unstable_unit_stops_special_level_hot_work_and_its_area_authority_resumes_it() -> None:
    w = say(ready("hot_special", B.RESUME), UNSTEADY)
    assert w.permit(TICKET).state == "suspended"
    assert list(w.permit(TICKET).suspensions) == ["suspension"]
    assert "G-HOT-4" in codes(w.do("area", "resume", {"unchanged": True}, permit_id=TICKET))
    say(w, STEADY).permit_ok(TICKET, "area", "resume", {"unchanged": True})
    assert w.permit(TICKET).state == "active"


@pytest.mark.parametrize("job", ["hot_work", "general"])
def test_it_stops_no_other_work(job: str) -> None:
    assert say(ready(job, B.RESUME), UNSTEADY).permit(TICKET).state == "active"


def test_an_older_word_that_comes_later_does_not_undo_a_newer_one() -> None:
    w = ready("hot_special", B.ISSUE)
    before = Interval(w.now - timedelta(minutes=20), w.now - timedelta(minutes=10))
    say(w, UNSTEADY)
    say(w, STEADY, captured=before)
    assert w.permit(TICKET).process_state.unit_stable is False


def test_a_word_of_unknown_time_is_kept_and_opens_nothing() -> None:
    w = say(ready("hot_special", B.ISSUE), STEADY, captured=None)
    assert w.shut(B.ISSUE, TICKET) == {"G-HOT-4"}


def test_a_worker_does_not_say_how_the_unit_stands() -> None:
    assert codes(ready("hot_special", B.ISSUE).do("cutter", "record_process_state", STEADY, permit_id=TICKET)) == {
        "not_allowed"
    }


def test_an_older_acknowledgement_that_comes_later_does_not_undo_a_newer_one() -> None:
    w = ready("general", B.START)
    briefing = w.job.briefing
    said = {"version": briefing.version, "content_sha256": briefing.content_sha256, "lang": "en"}
    yesterday = Interval(w.now - timedelta(hours=25), w.now - timedelta(hours=24))
    w.job_ok("cutter", "acknowledge_briefing", said, captured=yesterday)
    w.change_permit(TICKET, planned_to=w.now + timedelta(hours=40))
    assert "G-BR-3" not in w.shut(B.START, TICKET)
