"""Where a live job's records stand on the log, and the hash of every record of its site since the job began.

Kept in memory, by site: 40 bytes a record, from the first record of the oldest live job on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.folding import Step
from services.log.interface import Log
from services.log.records import record_hash
from services.log.topics import OUTCOMES
from services.sealer.bundle import make_bundle
from services.sealer.wanted import Key, changed_permits
from services.seven_steps.board import Board

PRUNED_AT = 4096  # hashes more than needed before the list is cut


class LostRecord(Exception):
    """A record that was folded is no longer where it stood: the log was exchanged under us."""


@dataclass(slots=True)
class SiteHistory:
    """`hashes[i]` is of record `first + i`; `jobs` has (site_seq, offset) of each live job's records."""

    partition: int
    first: int = 1
    hashes: list[bytes] = field(default_factory=list)
    jobs: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def applied(self, before: Board, step: Step) -> None:
        """Note one applied record; forget the jobs that left the board."""
        board, body = step.site.board, step.body
        assert body is not None
        if not self.hashes:
            self.first = board.seq
        self.hashes.append(bytes.fromhex(step.site.head.record_hash))
        for job_id in jobs_of(before, board, body):
            self.jobs.setdefault(job_id, []).append((board.seq, step.record.offset))
        for job_id in [job_id for job_id in self.jobs if job_id not in board.jobs]:
            del self.jobs[job_id]
        needed = min((records[0][0] for records in self.jobs.values()), default=board.seq)
        if needed - self.first > PRUNED_AT:
            del self.hashes[: needed - self.first]
            self.first = needed

    def hashes_between(self, first: int, last: int) -> list[str]:
        return [h.hex() for h in self.hashes[first - self.first : last - self.first + 1]]

    async def records(self, log: Log, job_id: str, last: int) -> list[bytes]:
        """The stored bytes of the job's records up to `last`, as folded. Raises LostRecord."""
        found = []
        for seq, offset in self.jobs.get(job_id, ()):
            if seq > last:
                break
            read = await log.read(OUTCOMES, self.partition, offset, 1)
            if not read or record_hash(read[0].value) != self.hashes[seq - self.first].hex():
                raise LostRecord(f"record {seq} is not at offset {offset} of partition {self.partition}")
            found.append(read[0].value)
        return found

    async def bundle(self, log: Log, key: Key) -> tuple[bytes, list[bytes]]:
        """The bundle of a document, and the job's records in it."""
        records = await self.records(log, key.job_id, key.records_to)
        seqs = [seq for seq, _ in self.jobs[key.job_id] if seq <= key.records_to]
        hashes = self.hashes_between(seqs[0], seqs[-1])
        made = make_bundle(key.kind, key.site_id, key.job_id, key.permit_id or None, records, hashes)
        return made, records


def jobs_of(before: Board, board: Board, body: Mapping[str, Any]) -> set[str]:
    """The live jobs that a record is about: its command's, its ticket's, its events', and those whose tickets it
    changed (an emergency names an area)."""
    client = body["client"]
    ids = {client.get("job_id")} | {event["data"].get("job_id") for event in body["events"]}
    permit = board.permits.get(client.get("permit_id") or "")
    if permit is not None:
        ids.add(permit.job_id)
    ids |= {ticket.job_id for ticket in changed_permits(before, board)}
    return {job_id for job_id in ids if job_id in board.jobs}
