"""The chain is the fence for writers: which record of a site is its next link. Pure.

Every reader classifies every record of `outcomes` by the same rules, so that all drop the same records: those of a
paused and resumed worker, retried sends, and followers of a dropped record. The body is not looked at: an unknown
body in a right link is the reader's affair (the site is halted there), never a reason to drop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from services.log.records import Envelope, Record, UnreadableEnvelope, read_envelope, record_hash

# A decider paused between reading `now` and appending would let stale evidence through; a record appended further
# than this from the decider's real clock is dropped by every reader.
TIME_FENCE = timedelta(seconds=10)
GENESIS = "0" * 64  # previous_hash of a site's first record


class Link(Enum):
    """What a record is to a site's chain. Only NEXT counts; the others are dropped and counted by every reader."""

    NEXT = "next"
    NOT_NEXT = "not_next"  # sequence or previous hash does not fit, or it is another site's
    OUT_OF_TIME = "out_of_time"  # it would fit, but was appended too far from decided_at_real
    UNREADABLE = "unreadable"  # no envelope could be read: dropped, counted and alarmed


@dataclass(frozen=True, slots=True)
class Head:
    """Where a site's chain stands: the sequence and hash of its last link (0 and GENESIS before the first)."""

    site_seq: int = 0
    record_hash: str = GENESIS


START = Head()


def in_time(append_time: datetime, decided_at_real: datetime) -> bool:
    """Whether the append is within the fence of time (both bounds included)."""
    return abs(append_time - decided_at_real) <= TIME_FENCE


def classify(head: Head, envelope: Envelope, append_time: datetime) -> Link:
    """What a record with this envelope, appended then, is to a chain that stands at `head`."""
    if envelope.site_seq != head.site_seq + 1 or envelope.previous_hash != head.record_hash:
        return Link.NOT_NEXT
    return Link.NEXT if in_time(append_time, envelope.decided_at_real) else Link.OUT_OF_TIME


@dataclass(frozen=True, slots=True)
class Classified:
    """A record, what it is, and the head after it (unchanged unless NEXT). `envelope` is None if unreadable."""

    link: Link
    envelope: Envelope | None
    head: Head


def follow(heads: dict[str, Head], record: Record) -> Classified:
    """Classify a record against the heads by site and move the head of its site if it is the next link.

    A record whose key is not its envelope's site is NOT_NEXT: it stands in a partition it does not belong to.
    """
    try:
        envelope = read_envelope(record.value)
    except UnreadableEnvelope:
        return Classified(Link.UNREADABLE, None, START)
    head = heads.get(envelope.site_id, START)
    if record.key != envelope.site_id.encode():
        return Classified(Link.NOT_NEXT, envelope, head)
    link = classify(head, envelope, record.append_time)
    if link is Link.NEXT:
        head = heads[envelope.site_id] = Head(envelope.site_seq, record_hash(record.value))
    return Classified(link, envelope, head)
