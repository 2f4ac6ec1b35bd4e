"""Which documents a record calls for. Pure: two boards in, wanted documents out.

a ticket becomes issued                     -> its permit
a printed copy of an issued ticket          -> its permit again, marked with copy and print, as it is then
an issued ticket is suspended, void, revoked -> a status copy
a job is closed                             -> its closure record
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.sealer.contents import MARKED
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import Permit

PERMIT, STATUS, CLOSURE = "permit", "status", "closure"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "sealer.sevengates.invalid")


@dataclass(frozen=True, slots=True)
class Key:
    """What is sealed at most once: a kind of document of a job or ticket, as of one record."""

    kind: str
    site_id: str
    job_id: str
    permit_id: str  # "" for the whole job
    records_to: int

    def command_id(self, purpose: str = "record_seal") -> str:
        """The same for every attempt, so that the log takes one."""
        parts = (purpose, self.kind, self.site_id, self.job_id, self.permit_id, str(self.records_to))
        return str(uuid.uuid5(_NAMESPACE, "|".join(parts)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document to be made from the board as it was after the record. `copy` 1 to 3; `printed`: asked for on paper."""

    key: Key
    board: Board
    packs: tuple[str, ...]
    copy: int = 1
    printed: bool = False

    @property
    def mark(self) -> str:
        """The state that a status copy shows."""
        return self.board.permits[self.key.permit_id].state if self.key.kind == STATUS else ""


def wanted_by(site_id: str, before: Board, after: Board, body: Mapping[str, Any]) -> Iterator[Wanted]:
    """The documents that one applied record calls for."""
    packs = tuple(body.get("rule_packs", ()))

    def want(kind: str, job_id: str, permit_id: str = "", copy: int = 1, printed: bool = False) -> Wanted:
        return Wanted(Key(kind, site_id, job_id, permit_id, after.seq), after, packs, copy, printed)

    for permit in changed_permits(before, after):
        old = before.permits.get(permit.permit_id)
        if permit.issue is None:
            continue
        if old is None or old.issue is None:
            yield want(PERMIT, permit.job_id, permit.permit_id)
        elif permit.state in MARKED and permit.state != old.state:
            yield want(STATUS, permit.job_id, permit.permit_id)
        elif permit.prints > old.prints:
            yield want(PERMIT, permit.job_id, permit.permit_id, _copy(body, permit), True)
    if before.jobs is not after.jobs:
        for job_id, job in after.jobs.items():
            was_open = job_id not in before.jobs or before.jobs[job_id].closed is None
            if job.closed is not None and was_open:
                yield want(CLOSURE, job_id)


def changed_permits(before: Board, after: Board) -> Iterator[Permit]:
    """The tickets that are not the very same value as before."""
    if before.permits is after.permits:
        return
    for permit_id, permit in after.permits.items():
        if before.permits.get(permit_id) is not permit:
            yield permit


def _copy(body: Mapping[str, Any], permit: Permit) -> int:
    for event in body["events"]:
        if event["type"] == "permit.printed" and event["data"].get("permit_id") == permit.permit_id:
            return int(event["data"]["copy"])
    return 1


def sealed_by(site_id: str, body: Mapping[str, Any]) -> Iterator[Key]:
    """The documents whose sealing a record states."""
    for event in body["events"]:
        if event["type"] == "document.sealed":
            data = event["data"]
            yield Key(data["kind"], site_id, data["job_id"], data.get("permit_id") or "", int(data["records_to"]))
