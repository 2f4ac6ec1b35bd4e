"""Which records count: the reader's rules of the chain, written again from the design, not from the product.

A record of `outcomes` counts if it is its site's next link (site_seq and previous_hash fit), its body is the one its
envelope names, and it was appended within 10 s of the decider's real clock. Everything else is dropped. A dropped
record must be explained: it forks off something that is on the log. One that links to a hash nobody has is the trace
of a lost record.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.chaos.stored import Stored

FENCE = timedelta(seconds=10)
NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """A record that counts. `decided_at` is site time; `decided_at_real` and `appended_at` are real time."""

    site_id: str
    site_seq: int
    partition: int
    offset: int
    decided_at: datetime
    decided_at_real: datetime
    appended_at: datetime
    hash: str
    body: dict[str, Any]

    @property
    def client(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["client"]
        return found

    @property
    def accepted(self) -> bool:
        return bool(self.body["verdict"] == "accepted")


@dataclass(slots=True)
class Read:
    """What a reader of the whole topic is left with."""

    outcomes: list[Outcome] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def canonical(value: Any) -> bytes:
    """RFC 8785 for values with ASCII keys and without floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def read_links(records: list[Stored]) -> Read:
    """Follow every site's chain through the records of `outcomes`, in partition order."""
    read = Read()
    halted: set[str] = set()
    loose: dict[str, tuple[str, Stored]] = {}  # hash of a dropped record -> the hash it links to
    for stored in records:
        envelope = _envelope(stored)
        if envelope is None:
            read.dropped["unreadable"] += 1
            read.problems.append(f"{_where(stored)}: no outcome can be read there")
            continue
        site_id, here = envelope["site_id"], sha256(stored.value)
        seq, head = read.heads.get(site_id, (0, NOBODY))
        if site_id in halted:
            continue
        fits = envelope["site_seq"] == seq + 1 and envelope["previous_hash"] == head
        fits = fits and stored.key == site_id.encode()
        late = abs(stored.append_time - time_of(envelope["decided_at_real"])) > FENCE
        if not fits or late:
            read.dropped["out_of_time" if fits else "not_next"] += 1
            loose[here] = (envelope["previous_hash"], stored)
            continue
        body = _body(stored)
        if body is None:
            halted.add(site_id)
            read.problems.append(f"{_where(stored)}: site {site_id} is halted, its next link has no readable body")
            continue
        read.heads[site_id] = (seq + 1, here)
        read.outcomes.append(_outcome(stored, envelope, body, here))
    read.problems += _lost(read, loose)
    return read


def _where(stored: Stored) -> str:
    return f"{stored.topic}/{stored.partition}@{stored.offset}"


def _envelope(stored: Stored) -> dict[str, Any] | None:
    line, newline, body = stored.value.partition(b"\n")
    try:
        envelope = json.loads(line)
        wanted = ("site_id", "site_seq", "previous_hash", "decided_at", "decided_at_real", "body_sha256")
        if not newline or envelope["envelope"] != 1 or any(name not in envelope for name in wanted):
            return None
        return envelope if sha256(body) == envelope["body_sha256"] else None
    except (ValueError, TypeError, KeyError):
        return None


def _body(stored: Stored) -> dict[str, Any] | None:
    try:
        body = json.loads(stored.value.partition(b"\n")[2])
        return body if body["body"] == 1 and body["verdict"] in ("accepted", "refused") and body["client"] else None
    except (ValueError, TypeError, KeyError):
        return None


def _outcome(stored: Stored, envelope: dict[str, Any], body: dict[str, Any], here: str) -> Outcome:
    return Outcome(
        site_id=envelope["site_id"],
        site_seq=envelope["site_seq"],
        partition=stored.partition,
        offset=stored.offset,
        decided_at=time_of(envelope["decided_at"]),
        decided_at_real=time_of(envelope["decided_at_real"]),
        appended_at=stored.append_time,
        hash=here,
        body=body,
    )


def _lost(read: Read, loose: dict[str, tuple[str, Stored]]) -> list[str]:
    """Dropped records whose ancestors are not on the log: something they followed has gone."""
    known = {outcome.hash for outcome in read.outcomes} | set(loose) | {NOBODY}
    return [
        f"{_where(stored)}: follows record {previous[:12]}…, which is not on the log: a record is lost or was changed"
        for previous, stored in loose.values()
        if previous not in known
    ]
