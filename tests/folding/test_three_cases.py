"""What one record is to a reader (design 2): dropped, applied, or the end of its site; and what a lost record does.

Each log is made by the real decider, changed behind everybody's back, and read again.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.folding import Kind, PartitionFold, Vouched
from services.log import OUTCOMES, PartitionHalted, Record
from services.log.records import body_of, make_outcome, read_envelope
from services.seven_steps.canonical import canonical
from tests.decider.stage import NEIGHBOUR, PARTITION, SITE, Stage, area, command, opened, register_site, tamper

RECORDS = 6  # of SITE: its registration and five areas; then one of the neighbour


async def good_log(folder: Path) -> list[Record]:
    async with Stage(folder) as stage:
        await stage.registered()
        await stage.done(*(command("register_area", area(f"a{n}")) for n in range(1, RECORDS)))
        await stage.done(command("register_site", register_site(code="PB"), site=NEIGHBOUR))
        return await stage.records()


def folded(records: list[Record], *vouched: Vouched) -> tuple[PartitionFold, list[str]]:
    fold = PartitionFold(PARTITION)
    fold.vouch(vouched)
    steps = [fold.apply(record).kind.value for record in records]
    if not fold.halted:
        fold.check_vouched()
    return fold, steps


def renumbered(records: list[Record]) -> list[Record]:
    """The same records, standing without gaps: a log onto which others were written."""
    return [with_(record, offset=offset) for offset, record in enumerate(records)]


def with_(record: Record, **changes: Any) -> Record:
    fields = {name: getattr(record, name) for name in Record.__slots__}
    return Record(**fields | changes)


def rebuilt(record: Record, change: Callable[[dict[str, Any]], None], *, raw: bytes | None = None) -> Record:
    """The right link with another body: a release that knows more, or a fault of ours."""
    envelope, body = opened(record.value)
    change(body)
    value = make_outcome(
        site_id=envelope.site_id,
        site_seq=envelope.site_seq,
        previous_hash=envelope.previous_hash,
        decided_at=envelope.decided_at,
        decided_at_real=envelope.decided_at_real,
        body=canonical(body) if raw is None else raw,
    )
    return with_(record, value=value)


def head_of(records: list[Record], seq: int, by: str = "register") -> Vouched:
    from services.log.records import record_hash

    return Vouched(SITE, seq, record_hash(records[seq - 1].value), by)


# ---- case 2: the next link, understood -----------------------------------------------------------------------------


async def test_a_good_log_is_applied_to_the_last_record(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    fold, steps = folded(records, head_of(records, RECORDS))
    assert steps == [Kind.APPLIED] * (RECORDS + 1)
    assert fold.halts() == {}
    assert (fold.site(SITE).head.site_seq, fold.site(NEIGHBOUR).head.site_seq) == (RECORDS, 1)


# ---- case 1: not the next link, or out of time ---------------------------------------------------------------------


def again(records: list[Record]) -> list[Record]:
    return renumbered([*records[:3], records[1], *records[3:]])


def followers_of_a_dropped_one(records: list[Record]) -> list[Record]:
    """Somebody's second, third and fourth record, written from an older head."""
    return renumbered([*records[:4], *records[2:4], *records[4:]])


def far_from_its_clock(records: list[Record]) -> list[Record]:
    late = with_(records[5], append_time=records[5].append_time + timedelta(seconds=11))
    return [*records[:5], late, *records[6:]]


def under_another_key(records: list[Record]) -> list[Record]:
    return [*records[:5], with_(records[5], key=NEIGHBOUR.encode()), *records[6:]]


def unreadable(value: bytes) -> Callable[[list[Record]], list[Record]]:
    return lambda records: [*records[:5], with_(records[5], value=value), *records[6:]]


DROPPED = [
    pytest.param(again, "not_next", 1, RECORDS, id="sent twice"),
    pytest.param(followers_of_a_dropped_one, "not_next", 2, RECORDS, id="a zombie's"),
    pytest.param(far_from_its_clock, "out_of_time", 1, RECORDS - 1, id="appended 11 s after it was decided"),
    pytest.param(under_another_key, "not_next", 1, RECORDS - 1, id="under another site's key"),
    pytest.param(unreadable(b""), "unreadable", 1, RECORDS - 1, id="empty"),
    pytest.param(unreadable(b"\xff\n{}"), "unreadable", 1, RECORDS - 1, id="no envelope"),
    pytest.param(unreadable(b'{"envelope":2}\n{}'), "unreadable", 1, RECORDS - 1, id="envelope of another version"),
]


