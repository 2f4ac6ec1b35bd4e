"""What devices of a script send, second by second."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas import telemetry as wire
from services.desk.demo_site import read_cast
from services.desk.exits import Fault
from services.desk.signal_script import batches, demo_script, read, value_at
from services.desk.site_file import SiteFile

TICKETS = {"hot": "00000000-0000-4000-8000-000000000001", "space": "00000000-0000-4000-8000-000000000002"}
RAMP = ((Decimal(0), Decimal("0.02")), (Decimal(2), Decimal("0.12")), (Decimal(4), Decimal("0.32")))


def said(scene: str, second: str, tickets: dict[str, str] = TICKETS) -> dict[str, dict]:
    return batches(demo_script(), scene, Decimal(second), "hexi", tickets)


@pytest.mark.parametrize(
    ("second", "value"),
    [("-1", "0.02"), ("0", "0.02"), ("1", "0.07"), ("2", "0.12"), ("3", "0.22"), ("4", "0.32"), ("99", "0.32")],
)
def test_a_course_is_straight_between_its_points_and_stays_at_the_ends(second, value):
    assert value_at(RAMP, Decimal(second)) == Decimal(value)


@pytest.mark.parametrize("scene", sorted(demo_script().scenes))
def test_every_scene_is_telemetry_of_accounts_that_the_cast_has(scene):
    cast: SiteFile = read_cast()
    roles = {row["works_no"]: row["roles"] for row in cast.people}
    for who, batch in said(scene, "3").items():
        wire.Batch().load(batch)
        assert ("device" in roles[who]) is bool(batch.get("gas") or batch.get("video"))


def test_a_detector_that_ramps_crosses_the_limit_of_the_law():
    values = [said("gas rises", str(second))["detector.12"]["gas"][0]["value"] for second in range(6)]
    assert values == ["0.02", "0.08", "0.15", "0.23", "0.31", "0.31"]


def test_a_silent_detector_sends_nothing_and_a_stopped_recorder_says_so():
    assert "detector.12" not in said("the detector falls silent", "0")
    assert [item["recording"] for item in said("the recorder stops", "0")["recorder.01"]["video"]] == [False]


def test_the_guardian_walks_north_out_of_the_fence():
    (area,) = (row for row in read_cast().rows("areas") if row["area_id"] == "drain-valley")
    radius_degrees = Decimal(area["position"]["radius_m"]) / Decimal("111195")
    away = [
        Decimal(said("the guardian walks off", second)["chen.yu"]["positions"][0]["lat"])
        - Decimal(area["position"]["lat"])
        for second in ("0", "2", "60")
    ]
    assert away[0] < radius_degrees < away[1] == away[2]


def test_devices_of_tickets_that_are_not_there_are_left_out():
    assert set(said("all well", "0", {})) == {"chen.yu"}
    assert len(said("all well", "0", {"hot": TICKETS["hot"]})["detector.12"]["gas"]) == 1


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('scene = []\n[[device]]\nname = "x"\nkind = "gas"\nwho = "w"\nusual = "on"', "a gas device"),
        ('scene = []\n[[device]]\nname = "x"\nkind = "lamp"\nwho = "w"\nusual = "on"', "a lamp device"),
        ('device = []\n[[scene]]\nname = "s"\nchanges = { y = "off" }', "no device is called y"),
    ],
)
def test_a_script_that_makes_no_sense_is_one_clear_line(text, wrong):
    with pytest.raises(Fault, match=wrong):
        read(text)


def test_a_scene_that_is_not_there_names_those_that_are():
    with pytest.raises(Fault, match="there are: all well, gas rises"):
        said("rain", "0")
