"""A fresh database for a test: SQLite always, PostgreSQL where SEVENGATES_POSTGRES names a server (postgres.sh)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

#: For `@pytest.fixture(params=BOTH)`.
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def fresh_database(kind: str, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database that is gone after the test."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/{secrets.token_hex(4)}.db"
        return
    server = os.environ.get("SEVENGATES_POSTGRES")
    if not server:
        pytest.skip("NO POSTGRESQL: set SEVENGATES_POSTGRES to the URL that tests/tools/postgres.sh start prints")
    name = f"sevengates_{secrets.token_hex(6)}"
    admin = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
