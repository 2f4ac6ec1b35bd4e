"""The fence of the writer: another writer's records, late appends, sends of unknown fate, a clock set back."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.decider.decider import RETRY_WAITS, Fenced
from services.folding import Kind, PartitionFold
from services.log import OUTCOMES, Appended, AppendUnknown
from tests.decider.stage import PARTITION, SITE, HandClock, Stage, area, command

LATE = timedelta(seconds=11)
IN_TIME = timedelta(seconds=9)


async def kinds(stage: Stage) -> list[str]:
    fold = PartitionFold(PARTITION)
    return [fold.apply(record).kind.value for record in await stage.records()]


async def areas(stage: Stage) -> list[str]:
    return list((await stage.read()).site(SITE).board.areas)


# ---- two writers ---------------------------------------------------------------------------------------------------


async def test_a_zombie_that_was_overtaken_decides_again_and_nothing_counts_twice(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        zombie = stage.new_decider(slot=1)
        await zombie.assigned({PARTITION})
        await stage.send(command("register_area", area("a")), command("register_area", area("b")))
        batch = await stage.waiting()
        await stage.decide()
        await zombie.handle(PARTITION, batch)  # it still believes that the partition is its own
        assert await kinds(stage) == [Kind.APPLIED] * 3 + [Kind.NOT_NEXT] * 2
        assert [body["worker"] for body in await stage.counted()] == ["decider-0"] * 3
        assert zombie.counters.of("refolds", "another_writer") == 1


async def test_two_writers_with_different_commands_both_get_their_outcomes(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        other = stage.new_decider(slot=1)
        await other.assigned({PARTITION})
        await stage.done(command("register_area", area("a")))
        await stage.send(command("register_area", area("b")))
        await stage.decide(other)
        await stage.done(command("register_area", area("c")))
        assert await areas(stage) == ["a", "b", "c"]
        bodies = await stage.counted()
        ids = [body["client"]["command_id"] for body in bodies]
        assert len(ids) == len(set(ids)) == 4
        assert (await kinds(stage)).count(Kind.NOT_NEXT) == 2


async def test_a_record_between_decide_and_append_is_noticed_by_its_offset(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        rival = stage.new_decider(slot=1)
        await rival.assigned({PARTITION})
        await stage.send(command("register_area", area("a")), command("register_area", area("b")))
        batch = await stage.waiting()

        async def rival_is_faster(_: Collection[str]) -> None:
            await rival.handle(PARTITION, batch[:1])

        slow = stage.new_decider(slot=2, before_append=rival_is_faster)
        await slow.assigned({PARTITION})
        await slow.handle(PARTITION, batch)
        assert await areas(stage) == ["a", "b"]
        assert [body["worker"] for body in await stage.counted()][1:] == ["decider-1", "decider-2"]


# ---- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paused", "dropped"),
    [(timedelta(seconds=10.5), 1), (IN_TIME, 0)],
    ids=["10.5 s between decide and append", "9 s between decide and append"],
)
async def test_a_decision_that_slept_too_long_is_dropped_and_taken_again(
    tmp_path: Path, paused: timedelta, dropped: int
) -> None:
    async with Stage(tmp_path) as stage:
        stage.clock.offset = -IN_TIME  # a quiet site: nothing stands on the log of which this host could be behind
        await stage.registered()
        slept = HandClock()
        slept.offset = -paused  # what is decided now was decided so long ago

        async def wake_up(_: Collection[str]) -> None:
            slept.offset = timedelta(0)

        sleeper = stage.new_decider(clock=slept, before_append=wake_up)
        await sleeper.assigned({PARTITION})
        await stage.send(command("register_area", area("a")))
        await stage.decide(sleeper)
        assert (await kinds(stage)).count(Kind.OUT_OF_TIME) == dropped
        assert sleeper.counters.of("refolds", "out_of_time") == dropped
        assert await areas(stage) == ["a"]


async def test_a_host_whose_clock_never_fits_the_logs_ends_and_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.decider.decider.RETRY_WAITS", (0.0, 0.0))
    async with Stage(tmp_path) as stage:
        await stage.registered()
        ahead = HandClock()
        ahead.offset = LATE
        decider = stage.new_decider(clock=ahead)
        await decider.assigned({PARTITION})
        await stage.send(command("register_area", area("a")))
        with pytest.raises(Fenced, match="compare this host's clock"):
            await stage.decide(decider)
        assert await areas(stage) == []
    assert len(RETRY_WAITS) > 2


async def test_a_clock_set_back_serves_nothing_until_it_is_right_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        stage.clock.offset = -timedelta(seconds=5)
        await stage.send(command("register_area", area("a")))
        deciding = asyncio.create_task(stage.decide())
        await asyncio.sleep(0.05)
        assert stage.decider.guard.waiting
        assert "clock set back" in caplog.text
        assert len(await stage.records()) == 1
        stage.clock.offset = timedelta(0)
        await deciding
        assert not stage.decider.guard.waiting
        assert await areas(stage) == ["a"]


async def test_two_seconds_behind_are_served_and_the_sites_time_never_goes_back(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        stage.clock.offset = -timedelta(seconds=1.5)
        await stage.done(command("register_area", area("a")))
        first, second = [envelope for envelope, _ in await stage.outcomes()]
        assert second.decided_at == first.decided_at
        assert second.decided_at_real < first.decided_at_real


# ---- the log's answer is lost --------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrived", [True, False], ids=["it had arrived", "it had not"])
async def test_an_append_of_unknown_fate_is_looked_up_before_deciding_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        real, failures = stage.log.append_many, [1]

        async def breaks_once(topic: str, entries: Any) -> list[Appended]:
            if topic == OUTCOMES and failures:
                failures.pop()
                if arrived:
                    await real(topic, entries)
                raise AppendUnknown("the connection broke")
            return await real(topic, entries)

        monkeypatch.setattr(stage.log, "append_many", breaks_once)
        await stage.done(command("register_area", area("a")))
        assert len(await stage.records()) == 2
        assert await areas(stage) == ["a"]
