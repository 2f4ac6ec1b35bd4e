"""The SQLite log: durable, contiguous, one writer, and loud about everything that is not whole."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.log import (
    RECORD_LIMIT,
    AppendRefused,
    LogFull,
    LogIncomplete,
    LogLocked,
    LogUnusable,
    PartitionHalted,
    RecordTooLarge,
    open_log,
    partition_of,
)
from services.log.sqlite_file import NETWORK_FILE_SYSTEMS, file_system_of, path_of
from services.log.sqlite_log import SqliteLog

HERE = Path(__file__).parent
PARTITION = partition_of("site", 8)
OPENING = """
import sys
from services.log import LogLocked, open_log
try:
    open_log(sys.argv[1])
except LogLocked as locked:
    sys.exit(str(locked))
"""


def values(records) -> list[bytes]:
    return [record.value for record in records]


async def filled(url: str, count: int = 3, topic: str = "outcomes") -> None:
    async with open_log(url) as log:
        await log.append_many(topic, [("site", b"%d" % n) for n in range(count)])


def sql(url: str, *statements: str) -> None:
    with closing(sqlite3.connect(path_of(url), isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


# What is appended is read


async def test_offsets_are_contiguous_and_receipts_come_in_order(url):
    async with open_log(url) as log:
        first = await log.append("outcomes", "site", b"0")
        many = await log.append_many("outcomes", [("site", b"%d" % n) for n in range(1, 600)])
        assert [first.offset, *(receipt.offset for receipt in many)] == list(range(600))
        assert {receipt.partition for receipt in many} == {PARTITION}
        records = await log.read("outcomes", PARTITION, 0, 1_000)
        assert values(records) == [b"%d" % n for n in range(600)]
        assert [record.append_time for record in records[1:]] == [receipt.append_time for receipt in many]
        assert all(record.key == b"site" for record in records)


async def test_many_writers_at_once_get_every_offset_once(url):
    async with open_log(url) as log:
        receipts = await asyncio.gather(*(log.append("commands", f"s{n % 5}", b"%d" % n) for n in range(500)))
        by_partition: dict[int, list[int]] = {}
        for receipt in receipts:
            by_partition.setdefault(receipt.partition, []).append(receipt.offset)
        for offsets in by_partition.values():
            assert sorted(offsets) == list(range(len(offsets)))


async def test_the_append_time_is_the_logs_own_and_read_back_to_the_microsecond(url):
    async with open_log(url) as log:
        before = datetime.now(UTC)
        receipt = await log.append("outcomes", "site", b"x")
        assert before - timedelta(milliseconds=1) <= receipt.append_time <= datetime.now(UTC)
        assert (await log.read("outcomes", PARTITION, 0))[0].append_time == receipt.append_time


async def test_a_closed_log_goes_on_where_it_was(url):
    await filled(url)
    async with open_log(url) as log:
        assert await log.end("outcomes", PARTITION) == 3
        assert (await log.append("outcomes", "site", b"3")).offset == 3
        assert values(await log.read("outcomes", PARTITION, 1)) == [b"1", b"2", b"3"]


async def test_reading_at_the_end_gives_nothing_and_the_limit_is_kept(url):
    await filled(url, 10)
    async with open_log(url) as log:
        assert await log.read("outcomes", PARTITION, 10) == []
        assert len(await log.read("outcomes", PARTITION, 0, 4)) == 4


async def test_a_tail_gives_what_is_there_and_then_what_comes(url):
    await filled(url)
    async with open_log(url) as log:
        seen: list[bytes] = []

        async def follow() -> None:
            async for batch in log.tail("outcomes", [PARTITION], {PARTITION: 1}):
                seen.extend(values(batch))
                if seen[-1] == b"last":
                    return

        following = asyncio.create_task(follow())
        await asyncio.sleep(0)
        await log.append("outcomes", "site", b"last")
        await asyncio.wait_for(following, 10)
        assert seen == [b"1", b"2", b"last"]


async def test_a_tail_without_offsets_begins_at_the_end(url):
    await filled(url)
    async with open_log(url) as log:
        tail = log.tail("outcomes", [PARTITION], {})
        coming = asyncio.ensure_future(anext(tail))
        await asyncio.sleep(0)
        await log.append("outcomes", "site", b"new")
        assert values(await asyncio.wait_for(coming, 10)) == [b"new"]


async def test_the_same_url_opened_twice_is_one_log(url):
    one, two = open_log(url), open_log(url)
    assert one is two
    await one.close()
    await two.append("commands", "site", b"still open")
    await two.close()


@pytest.mark.parametrize(("size", "taken"), [(RECORD_LIMIT, True), (RECORD_LIMIT + 1, False)])
async def test_a_record_may_be_as_large_as_the_limit_and_no_larger(url, size, taken):
    async with open_log(url) as log:
        if taken:
            await log.append("commands", "site", b"x" * size)
        else:
            with pytest.raises(RecordTooLarge):
                await log.append("commands", "site", b"x" * size)
        assert await log.end("commands", PARTITION) == taken


async def test_an_unknown_topic_is_refused(url):
    async with open_log(url) as log:
        with pytest.raises(LogUnusable):
            await log.append("elsewhere", "site", b"x")


async def test_retention_takes_old_commands_and_never_an_outcome(url):
    async with open_log(url) as log:
        for topic in ("commands", "outcomes"):
            await log.append_many(topic, [("site", b"%d" % n) for n in range(5)])
    long_ago = int((datetime.now(UTC) - timedelta(days=15)).timestamp() * 1_000_000)
    for topic in ("commands", "outcomes"):
        sql(url, f'UPDATE "{topic}/{PARTITION}" SET append_us = {long_ago} WHERE "offset" < 3')
    async with open_log(url) as log:
        receipt = await log.append("commands", "site", b"5")  # the writer trims before it writes
        assert receipt.offset == 5
        assert await log.begin("commands", PARTITION) == 3
        assert values(await log.read("commands", PARTITION, 0)) == [b"3", b"4", b"5"]
        assert values(await log.read("outcomes", PARTITION, 0)) == [b"0", b"1", b"2", b"3", b"4"]
    async with open_log(url) as log:
        assert await log.begin("commands", PARTITION) == 3


# One writer


async def test_a_second_process_is_told_in_one_line_who_has_the_log(url):
    async with open_log(url):
        script = (
            "import sys, services.log as l\ntry: l.open_log(sys.argv[1])\nexcept l.LogLocked as e: sys.exit(str(e))"
        )
        second = subprocess.run([sys.executable, "-c", script, url], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert second.stderr == f"{path_of(url)} is in use by process {os.getpid()}\n"


async def test_the_lock_is_free_again_after_the_log_was_closed_or_its_process_killed(url):
    await filled(url)
    with subprocess.Popen([sys.executable, HERE / "log_appender.py", url, "1"], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(LogLocked):
            open_log(url)
        other.kill()
    async with open_log(url) as log:
        assert await log.end("commands", PARTITION) >= 1


async def test_a_reader_beside_the_writer_sees_what_comes_and_can_write_nothing(url):
    async with open_log(url) as log, open_log(url, read_only=True) as reader:
        await log.append("outcomes", "site", b"0")
        assert values(await reader.read("outcomes", PARTITION, 0)) == [b"0"]
        tail = reader.tail("outcomes", [PARTITION], {PARTITION: 1})
        await log.append("outcomes", "site", b"1")
        assert values(await asyncio.wait_for(anext(tail), 10)) == [b"1"]
        with pytest.raises(LogUnusable):
            await reader.append("outcomes", "site", b"2")


async def test_a_reader_does_not_disturb_a_log_whose_process_was_killed(url):
    with subprocess.Popen([sys.executable, HERE / "log_appender.py", url, "1"], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        other.kill()
    async with open_log(url, read_only=True) as reader:
        assert await reader.end("commands", PARTITION) >= 1
    async with open_log(url) as log:
        assert await log.end("commands", PARTITION) >= 1


# Durable


@pytest.mark.parametrize("width", [1, 40])
async def test_everything_acknowledged_is_there_after_kill_9(url, width):
    with subprocess.Popen([sys.executable, HERE / "log_appender.py", url, str(width)], stdout=subprocess.PIPE) as other:
        lines = [other.stdout.readline() for _ in range(25)]
        os.kill(other.pid, signal.SIGKILL)
        lines += other.stdout.readlines()
    acknowledged = {int(number) for line in lines if line.endswith(b"\n") for number in line.split()}
    assert len(acknowledged) >= 25 * width
    async with open_log(url) as log:
        records = await log.read("commands", PARTITION, 0, 1_000_000)
        while more := await log.read("commands", PARTITION, records[-1].offset + 1):
            records += more
    assert [record.offset for record in records] == list(range(len(records)))
    assert acknowledged <= {int(record.value) for record in records}


async def test_a_full_log_acknowledges_nothing_and_keeps_what_it_has(url):
    log = SqliteLog.open(url, max_bytes=600_000)
    taken = 0
    with pytest.raises(LogFull):
        while True:
            await log.append("outcomes", "site", b"x" * 50_000)
            taken += 1
    assert taken > 0
    assert await log.end("outcomes", PARTITION) == taken
    assert len(await log.read("outcomes", PARTITION, 0)) == taken
    await log.close()
    async with open_log(url) as again:  # more room
        assert (await again.append("outcomes", "site", b"y")).offset == taken


@pytest.mark.skipif(
    os.geteuid() != 0 or not sys.platform.startswith("linux"), reason="a small disk needs root on Linux"
)
async def test_a_full_disk_acknowledges_nothing_and_keeps_what_it_has(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        log = open_log(f"sqlite://{disk}/log.db")
        taken = 0
        with pytest.raises(LogFull):
            while True:
                await log.append("outcomes", "site", b"x" * 50_000)
                taken += 1
        assert await log.end("outcomes", PARTITION) == taken > 0
        await log.close()
        reader = open_log(f"sqlite://{disk}/log.db", read_only=True)
        assert len(await reader.read("outcomes", PARTITION, 0)) == taken
        await reader.close()
    finally:
        subprocess.run(["umount", disk], check=True)


# Loud about what is not whole


async def test_a_copy_without_its_wal_is_refused(url, tmp_path):
    async with open_log(url) as log:
        await log.append("outcomes", "site", b"only in the WAL")
        shutil.copy(path_of(url), tmp_path / "copy.db")
    with pytest.raises(LogIncomplete, match="copied while it was in use and without its -wal"):
        open_log(f"sqlite://{tmp_path}/copy.db")
    with pytest.raises(LogIncomplete):
        open_log(f"sqlite://{tmp_path}/copy.db", read_only=True)


async def test_a_log_whose_wal_was_deleted_is_refused(url):
    with subprocess.Popen([sys.executable, HERE / "log_appender.py", url, "1"], stdout=subprocess.PIPE) as other:
        for _ in range(3):
            other.stdout.readline()
        other.kill()
    path_of(url).with_name("log.db-wal").unlink()
    with pytest.raises(LogIncomplete, match=r"holds 0 of \d+ records"):
        open_log(url)


async def test_a_log_that_is_gone_is_not_made_anew(url):
    await filled(url)
    path_of(url).unlink()
    with pytest.raises(LogUnusable, match="is gone, although 3 records were written"):
        open_log(url)


async def test_a_backup_of_a_log_in_use_is_whole_and_a_log_of_its_own(url, tmp_path):
    async with open_log(url) as log:
        await log.append_many("outcomes", [("site", b"%d" % n) for n in range(50)])
        await log.backup(tmp_path / "backup.db")
        await log.append("outcomes", "site", b"after it")
    async with open_log(f"sqlite://{tmp_path}/backup.db") as copy:
        assert await copy.end("outcomes", PARTITION) == 50
        assert (await copy.append("outcomes", "site", b"x")).offset == 50


async def test_a_backup_never_overwrites(url, tmp_path):
    (tmp_path / "there").touch()
    async with open_log(url) as log:
        with pytest.raises(LogUnusable, match="never overwrites"):
            await log.backup(tmp_path / "there")


async def test_a_backup_put_in_the_place_of_the_log_is_taken(url, tmp_path):
    async with open_log(url) as log:
        await log.append("outcomes", "site", b"0")
        await log.backup(tmp_path / "backup.db")
        await log.append("outcomes", "site", b"1")
    shutil.copy(tmp_path / "backup.db", path_of(url))
    async with open_log(url) as log:  # the lock file's mark names another log
        assert await log.end("outcomes", PARTITION) == 1


@pytest.mark.parametrize("offset", [0, 4, 9])
async def test_a_deleted_record_halts_whoever_reads(url, offset):
    await filled(url, 10)
    sql(url, f'DELETE FROM "outcomes/{PARTITION}" WHERE "offset" = {offset}')
    for read_only in (False, True):
        async with open_log(url, read_only=read_only) as log:
            with pytest.raises(PartitionHalted):
                assert len(await log.read("outcomes", PARTITION, 0)) == offset
                await log.read("outcomes", PARTITION, offset)
            assert list(log.halted) == [("outcomes", PARTITION)]


async def test_outcomes_that_start_above_0_are_halted_even_if_the_file_says_so_itself(url):
    await filled(url, 10)
    sql(
        url,
        f'DELETE FROM "outcomes/{PARTITION}" WHERE "offset" < 5',
        f"""UPDATE partitions SET "begin" = 5 WHERE topic = 'outcomes' AND partition = {PARTITION}""",
    )
    async with open_log(url) as log:
        assert list(log.halted) == [("outcomes", PARTITION)]
        with pytest.raises(PartitionHalted):
            await log.read("outcomes", PARTITION, 5)


async def test_a_halted_partition_takes_no_record_and_the_others_go_on(url):
    other = next(f"s{n}" for n in range(100) if partition_of(f"s{n}", 8) != PARTITION)
    await filled(url, 3)
    sql(url, f'DELETE FROM "outcomes/{PARTITION}" WHERE "offset" = 2')
    async with open_log(url) as log:
        with pytest.raises(AppendRefused, match="is halted: offset 3 was expected, 2 was found"):
            await log.append("outcomes", "site", b"x")
        await log.append("outcomes", other, b"y")
        tail = log.tail("outcomes", range(8), dict.fromkeys(range(8), 0))
        assert values(await asyncio.wait_for(anext(tail), 10)) == [b"y"]


@pytest.mark.parametrize(
    ("what", "statement", "message"),
    [
        ("other partitions", "UPDATE meta SET value = '16' WHERE name = 'partitions'", "with 16 partitions"),
        ("a later format", "UPDATE meta SET value = '9' WHERE name = 'format'", "has format 9"),
        ("another topic", "INSERT INTO partitions VALUES('more', 0, 0, 0)", "has the topics"),
        ("another program's file", "PRAGMA application_id=1", "is no Sevengates log"),
    ],
)
async def test_a_file_this_release_must_not_touch_is_refused_in_one_line(url, what, statement, message):
    await filled(url)
    sql(url, statement)
    with pytest.raises(LogUnusable, match=message) as refused:
        open_log(url)
    assert "\n" not in str(refused.value)


async def test_a_file_that_is_no_database_is_refused(url):
    path_of(url).write_bytes(b"hello" * 1_000)
    with pytest.raises(LogUnusable):
        open_log(url)


async def test_a_refused_log_is_not_left_locked(url):
    path_of(url).write_bytes(b"hello" * 1_000)
    with pytest.raises(LogUnusable):
        open_log(url)
    path_of(url).unlink()
    await filled(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://log.db",
        "sqlite:///",
        "sqlite:log.db",
        "sqlite://host/log.db",
        "postgres:///x",
        "log.db",
        "kafka://",
        "kafka://host",
    ],
)
async def test_a_url_that_names_no_log_is_refused(url):
    with pytest.raises(LogUnusable):
        open_log(url)


async def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(LogUnusable, match="does not exist"):
        open_log(f"sqlite://{tmp_path}/missing/log.db")


MOUNTS = """/dev/vda / ext4 rw 0 0
server:/export /data nfs4 rw 0 0
/dev/vdb /data/local xfs rw 0 0
sshfs# /my\\040disk fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/var/lib", False),
        ("/data", True),
        ("/data/sites/one", True),
        ("/data/local/one", False),
        ("/database", False),
        ("/my disk/x", True),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(path, refused):
    assert (file_system_of(Path(path), MOUNTS) in NETWORK_FILE_SYSTEMS) is refused
