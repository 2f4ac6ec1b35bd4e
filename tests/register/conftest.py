"""What the register's tests share: databases of both kinds, and a projector on one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services import sql
from services.register.projector import Projector
from services.register.queries import Queries, open_queries
from tests.tools.databases import BOTH, fresh_database


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database."""
    yield from fresh_database(request.param, tmp_path)


@pytest.fixture
def projector(url: str) -> Iterator[Projector]:
    projector = Projector(sql.open_database(url, durable=False))
    projector.prepare()
    yield projector
    projector.engine.dispose()


@pytest.fixture
def queries(url: str) -> Iterator[Queries]:
    queries = open_queries(url)
    yield queries
    queries.close()
