"""Wakes whoever waits for a record when the register has applied it, without asking the database.

Rung by a register in the same process after each commit. Where the register is another process, somebody has to look
into the database now and then and say what he saw (`Queries` does).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping

_BELLS: dict[str, Bell] = {}
_LOCK = threading.Lock()


class Bell:
    """Rung from any thread; waited for on any event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reached: dict[str, int] = {}
        self._waiting: dict[str, set[tuple[int, asyncio.Future[None]]]] = {}

    def ring(self, reached: Mapping[str, int]) -> None:
        """Says how far each of these sites is applied, and committed."""
        woken = []
        with self._lock:
            for site_id, site_seq in reached.items():
                if site_seq <= self._reached.get(site_id, 0):
                    continue
                self._reached[site_id] = site_seq
                woken += [future for seq, future in self._waiting.get(site_id, ()) if seq <= site_seq]
        for future in woken:
            loop = future.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, future)

    def wait_for(self, site_id: str, site_seq: int) -> asyncio.Future[None]:
        """Done as soon as that record is known to be applied. Give it back with `leave`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._reached.get(site_id, 0) >= site_seq:
                future.set_result(None)
            self._waiting.setdefault(site_id, set()).add((site_seq, future))
        return future

    def leave(self, site_id: str, site_seq: int, future: asyncio.Future[None]) -> None:
        with self._lock:
            waiting = self._waiting[site_id]
            waiting.discard((site_seq, future))
            if not waiting:
                del self._waiting[site_id]

    def sites(self) -> list[str]:
        """The sites somebody waits for."""
        with self._lock:
            return list(self._waiting)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def bell_of(url: str) -> Bell:
    """The one bell of a register's database in this process."""
    with _LOCK:
        return _BELLS.setdefault(url, Bell())
