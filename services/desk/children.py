"""Processes that a command starts for its own time: they end with it, even if it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from services import parent
from services.desk.client import Api
from services.desk.exits import BROKEN, Fault, broken

READY_S = 120.0  # folding a long log, or joining a consumer group, takes its time
STOP_S = 30.0
LOOK_S = 0.05


class Children:
    """`async with Children() as children: children.start("engine", argv)`; leaving stops them all, in reverse order.

    Each child holds the reading end of a lifeline: when this process goes, however it goes, the child stops by itself.
    """

    def __init__(self) -> None:
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._lifeline = os.pipe()
        self._canary = os.pipe()  # nobody listens to it here; the children need one to believe in a parent

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def start(self, name: str, argv: Sequence[str]) -> None:
        environment = {
            **os.environ,
            parent.LIFELINE_FD: str(self._lifeline[0]),
            parent.CANARY_FD: str(self._canary[1]),
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "services.desk.cli", *argv],
            env=environment,
            pass_fds=(self._lifeline[0], self._canary[1]),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            start_new_session=True,
        )
        self._running.append((name, child))

    def check(self) -> None:
        """Raises Fault if one of them has ended; it has said why on stderr."""
        for name, child in self._running:
            if child.poll() is not None:
                code = child.returncode
                raise Fault(code if code in range(1, 6) else BROKEN, f"the {name} process ended with code {code}")

    async def until_ready(self, api: Api) -> None:
        """Wait until the gateway can serve; raises Fault if a child ends before, or nothing happens for READY_S."""
        loop = asyncio.get_running_loop()
        until = loop.time() + READY_S
        while not await api.ready():
            self.check()
            if loop.time() > until:
                raise broken(f"the gateway at {api.url} was not ready after {READY_S:g} s")
            await asyncio.sleep(LOOK_S)

    async def stop(self) -> None:
        for _, child in reversed(self._running):
            if child.poll() is None:
                child.terminate()
        for _, child in reversed(self._running):
            try:
                await asyncio.to_thread(child.wait, STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._running.clear()
        for descriptor in (*self._lifeline, *self._canary):
            with contextlib.suppress(OSError):
                os.close(descriptor)
