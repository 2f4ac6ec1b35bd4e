"""Applying one outcome record to a board: the chain's position first, then its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.seven_steps import limits
from services.seven_steps.board import Board, Seen
from services.seven_steps.event import Event, put
from services.seven_steps.evolve import evolve

#: Raised when a fold of the same log gives another board: snapshots of another version are not used.
FOLD_VERSION = 3
#: The site's own commands are kept in this many buckets, by the first two hex digits of the id, so that remembering
#: one copies a small mapping.
BUCKETS = 256


class CannotApply(Exception):
    """The next link was reached but is not understood: the site halts there."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What the fold needs of a record that is the next link."""

    site_seq: int
    record_hash: str
    decided_at: datetime
    command_id: str
    command_sha256: str
    job_id: str | None
    verdict: str
    events: tuple[Event, ...]


def from_body(envelope_seq: int, record_hash: str, decided_at: datetime, body: Mapping[str, Any]) -> Applied:
    """From the decoded body v1 of an outcome. Raises CannotApply if it is not of that shape."""
    try:
        if body["body"] != 1:
            raise CannotApply(f"body version {body['body']}")
        client = body["client"]
        events = tuple(Event(e["type"], e["version"], e["data"]) for e in body["events"])
        return Applied(
            site_seq=envelope_seq,
            record_hash=record_hash,
            decided_at=decided_at,
            command_id=client["command_id"],
            command_sha256=body["command_sha256"],
            job_id=client.get("job_id"),
            verdict=body["verdict"],
            events=events,
        )
    except (KeyError, TypeError) as error:
        raise CannotApply(f"body: {error!r}") from error


def apply(board: Board, record: Applied) -> Board:
    """The board after the record. Raises CannotApply if an event is unknown or can't be applied."""
    job_id = _job_of(board, record)
    board = replace(
        board,
        seq=record.site_seq,
        head=record.record_hash,
        decided_at=record.decided_at,
        seen=_remember(board, record, job_id),
    )
    try:
        for event in record.events:
            board = evolve(board, event)
    except Exception as error:
        raise CannotApply(f"{type(error).__name__}: {error}") from error
    if job_id in board.jobs and record.verdict == "accepted":
        job = board.jobs[job_id]
        board = replace(board, jobs=put(board.jobs, job_id, replace(job, version=job.version + 1)))
    return board


def _job_of(board: Board, record: Applied) -> str:
    for event in record.events:
        if event.data.get("job_id"):
            return str(event.data["job_id"])
    return record.job_id or ""


def seen_key(command_id: str, job_id: str, board: Board) -> str:
    known = job_id in board.jobs or job_id in board.tombstones
    return job_id if known else f"site:{command_id[:2].lower()}"


def find_seen(board: Board, command_id: str) -> Seen | None:
    """The outcome that a command id already has on this board."""
    bucket = board.seen.get(f"site:{command_id[:2].lower()}", {})
    if command_id in bucket:
        return bucket[command_id]
    for ids in board.seen.values():
        if command_id in ids:
            return ids[command_id]
    return None


def _remember(board: Board, record: Applied, job_id: str) -> Mapping[str, Mapping[str, Seen]]:
    key = seen_key(record.command_id, job_id, board)
    known = board.seen.get(key, {})
    if key.startswith("site:") and len(known) >= limits.SITE_COMMANDS_KEPT // BUCKETS:
        known = {i: s for i, s in known.items() if record.decided_at - s.at <= limits.IDS_KEPT_FOR}
    return put(board.seen, key, put(known, record.command_id, Seen(record.command_sha256, record.decided_at)))
