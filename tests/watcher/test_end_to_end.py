"""HTTP to telemetry to watcher to outcome, every part as `sevengates up` runs it, on the SQLite log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services import settings as settings_of
from services.log import open_log
from services.watcher.worker import build
from tests.flow import walk
from tests.flow.world import HOT, SITE
from tests.support.stack import Client, Stack, running
from tests.timekeeper.recorded import RecordedWorld, recording

PATIENCE_S = 15.0


async def until(stack: Stack, holds: Callable[[Any], bool]) -> Any:
    """The ticket once it is as it should be."""
    stop = time.monotonic() + PATIENCE_S
    while not holds(permit := (await stack.gateway.reading.board(SITE)).permits[HOT]):
        assert time.monotonic() < stop, permit.signals
        await asyncio.sleep(0.05)
    return permit


async def send(device: Client, value: str) -> None:
    item = {"elapsed_ms": 0, "instrument_id": "meter", "permit_id": HOT, "gas": "propane", "point": "bottom"}
    body = {"site_id": SITE, "gas": [item | {"value": value, "unit": "%vol"}]}
    answer = await device.post("/api/telemetry", body)
    assert (answer.status, answer.body) == (202, {"taken": 1})


async def test_a_value_over_http_becomes_a_live_signal_and_a_bad_one_stops_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recording(monkeypatch):
        world = walk.active()
    assert isinstance(world, RecordedWorld)
    settings = settings_of.of_data(tmp_path)
    async with open_log(settings.log_url) as log:
        await log.ensure_topics()
        await world.write_to(log)
    async with running(tmp_path) as stack:
        person = {"person_id": "p-device", "roles": ["device"], "trades": [], "unit": "u", "vault_sha256": "0" * 64}
        await stack.append(SITE, "register_person", person)
        stack._open_account("device", SITE)
        device = await stack.signed_in("device", SITE)
        assert await stack.gateway.reading.reached(SITE, len(world.written) + 1, PATIENCE_S)
        (watcher,) = build(stack.settings)
        await watcher.start()
        try:
            await send(device, "0.05")
            permit = await until(stack, lambda permit: "gas_stream:meter" in permit.signals)
            assert (permit.signals["gas_stream:meter"].state, permit.state) == ("alive", "active")
            await send(device, "0.3")
            permit = await until(stack, lambda permit: permit.state == "suspended")
            assert list(permit.suspensions) == ["bad_gas"]
            assert permit.segments["meter:propane:bottom"].most == "0.3"
        finally:
            await watcher.stop()
