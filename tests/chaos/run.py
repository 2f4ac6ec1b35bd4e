"""One run: people walk jobs on every site while things are killed; then the checker looks at everything."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.settings import of_data
from tests.chaos import seed, servers
from tests.chaos.cast import Cast, sites_apart
from tests.chaos.checker import check_log, replay_agrees
from tests.chaos.http_hand import Gateway, HttpHand
from tests.chaos.links import read_links
from tests.chaos.stored import log_size, read_topics
from tests.chaos.told import Recorder
from tests.chaos.walks import WalkBroke, Walker

READY_S = 90.0
BACK_LIMIT_S = 15.0  # the issue: back in service after a worker's death
SETTLE_S = 60.0
PAUSE_S = 11  # between decide and append: longer than the 10 s of the fence
STOP_S = 25  # a stopped decider: longer than its session of 10 s
QUIET_TAPS = 3
LOADED = timedelta(seconds=20)  # a decider that decided something in this time owned a loaded site
AT_WORK = timedelta(seconds=2)  # one that decided something this lately still owns it


@dataclass
class Plan:
    """How much of everything."""

    commands: int = 2000
    sites: int = 8
    kills: int = 20
    broker_kills: int = 0
    stops: int = 0
    pauses: int = 1
    seed: int = 7


@dataclass
class Figures:
    back_s: list[float] = field(default_factory=list)
    broker_back_s: list[float] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    timeline: list[str] = field(default_factory=list)
    killed: list[tuple[str, datetime]] = field(default_factory=list)  # deciders
    broken_walks: list[str] = field(default_factory=list)


class Run:
    """`url` is sqlite:… or kafka:…; `data` a folder of its own."""

    def __init__(self, plan: Plan, data: Path, log_url: str, fleet: servers.Fleet, port: int) -> None:
        self.plan, self.data, self.log_url, self.fleet = plan, data, log_url, fleet
        partitions = 32 if log_url.startswith("kafka") else 8
        spare = sites_apart(min(plan.sites + 1, partitions), partitions)
        self.casts, self.quiet = spare[: plan.sites], spare[-1]
        self.luck = random.Random(plan.seed)
        self.figures = Figures()
        self.settings = of_data(data).with_(log_url=log_url, port=port)
        self.told = data / "told.jsonl"
        self.over = asyncio.Event()

    async def go(self) -> dict[str, Any]:
        began = time.monotonic()
        await seed.begin_sites(self.settings, [*self.casts, self.quiet])
        seed.open_accounts(self.settings, [*self.casts, self.quiet])
        self.fleet.start()
        try:
            with self.told.open("a", encoding="utf-8") as file:
                url = f"http://127.0.0.1:{self.settings.port}"
                async with Gateway(url, Recorder(file), self.luck) as gateway:
                    self.gateway = gateway
                    try:
                        await self._work_and_faults()
                    except WalkBroke as broke:
                        self.figures.broken_walks.append(str(broke))
        finally:
            stubborn = await self.fleet.end()
        return self._report(time.monotonic() - began, stubborn)

    async def _work_and_faults(self) -> None:
        await self._until(self.gateway.ready, READY_S, "the gateway is not ready")
        people = [asyncio.create_task(self._people_of(cast)) for cast in self.casts]
        faults = asyncio.create_task(self._faults())
        try:
            await asyncio.gather(faults, *people)
        finally:
            for task in (faults, *people):
                task.cancel()
        await self._settle()

    # ---- people ----

    async def _people_of(self, cast: Cast) -> None:
        """Job after job until the whole run has tapped enough and every fault has been."""
        walker = Walker(HttpHand(self.gateway, cast), cast, random.Random(f"{self.plan.seed}/{cast.site_id}"))
        try:
            await begun(walker)
            await walker.register()
        except WalkBroke as broke:
            self.figures.broken_walks.append(f"{cast.site_id}: {broke}")
            return
        while not (self.gateway.taps >= self.plan.commands and self.over.is_set()):
            try:
                await walker.any_job()
            except WalkBroke as broke:
                self.figures.broken_walks.append(f"{cast.site_id}: {broke}")
                if len(self.figures.broken_walks) > 3 * self.plan.sites:
                    return

    # ---- faults ----

    async def _faults(self) -> None:
        """All planned faults in a drawn order, spread over the commands of the run."""
        planned: list[Callable[[], Awaitable[None]]] = [self._kill] * self.plan.kills
        planned += [self._kill_broker] * self.plan.broker_kills + [self._stop] * self.plan.stops
        planned += [self._pause] * self.plan.pauses
        self.luck.shuffle(planned)
        step = self.plan.commands / (len(planned) + 1)
        await self._every_site_answers(0.0)
        try:
            for number, fault in enumerate(planned, 1):
                while self.gateway.taps < number * step * 0.9:
                    await asyncio.sleep(0.05)
                await fault()
        finally:
            self.over.set()

    async def _kill(self) -> None:
        """kill -9 of a worker that decides for loaded sites; on SQLite of the process or of its whole group."""
        await asyncio.sleep(self.luck.uniform(0.0, 1.0))  # anywhere in a batch, also while it still catches up
        if self.log_url.startswith("kafka"):
            process, since = await self._decider_at_work(), time.monotonic()
            self.figures.killed.append((process.name, datetime.now(UTC)))
            process.kill_group()
            self._count("kill_decider", process.name)
        else:
            process, since = self.fleet.called("up"), time.monotonic()
            children = process.children()
            if self.luck.random() < 0.5 and children:
                for pid in children:
                    servers.os.kill(pid, signal.SIGKILL)
                self._count("kill_child")
            else:
                process.kill_group()
                self._count("kill_group")
        await self._every_site_answers(since)
        self.figures.back_s.append(time.monotonic() - since)
        self.figures.timeline[-1] += f" back after {self.figures.back_s[-1]:.1f} s"

    async def _decider_at_work(self) -> servers.Process:
        """One of those that own a loaded site. Not the zombie: what it owned others have taken over."""
        loaded = {cast.site_id for cast in self.casts}
        found: list[str] = []

        async def anybody() -> bool:
            found[:] = await asyncio.to_thread(deciding_now, self.log_url, loaded)
            return bool(found)

        await self._until(anybody, READY_S, "no decider decides any more")
        return self.fleet.called(self.luck.choice(found))

    async def _kill_broker(self) -> None:
        since = time.monotonic()
        await asyncio.to_thread(servers.kafka, "kill", "--name", "chaos")
        self._count("kill_broker")
        await asyncio.to_thread(servers.kafka, "start", "--name", "chaos")
        self.figures.timeline[-1] += f" up after {time.monotonic() - since:.1f} s"
        await self._every_site_answers(time.monotonic())
        self.figures.broker_back_s.append(time.monotonic() - since)
        self.figures.timeline[-1] += f" back after {self.figures.broker_back_s[-1]:.1f} s"

    async def _stop(self) -> None:
        """A zombie: stopped for longer than its session, then continued as if nothing had been."""
        since = time.monotonic()
        process = self.fleet.called("decider-0")
        process.send(signal.SIGSTOP)
        await asyncio.sleep(STOP_S)
        process.send(signal.SIGCONT)
        self._count("stop_and_continue", process.name)
        await self._every_site_answers(since + STOP_S)

    async def _pause(self) -> None:
        """Paused between decide and append, on a site where nothing else happens."""
        walker = Walker(HttpHand(self.gateway, self.quiet), self.quiet, self.luck)
        area = walker.cast.registry()[0]
        await begun(walker)
        (self.data / "pause.json").write_text(json.dumps({"site_id": self.quiet.site_id, "seconds": PAUSE_S}))
        await walker.does("admin", *area)
        for _ in range(QUIET_TAPS):
            await walker.does("admin", *area)
        self._count("pause_before_append")

    def _count(self, fault: str, about: str = "") -> None:
        self.figures.faults[fault] = self.figures.faults.get(fault, 0) + 1
        self.figures.timeline.append(f"{datetime.now(UTC):%H:%M:%S} {fault} {about}".rstrip())

    async def _every_site_answers(self, since: float) -> None:
        """Until each loaded site has decided something that was tapped after `since`."""

        async def answered() -> bool:
            decided = self.gateway.decided
            return all(decided.get(cast.site_id, 0.0) > since for cast in self.casts)

        await self._until(answered, READY_S, "a site does not answer any more")

    async def _until(self, true: Callable[[], Awaitable[bool]], seconds: float, words: str) -> None:
        deadline = time.monotonic() + seconds
        while not await true():
            if time.monotonic() > deadline:
                raise WalkBroke(words)
            await asyncio.sleep(0.05)

    async def _settle(self) -> None:
        """Let timekeeper and sealer finish what the last jobs gave them."""
        last, quiet_since = -1, time.monotonic()
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline and time.monotonic() - quiet_since < 5:
            size = await asyncio.to_thread(self._log_size)
            if size != last:
                last, quiet_since = size, time.monotonic()
            await asyncio.sleep(1)

    def _log_size(self) -> int:
        return log_size(self.log_url)

    # ---- afterwards ----

    def _report(self, seconds: float, stubborn: list[str]) -> dict[str, Any]:
        report = check_log(self.log_url, self.told)
        report.problems += replay_agrees(self.data, self.log_url)
        report.problems += [f"walk: {words}" for words in self.figures.broken_walks]
        report.problems += [f"{name} did not end on SIGTERM within {servers.END_S:g} s" for name in stubborn]
        slow = [round(s, 1) for s in self.figures.back_s if s > BACK_LIMIT_S]
        if slow:
            report.problems.append(f"not back in service within {BACK_LIMIT_S:g} s: {slow}")
        if self.plan.pauses and not report.figures["dropped"].get("out_of_time"):
            report.problems.append(
                "the pause between decide and append left no dropped record: the fence was not tried"
            )
        idle = unloaded(self.log_url, self.figures.killed)
        report.problems += [
            f"{name} was killed at {at:%H:%M:%S} without having decided anything before" for name, at in idle
        ]
        latencies = sorted(self.gateway.latencies)
        figures = {
            "log": self.log_url.partition(":")[0],
            "seconds": round(seconds),
            "taps": self.gateway.taps,
            "faults": self.figures.faults,
            "timeline": self.figures.timeline,
            "back_s": _spread(self.figures.back_s),
            "broker_back_s": _spread(self.figures.broker_back_s),
            "tap_to_answer_s": {
                "p50": round(latencies[len(latencies) // 2], 3),
                "p99": round(latencies[int(len(latencies) * 0.99)], 3),
            }
            if latencies
            else {},
            "statuses": dict(sorted(self.gateway.statuses.items())),
        }
        return figures | report.plain()


def deciding_now(log_url: str, sites: set[str]) -> list[str]:
    """The deciders that decided for one of these sites a moment ago, in a steady order.

    Links only: what a zombie still appends is the last record of a partition too, and is dropped by every reader.
    """
    now = datetime.now(UTC)
    outcomes = read_links(read_topics(log_url, ["outcomes"])["outcomes"]).outcomes
    return sorted({one.body["worker"] for one in outcomes if one.site_id in sites and now - one.appended_at < AT_WORK})


def unloaded(log_url: str, killed: list[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
    """The kills that hit a decider which owned no loaded site: it had decided nothing for a while."""
    if not killed:
        return []
    decided: dict[str, list[datetime]] = defaultdict(list)
    for outcome in read_links(read_topics(log_url, ["outcomes"])["outcomes"]).outcomes:
        decided[outcome.body["worker"]].append(outcome.appended_at)
    return [(name, at) for name, at in killed if not any(at - LOADED < then < at for then in decided[name])]


async def begun(walker: Walker) -> None:
    """Wait until the site's first administrator is known: the gateway is ready before the register has read them."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        answer = await walker.hand.tap("admin", *walker.cast.registry()[0])
        if answer.status != 403:
            return
        await asyncio.sleep(0.2)
    raise WalkBroke(f"{walker.cast.site_id} does not begin")


def _spread(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    ordered = sorted(seconds)
    return {"p50": round(ordered[len(ordered) // 2], 1), "max": round(ordered[-1], 1)}


async def on_sqlite(plan: Plan, keep: Path | None) -> dict[str, Any]:
    data = keep or Path(tempfile.mkdtemp(prefix="chaos-sqlite-"))
    data.mkdir(parents=True, exist_ok=True)
    port = servers.free_port()
    return await Run(plan, data, f"sqlite://{data / 'log.db'}", servers.embedded(data, port), port).go()


async def on_kafka(plan: Plan, keep: Path | None, deciders: int) -> dict[str, Any]:
    data = keep or Path(tempfile.mkdtemp(prefix="chaos-kafka-"))
    data.mkdir(parents=True, exist_ok=True)
    servers.kafka("clean", "--name", "chaos")
    url = servers.kafka("start", "--name", "chaos")
    try:
        port = servers.free_port()
        return await Run(plan, data, url, servers.separate(data, url, port, deciders), port).go()
    finally:
        servers.kafka("stop", "--name", "chaos")
