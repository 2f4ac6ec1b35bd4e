"""Appending to `commands` with a limit on the wait: a send that takes longer has an unknown fate."""

from __future__ import annotations

import asyncio
import logging

from services.log import topics
from services.log.interface import Log
from services.log.records import Appended

log = logging.getLogger(__name__)


async def append_within(of_log: Log, site_id: str, record: bytes, seconds: float) -> Appended:
    """Raises what Log.append raises, and TimeoutError: the log may still take it, so the append is left running."""
    sending = asyncio.ensure_future(of_log.append(topics.COMMANDS, site_id, record))
    try:
        return await asyncio.wait_for(asyncio.shield(sending), seconds)
    except TimeoutError:
        sending.add_done_callback(_tell_late_end)
        raise


def _tell_late_end(sending: asyncio.Future[Appended]) -> None:
    if not sending.cancelled() and sending.exception() is not None:
        log.error("a send of unknown fate ended so: %r", sending.exception())
