"""Earthwork's own acts and derivation, and fixed hot-work areas (GB 30871-2022 3.3, 3.11, 5.1.1, 5.5, 11.10, B.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.seven_steps.gate import Boundary
from services.seven_steps.site_time import stamp
from services.seven_steps.work_types.earthwork import LIKE_A_SPACE
from tests.flow import walk
from tests.flow.standard_jobs import PIT_TO_DIG, TICKET, ready
from tests.flow.world import DAY_TWO, HOT, World, text

WORKSHOP = {"area_id": "shop", "name": {"en": "Shop", "zh-CN": "车间"}, "fire_explosion": False, "bund": False}


def with_fixed_area(fixed: dict[str, Any] | None) -> World:
    """A job in an area that is, or is not, a fixed hot-work area."""
    w = walk.site()
    area = WORKSHOP | {"enriched_oxygen": False} | ({"fixed_hot_work": fixed} if fixed else {})
    w.ok("admin", "register_area", area)
    w.job_ok("applicant", "create_job", walk.job_payload("shop"))
    return w


def asked(w: World, type_: str, facts: dict[str, Any], start: datetime, hours: float = 8) -> list[tuple[str, str]]:
    """What refuses a new ticket: (code, what); nothing if it is added."""
    payload = walk.ticket(type_, facts, start, hours)
    outcome = w.do("applicant", "add_ticket", payload, job_id=walk.JOB, permit_id=HOT)
    return [(refusal.code, refusal.what) for refusal in outcome.refusals]


REFUSED = [("wrong_state", "fixed_area")]
#: The planned work is on 2026-11-19 from 8 to 16 in the site's zone.
AREAS = [
    ("reviewed a year before to the day", {"conditions_confirmed": True, "reviewed_on": "2025-11-19"}, REFUSED),
    ("reviewed a year and a day before", {"conditions_confirmed": True, "reviewed_on": "2025-11-18"}, []),
    ("reviewed on the day", {"conditions_confirmed": True, "reviewed_on": "2026-11-19"}, REFUSED),
    ("reviewed only after the work", {"conditions_confirmed": True, "reviewed_on": "2026-11-20"}, []),
    ("its conditions are not confirmed", {"conditions_confirmed": False, "reviewed_on": "2026-11-01"}, []),
    ("no fixed area", None, []),
]


@pytest.mark.parametrize(("name", "fixed", "refused"), AREAS, ids=[row[0] for row in AREAS])
def test_no_ticket_for_hot_work_in_a_fixed_area(name: str, fixed: dict[str, Any] | None, refused: list[Any]) -> None:
    assert asked(with_fixed_area(fixed), "hot_work", walk.HOT_FACTS, DAY_TWO) == refused


def test_work_that_goes_on_after_the_review_has_run_out_needs_its_ticket() -> None:
    fixed = {"conditions_confirmed": True, "reviewed_on": "2025-11-19"}
    to_midnight = datetime(2026, 11, 19, 16, tzinfo=UTC)  # midnight in Shanghai
    start = to_midnight - timedelta(hours=2)
    assert asked(with_fixed_area(fixed), "hot_work", walk.HOT_FACTS, start, hours=2) == REFUSED
    assert asked(with_fixed_area(fixed), "hot_work", walk.HOT_FACTS, start, hours=2.01) == []


def test_a_review_of_29_february_is_good_to_the_28th() -> None:
    fixed = {"conditions_confirmed": True, "reviewed_on": "2024-02-29"}
    for day, refused in ((28, REFUSED), (29, [])):
        start = datetime(2025, 2, 28, 1, tzinfo=UTC) + timedelta(days=day - 28)
        w = with_fixed_area(fixed)
        w.now = start
        assert asked(w, "hot_work", walk.HOT_FACTS, start) == refused


def test_other_work_in_a_fixed_area_has_its_ticket() -> None:
    fixed = {"conditions_confirmed": True, "reviewed_on": "2026-11-01"}
    assert asked(with_fixed_area(fixed), "general", {}, DAY_TWO) == []


def test_a_ticket_is_not_moved_into_the_time_of_a_fixed_area() -> None:
    fixed = {"conditions_confirmed": True, "reviewed_on": "2026-11-20"}
    w = with_fixed_area(fixed)
    assert asked(w, "hot_work", walk.HOT_FACTS, DAY_TWO) == []
    later = {"planned_from": stamp(DAY_TWO + timedelta(days=1)), "planned_to": stamp(DAY_TWO + timedelta(days=1.2))}
    moved = w.do("applicant", "amend_ticket", later, job_id=walk.JOB, permit_id=HOT)
    assert [refusal.what for refusal in moved.refusals] == ["fixed_area"]


# ---- earthwork -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("depth", "may_gather", "like_a_space"),
    [("1.20", True, False), ("1.21", True, True), ("1.21", False, False)],
)
def test_a_deep_pit_where_something_may_gather_is_tested_like_a_confined_space(
    depth: str, may_gather: bool, like_a_space: bool
) -> None:
    w = walk.site()
    w.job_ok("applicant", "create_job", walk.job_payload("farm"))
    facts = dict(PIT_TO_DIG) | {"depth_m": depth, "hazardous_accumulation_possible": may_gather}
    w.permit_ok(TICKET, "applicant", "add_ticket", walk.ticket("earthwork", facts))
    assert (LIKE_A_SPACE in w.permit(TICKET).level_reasons) == like_a_space


def test_only_an_owner_agrees_for_a_service() -> None:
    w = ready("earthwork", Boundary.PLAN)
    payload = {"services": ["power", "water"], "opinion": text("agreed")}
    refused = w.do("head", "cosign_services", payload, job_id=walk.JOB, permit_id=TICKET)
    assert [(r.code, r.what, r.who) for r in refused.refusals] == [("wrong_state", "not_service_owner", ("dept",))]
    w.ok("admin", "register_service_owner", {"service": "power", "owners": ["head"]})
    assert w.shut(Boundary.PLAN, TICKET) == {"G-EX-1"}
    w.permit_ok(TICKET, "head", "cosign_services", payload | {"services": ["power"]})
    assert w.shut(Boundary.PLAN, TICKET) == set()


def test_what_was_agreed_is_not_agreed_of_other_content() -> None:
    w = ready("earthwork", Boundary.PLAN)
    w.permit_ok(TICKET, "applicant", "amend_ticket", {"place": "ten metres further"})
    assert not w.permit(TICKET).cosigned
    assert "G-EX-1" in w.shut(Boundary.PLAN, TICKET)
