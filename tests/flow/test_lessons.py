"""Lessons: proposed by anyone, approved by HSE, and answered by every assessment they fit (G-LSN-1)."""

from dataclasses import replace
from typing import Any

import pytest

from services.seven_steps import limits
from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import ready_for
from tests.flow.world import HOT, PIT, World, codes, text

WORDS = text("count the tools twice")


def learned(w: World, **applies_to: Any) -> str:
    """A lesson that HSE approved; its id."""
    outcome = w.ok("mate", "propose_lesson", {"what": WORDS, **applies_to})
    lesson_id: str = outcome.events[0].data["lesson_id"]
    w.ok("hse", "publish_lesson", {"lesson_id": lesson_id})
    return lesson_id


def assessed(w: World, *answers: dict[str, Any]) -> World:
    rows = [walk.risk_row(hazard) for hazard in ("fire", "burn", "toxic", "oxygen")]
    payload = {"method": "5x5", "rows": rows, "participants": ["lead"], "lessons": list(answers)}
    w.job_ok("lead", "record_risk_assessment", payload)
    return w


FITS = [
    ("all work", {}, {HOT, PIT}),
    ("its type", {"types": ["hot_work"]}, {HOT}),
    ("another type", {"types": ["general"]}, set()),
    ("its area", {"areas": ["farm"]}, {HOT, PIT}),
    ("another area", {"areas": ["yard"]}, set()),
    ("one of several types, in its area", {"types": ["general", "confined_space"], "areas": ["farm"]}, {PIT}),
    ("its type in another area", {"types": ["hot_work"], "areas": ["yard"]}, set()),
    ("other equipment", {"equipment": ["V-999"]}, set()),
]


@pytest.mark.parametrize(("name", "applies_to", "then"), FITS, ids=[row[0] for row in FITS])
def test_a_lesson_is_asked_for_where_it_fits(name: str, applies_to: dict[str, Any], then: set[str]) -> None:
    w = ready_for(B.ASSESS)
    learned(w, **applies_to)
    assert {ticket for ticket in (HOT, PIT) if "G-LSN-1" in w.shut(B.ASSESS, ticket)} == then


def test_of_the_equipment_the_tickets_tag_counts_before_the_jobs() -> None:
    w = ready_for(B.ASSESS)
    learned(w, equipment=[w.job.equipment_tag])
    assert ("G-LSN-1" in w.shut(B.ASSESS)) == (w.permit(HOT).equipment_tag in ("", w.job.equipment_tag))
    w.change_permit(HOT, equipment_tag="P-12")
    assert "G-LSN-1" not in w.shut(B.ASSESS)


def test_a_lesson_that_is_only_proposed_or_was_withdrawn_is_not_asked_for() -> None:
    w = ready_for(B.ASSESS)
    proposed = w.ok("mate", "propose_lesson", {"what": WORDS}).events[0].data["lesson_id"]
    assert "G-LSN-1" not in w.shut(B.ASSESS)
    w.ok("hse", "publish_lesson", {"lesson_id": proposed})
    assert "G-LSN-1" in w.shut(B.ASSESS)
    w.ok("hse", "withdraw_lesson", {"lesson_id": proposed, "reason": text("wrong")})
    assert "G-LSN-1" not in w.shut(B.ASSESS)
    assert codes(w.do("hse", "publish_lesson", {"lesson_id": proposed})) == {"wrong_state"}


def test_it_is_answered_as_applied_or_as_not_applicable_with_a_reason() -> None:
    w = ready_for(B.ASSESS)
    one, two = learned(w), learned(w)
    assessed(w, {"lesson_id": one, "applied": True})
    assert "G-LSN-1" in w.shut(B.ASSESS)
    assessed(w, {"lesson_id": one, "applied": True}, {"lesson_id": two, "applied": False, "reason": text("no tools")})
    assert "G-LSN-1" not in w.shut(B.ASSESS)


def test_a_new_assessment_answers_anew_and_a_new_lesson_is_asked_for_before_the_signature() -> None:
    w = ready_for(B.ASSESS)
    first = learned(w)
    assessed(w, {"lesson_id": first, "applied": True})
    learned(w, types=["hot_work"])
    assert "G-LSN-1" in w.shut(B.ASSESS)
    assessed(w)
    assert "G-LSN-1" in w.shut(B.ASSESS, PIT)


def test_only_hse_approves_once() -> None:
    w = walk.with_job()
    lesson = w.ok("cutter", "propose_lesson", {"what": WORDS}).events[0].data["lesson_id"]
    assert codes(w.do("lead", "publish_lesson", {"lesson_id": lesson})) == {"not_allowed"}
    w.ok("hse", "publish_lesson", {"lesson_id": lesson})
    assert codes(w.do("hse", "publish_lesson", {"lesson_id": lesson})) == {"wrong_state"}


def test_there_is_a_limit_of_lessons() -> None:
    for there, then in ((limits.LESSONS_MAX - 1, set()), (limits.LESSONS_MAX, {"limit_reached"})):
        w = walk.site()
        learned(w)
        one = next(iter(w.board.lessons.values()))
        w.board = replace(w.board, lessons={str(n): one for n in range(there)})
        assert codes(w.do("mate", "propose_lesson", {"what": WORDS})) == then
