"""The job's event bundle: the records a document rests on, as they stand on the log, for a check without our server.

    {"bundle": 1, "kind", "site_id", "job_id", "permit_id"?, "records_from", "records_to", "chain_head",
     "records": [{"site_seq", "stored"}],      the job's own records: stored bytes, base64
     "hashes": {"from": n, "list": [...]}}     hash of every record of the site from the first of the job to the last

A record's hash covers its stored bytes, and each names the hash of the one before it. The records of other jobs in
between are listed by hash alone: they are not this job's to show. So a stranger can check that each of the job's
records is whole, that it follows the record listed before it, and that the last one has the hash that is printed;
that the foreign ones in between link up, only somebody with the log (or a later proof of the site's tree) can.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.log.records import BodyMismatch, UnreadableEnvelope, body_of, read_envelope, record_hash
from services.seven_steps.canonical import canonical

VERSION = 1
FILE_NAME = "sevengates-records.json"
MEDIA_TYPE = "application/json"
HASH_DIGITS = 64


class BadBundle(ValueError):
    """The bundle does not hold together; the text says where."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was checked. `counts`: accepted and refused outcomes of the job."""

    kind: str
    site_id: str
    job_id: str
    permit_id: str
    records_from: int
    records_to: int
    chain_head: str
    records: int
    foreign: int
    counts: Mapping[str, int]


def make_bundle(
    kind: str, site_id: str, job_id: str, permit_id: str | None, records: Sequence[bytes], hashes: Sequence[str]
) -> bytes:
    """The bundle's bytes from the job's stored records, and the hashes of all records from its first to its last."""
    first, last = read_envelope(records[0]).site_seq, read_envelope(records[-1]).site_seq
    if len(hashes) != last - first + 1 or hashes[-1] != record_hash(records[-1]):
        raise BadBundle(f"{len(hashes)} hashes do not reach from record {first} to {last}")
    value: dict[str, Any] = {
        "bundle": VERSION,
        "kind": kind,
        "site_id": site_id,
        "job_id": job_id,
        "records_from": first,
        "records_to": last,
        "chain_head": hashes[-1],
        "records": [
            {"site_seq": read_envelope(stored).site_seq, "stored": base64.b64encode(stored).decode("ascii")}
            for stored in records
        ],
        "hashes": {"from": first, "list": list(hashes)},
    }
    if permit_id:
        value["permit_id"] = permit_id
    return canonical(value)


def check_bundle(data: bytes) -> Bundle:
    """The bundle, if every record is whole, in order, of one site, and linked as far as it shows. Raises BadBundle."""
    try:
        value = json.loads(data)
        if value["bundle"] != VERSION:
            raise BadBundle(f"bundle version {value['bundle']!r} is unknown")
        stored = [(int(r["site_seq"]), base64.b64decode(r["stored"], validate=True)) for r in value["records"]]
        first, hashes = int(value["hashes"]["from"]), [str(h) for h in value["hashes"]["list"]]
        site_id, last, head = value["site_id"], int(value["records_to"]), value["chain_head"]
        kind, job_id, permit_id = value["kind"], value["job_id"], value.get("permit_id", "")
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, RecursionError) as error:
        if isinstance(error, BadBundle):
            raise
        raise BadBundle(f"the attached records can't be read: {type(error).__name__}") from error
    if not stored or stored[0][0] != first or stored[-1][0] != last or len(hashes) != last - first + 1:
        raise BadBundle("the attached records do not reach from the first to the last they name")
    if hashes[-1] != head:
        raise BadBundle("the last hash is not the chain head")
    counts = {"accepted": 0, "refused": 0}
    before = first - 1
    for seq, record in stored:
        if seq <= before:
            raise BadBundle(f"record {seq} is out of order")
        _check_record(seq, record, site_id, first, hashes)
        verdict = _verdict(seq, record)
        counts[verdict] = counts.get(verdict, 0) + 1
        before = seq
    return Bundle(
        kind, site_id, job_id, permit_id, first, last, head, len(stored), len(hashes) - len(stored), counts
    )  # fmt: skip


def _check_record(seq: int, record: bytes, site_id: str, first: int, hashes: Sequence[str]) -> None:
    """Whole, of this site, with the hash that is listed, and following the record listed before it."""
    try:
        envelope = read_envelope(record)
        body_of(envelope, record)
    except (UnreadableEnvelope, BodyMismatch) as error:
        raise BadBundle(f"record {seq}: {error}") from error
    if (envelope.site_id, envelope.site_seq) != (site_id, seq):
        raise BadBundle(f"record {seq} says it is {envelope.site_id}/{envelope.site_seq}")
    if record_hash(record) != hashes[seq - first]:
        raise BadBundle(f"record {seq} does not have the hash that is listed")
    if seq > first and envelope.previous_hash != hashes[seq - first - 1]:
        raise BadBundle(f"record {seq} does not follow record {seq - 1}: the chain is broken")


def _verdict(seq: int, record: bytes) -> str:
    try:
        return str(json.loads(record.partition(b"\n")[2])["verdict"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadBundle(f"record {seq}: its body can't be read") from error
