"""What ends soon: on both sides of the days a site asks for; not what is replaced, gone or out of use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.seven_steps.board_site import FixedHotWork
from services.seven_steps.ending import Ending, ending_soon
from services.seven_steps.site_time import stamp
from tests.flow import walk
from tests.flow.world import World

#: In walk.site() certificates and the meter's calibration are good to 2026-12-31.
LAST = "2026-12-31"


def told(w: World, day: str) -> dict[str, int]:
    now = datetime.fromisoformat(f"{day}T04:00:00").replace(tzinfo=UTC)  # noon in Shanghai
    return {one.id: one.days_left for one in ending_soon(w.board, now, w.rules)}


EDGES = [("2026-11-30", None), ("2026-12-01", 30), ("2026-12-31", 0), ("2027-01-30", -30), ("2027-01-31", None)]


@pytest.mark.parametrize(("day", "left"), EDGES)
def test_it_is_told_30_days_before_and_after(day: str, left: int | None) -> None:
    found = told(walk.site(), day)
    assert found == ({} if left is None else dict.fromkeys(("c-cutter", "c-watch", "c-watch2", "meter"), left))


def test_the_site_says_how_many_days() -> None:
    w = walk.site()
    w.board = replace(w.board, policies={"expiry_warning": "7"})
    assert told(w, "2026-12-23") == {}
    assert set(told(w, "2026-12-24").values()) == {7}


def test_the_day_is_the_sites() -> None:
    at_midnight = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # 2026-12-01 00:00 in Shanghai
    w = walk.site()
    assert len(ending_soon(w.board, at_midnight, w.rules)) == 4
    assert ending_soon(w.board, at_midnight - timedelta(seconds=1), w.rules) == ()


def test_a_certificate_that_is_replaced_or_revoked_is_not_told() -> None:
    w = walk.site()
    later = walk.certificate("cutter", "hot_work", "c-new") | {"valid_from": "2027-01-01", "valid_to": "2028-12-31"}
    w.ok("admin", "register_certificate", later)
    w.ok("admin", "register_certificate", walk.certificate("watch", "guardian", "c-watch") | {"revoked": True})
    assert set(told(w, LAST)) == {"c-watch2", "meter"}


def test_an_instrument_out_of_service_is_not_told() -> None:
    w = walk.site()
    meter = replace(w.board.instruments["meter"], in_service=False)
    w.board = replace(w.board, instruments={"meter": meter})
    assert "meter" not in told(w, LAST)


@pytest.mark.parametrize(("reviewed", "left"), [("2025-12-01", 0), ("2026-01-01", None)])
def test_the_review_of_a_fixed_hot_work_area_ends_a_year_after_it(reviewed: str, left: int | None) -> None:
    w = walk.site()
    fixed = FixedHotWork(conditions_confirmed=True, reviewed_on=reviewed)
    w.board = replace(w.board, areas={"shop": replace(w.board.areas["farm"], area_id="shop", fixed_hot_work=fixed)})
    assert told(w, "2026-12-01").get("shop") == left
    unmet = replace(w.board.areas["shop"], fixed_hot_work=replace(fixed, conditions_confirmed=False))
    w.board = replace(w.board, areas={"shop": unmet})
    assert "shop" not in told(w, "2026-12-01")


def test_a_delegation_ends_on_the_day_of_its_last_moment() -> None:
    w = walk.site()
    w.ok(
        "service:desk",
        "register_person",
        {"person_id": "deputy", "roles": ["approver_safety"], "trades": [], "unit": "U", "vault_sha256": "0" * 64},
    )
    end = w.now + timedelta(days=3)
    w.ok("safety", "delegate", {"right": "approver_safety", "to": "deputy", "start": stamp(w.now), "end": stamp(end)})
    (found,) = ending_soon(w.board, w.now, w.rules)
    assert found == Ending("delegation", "safety:approver_safety", "safety", "approver_safety", "2026-11-21", 3)
