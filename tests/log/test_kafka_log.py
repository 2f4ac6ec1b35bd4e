"""The same promises on a real Kafka broker. Without SEVENGATES_KAFKA they are skipped, and pytest says so."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from services.log import Link, PartitionHalted, follow, make_outcome, open_log, partition_of, record_hash
from services.log.chain import GENESIS

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
HERE = Path(__file__).parent
OK, BROKEN, KILLED = 0, 1, -9
COUNT = 8


@pytest.fixture
async def log(kafka_url):
    async with open_log(kafka_url) as opened:
        report = await opened.ensure_topics()
        assert report.right, report.problems
        yield opened


@pytest.fixture
def site() -> str:
    return f"site-{uuid.uuid4()}"


def mine(records, site: str) -> list[bytes]:
    return [record.value for record in records if record.key == site.encode()]


async def read_all(log, topic: str, partition: int, offset: int) -> list:
    records = []
    while offset < await log.end(topic, partition):
        records += await log.read(topic, partition, offset)
        offset = records[-1].offset + 1
    return records


async def test_topics_are_made_once_and_found_right_afterwards(log):
    assert (await log.ensure_topics()).right
    report = await log.check_topics()
    assert report.right
    assert report.promise.split(":")[0] in ("durable", "replicated", "cached")


async def test_wrong_topics_are_named_one_by_one(log, kafka_url):
    admin = KafkaAdminClient(bootstrap_servers=kafka_url.removeprefix("kafka://"))
    try:
        set_retention(admin, "604800000")
        report = await log.check_topics()
        assert report.problems == ("outcomes has retention.ms=604800000, it must be -1",)
    finally:
        set_retention(admin, "-1")
        admin.close()
    assert (await log.check_topics()).right


def set_retention(admin: KafkaAdminClient, milliseconds: str) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType

    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "outcomes", configs={"retention.ms": milliseconds})])


async def test_receipts_are_contiguous_and_read_back(log, site):
    partition = partition_of(site, 32)
    start = await log.end("outcomes", partition)
    one = await log.append("outcomes", site, b"0")
    many = await log.append_many("outcomes", [(site, b"%d" % n) for n in range(1, 300)])
    assert [one.offset, *(receipt.offset for receipt in many)] == list(range(start, start + 300))
    records = await read_all(log, "outcomes", partition, start)
    assert mine(records, site) == [b"%d" % n for n in range(300)]
    assert records[0].append_time == one.append_time
    assert abs(datetime.now(UTC) - one.append_time) < timedelta(minutes=1)


async def test_the_append_time_is_the_brokers_and_the_chain_takes_the_record(log, site):
    now = datetime.now(UTC)
    value = make_outcome(
        site_id=site, site_seq=1, previous_hash=GENESIS, decided_at=now, decided_at_real=now, body=b"{}"
    )
    receipt = await log.append("outcomes", site, value)
    (record,) = await log.read("outcomes", receipt.partition, receipt.offset, 1)
    heads = {}
    assert follow(heads, record).link is Link.NEXT
    assert heads[site].record_hash == record_hash(value)


async def test_reading_here_and_there_gives_what_stands_there(log, site):
    partition = partition_of(site, 32)
    start = await log.end("commands", partition)
    await log.append_many("commands", [(site, b"%d" % n) for n in range(50)])
    for offset in (40, 0, 49, 10, 11):
        assert (await log.read("commands", partition, start + offset, 1))[0].value == b"%d" % offset
    assert await log.read("commands", partition, start + 50) == []


async def test_a_tail_gives_what_is_there_and_then_what_comes(log, site):
    partition = partition_of(site, 32)
    start = (await log.append("outcomes", site, b"before")).offset
    tail = log.tail("outcomes", range(32), {partition: start})
    assert mine(await asyncio.wait_for(anext(tail), 20), site) == [b"before"]
    await log.append("outcomes", site, b"after")
    assert mine(await asyncio.wait_for(anext(tail), 20), site) == [b"after"]
    await tail.aclose()


async def test_outcomes_that_start_above_0_are_halted(log, kafka_url):
    site = next(f"s{n}" for n in range(1_000) if partition_of(f"s{n}", 32) == 31)
    await log.append("outcomes", site, b"0")
    admin = KafkaAdminClient(bootstrap_servers=kafka_url.removeprefix("kafka://"))
    try:
        if await log.begin("outcomes", 31) == 0:
            delete_first(admin)
        with pytest.raises(PartitionHalted):
            await log.read("outcomes", 31, 0)
        assert ("outcomes", 31) in log.halted
    finally:
        admin.delete_topics(["outcomes"])  # made again by the next test
        admin.close()
    await until_gone(log)


def delete_first(admin: KafkaAdminClient) -> None:
    from kafka.structs import TopicPartition

    admin.delete_records({TopicPartition("outcomes", 31): 1})


async def until_gone(log) -> None:
    async with asyncio.timeout(30):
        while not any("outcomes is missing" in problem for problem in (await log.check_topics()).problems):
            await asyncio.sleep(0.2)


async def test_after_errors_and_kill_9_everything_is_decided_in_order(log, kafka_url, site, work):
    partition = partition_of(site, 32)
    start = await log.end("outcomes", partition)
    receipts = await log.append_many("commands", [(site, b"%d" % n) for n in range(COUNT)])
    at = [receipt.offset for receipt in receipts]

    assert work(kafka_url, partition=partition, at=at[2], do="raise").returncode == BROKEN
    assert mine(await read_all(log, "outcomes", partition, start), site) == [b"0", b"1"]
    assert work(kafka_url, partition=partition, at=at[4], do="kill_before").returncode == KILLED
    assert work(kafka_url, partition=partition, at=at[6], do="kill_after").returncode == KILLED
    assert work(kafka_url, partition=partition, until=at[-1]).returncode == OK

    decided = mine(await read_all(log, "outcomes", partition, start), site)
    assert list(dict.fromkeys(decided)) == [b"%d" % n for n in range(COUNT)]


async def test_acknowledged_appends_are_there_after_the_sender_was_killed(log, kafka_url):
    partition = partition_of("site", 32)
    start = await log.end("commands", partition)
    with subprocess.Popen([sys.executable, HERE / "log_appender.py", kafka_url, "5"], stdout=subprocess.PIPE) as other:
        lines = [other.stdout.readline() for _ in range(10)]
        os.kill(other.pid, signal.SIGKILL)
        lines += other.stdout.readlines()
    acknowledged = [number for line in lines if line.endswith(b"\n") for number in line.split()]
    found = mine(await read_all(log, "commands", partition, start), "site")
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))  # idempotent: a retry is no second record
