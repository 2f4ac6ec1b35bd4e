"""Who can show that they are on site: the digits and the position, each a tick inside and a tick outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.gateway import presence, problems
from services.gateway.commanding import _presence
from services.gateway.limiter import Limiter
from services.gateway.presence import TRIES_MAX, TRIES_WINDOW_S, SiteKeys
from services.seven_steps.board import Board
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import GuardianDuty, Permit
from services.seven_steps.facts import Stated

NOW = datetime(2026, 11, 22, 8, 0, 30, tzinfo=UTC)
PERMIT = "11111111-1111-4111-8111-111111111111"
AREA = Area("a1", {}, True, False, False, 1, {"lat": "31.230000", "lon": "121.470000", "radius_m": "50"})


def permit(*guardians: str) -> Permit:
    return Permit(
        permit_id=PERMIT,
        permit_no="DEMO-HW-20261122-0001",
        job_id="j",
        type="hot_work",
        state="surveyed",
        level="1",
        level_reasons=(),
        requested_level="",
        requested_level_reason="",
        facts={},
        area_id="a1",
        place="pit",
        equipment_tag="",
        limitations="",
        planned_from=NOW,
        planned_to=NOW,
        created=Stated("p", NOW, 1),
        guardians_on={who: GuardianDuty(who, "outside", NOW, 2) for who in guardians},
    )


@pytest.fixture
def key(tmp_path: Path) -> bytes:
    return SiteKeys(tmp_path).of("demo")


DIGITS = [
    ("the current digits", 0, ("g1",), True),
    ("the digits of the window before", -60, ("g1",), True),
    ("the digits of two windows before", -120, ("g1",), False),
    ("the digits of the window to come", 60, ("g1",), False),
    ("a guardian who is not on duty", 0, (), False),
    ("one of two guardians", 0, ("g2", "g1"), True),
    ("another guardian", 0, ("g2",), False),
]


@pytest.mark.parametrize(("given", "seconds", "on_duty", "fits"), DIGITS, ids=[row[0] for row in DIGITS])
def test_digits(key: bytes, given: str, seconds: int, on_duty: tuple[str, ...], fits: bool) -> None:
    shown = presence.code(key, PERMIT, "g1", NOW + timedelta(seconds=seconds))
    assert presence.code_fits(key, permit(*on_duty), shown, NOW) is fits


def test_digits_are_six_and_of_one_ticket_and_one_site(tmp_path: Path, key: bytes) -> None:
    shown = presence.code(key, PERMIT, "g1", NOW)
    assert len(shown) == 6
    assert shown.isdigit()
    other = SiteKeys(tmp_path).of("other")
    assert other != key
    assert SiteKeys(tmp_path).of("demo") == key
    assert not presence.code_fits(key, replace(permit("g1"), permit_id="another"), shown, NOW)
    assert not presence.code_fits(other, permit("g1"), shown, NOW)


def test_the_sites_key_is_readable_by_this_user_only(tmp_path: Path) -> None:
    SiteKeys(tmp_path).of("demo")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


#: One thousandth of a degree of latitude is 111.2 m.
POSITIONS = [
    ("in the middle", {}, True),
    ("49 m north", {"lat": "31.230440"}, True),
    ("51 m north", {"lat": "31.230459"}, False),
    ("accuracy 20 m", {"accuracy_m": "20"}, True),
    ("accuracy 20.1 m", {"accuracy_m": "20.1"}, False),
    ("two minutes old", {"at": "2026-11-22T07:58:30Z"}, True),
    ("a second older", {"at": "2026-11-22T07:58:29Z"}, False),
    ("from the future", {"at": "2026-11-22T08:10:00Z"}, False),
]


@pytest.mark.parametrize(("given", "changes", "is_inside"), POSITIONS, ids=[row[0] for row in POSITIONS])
def test_positions(given: str, changes: dict[str, str], is_inside: bool) -> None:
    sent = {"lat": "31.230000", "lon": "121.470000", "accuracy_m": "5", "at": "2026-11-22T08:00:30Z"} | changes
    assert presence.inside(Board(areas={"a1": AREA}), "a1", sent, NOW) is is_inside


def test_an_area_without_a_place_proves_nothing() -> None:
    sent = {"lat": "31.23", "lon": "121.47", "accuracy_m": "5", "at": "2026-11-22T08:00:30Z"}
    assert not presence.inside(Board(areas={"a1": replace(AREA, position=None)}), "a1", sent, NOW)


def test_wrong_digits_are_told_at_their_field_and_guessing_is_limited(tmp_path: Path) -> None:
    keys = SiteKeys(tmp_path)
    gateway: Any = SimpleNamespace(site_keys=keys, presence_tries=Limiter("tries", TRIES_MAX, TRIES_WINDOW_S))
    board = Board(permits={PERMIT: permit("g1")}, areas={"a1": AREA})
    client = {"site_id": "demo", "actor": "p1", "permit_id": PERMIT}
    right = presence.code(keys.of("demo"), PERMIT, "g1", NOW)
    wrong = str((int(right) + 1) % 10**6).zfill(6)

    def given(code: str) -> Any:
        return _presence(gateway, board, client, {"presence": {"code": code}}, NOW)

    assert given(right) == {"kind": "code", "place": PERMIT, "checked_at": "2026-11-22T08:00:30Z"}
    for _ in range(TRIES_MAX):
        with pytest.raises(problems.MalformedRequest) as told:
            given(wrong)
        assert list(told.value.more["fields"]) == ["presence.code"]
    with pytest.raises(problems.TooMany):
        given(right)
