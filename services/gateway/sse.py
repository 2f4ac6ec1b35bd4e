"""Live events of a site (server-sent events): what was decided, once the register shows it; and stop-work at receipt.

    event: outcome  {"site_seq", "verdict", "type", "events", "job_id", "permit_id", "command_id", "decided_at"}
    event: stop     {"command_id", "by", "job_id", "permit_id", "received_at", "state": "being_recorded"}
    event: shown    {"by"}         somebody was shown an alert (alerts_api.py)
    event: hello    {"site_seq"}   on opening: the register's position, so that a page knows if it is behind
    event: here     {}             every HEARTBEAT_S when nothing else was said: a page that hears nothing for longer
                                   takes its connection for dead

A page that hears `outcome` asks again for what it shows. Nothing is remembered for a page that was away.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from services.gateway import context, problems
from services.gateway.accounts import Session
from services.gateway.doorbell import Rang

HEARTBEAT_S = 15.0
QUEUE_MAX = 256  # a page that reads slower than this is cut off and comes back
STREAMS_PER_SESSION_MAX = 6
STREAMS_MAX = 2_000
PROJECTED_WAIT_S_MAX = 5.0

log = logging.getLogger(__name__)


class Hub:
    """Queues of the open streams, by site."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)
        self._by_session: defaultdict[str, int] = defaultdict(int)
        self._rang: asyncio.Queue[Rang] = asyncio.Queue()
        self.streams = 0

    def ring(self, rang: Rang) -> None:
        """Called by the doorbell for every outcome."""
        if self._queues.get(rang.site_id):
            self._rang.put_nowait(rang)

    async def run(self, reached: Callable[[str, int, float], Awaitable[bool]]) -> None:
        """For ever: pass each outcome on once the register has reached it."""
        while True:
            rang = await self._rang.get()
            try:
                await reached(rang.site_id, rang.site_seq, PROJECTED_WAIT_S_MAX)
            except Exception:
                log.exception("the register's position is not known; the event is passed on regardless")
            self.publish(rang.site_id, "outcome", _outcome(rang), rang.site_seq)

    def publish(self, site_id: str, event: str, data: Mapping[str, Any], number: int | None = None) -> None:
        frame = _frame(event, data, number)
        for queue in tuple(self._queues.get(site_id, ())):
            if queue.full():
                self._queues[site_id].discard(queue)  # its stream sees that and ends
            else:
                queue.put_nowait(frame)

    def open(self, session: Session, site_id: str) -> asyncio.Queue[bytes]:
        if self.streams >= STREAMS_MAX or self._by_session[session.token_sha256] >= STREAMS_PER_SESSION_MAX:
            raise problems.TooMany("event_streams", retry_after_s=5)
        queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_MAX)
        self._queues[site_id].add(queue)
        self._by_session[session.token_sha256] += 1
        self.streams += 1
        return queue

    async def end(self, _: web.Application) -> None:
        """The server stops: every stream ends at once, where it would else be waited for. Pages come back."""
        for queues in self._queues.values():
            for queue in queues:
                if not queue.full():
                    queue.put_nowait(b"")  # wakes its stream, which sees that it is not open any more
            queues.clear()

    def is_open(self, site_id: str, queue: asyncio.Queue[bytes]) -> bool:
        return queue in self._queues.get(site_id, ())

    def close(self, session: Session, site_id: str, queue: asyncio.Queue[bytes]) -> None:
        self._queues[site_id].discard(queue)
        if not self._queues[site_id]:
            del self._queues[site_id]
        self._by_session[session.token_sha256] -= 1
        if not self._by_session[session.token_sha256]:
            del self._by_session[session.token_sha256]
        self.streams -= 1


async def events(request: web.Request) -> web.StreamResponse:
    """GET /api/sites/{site_id}/events"""
    gateway, session, site_id = context.gateway(request), context.signed_in(request), context.site_id(request)
    queue = gateway.hub.open(session, site_id)
    try:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        response.headers["Cache-Control"] = "no-store"
        await response.prepare(request)
        seq = await gateway.reading.position(site_id)
        await response.write(b"retry: 2000\n" + _frame("hello", {"site_seq": seq}, seq))
        while gateway.hub.is_open(site_id, queue):
            try:
                await response.write(await asyncio.wait_for(queue.get(), HEARTBEAT_S))
            except TimeoutError:
                if not await asyncio.to_thread(gateway.accounts.alive, session.token_sha256):
                    break
                await response.write(_frame("here", {}, None))
    except ConnectionResetError:
        pass
    finally:
        gateway.hub.close(session, site_id, queue)
    return response


def _frame(event: str, data: Mapping[str, Any], number: int | None) -> bytes:
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    numbered = f"id: {number}\n" if number is not None else ""
    return f"{numbered}event: {event}\ndata: {told}\n\n".encode()


def _outcome(rang: Rang) -> dict[str, Any]:
    return {
        "site_seq": rang.site_seq,
        "verdict": rang.verdict,
        "type": rang.type,
        "events": list(rang.events),
        "job_id": rang.job_id,
        "permit_id": rang.permit_id,
        "command_id": rang.command_id,
        "decided_at": rang.decided_at,
    }