@pytest.mark.parametrize(("change", "why", "count", "head"), DROPPED)
async def test_what_is_no_link_is_dropped_and_counted(
    tmp_path: Path, change: Callable[[list[Record]], list[Record]], why: str, count: int, head: int
) -> None:
    fold, steps = folded(change(await good_log(tmp_path)))
    assert fold.counters.of("dropped", why) == steps.count(why) == count
    assert fold.site(SITE).head.site_seq == head
    assert fold.site(NEIGHBOUR).head.site_seq == 1
    assert fold.halts() == {}


@pytest.mark.parametrize(("seconds", "kind"), [(10, Kind.APPLIED), (-10, Kind.APPLIED), (10.001, Kind.OUT_OF_TIME)])
async def test_ten_seconds_belong_to_the_fence_of_time(tmp_path: Path, seconds: float, kind: Kind) -> None:
    first = (await good_log(tmp_path))[0]
    decided = read_envelope(first.value).decided_at_real
    moved = with_(first, append_time=decided + timedelta(seconds=seconds))
    assert PartitionFold(PARTITION).apply(moved).kind is kind


# ---- case 3: the next link, not understood -------------------------------------------------------------------------


def no_change(_: dict[str, Any]) -> None:
    """The body stays."""


HALTING = [
    pytest.param(lambda b: b.update(body=2), None, id="body of an unknown version"),
    pytest.param(lambda b: b["events"][0].update(version=9), None, id="event of an unknown version"),
    pytest.param(lambda b: b["events"][0].update(type="area.painted"), None, id="unknown event"),
    pytest.param(lambda b: b["events"][0]["data"].pop("area_id"), None, id="evolve fails"),
    pytest.param(lambda b: b.update(verdict="maybe"), None, id="unknown verdict"),
    pytest.param(lambda b: b.pop("events"), None, id="no events"),
    pytest.param(lambda b: b.update(events=[[]]), None, id="events of another shape"),
    pytest.param(lambda b: b.update(client=[]), None, id="client of another shape"),
    pytest.param(no_change, b"not json", id="no JSON"),
    pytest.param(no_change, b"[1]", id="no object"),
    pytest.param(no_change, b'{"body":1.0}', id="a fraction"),
]


@pytest.mark.parametrize(("change", "raw"), HALTING)
async def test_a_right_link_that_is_not_understood_halts_its_site_there(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], raw: bytes | None
) -> None:
    records = await good_log(tmp_path)
    records[3] = rebuilt(records[3], change, raw=raw)
    fold, steps = folded(records)
    assert steps == ["applied"] * 3 + ["halting"] + ["after_halt"] * 2 + ["applied"]
    halt = fold.halt_of(SITE)
    assert halt is not None
    assert (halt.site_seq, halt.offset) == (4, 3)
    assert fold.site(SITE).head.site_seq == 3
    assert fold.halt_of(NEIGHBOUR) is None


