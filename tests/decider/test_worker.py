"""The decider as a real process: killed while it works, it comes back and every command has exactly one outcome."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.folding import load
from services.log import COMMANDS, OUTCOMES, TELEMETRY, open_log
from services.seven_steps.canonical import canonical
from tests.decider.stage import PARTITION, SITE, area, command, opened, register_site, tamper

WORKER = Path(__file__).with_name("decider_worker.py")
COMMANDS_SENT = 2401  # so many that a quick machine is still deciding when it is killed
PATIENCE_S = 60


@contextmanager
def worker(data: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, str(WORKER), str(data), url, "0"], cwd=WORKER.parents[2])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def decided_so_far(data: Path) -> int:
    log = open_log(f"sqlite://{data}/log.db", read_only=True)
    try:
        return await log.end(OUTCOMES, PARTITION)
    finally:
        await log.close()


async def until(data: Path, topic: str, least: int, process: subprocess.Popen[bytes]) -> None:
    """Until a partition holds so many records; a worker that ends meanwhile has failed."""
    stop = time.monotonic() + PATIENCE_S
    log = open_log(f"sqlite://{data}/log.db", read_only=True)
    try:
        while await log.end(topic, PARTITION) < least:
            assert process.poll() is None, "the worker ended"
            assert time.monotonic() < stop, "the worker is stuck"
            await asyncio.sleep(0.02)
    finally:
        await log.close()


async def commands(url: str) -> list[str]:
    sent = [command("register_site", register_site())]
    sent += [command("register_area", area(f"a{n}")) for n in range(COMMANDS_SENT - 1)]
    async with open_log(url) as log:
        await log.ensure_topics()
        await log.append_many(COMMANDS, [(SITE, canonical(one)) for one in sent])
    return [one["client"]["command_id"] for one in sent]


@pytest.mark.slow
async def test_kill_9_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/log.db"
    ids = await commands(url)
    for reached in (1, 210):
        with worker(tmp_path, url) as process:
            await until(tmp_path, OUTCOMES, reached, process)
            process.kill()
            process.wait()
        assert await decided_so_far(tmp_path) < COMMANDS_SENT, "killed too late to be in the middle"
    with worker(tmp_path, url) as process:
        await until(tmp_path, OUTCOMES, COMMANDS_SENT, process)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
    async with open_log(url) as log:
        fold = await load(log, PARTITION)
        records = []
        while page := await log.read(OUTCOMES, PARTITION, len(records)):
            records += page
        decided = Counter(opened(record.value)[1]["client"]["command_id"] for record in records)
    assert fold.site(SITE).head.site_seq == COMMANDS_SENT
    assert list(decided) == ids
    assert set(decided.values()) == {1}
    assert fold.counters.of("dropped") == 0


@pytest.mark.slow
async def test_a_halted_site_is_told_on_telemetry_and_the_worker_lives(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/log.db"
    await commands(url)
    with worker(tmp_path, url) as process:
        await until(tmp_path, OUTCOMES, COMMANDS_SENT, process)
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, PATIENCE_S)
    await asyncio.to_thread(
        tamper, tmp_path, ('UPDATE {outcomes} SET value = substr(value, 1, 900) WHERE "offset" = 300', ())
    )
    with worker(tmp_path, url) as process:
        await until(tmp_path, TELEMETRY, 1, process)
        assert process.poll() is None
