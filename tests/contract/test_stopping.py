"""A gateway that stops does not wait for the pages that listen to it."""

from __future__ import annotations

import time

import pytest

from services.gateway.app import SHUTDOWN_S, GatewayService
from tests.support.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_open_streams_end_as_the_server_stops(stack: Stack) -> None:
    worker = await stack.signed_in("worker")
    stopping = GatewayService(stack.settings)
    await stopping.start()
    address = f"http://127.0.0.1:{stopping.port}/api/sites/demo/events"
    async with stack.http.get(address, headers={"Authorization": f"Bearer {worker.token}"}) as stream:
        assert b"event: hello" in await stream.content.readany()
        began = time.monotonic()
        await stopping.stop()
        assert time.monotonic() - began < SHUTDOWN_S / 2
        assert await stream.content.read() == b""
