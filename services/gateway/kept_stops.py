"""Stop-work that the log has not taken yet: kept on the gateway's disk, shown at once, sent until it is recorded.

A stop is written here before it is sent and removed when the log has it. So a stop survives a log that is down, a
halted site and a gateway that is killed. The record is the very bytes that go to the log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

RETRY_EVERY_S = 2.0
_NAME = re.compile(r"[0-9a-f-]{36}\.json\Z")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptStop:
    command_id: str
    site_id: str
    record: bytes


class KeptStops:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, stop: KeptStop) -> None:
        """Durable when it returns."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(stop.command_id)
        temporary = path.with_suffix(".tmp")
        line = json.dumps({"site_id": stop.site_id, "record": stop.record.decode("utf-8")}).encode()
        with temporary.open("wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def done(self, command_id: str) -> None:
        self._path(command_id).unlink(missing_ok=True)

    def all(self) -> list[KeptStop]:
        """Oldest first. A file that cannot be read is left and reported: somebody called a stop."""
        found: list[tuple[float, KeptStop]] = []
        if not self._folder.is_dir():
            return []
        for path in self._folder.iterdir():
            if not _NAME.match(path.name):
                continue
            try:
                kept = json.loads(path.read_bytes())
                stop = KeptStop(path.stem, kept["site_id"], kept["record"].encode())
                found.append((path.stat().st_mtime, stop))
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                log.exception("a kept stop-work cannot be read: %s", path)
        return [stop for _, stop in sorted(found, key=lambda pair: pair[0])]

    async def send_until_recorded(self, send: Callable[[KeptStop], Awaitable[bool]]) -> None:
        """For ever: `send` answers whether the log has it now."""
        while True:
            for stop in await asyncio.to_thread(self.all):
                try:
                    if await send(stop):
                        await asyncio.to_thread(self.done, stop.command_id)
                        log.warning("a kept stop-work of %s is on the log now: %s", stop.site_id, stop.command_id)
                except Exception:
                    log.exception("a kept stop-work could not be sent: %s", stop.command_id)
            await asyncio.sleep(RETRY_EVERY_S)

    def _path(self, command_id: str) -> Path:
        return self._folder / f"{command_id}.json"
