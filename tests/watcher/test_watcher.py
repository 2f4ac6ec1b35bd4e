"""The watcher and the decider on one real log: telemetry in, one outcome for a change, none twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.folding import SiteFold
from services.log import TELEMETRY
from services.seven_steps.board_ticket import GasSegment
from services.seven_steps.canonical import canonical
from services.seven_steps.command import Interval
from services.seven_steps.site_time import stamp
from services.watcher.watcher import Watcher
from tests.decider.stage import PARTITION, Stage
from tests.flow import walk
from tests.flow.world import HOT, PIT, SITE
from tests.timekeeper.recorded import RecordedWorld, recording


@pytest.fixture
def active(monkeypatch: pytest.MonkeyPatch) -> RecordedWorld:
    with recording(monkeypatch):
        world = walk.active()
    assert isinstance(world, RecordedWorld)
    return world


async def hear(stage: Stage, watcher: Watcher, value: str = "0.05", ago: float = 0) -> None:
    item = {
        "kind": "gas",
        "at": stamp(stage.clock.real() - timedelta(seconds=ago)),
        "instrument_id": "meter",
        "permit_id": HOT,
    }
    item |= {"gas": "propane", "point": "bottom", "unit": "%vol", "value": value}
    record = {"telemetry": 1, "site_id": SITE, "from": "p-device", "items": [item]}
    await stage.log.append(TELEMETRY, SITE, canonical(record))
    await watcher.hear(PARTITION)


async def catch_up(watcher: Watcher, stage: Stage) -> None:
    fold = watcher.folds[PARTITION]
    for record in await stage.log.read("outcomes", PARTITION, fold.next_offset):
        watcher.apply(record)


async def test_alive_crossed_and_lost_on_the_log(tmp_path: Path, active: RecordedWorld) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    async with stage:
        watcher = Watcher(stage.log, clock=stage.clock)
        await watcher.open()
        assert await watcher.look() == 0
        await hear(stage, watcher)
        assert await watcher.look() == 1
        assert await watcher.look() == 0  # sent, and not decided yet
        await stage.decide()
        await catch_up(watcher, stage)
        permit = watcher.folds[PARTITION].site(SITE).board.permits[HOT]
        assert permit.signals["gas_stream:meter"].state == "alive"
        assert await watcher.look() == 0
        await hear(stage, watcher, "0.3")
        assert await watcher.look() == 1
        await stage.decide()
        await catch_up(watcher, stage)
        board = watcher.folds[PARTITION].site(SITE).board
        assert list(board.permits[HOT].suspensions) == ["bad_gas"]
        assert [alarm.code for alarm in board.alarms.values()] == ["06"]
        past = timedelta(seconds=31)
        stage.clock.seconds += past.total_seconds()
        watcher._since -= past
        watcher.streams[SITE].gas[HOT, "meter"] -= past
        assert await watcher.look() == 1
        await stage.decide()
        await catch_up(watcher, stage)
        permit = watcher.folds[PARTITION].site(SITE).board.permits[HOT]
        assert permit.signals["gas_stream:meter"].state == "lost"
        assert watcher.folds[PARTITION].site(SITE).board.permits[PIT].state == "active"


async def test_the_moment_is_placed_on_the_simulated_sites_clock(tmp_path: Path, active: RecordedWorld) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    async with stage:
        watcher = Watcher(stage.log, clock=stage.clock)
        await watcher.open()
        passed = timedelta(seconds=6)  # since the decider took the site over; within the time fence
        stage.clock.offset, stage.clock.seconds = passed, stage.clock.seconds + passed.total_seconds()
        await hear(stage, watcher, ago=5)
        assert await watcher.look() == 1
        await stage.decide()
        await catch_up(watcher, stage)
        board = watcher.folds[PARTITION].site(SITE).board
        seen = board.permits[HOT].signals["gas_stream:meter"].seen
        assert board.decided_at is not None
        assert timedelta(seconds=5) <= board.decided_at - seen.latest < timedelta(seconds=10)


async def test_two_watchers_make_one_outcome_and_a_new_one_says_nothing_again(
    tmp_path: Path, active: RecordedWorld
) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    async with stage:
        watchers = [Watcher(stage.log, clock=stage.clock) for _ in range(2)]
        for watcher in watchers:
            await watcher.open()
        await hear(stage, watchers[0])
        await watchers[1].hear(PARTITION)
        assert [await watcher.look() for watcher in watchers] == [1, 1]
        before = len(await stage.records())
        await stage.decide()
        assert len(await stage.records()) - before == 1
        third = Watcher(stage.log, clock=stage.clock)
        await third.open()
        assert third.streams[SITE].gas.keys() == {(HOT, "meter")}
        assert await third.look() == 0


@pytest.mark.parametrize(("clock", "heard"), [("real", ["0.05"]), ("simulated", ["0.3", "0.05"])])
async def test_a_value_that_was_recorded_is_not_judged_again_after_a_restart(
    tmp_path: Path, clock: str, heard: list[str]
) -> None:
    """It would stop work that was resumed since. Only a real site's clock tells which values those are."""
    world = walk.active()
    now = datetime.now(UTC)
    recorded = Interval(now - timedelta(seconds=10), now - timedelta(seconds=10))
    segment = GasSegment("meter", "propane", "bottom", "0.3", "0.3", "%vol", 1, "0" * 64, recorded, 1)
    world.change_permit(HOT, segments={"meter:propane:bottom": segment})
    assert world.board.site is not None
    board = replace(world.board, site=replace(world.board.site, clock=clock))
    stage = Stage(tmp_path)
    async with stage:
        await hear(stage, await opened(stage), "0.3", ago=11)
        await hear(stage, await opened(stage), "0.05", ago=5)
        again = Watcher(stage.log, clock=stage.clock)
        again._note_recorded(SITE, SiteFold(board))
        await again.open()
        found = again.streams[SITE].segments[HOT, "meter", "propane", "bottom"]
        assert sorted({str(found.least), str(found.most)}) == sorted(heard)
        assert found.values == len(heard)


async def opened(stage: Stage) -> Watcher:
    watcher = Watcher(stage.log, clock=stage.clock)
    await watcher.open()
    return watcher


async def test_what_is_no_telemetry_is_counted_and_stops_nothing(tmp_path: Path, active: RecordedWorld) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    async with stage:
        watcher = Watcher(stage.log, clock=stage.clock)
        await watcher.open()
        for value in (b"no json", b"{}", canonical({"telemetry": 1, "site_id": SITE, "items": [{"kind": "gas"}]})):
            await stage.log.append(TELEMETRY, SITE, value)
        await hear(stage, watcher)
        assert await watcher.look() == 1
