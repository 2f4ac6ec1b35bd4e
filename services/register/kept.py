"""Which documents the sweep leaves: all that a record names, but for those of jobs that a purge was about (G-RT-1)."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select

from services.register import schema
from services.seven_steps import site_time

DOCUMENTS = "documents"


def documents_kept(connection: Connection) -> frozenset[str]:
    """A document stays while one record that names it is of no job, of a live one, or of one closed since the purge."""
    until = _purged_to(connection)
    jobs, named = schema.JOBS.c, schema.DOCUMENTS.c
    query = select(named.sha256, named.site_id, jobs.closed_at).select_from(
        schema.DOCUMENTS.outerjoin(schema.JOBS, (jobs.site_id == named.site_id) & (jobs.job_id == named.job_id))
    )
    return frozenset(
        row.sha256 for row in connection.execute(query) if not _purged(until.get(row.site_id), row.closed_at)
    )


def _purged(until: datetime | None, closed_at: str | None) -> bool:
    return until is not None and closed_at is not None and site_time.parse(closed_at) <= until


def _purged_to(connection: Connection) -> dict[str, datetime]:
    """By site: documents of jobs closed until then may go."""
    parts = schema.BOARD_PARTS.c
    query = select(parts.site_id, parts.json).where(parts.part == "purges", parts.key == DOCUMENTS)
    return {row.site_id: site_time.parse(json.loads(row.json)["closed_to"]) for row in connection.execute(query)}
