"""One stack for all tests of a folder: starting Faust twice a test would cost more than the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.stack import Stack, running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running(tmp_path_factory.mktemp("stack")) as started:
        await started.set_up_site("demo", clock="simulated", code="DEMO")
        await started.set_up_site("real", clock="real", code="REAL")
        yield started
