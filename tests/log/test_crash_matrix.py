"""Nothing is lost, whatever ends the worker: real processes on the real log.

Faust's own ways fail here (with its default it acknowledges the event that raised, with a crashing supervisor too).
"""

import sqlite3
from contextlib import closing

import pytest

from services.log import open_log, partition_of
from services.log.sqlite_file import path_of

GROUP = "sevengates-decider"
PARTITION = partition_of("site", 8)
COUNT = 8
OK, BROKEN, LOCKED, KILLED, WATCHDOG = 0, 1, 2, -9, 70
pytestmark = pytest.mark.slow


@pytest.fixture
async def commands(url) -> str:
    async with open_log(url) as log:
        await log.append_many("commands", [("site", b"%d" % n) for n in range(COUNT)])
    return url


async def stand(url: str) -> tuple[int, list[int]]:
    """The committed offset and the outcomes, as numbers of their commands."""
    async with open_log(url) as log:
        outcomes = [int(record.value) for record in await log.read("outcomes", PARTITION, 0)]
        committed = log.committed(GROUP, "commands", PARTITION)
    return committed or 0, outcomes


async def all_decided_in_order(url: str) -> None:
    """Twice is allowed (the command id tells), never lost, never the later one first."""
    committed, outcomes = await stand(url)
    first_seen = list(dict.fromkeys(outcomes))
    assert (committed, first_seen) == (COUNT, list(range(COUNT)))


@pytest.mark.parametrize("at", [0, 3, COUNT - 1])
async def test_an_error_acknowledges_exactly_what_was_handled_before_and_all_is_there_after_a_restart(
    commands, work, at
):
    crashed = work(at=at, do="raise")
    assert crashed.returncode == BROKEN
    assert "as asked" in crashed.stderr
    assert await stand(commands) == (at, list(range(at)))

    again = work(until=COUNT - 1)
    assert again.returncode == OK
    assert f"handled {PARTITION} {at} {at}" in again.stdout.splitlines()[0]
    assert await stand(commands) == (COUNT, list(range(COUNT)))


async def test_an_error_in_a_batch_acknowledges_nothing_of_the_batch(commands, work):
    assert work(at=3, do="raise", batch=COUNT).returncode == BROKEN
    committed, outcomes = await stand(commands)
    assert committed == len(outcomes) <= 3
    assert work(until=COUNT - 1, batch=COUNT).returncode == OK
    assert await stand(commands) == (COUNT, list(range(COUNT)))


@pytest.mark.parametrize(
    ("at", "do", "batch"),
    [(0, "kill_before", 1), (0, "kill_after", COUNT), (5, "kill_before", COUNT), (5, "kill_after", 1)],
)
async def test_after_kill_9_everything_is_decided_at_least_once_in_order(commands, work, at, do, batch):
    assert work(at=at, do=do, batch=batch).returncode == KILLED
    committed, outcomes = await stand(commands)
    assert committed <= len(outcomes)
    assert sorted(set(outcomes)) == list(range(len(set(outcomes))))

    assert work(until=COUNT - 1, batch=batch).returncode == OK
    await all_decided_in_order(commands)


async def test_a_worker_that_stops_in_order_has_committed_all_it_handled(commands, work):
    assert work(until=3).returncode == OK
    committed, outcomes = await stand(commands)
    assert committed == len(outcomes) >= 4
    assert outcomes == list(range(committed))


@pytest.mark.parametrize(
    ("do", "limits", "says"),
    [
        ("hang", {"STUCK_S": 1.0, "CHECK_EVERY_S": 0.2}, "records wait and none was handled"),
        ("block", {"BLOCKED_S": 1.0, "TICK_S": 0.2}, "the event loop is blocked"),
    ],
)
async def test_a_worker_that_hangs_is_ended_by_its_watchdog_and_nothing_is_lost(commands, work, do, limits, says):
    ended = work(at=3, do=do, limits=limits)
    assert ended.returncode == WATCHDOG
    assert says in ended.stderr
    assert work(until=COUNT - 1).returncode == OK
    await all_decided_in_order(commands)


async def test_a_gap_stops_its_partition_and_no_other(commands, work):
    other = next(f"s{n}" for n in range(100) if partition_of(f"s{n}", 8) != PARTITION)
    async with open_log(commands) as log:
        await log.append_many("commands", [(other, b"99")] * 6)
    with closing(sqlite3.connect(path_of(commands), isolation_level=None)) as db:
        db.execute(f'DELETE FROM "commands/{PARTITION}" WHERE "offset" = 4')
    limits = {"STUCK_S": 0.5, "CHECK_EVERY_S": 0.1}
    ended = work(until=5, limits=limits, batch=COUNT)
    assert ended.returncode == OK
    assert f"commands/{PARTITION} is halted: offset 4 was expected, 5 was found" in ended.stderr
    handled = [line.split() for line in ended.stdout.splitlines()]
    assert max(int(last) for _, partition, _, last in handled if int(partition) == PARTITION) == 3
    assert max(int(last) for _, partition, _, last in handled if int(partition) != PARTITION) == 5


async def test_a_worker_without_its_log_says_so_in_one_line(commands, work):
    async with open_log(commands):
        locked = work(until=COUNT - 1)
    assert locked.returncode == LOCKED
    assert "is in use by process" in locked.stderr.splitlines()[-1]
