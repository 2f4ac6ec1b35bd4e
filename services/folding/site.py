"""One site's fold, and what one record is to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.folding.reading import CannotRead, apply_value
from services.log.chain import START, Head, Link, classify
from services.log.records import Envelope, Record, UnreadableEnvelope, read_envelope, record_hash
from services.seven_steps.board import Board


class Kind(StrEnum):
    """What became of a record."""

    APPLIED = "applied"
    NOT_NEXT = "not_next"  # dropped: not the next link of its site's chain
    OUT_OF_TIME = "out_of_time"  # dropped: appended too far from the decider's clock
    UNREADABLE = "unreadable"  # dropped and alarmed: no envelope could be read
    HALTING = "halting"  # the next link, but not understood: the site is halted here
    AFTER_HALT = "after_halt"  # of a site (or partition) that is halted: left for a corrected release
    FOLDED_BEFORE = "folded_before"  # before the snapshot its site was loaded from


DROPPED = frozenset({Kind.NOT_NEXT, Kind.OUT_OF_TIME, Kind.UNREADABLE})


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a site is halted, and at which record a corrected release goes on (offset of the partition)."""

    site_seq: int
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class SiteFold:
    """A site as folded so far. An immutable value, so a writer can fold ahead on a copy and drop it.

    offset:          of the head's record; -1 before the first
    decided_at_real: the decider's clock at the head; None before the first
    """

    board: Board = field(default_factory=Board)
    head: Head = START
    offset: int = -1
    decided_at_real: datetime | None = None
    halt: Halt | None = None


EMPTY_SITE = SiteFold()


@dataclass(frozen=True, slots=True)
class Step:
    """One record and what it was. `site` is the fold after it; `body` is there when it was applied."""

    kind: Kind
    record: Record
    site_id: str = ""
    site: SiteFold = EMPTY_SITE
    envelope: Envelope | None = None
    body: Mapping[str, Any] | None = None


def advance(site: SiteFold, envelope: Envelope, record: Record) -> Step:
    """The three cases a reader meets. Never raises for what stands on the log."""
    site_id = envelope.site_id
    if site.halt is not None:
        return Step(Kind.AFTER_HALT, record, site_id, site, envelope)
    if record.key != site_id.encode():
        return Step(Kind.NOT_NEXT, record, site_id, site, envelope)
    link = classify(site.head, envelope, record.append_time)
    if link is not Link.NEXT:
        return Step(Kind(link.value), record, site_id, site, envelope)
    try:
        board, body = apply_value(site.board, envelope, record.value)
    except CannotRead as reason:
        return Step(Kind.HALTING, record, site_id, halted(site, record.offset, str(reason)), envelope)
    head = Head(envelope.site_seq, record_hash(record.value))
    after = SiteFold(board, head, record.offset, envelope.decided_at_real)
    return Step(Kind.APPLIED, record, site_id, after, envelope, body)


def halted(site: SiteFold, offset: int, reason: str) -> SiteFold:
    """The same fold, halted before the record at `offset`."""
    return replace(site, halt=Halt(site.head.site_seq + 1, offset, reason))


def read_record(record: Record) -> Envelope | None:
    """The record's envelope, or None if it can't be read."""
    try:
        return read_envelope(record.value)
    except UnreadableEnvelope:
        return None
