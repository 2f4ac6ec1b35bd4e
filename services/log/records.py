"""Records as they stand on the log, and the envelope of an outcome.

A value on `outcomes` is two lines: the canonical envelope, b"\\n", the canonical body (the last bytes, no newline
after it). The envelope has its own version and never changes shape, so links are checked without understanding bodies.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

ENVELOPE_VERSION = 1
RECORD_LIMIT = 256 * 1024  # bytes of a value, every topic
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z\Z")
_FIELDS = frozenset(
    ("envelope", "site_id", "site_seq", "previous_hash", "decided_at", "decided_at_real", "body_sha256")
)
_SEQ_LIMIT = 2**53


@dataclass(frozen=True, slots=True)
class Record:
    """One record read from the log. `append_time` is the log's own (UTC, aware) where the topic says LogAppendTime."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    append_time: datetime


@dataclass(frozen=True, slots=True)
class Appended:
    """The log's receipt for one append: it is durable at this offset, and the log stamped it with this time (UTC)."""

    partition: int
    offset: int
    append_time: datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """Envelope v1. `decided_at` is the site's `now` its gates saw, `decided_at_real` the decider's real clock."""

    site_id: str
    site_seq: int
    previous_hash: str
    decided_at: datetime
    decided_at_real: datetime
    body_sha256: str


class UnreadableEnvelope(ValueError):
    """The first line is no envelope v1. The record is dropped, counted and alarmed."""


class BodyMismatch(ValueError):
    """The body is not the one the envelope names: the link is right, its content is not. It halts the site."""


def make_outcome(
    *,
    site_id: str,
    site_seq: int,
    previous_hash: str,
    decided_at: datetime,
    decided_at_real: datetime,
    body: bytes,
) -> bytes:
    """The value of an outcome record around a canonical body. Raises ValueError if a reader could not read it back."""
    envelope = {
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "decided_at": _stamp(decided_at),
        "decided_at_real": _stamp(decided_at_real),
        "envelope": ENVELOPE_VERSION,
        "previous_hash": previous_hash,
        "site_id": site_id,
        "site_seq": site_seq,
    }
    value = _canonical(envelope) + b"\n" + body
    read_envelope(value)  # what we write is what readers take
    return value


def read_envelope(value: bytes) -> Envelope:
    """The envelope of a stored outcome; raises UnreadableEnvelope. The body is not looked at: see `body_of`."""
    line, newline, _ = value.partition(b"\n")
    if not newline:
        raise UnreadableEnvelope("there is no envelope line")
    try:
        found = json.loads(line, parse_float=_refuse_float, parse_constant=_refuse_float)
    except (ValueError, RecursionError) as error:
        raise UnreadableEnvelope("the envelope is not JSON") from error
    if not isinstance(found, dict) or found.keys() != _FIELDS:
        raise UnreadableEnvelope("the envelope's fields are not those of version 1")
    if found["envelope"] != ENVELOPE_VERSION or isinstance(found["envelope"], bool):
        raise UnreadableEnvelope("the envelope is not version 1")
    site_id, site_seq = found["site_id"], found["site_seq"]
    if not isinstance(site_id, str) or not site_id:
        raise UnreadableEnvelope("site_id is missing")
    if not isinstance(site_seq, int) or isinstance(site_seq, bool) or not 1 <= site_seq < _SEQ_LIMIT:
        raise UnreadableEnvelope("site_seq is not a sequence number")
    try:
        canonical = _canonical(found)
    except ValueError as error:  # a lone surrogate
        raise UnreadableEnvelope("the envelope is not Unicode") from error
    if canonical != line:
        raise UnreadableEnvelope("the envelope is not canonical")
    return Envelope(
        site_id=site_id,
        site_seq=site_seq,
        previous_hash=_hash(found["previous_hash"]),
        decided_at=_time(found["decided_at"]),
        decided_at_real=_time(found["decided_at_real"]),
        body_sha256=_hash(found["body_sha256"]),
    )


def body_of(envelope: Envelope, value: bytes) -> bytes:
    """The body's bytes of a stored outcome. Raises BodyMismatch (of a next link: the site is halted there)."""
    body = value.partition(b"\n")[2]
    if hashlib.sha256(body).hexdigest() != envelope.body_sha256:
        raise BodyMismatch(f"the body of {envelope.site_id}/{envelope.site_seq} is not the one its envelope names")
    return body


def record_hash(value: bytes) -> str:
    """SHA-256 (hex) over the stored bytes: the next record's previous_hash, and the leaf of the site's tree."""
    return hashlib.sha256(value).hexdigest()


def _canonical(value: dict[str, object]) -> bytes:
    # RFC 8785 for a flat object with ASCII keys, strings and integers below 2^53: sorted keys, no spaces, raw UTF-8.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _stamp(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError("a time on the log needs its zone")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _time(text: object) -> datetime:
    if not isinstance(text, str) or not _TIME.match(text):
        raise UnreadableEnvelope("a time of the envelope is not UTC ISO 8601 with Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableEnvelope("a time of the envelope does not exist") from error


def _hash(text: object) -> str:
    if not isinstance(text, str) or not _HASH.match(text):
        raise UnreadableEnvelope("a hash of the envelope is not 64 hex digits")
    return text


def _refuse_float(text: str) -> object:
    raise ValueError(f"{text} is not an integer")
