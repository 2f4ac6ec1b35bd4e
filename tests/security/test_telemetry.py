"""Telemetry in over HTTP: who may say what, what is malformed and at which path, and what the log gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas import limits
from services.log import TELEMETRY, partition_of
from tests.support.stack import Stack, new_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

PERMIT = new_id()
BEAT = {"elapsed_ms": 0}
PLACE = {"elapsed_ms": 0, "lat": "30.1", "lon": "121.2", "accuracy_m": "5"}
GAS = {
    "elapsed_ms": 0,
    "instrument_id": "meter",
    "permit_id": PERMIT,
    "gas": "propane",
    "point": "bottom",
    "value": "0.05",
    "unit": "%vol",
}
VIDEO = {"elapsed_ms": 0, "recorder_id": "cam", "permit_id": PERMIT, "recording": True}


async def written(stack: Stack) -> list[dict[str, Any]]:
    log = stack.gateway.log
    records = await log.read(TELEMETRY, partition_of("demo", log.partitions(TELEMETRY)), 0)
    return [json.loads(record.value) for record in records]


async def test_a_persons_handheld_speaks_of_that_person(stack: Stack) -> None:
    guardian = await stack.signed_in("guardian")
    answer = await guardian.post("/api/telemetry", {"site_id": "demo", "heartbeats": [BEAT], "positions": [PLACE]})
    assert (answer.status, answer.body) == (202, {"taken": 2})
    last = (await written(stack))[-1]
    assert [item["kind"] for item in last["items"]] == ["heartbeat", "position"]
    assert {item["person_id"] for item in last["items"]} == {"p-guardian"}


async def test_a_device_account_speaks_for_detectors_and_recorders(stack: Stack) -> None:
    device = await stack.signed_in("device")
    answer = await device.post("/api/telemetry", {"site_id": "demo", "gas": [GAS], "video": [VIDEO]})
    assert (answer.status, answer.body) == (202, {"taken": 2})
    last = (await written(stack))[-1]
    assert [item["kind"] for item in last["items"]] == ["gas", "video"]


@pytest.mark.parametrize("user", ["guardian", "gas_tester", "admin", "hse", "nobody"])
@pytest.mark.parametrize("body", [{"gas": [GAS]}, {"video": [VIDEO]}])
async def test_nobody_else_speaks_for_them(stack: Stack, user: str, body: dict[str, Any]) -> None:
    answer = await (await stack.signed_in(user)).post("/api/telemetry", {"site_id": "demo"} | body)
    assert (answer.status, answer.body["may"]) == (403, ["device"])


async def test_who_is_not_registered_or_of_another_site_says_nothing(stack: Stack) -> None:
    for user, site in (("stranger", "demo"), ("guardian", "elsewhere")):
        answer = await (await stack.signed_in(user)).post("/api/telemetry", {"site_id": site, "heartbeats": [BEAT]})
        assert (answer.status, answer.body["error"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ""),
        ({"heartbeats": []}, ""),
        ({"heartbeats": [BEAT] * (limits.TELEMETRY_ITEMS_MAX + 1)}, "heartbeats"),
        ({"heartbeats": [{}]}, "heartbeats.0.elapsed_ms"),
        ({"heartbeats": [{"elapsed_ms": limits.TELEMETRY_AGE_MS_MAX + 1}]}, "heartbeats.0.elapsed_ms"),
        ({"heartbeats": [BEAT | {"person_id": "p-hse"}]}, "heartbeats.0.person_id"),
        ({"positions": [PLACE | {"lat": "90.1"}]}, "positions.0.lat"),
        ({"gas": [GAS | {"value": 0.05}]}, "gas.0.value"),
        ({"gas": [GAS | {"unit": "%LEL"}]}, "gas.0.lel"),
        ({"gas": [GAS | {"gas": "oxygen", "unit": "ppm"}]}, "gas.0.unit"),
        ({"gas": [{k: v for k, v in GAS.items() if k != "instrument_id"}]}, "gas.0.instrument_id"),
        ({"video": [VIDEO | {"recording": "yes"}]}, "video.0.recording"),
    ],
)
async def test_what_cannot_be_understood_is_named(stack: Stack, body: dict[str, Any], path: str) -> None:
    device = await stack.signed_in("device")
    answer = await device.post("/api/telemetry", {"site_id": "demo"} | body)
    assert answer.status == 422
    assert path in answer.body["fields"]
