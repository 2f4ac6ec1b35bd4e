"""Two deciders on a real Kafka: they share the sites; one is killed, the other takes over; nothing lost or doubled."""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

from services.folding import PartitionFold
from services.log import COMMANDS, OUTCOMES, Log, open_log, partition_of
from services.seven_steps.canonical import canonical
from tests.decider.stage import area, command, register_site

WORKER = Path(__file__).with_name("decider_worker.py")
SITES = 8
AREAS = 60
PATIENCE_S = 120

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def url() -> str:
    address = os.environ.get("SEVENGATES_KAFKA")
    if not address:
        pytest.skip("SEVENGATES_KAFKA is not set: no broker, NOTHING about Kafka is tested (make kafka prints it)")
    return address if address.startswith("kafka://") else f"kafka://{address}"


def sites_in_different_partitions(count: int) -> dict[int, str]:
    found: dict[int, str] = {}
    while len(found) < SITES:
        name = f"k-{uuid.uuid4().hex[:8]}"
        found.setdefault(partition_of(name, count), name)
    return found


def start(data: Path, url: str, slot: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(WORKER), str(data), url, str(slot)], cwd=WORKER.parents[2])


async def send(log: Log, sites: dict[int, str], first: int, last: int) -> list[str]:
    sent = [
        command("register_site", register_site(), site=site)
        if number == 0
        else command("register_area", area(f"a{number}"), site=site)
        for number in range(first, last)
        for site in sites.values()
    ]
    await log.append_many(COMMANDS, [(one["client"]["site_id"], canonical(one)) for one in sent])
    return [one["client"]["command_id"] for one in sent]


async def applied(log: Log, sites: dict[int, str], begins: dict[int, int]) -> tuple[Counter[str], set[str]]:
    """Command ids with an outcome that readers apply, and the workers that decided them."""
    ids: Counter[str] = Counter()
    workers: set[str] = set()
    for partition, begin in begins.items():
        fold = PartitionFold(partition, next_offset=begin)
        while records := await log.read(OUTCOMES, partition, fold.next_offset):
            for record in records:
                step = fold.apply(record)
                if step.body is not None and step.site_id in sites.values():
                    ids[step.body["client"]["command_id"]] += 1
                    workers.add(step.body["worker"])
        assert fold.halts() == {}
    return ids, workers


async def test_a_killed_decider_is_replaced_and_each_command_has_one_outcome(tmp_path: Path, url: str) -> None:
    async with open_log(url) as log:
        await log.ensure_topics()
        sites = sites_in_different_partitions(log.partitions(OUTCOMES))
        begins = {partition: await log.end(OUTCOMES, partition) for partition in sites}
        workers = [start(tmp_path, url, slot) for slot in (0, 1)]
        try:
            sent = await send(log, sites, 0, AREAS // 2)
            while len((await applied(log, sites, begins))[0]) < SITES:
                assert all(worker.poll() is None for worker in workers)
                await asyncio.sleep(0.2)
            workers[0].kill()
            workers[0].wait()
            sent += await send(log, sites, AREAS // 2, AREAS)
            stop = time.monotonic() + PATIENCE_S
            while len((found := await applied(log, sites, begins))[0]) < len(sent):
                assert workers[1].poll() is None, "the other worker ended as well"
                assert time.monotonic() < stop, f"{len(found[0])} of {len(sent)} decided"
                await asyncio.sleep(0.5)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        ids, _ = await applied(log, sites, begins)
        assert ids == Counter(sent)
