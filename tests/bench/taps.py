"""Tap-to-answer through gateway, log, decider and register, against a bare durable append at the same rate.

Open loop: a tap is due every 1/rate seconds whether or not the one before has been answered, so that a stall shows in
full in the slowest answers. Times are in milliseconds.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from services.log import COMMANDS, open_log
from services.settings import of_data
from tests.chaos import seed, servers
from tests.chaos.cast import sites_apart
from tests.chaos.http_hand import Gateway, HttpHand
from tests.chaos.run import begun
from tests.chaos.told import Recorder
from tests.chaos.walks import Walker, text

RATE = 20  # taps a second
SECONDS = 30
SITES = 4
APPEND_BYTES = 1_000
READY_S = 60.0


async def _at_rate(work: Callable[[int], Awaitable[Any]]) -> list[float]:
    """How long each piece of work took from the moment it was due, in order of size."""
    began, times = time.perf_counter(), []

    async def one(number: int) -> None:
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await work(number)
        times.append(time.perf_counter() - due)

    await asyncio.gather(*(one(number) for number in range(RATE * SECONDS)))
    return sorted(times)


def _figures(times: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(times[len(times) // 2] * 1000, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
        "max_ms": round(times[-1] * 1000, 2),
    }


async def bare_append(log_url: str) -> dict[str, float]:
    """One durable append after the other at the rate of the taps."""
    value = os.urandom(APPEND_BYTES)
    async with open_log(log_url) as log:
        await log.ensure_topics()
        await log.append(COMMANDS, "warm", value)
        return _figures(await _at_rate(lambda number: log.append(COMMANDS, f"site-{number % SITES}", value)))


async def taps(log_url: str, data: Path, fleet: servers.Fleet, port: int) -> dict[str, float]:
    """People of several sites record facts at the rate; the whole way through HTTP and back."""
    casts = sites_apart(SITES, 8)
    settings = of_data(data).with_(log_url=log_url, port=port)
    await seed.begin_sites(settings, casts)
    seed.open_accounts(settings, casts)
    fleet.start()
    try:
        recorder = Recorder(io.StringIO())
        async with Gateway(f"http://127.0.0.1:{port}", recorder, random.Random(1), look_again=False) as gateway:
            deadline = time.monotonic() + READY_S
            while not await gateway.ready():
                if time.monotonic() > deadline:
                    raise SystemExit(f"bench: the gateway is not ready: see {data}")
                await asyncio.sleep(0.1)
            hands = [HttpHand(gateway, cast) for cast in casts]
            for hand, cast in zip(hands, casts, strict=True):
                walker = Walker(hand, cast, random.Random(1))
                await begun(walker)
                await walker.register()
            await asyncio.gather(*(_concern(hands[0], who) for who in ("mate", "guardian", "hse", "area")))
            who = ("mate", "guardian", "hse", "area", "lead")
            return _figures(await _at_rate(lambda number: _concern(hands[number % SITES], who[number % len(who)])))
    finally:
        await fleet.end()


async def _concern(hand: HttpHand, who: str) -> None:
    answer = await hand.tap(who, "record_concern", {"what": text("a loose plank")})
    if not answer.accepted:
        raise SystemExit(f"bench: a concern was answered {answer.status} {answer.body}")


def on_sqlite() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bare = asyncio.run(bare_append(f"sqlite://{Path(folder) / 'bare.db'}"))
        data, port = Path(folder) / "data", servers.free_port()
        ours = asyncio.run(taps(f"sqlite://{data / 'log.db'}", data, servers.embedded(data, port), port))
    return _compared(ours, bare)


def on_kafka(flush: bool) -> dict[str, Any]:
    flags = ["--name", "bench", *(["--flush"] if flush else [])]
    servers.kafka("clean", "--name", "bench")
    url = servers.kafka("start", *flags)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            data, port = Path(folder), servers.free_port()
            ours = asyncio.run(taps(url, data, servers.separate(data, url, port, deciders=2), port))
            bare = asyncio.run(bare_append(url))
    finally:
        servers.kafka("clean", "--name", "bench")
    return _compared(ours, bare)


def _compared(ours: dict[str, float], bare: dict[str, float]) -> dict[str, Any]:
    return {
        "rate_per_s": RATE,
        "ours": ours,
        "bare_append": bare,
        "p99_ratio": round(ours["p99_ms"] / bare["p99_ms"], 1),
    }
