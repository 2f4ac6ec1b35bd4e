"""The timekeeper and the decider on one real log: what is due gets sent, decided once, and not sent again."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.folding import PartitionFold
from services.log import COMMANDS
from services.seven_steps.board import Board, Seen
from services.timekeeper.timekeeper import WAIT_MAX, Attempt, Timekeeper, next_attempt
from tests.decider.stage import PARTITION, HandClock, Stage, tamper
from tests.flow import walk
from tests.flow.world import DAY_ONE, HOT, PIT, SITE
from tests.timekeeper.recorded import RecordedWorld, recording


async def catch_up(keeper: Timekeeper, stage: Stage) -> PartitionFold:
    """As `follow` does, as far as the log goes now."""
    fold = keeper.folds[PARTITION]
    for record in await stage.log.read("outcomes", PARTITION, fold.next_offset):
        step = fold.apply(record)
        keeper.clocks.applied(step.site_id, step.site)
    return fold


@pytest.fixture
def active(monkeypatch: pytest.MonkeyPatch) -> RecordedWorld:
    with recording(monkeypatch):
        world = walk.active()
    assert isinstance(world, RecordedWorld)
    return world


async def test_a_ticket_that_ran_out_is_suspended_with_one_alarm(tmp_path: Path, active: RecordedWorld) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    async with stage:
        keeper = Timekeeper(stage.log, clock=stage.clock)
        await keeper.open()
        assert await keeper.look() == 0
        stage.clock.seconds += 9 * 3600
        sent = await keeper.look()
        assert sent > 0
        assert await keeper.look() == 0  # the same due things, the same ids
        await stage.decide()
        board = (await catch_up(keeper, stage)).site(SITE).board
        for permit in (HOT, PIT):
            assert "expiry" in board.permits[permit].suspensions
        raised = sorted((alarm.permit_id, alarm.code) for alarm in board.alarms.values())
        assert raised == sorted([(HOT, "10"), (PIT, "10"), (PIT, "05")])
        assert await keeper.look() == 0


async def test_a_timekeeper_that_was_dead_sends_what_became_due_meanwhile(
    tmp_path: Path, active: RecordedWorld
) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    async with stage:
        late = HandClock()
        keeper = Timekeeper(stage.log, clock=late)
        await keeper.open()
        late.seconds += 10 * 3600
        assert await keeper.look() == 3


async def test_two_timekeepers_make_one_outcome(tmp_path: Path, active: RecordedWorld) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    async with stage:
        keepers = [Timekeeper(stage.log, clock=stage.clock) for _ in range(2)]
        for keeper in keepers:
            await keeper.open()
        stage.clock.seconds += 9 * 3600
        assert [await keeper.look() for keeper in keepers] == [3, 3]
        before = len(await stage.records())
        await stage.decide()
        assert len(await stage.records()) - before <= 4  # 3, or 4 if a bucket ended between the two looks


async def test_nothing_is_sent_for_a_halted_site(tmp_path: Path, active: RecordedWorld) -> None:
    stage = Stage(tmp_path)
    await active.write_to(stage.log)
    await stage.log.close()
    last = len(active.written) - 1
    tamper(tmp_path, ('UPDATE {outcomes} SET value = substr(value, 1, length(value) - 1) WHERE "offset" = ?', (last,)))
    async with Stage(tmp_path) as stage:
        keeper = Timekeeper(stage.log, clock=stage.clock)
        await keeper.open()
        stage.clock.seconds += 9 * 3600
        assert await keeper.look() == 0
        assert await stage.log.end(COMMANDS, PARTITION) == 0


async def test_an_old_board_sends_nothing(tmp_path: Path, active: RecordedWorld) -> None:
    """There are outcomes it has not folded yet: what it believes to be due may be done."""
    stage = Stage(tmp_path)
    written, active.written = active.written, active.written[:-1]
    await active.write_to(stage.log)
    async with stage:
        keeper = Timekeeper(stage.log, clock=stage.clock)
        await keeper.open()
        stage.clock.seconds += 9 * 3600
        assert len(written) > len(active.written)
        await stage.log.append("outcomes", SITE, b"something new")
        assert await keeper.look() == 0


# ---- attempts ------------------------------------------------------------------------------------------------------

NOW = DAY_ONE
FIRST = Attempt("one", NOW, timedelta(seconds=30))
UNDECIDED = Board()
DECIDED = Board(seen={"job": {"one": Seen("0" * 64, NOW)}})


@pytest.mark.parametrize(
    ("board", "seconds", "new_id", "again"),
    [
        (UNDECIDED, 1, "one", False),
        (UNDECIDED, 29, "two", False),
        (UNDECIDED, 30, "two", True),
        (DECIDED, 1, "one", False),
        (DECIDED, 1, "two", True),
    ],
)
def test_an_attempt_is_repeated_when_it_was_refused_or_is_unanswered_for_long(
    board: Board, seconds: int, new_id: str, again: bool
) -> None:
    after = next_attempt(FIRST, new_id, NOW + timedelta(seconds=seconds), board)
    assert (after is not FIRST) is again


def test_a_day_without_a_decider_makes_no_days_worth_of_commands() -> None:
    attempt, count = None, 0
    for second in range(0, 24 * 3600, 30):
        after = next_attempt(attempt, str(second), NOW + timedelta(seconds=second), UNDECIDED)
        count += after is not attempt
        attempt = after
    assert attempt is not None
    assert attempt.patience == WAIT_MAX
    assert count < 35