async def test_a_truncated_record_halts_its_site(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    records[3] = with_(records[3], value=records[3].value[:-20])
    fold, _ = folded(records)
    assert fold.halt_of(SITE) is not None
    assert fold.site(SITE).head.site_seq == 3


async def test_an_edited_body_halts_its_site(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    envelope = read_envelope(records[3].value)
    body = json.loads(body_of(envelope, records[3].value))
    body["verdict"] = "refused"
    records[3] = with_(records[3], value=records[3].value.partition(b"\n")[0] + b"\n" + canonical(body))
    fold, _ = folded(records)
    assert fold.halt_of(SITE) is not None


# ---- a lost record -------------------------------------------------------------------------------------------------


def without(index: int) -> Callable[[list[Record]], list[Record]]:
    return lambda records: renumbered([*records[:index], *records[index + 1 :]])


def swapped(records: list[Record]) -> list[Record]:
    a, b = records[2], records[3]
    return [*records[:2], with_(a, value=b.value), with_(b, value=a.value), *records[4:]]


LOST = [
    pytest.param(without(0), 0, id="the first is missing"),
    pytest.param(without(3), 3, id="one in the middle is missing"),
    pytest.param(without(5), 5, id="the last is missing"),
    pytest.param(swapped, 3, id="two are swapped"),
    pytest.param(far_from_its_clock, 5, id="the last is out of time"),
    pytest.param(unreadable(b"x"), 5, id="the last is unreadable"),
]


@pytest.mark.parametrize("by", ["register", "snapshot"])
@pytest.mark.parametrize(("change", "head"), LOST)
async def test_a_fold_that_does_not_reach_a_head_vouched_for_is_halted(
    tmp_path: Path, change: Callable[[list[Record]], list[Record]], head: int, by: str
) -> None:
    records = await good_log(tmp_path)
    fold, _ = folded(change(list(records)), head_of(records, RECORDS, by))
    halt = fold.halt_of(SITE)
    assert halt is not None
    assert by in halt.reason
    assert fold.site(SITE).head.site_seq == head
    assert fold.halt_of(NEIGHBOUR) is None


async def test_a_head_behind_the_fold_is_reached(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    fold, _ = folded(records, head_of(records, 2), head_of(records, RECORDS - 1))
    assert fold.halts() == {}


async def test_another_record_at_a_sequence_vouched_for_halts_the_site_before_it(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    fold, _ = folded(records, Vouched(SITE, 4, "f" * 64, "register"))
    assert fold.site(SITE).head.site_seq == 3
    assert fold.halt_of(SITE) is not None


async def test_a_site_the_register_knows_and_the_log_does_not_is_halted(tmp_path: Path) -> None:
    fold, _ = folded(await good_log(tmp_path), Vouched("gone", 7, "f" * 64, "register"))
    assert fold.halt_of("gone") is not None


# ---- a partition with holes ----------------------------------------------------------------------------------------


async def test_a_gap_in_the_offsets_halts_the_partition_with_all_its_sites(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    fold, steps = folded([*records[:2], *records[3:]])
    assert steps == ["applied"] * 2 + ["after_halt"] * 4
    assert fold.halt_of(SITE) is not None
    assert fold.halt_of(NEIGHBOUR) is not None


async def test_records_deleted_from_the_file_halt_the_partition(tmp_path: Path) -> None:
    await good_log(tmp_path)
    tamper(tmp_path, ('DELETE FROM {outcomes} WHERE "offset" = ?', (2,)))
    stage = Stage(tmp_path)
    fold = await stage.read()
    await stage.log.close()
    assert fold.halted
    assert fold.site(SITE).head.site_seq == 2


async def test_a_log_that_starts_above_0_halts_the_partition(tmp_path: Path) -> None:
    await good_log(tmp_path)
    begins = 'UPDATE partitions SET "begin" = 1 WHERE topic = ? AND partition = ?'
    tamper(tmp_path, ('DELETE FROM {outcomes} WHERE "offset" = ?', (0,)), (begins, (OUTCOMES, PARTITION)))
    stage = Stage(tmp_path)
    fold = await stage.read()
    await stage.log.close()
    assert "starts at offset 1" in fold.halted
    assert fold.site(SITE).head.site_seq == 0


# ---- the decider on such a log -------------------------------------------------------------------------------------


async def test_commands_of_a_halted_site_are_put_aside_and_its_neighbours_go_on(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    broken = rebuilt(records[3], lambda body: body.update(body=2))
    tamper(tmp_path, ('UPDATE {outcomes} SET value = ? WHERE "offset" = 3', (broken.value,)))
    async with Stage(tmp_path) as stage:
        stage.handled = await stage.log.end("commands", PARTITION)
        mine = command("register_area", area("x"))
        await stage.done(mine, command("register_area", area("y"), site=NEIGHBOUR))
        assert await stage.dead_letters() == [("site_halted", mine["client"]["command_id"])]
        assert list((await stage.read()).site(NEIGHBOUR).board.areas) == ["y"]
        assert len(await stage.records()) == len(records) + 1


async def test_commands_of_a_halted_partition_are_put_aside(tmp_path: Path) -> None:
    await good_log(tmp_path)
    tamper(tmp_path, ('DELETE FROM {outcomes} WHERE "offset" = ?', (2,)))
    async with Stage(tmp_path) as stage:
        stage.handled = await stage.log.end("commands", PARTITION)
        await stage.done(command("register_area", area("y"), site=NEIGHBOUR))
        assert [reason for reason, _ in await stage.dead_letters()] == ["site_halted"]


async def test_a_decider_whose_log_ends_before_the_registers_position_writes_nothing(tmp_path: Path) -> None:
    records = await good_log(tmp_path)
    stage = Stage(tmp_path)

    async def vouched(partition: int) -> list[Vouched]:
        return [Vouched(SITE, RECORDS + 1, "e" * 64, "register")]

    stage.decider = stage.new_decider(vouched=vouched)
    async with stage:
        stage.handled = await stage.log.end("commands", PARTITION)
        await stage.done(command("register_area", area("x")))
        assert [reason for reason, _ in await stage.dead_letters()] == ["site_halted"]
        assert len(await stage.records()) == len(records)


async def test_a_gap_found_while_the_decider_serves_puts_its_commands_aside(tmp_path: Path) -> None:
    """Somebody else of the process met the hole: the log takes nothing more for that partition."""
    async with Stage(tmp_path) as stage:
        await stage.registered()
        await stage.done(command("register_area", area("a")))
        await asyncio.to_thread(tamper, tmp_path, ('DELETE FROM {outcomes} WHERE "offset" = 0', ()))
        with pytest.raises(PartitionHalted):
            await stage.log.read(OUTCOMES, PARTITION, 0)
        await stage.done(command("register_area", area("b")))
        assert [reason for reason, _ in await stage.dead_letters()] == ["site_halted"]
