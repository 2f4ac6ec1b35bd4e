"""The register's tables as plain values, to compare two of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from services import sql
from services.register import boards, schema
from services.seven_steps.board import Board


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every projected table, its rows in a fixed order."""
    with sql.reading(engine) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in schema.PROJECTED
        }


def whole_board(engine: Engine, site_id: str) -> Board:
    """The board made again from its rows, command ids and all."""
    with sql.reading(engine) as connection:
        board = boards.load(connection, site_id)
        assert board is not None
        return boards.with_seen(connection, site_id, board)
