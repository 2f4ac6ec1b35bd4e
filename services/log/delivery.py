"""From the fetched records to the agent's channel, in runs.

Faust's own loop makes two tasks for every event, so that a rebalance can interrupt a delivery that waits. This one
makes them once a fetch. Measured, one awaited append a batch: 2,200 -> 7,000 commands a second through two apps on
SQLite, 1,500 -> 7,800 through one on Kafka: not the tasks cost most, but that the lanes got batches of one.
"""

from __future__ import annotations

import asyncio
from typing import Any

from faust.transport.consumer import Consumer
from faust.types import TP, Message

FETCH_TIMEOUT_S = 1.0  # how long a fetch waits for records (it returns when one comes)


class DeliversInRuns(Consumer):
    """A mixin for Faust consumers; goes before the transport's own."""

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)
                run = [entry async for entry in self.getmany(timeout=FETCH_TIMEOUT_S)]
                if run:
                    await self._deliver_unless_suspended(run)
                if self._n_acked >= self._commit_every:
                    self._n_acked = 0
                    await self.commit()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _deliver_unless_suspended(self, run: list[tuple[TP, Message]]) -> None:
        # What is not delivered when a rebalance suspends the flow is fetched again: after every rebalance Faust seeks
        # to the committed offsets.
        delivery = asyncio.create_task(self._deliver(run))
        suspended = asyncio.create_task(self.suspend_flow.wait())
        try:
            await asyncio.wait({delivery, suspended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            suspended.cancel()
            delivery.cancel()
            await asyncio.wait({delivery})
        if not delivery.cancelled():
            delivery.result()

    async def _deliver(self, run: list[tuple[TP, Message]]) -> None:
        for tp, message in run:
            read = self._read_offset[tp]
            if read is None or message.offset >= read:
                await self.callback(message)
                self._read_offset[tp] = message.offset
