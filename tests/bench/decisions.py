"""Durable decisions a second: commands wait on the log, a worker decides them, the log's own stamps say how fast."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from services.log import COMMANDS, open_log
from tests.bench.history import PureHand
from tests.chaos.servers import kafka
from tests.chaos.stored import log_size, read_topics

WORKER_S = 300.0
END_S = 30.0


async def fill(log_url: str, histories: list[PureHand]) -> int:
    """Put the commands of all sites on the log, the sites in turns; how many."""
    turns = max(len(hand.records) for hand in histories)
    entries = [
        (hand.cast.site_id, hand.records[turn])
        for turn in range(turns)
        for hand in histories
        if turn < len(hand.records)
    ]
    async with open_log(log_url) as log:
        await log.ensure_topics()
        for start in range(0, len(entries), 500):
            await log.append_many(COMMANDS, entries[start : start + 500])
    return len(entries)


def measure(kind: str, log_url: str, data: Path, commands: int) -> dict[str, Any]:
    """Run a worker until it has written an outcome for each command."""
    words = (data / f"{kind}.words").open("ab")
    argv = [sys.executable, "-m", "tests.bench.worker", kind, log_url, str(data)]
    worker = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words)
    deadline = time.monotonic() + WORKER_S
    try:
        while log_size(log_url) < commands:
            if worker.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"bench: the {kind} ended or stood still: see {words.name}")
            time.sleep(0.25)
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(END_S)
        except subprocess.TimeoutExpired:
            worker.kill()
        words.close()
    outcomes = read_topics(log_url, ["outcomes"])["outcomes"]
    times = sorted(stored.append_time for stored in outcomes)
    seconds = (times[-1] - times[0]).total_seconds()
    return {
        "decisions": len(outcomes),
        "per_s": round((len(outcomes) - 1) / seconds) if seconds else 0,
        "mean_bytes": round(sum(len(stored.value) for stored in outcomes) / len(outcomes)),
    }


def on_sqlite(histories: list[PureHand]) -> dict[str, dict[str, Any]]:
    """The decider and the empty agent, each on a fresh SQLite log with the same commands."""
    found = {}
    for kind in ("empty", "decider"):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            data = Path(folder)
            url = f"sqlite://{data / 'log.db'}"
            commands = asyncio.run(fill(url, histories))
            found[kind] = measure(kind, url, data, commands)
    return found


def on_kafka(histories: list[PureHand], flush: bool) -> dict[str, dict[str, Any]]:
    """The same on a fresh Kafka broker, with or without an fsync for each record."""
    found = {}
    flags = ["--name", "bench", *(["--flush"] if flush else [])]
    for kind in ("empty", "decider"):
        kafka("clean", "--name", "bench")
        url = kafka("start", *flags)
        try:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                commands = asyncio.run(fill(url, histories))
                found[kind] = measure(kind, url, Path(folder), commands)
        finally:
            kafka("clean", "--name", "bench")
    return found
