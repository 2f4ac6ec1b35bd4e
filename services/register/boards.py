"""Boards made again from the register's rows: whole, or from an older one with what has changed since."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from services.register import parts, schema
from services.seven_steps import codec, site_time
from services.seven_steps.board import Board

SITE = select(schema.SITES).where(schema.SITES.c.site_id == bindparam("site_id"))
_SEEN = (
    select(schema.SEEN)
    .where(schema.SEEN.c.site_id == bindparam("site_id"))
    .order_by(schema.SEEN.c.born_seq, schema.SEEN.c.born_nr)
)
_GONE = select(schema.BOARD_GONE.c.part, schema.BOARD_GONE.c.key).where(
    schema.BOARD_GONE.c.site_id == bindparam("site_id"), schema.BOARD_GONE.c.seq > bindparam("since")
)
_STORED = (
    select(schema.BOARD_PARTS.c.part, schema.BOARD_PARTS.c.key, schema.BOARD_PARTS.c.json)
    .where(schema.BOARD_PARTS.c.site_id == bindparam("site_id"), schema.BOARD_PARTS.c.seq > bindparam("since"))
    .order_by(schema.BOARD_PARTS.c.born_seq, schema.BOARD_PARTS.c.born_nr)
)


def load(connection: Connection, site_id: str, older: Board | None = None) -> Board | None:
    """The site's board as the register has it now, without `seen` (the command ids, see `with_seen`).

    older: a board loaded before, from which only what changed is read. None if the register knows no such site.
    """
    site = connection.execute(SITE, {"site_id": site_id}).first()
    if site is None:
        return None
    if older is not None and older.seq == site.site_seq:
        return older
    if site.site_seq == 0:  # halted at its first record
        return Board()
    base = older if older is not None and older.seq < site.site_seq else Board()
    since = {"site_id": site_id, "since": base.seq}
    gone = connection.execute(_GONE, since).all() if base.seq else []
    stored = connection.execute(_STORED, since).all()
    return parts.with_parts(
        base,
        [(row.part, row.key) for row in gone],
        [parts.Stored(row.part, row.key, json.loads(row.json)) for row in stored],
        seq=site.site_seq,
        head=site.head,
        decided_at=site_time.parse(site.decided_at),
    )


def with_seen(connection: Connection, site_id: str, board: Board) -> Board:
    """The whole board, as the fold has it: what the register goes on from after a restart."""
    seen: dict[str, dict[str, Any]] = {}
    for row in connection.execute(_SEEN, {"site_id": site_id}):
        seen.setdefault(row.scope, {})[row.command_id] = codec.restore(parts.SEEN_TYPE, json.loads(row.json))
    return replace(board, seen=seen)
