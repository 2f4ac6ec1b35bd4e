"""The processes under test: started, killed, stopped and continued by their own pids, and always ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KAFKA = ROOT / "deploy" / "kafka" / "kafka.sh"
SEVENGATES = Path(sys.executable).parent / "sevengates"
HOOKS = "SEVENGATES_TEST_HOOKS"
HOOKS_ALLOWED = "i-am-a-test-and-may-delay-decisions"
PAUSE = "SEVENGATES_TEST_PAUSE_BEFORE_APPEND"
SNAPSHOT_EVERY = "SEVENGATES_TEST_SNAPSHOT_EVERY"
SNAPSHOTS = "40"  # outcomes of a site between two snapshots: a run of some hundred has several
END_S = 20.0
SENDERS = ("gateway", "timekeeper", "sealer")
LAST_COMMANDS_S = 3.0
FIRST_RETRY_S, LAST_RETRY_S = 0.2, 3.0


def end_in_order_when_told() -> None:
    """Let SIGTERM do what Ctrl-C does: what was started is ended before we go."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One process of ours with its own process group. Its words go to a file."""

    name: str
    argv: list[str]
    words: Path
    environ: Mapping[str, str]
    running: subprocess.Popen[Any] | None = None
    starts: int = 0

    def start(self) -> None:
        with self.words.open("ab") as file:
            self.running = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=dict(self.environ),
                start_new_session=True,
            )
        self.starts += 1

    @property
    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def kill_group(self) -> None:
        """kill -9 the process and all its descendants, whichever group they are in."""
        if self.running is None:
            return
        family = [self.running.pid, *descendants(self.running.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.running.wait()

    def send(self, number: signal.Signals) -> None:
        if self.running is not None and self.alive:
            os.killpg(self.running.pid, number)

    def children(self) -> list[int]:
        return children_of(self.running.pid) if self.running is not None else []


def children_of(pid: int) -> list[int]:
    """Pids of the direct children (Linux)."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(child) for child in path.read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    return [found for child in children_of(pid) for found in (child, *descendants(child))]


@dataclass
class Fleet:
    """Processes that are started again when they end, as a service manager would, with a growing pause."""

    processes: list[Process] = field(default_factory=list)
    pauses: dict[str, float] = field(default_factory=dict)
    restarts: int = 0
    _watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        for process in self.processes:
            process.start()
        self._watch = asyncio.create_task(self._keep_up())

    async def _keep_up(self) -> None:
        started: dict[str, float] = {}
        while True:
            for process in self.processes:
                if process.alive:
                    if time.monotonic() - started.get(process.name, 0) > 10:
                        self.pauses.pop(process.name, None)
                    continue
                pause = self.pauses.get(process.name, FIRST_RETRY_S)
                self.pauses[process.name] = min(LAST_RETRY_S, pause * 2)
                await asyncio.sleep(pause)
                process.start()
                started[process.name] = time.monotonic()
                self.restarts += 1
            await asyncio.sleep(0.05)

    async def end(self) -> list[str]:
        """Stop all, those that send commands first; what does not end in time is killed and named."""
        if self._watch is not None:
            self._watch.cancel()
        senders = [process for process in self.processes if process.name in SENDERS]
        stubborn = await self._end(senders)
        if senders:
            await asyncio.sleep(LAST_COMMANDS_S)  # what they sent last is decided and projected
        return stubborn + await self._end([p for p in self.processes if p.name not in SENDERS])

    async def _end(self, processes: list[Process]) -> list[str]:
        for process in processes:
            process.send(signal.SIGCONT)
            process.send(signal.SIGTERM)
        deadline, stubborn = time.monotonic() + END_S, []
        while any(process.alive for process in processes) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        for process in processes:
            if process.alive:
                stubborn.append(process.name)
            process.kill_group()
        return stubborn

    def called(self, name: str) -> Process:
        return next(process for process in self.processes if process.name == name)


def environment(data: Path) -> dict[str, str]:
    """For all processes: ours, plus the hook that lets a test pause a decider between decide and append."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SEVENGATES_")}
    hooks = {HOOKS: HOOKS_ALLOWED, PAUSE: str(data / "pause.json"), SNAPSHOT_EVERY: SNAPSHOTS}
    return kept | hooks | {"PYTHONUNBUFFERED": "1"}


def embedded(data: Path, port: int) -> Fleet:
    """Everything in one process under its parent, on the SQLite log."""
    argv = [str(SEVENGATES), "up", "--data", str(data), "--port", str(port)]
    return Fleet([Process("up", argv, data / "up.words", environment(data))])


def separate(data: Path, log_url: str, port: int, deciders: int) -> Fleet:
    """One process for each service, several deciders, on Kafka."""
    common = ["--data", str(data), "--log", log_url]
    environ = environment(data)
    fleet = Fleet()
    for slot in range(deciders):
        argv = [str(SEVENGATES), "worker", "decider", "--slot", str(slot), *common]
        fleet.processes.append(Process(f"decider-{slot}", argv, data / f"decider-{slot}.words", environ))
    for name in ("register", "timekeeper", "sealer"):
        argv = [str(SEVENGATES), "worker", name, *common]
        fleet.processes.append(Process(name, argv, data / f"{name}.words", environ))
    gateway = [str(SEVENGATES), "gateway", "--port", str(port), *common]
    fleet.processes.append(Process("gateway", gateway, data / "gateway.words", environ))
    return fleet


def kafka(action: str, *flags: str) -> str:
    """Run deploy/kafka/kafka.sh; its address on `start` and `address`. Raises CalledProcessError."""
    done = subprocess.run([str(KAFKA), action, *flags], capture_output=True, text=True, check=True)
    return done.stdout.strip()
