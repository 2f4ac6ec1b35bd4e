"""Keeps the sealing process: starts it, gives it one document at a time, starts it again if it dies or hangs."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.sealer.child import LENGTH
from services.sealer.keys import SealFiles

TIMEOUT_S = 120.0  # one document; a large closure record takes about two seconds
ROOT = Path(__file__).resolve().parents[2]

log = logging.getLogger(__name__)


class CannotSeal(Exception):
    """This document can't be made, and trying again will not help. `code`: missing_character, bad_keys, broken."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class ProcessDied(Exception):
    """The sealing process died or hung over this document; the next try gets a new one."""


class SealingProcess:
    """One spawned process, started when it is first needed. Not a thread: drawing in one makes the event loop late."""

    def __init__(self, files: SealFiles, timeout_s: float = TIMEOUT_S) -> None:
        self._files, self._timeout_s = files, timeout_s
        self._process: asyncio.subprocess.Process | None = None
        self._one = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def seal(self, document: Mapping[str, Any], bundle: bytes) -> bytes:
        """The sealed PDF. Raises CannotSeal, ProcessDied."""
        job = {"document": document, "bundle": base64.b64encode(bundle).decode("ascii"), "files": asdict(self._files)}
        body = json.dumps(job).encode()
        async with self._one:
            try:
                answer = json.loads(await asyncio.wait_for(self._exchange(body), self._timeout_s))
            except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
                await self._end()
                raise ProcessDied(f"the sealing process is gone: {type(error).__name__}") from error
            except asyncio.CancelledError:
                await self._end()  # half a frame may be under way: the next document needs a clean pipe
                raise
        if "error" in answer:
            raise CannotSeal(answer["error"], answer["text"])
        return base64.b64decode(answer["pdf"])

    async def _exchange(self, body: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(LENGTH.pack(len(body)) + body)
        await process.stdin.drain()
        (size,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        return await process.stdout.readexactly(size)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        if self._process is not None:
            log.warning("the sealing process ended with %s; starting another", self._process.returncode)
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.sealer.child",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def close(self) -> None:
        """Ends the process; it is safe to call twice."""
        await self._end()
