"""Weather ends work at height and lifting by itself, and the area authority lets it go on (8.2.6, 9.2.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps.command import Interval
from services.seven_steps.gate import Boundary
from tests.flow.standard_jobs import TICKET, ready
from tests.flow.world import JOB, World, codes

TIMEKEEPER = "service:timekeeper"
CALM: dict[str, Any] = {"area_id": "farm", "mean_m_s": "2", "gust_m_s": "4", "weather": []}
BAD = [
    pytest.param("height", {"weather": ["dense_fog"]}, id="dense fog at height"),
    pytest.param("height", {"mean_m_s": "8.0"}, id="force 5 at height"),
    pytest.param("height", {"weather": ["rain"]}, id="rain at a level that does not count it"),
    pytest.param("lifting", {"weather": ["heavy_rain"]}, id="heavy rain at a lift"),
    pytest.param("lifting", {"mean_m_s": "10.8"}, id="force 6 at a lift"),
]


def running(type_: str) -> World:
    w = ready(type_, Boundary.RESUME)
    assert w.permit(TICKET).state == "active"
    return w


def resumed(w: World, who: str) -> set[str]:
    return codes(w.do(who, "resume", {"unchanged": True}, job_id=JOB, permit_id=TICKET))


@pytest.mark.parametrize(("type_", "weather"), BAD)
def test_running_work_is_suspended_with_the_cause_weather(type_: str, weather: dict[str, Any]) -> None:
    w = running(type_)
    w.ok("watch", "record_wind", CALM | weather)
    w.permit_ok(TICKET, TIMEKEEPER, "enforce_standing")
    assert (w.permit(TICKET).state, set(w.permit(TICKET).suspensions)) == ("suspended", {"weather"})


@pytest.mark.parametrize("type_", ["height", "lifting"])
def test_weather_that_allows_the_work_stops_nothing(type_: str) -> None:
    w = running(type_)
    w.ok("watch", "record_wind", CALM | {"mean_m_s": "7.9", "gust_m_s": "7.9"})
    assert codes(w.do(TIMEKEEPER, "enforce_standing", job_id=JOB, permit_id=TICKET)) == {"wrong_state"}


def test_the_area_authority_resumes_the_lift_when_the_weather_allows_it() -> None:
    w = running("lifting")
    w.ok("watch", "record_wind", CALM | {"weather": ["dense_fog"]})
    w.permit_ok(TICKET, TIMEKEEPER, "enforce_standing")
    assert resumed(w, "area") == {"G-WX-1"}
    w.ok("watch", "record_wind", CALM)
    assert resumed(w, "lead") == {"G-RUN-5"}
    assert resumed(w, "area") == set()
    assert w.permit(TICKET).state == "active"


def test_at_height_the_measures_are_confirmed_anew_as_well() -> None:
    w = running("height")
    w.ok("watch", "record_wind", CALM | {"weather": ["dense_fog"]})
    w.permit_ok(TICKET, TIMEKEEPER, "enforce_standing")
    w.ok("watch", "record_wind", CALM)
    assert resumed(w, "area") == {"G-HG-1"}
    lines = [{"line": line, "answer": "confirmed"} for line in w.permit(TICKET).measures]
    w.permit_ok(TICKET, "area", "confirm_measures", {"lines": lines})
    assert resumed(w, "area") == set()


def test_an_older_record_that_comes_later_does_not_clear_the_fog() -> None:
    w = running("lifting").later(minutes=10)
    w.ok("watch", "record_wind", CALM | {"weather": ["dense_fog"]})
    before = w.now - timedelta(minutes=5)
    w.ok("watch", "record_wind", CALM, captured=Interval(before, before))
    assert w.board.wind["farm"].weather == ("dense_fog",)
