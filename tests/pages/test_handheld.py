"""What the handheld's pages work out: the unit an instrument shows, what changed in a briefing, whose turn it is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from services.gateway.pages import briefing_page, gas_page, today_page
from services.seven_steps.board_site import Instrument
from services.seven_steps.rules import Gas
from tests.flow import walk

PROPANE, OXYGEN, TOXIC = Gas("combustible", "5.3.2", lel=Decimal("2.1")), Gas("oxygen", "6.4"), Gas("toxic", "6.4")


@pytest.mark.parametrize(
    ("calibration_gas", "gas", "unit"),
    [
        ("propane", PROPANE, "%LEL"), (None, PROPANE, "%vol"), ("propane", OXYGEN, "%vol"), ("propane", TOXIC, None),
        ("propane", None, None),
    ],
)  # fmt: skip
def test_the_unit_is_that_of_the_instruments_record_or_asked(
    calibration_gas: str | None, gas: Gas | None, unit: str | None
) -> None:
    meter = Instrument("m", "X4", ("propane",), calibration_gas, {}, "2026-12-31", True, 1)
    assert gas_page.shown_in(meter, gas) == unit


def test_a_change_of_a_briefing_is_told_topic_by_topic_with_its_whole_text() -> None:
    before = {"en": [{"topic": "hazards", "text": "Fire."}, {"topic": "emergency", "text": "Call 8119."}]}
    now = [{"topic": "hazards", "text": "Fire."}, {"topic": "emergency", "text": "Call 8120."}]
    told = briefing_page._changes(before, "en", now)
    assert told == [briefing_page.Change("emergency", "Call 8119.", "Call 8120.")]
    assert briefing_page._changes(before, "en", now[:1]) == [briefing_page.Change("emergency", "Call 8119.", "")]
    assert briefing_page._changes(before, "en", before["en"]) == []


def acting(person_id: str, board: Any) -> Any:
    said = SimpleNamespace(t=lambda key, **_: key)
    people = SimpleNamespace(name=lambda one: one)
    return SimpleNamespace(board=board, person_id=person_id, said=said, people=people, site_id="s")


def test_a_hand_over_that_was_offered_to_me_waits_for_nobody_and_no_one_else_is_shown_it() -> None:
    w = walk.active()
    offered = replace(w.permit(), handover_from="guardian", handover_to="guardian2")
    found = list(today_page._handover(acting("guardian2", w.board), w.job, offered))
    assert [(one.type, one.by) for one in found] == [("take_guardian_handover", None)]
    assert list(today_page._handover(acting("guardian", w.board), w.job, offered)) == []


def test_a_briefing_waits_for_whoever_is_on_the_crew_and_has_not_signed_it() -> None:
    w = walk.active()
    topics = [{"topic": "hazards", "text": "new"}]
    w.job_ok("briefer", "give_briefing", {"place": "gate", "contents": {"en": topics}})
    worker = next(iter(w.permit().crew))
    assert [one.type for one in today_page._briefing(acting(worker, w.board), w.job)] == ["acknowledge_briefing"]
    assert list(today_page._briefing(acting("hse", w.board), w.job)) == []
