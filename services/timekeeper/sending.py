"""The commands of the timekeeper: their ids, and the records they stand in."""

from __future__ import annotations

import uuid
from datetime import datetime

from services.seven_steps import site_time
from services.seven_steps.canonical import canonical
from services.timekeeper.due import RAISE_ALARM, Due

ACTOR = "service:timekeeper"
#: Real time. An attempt that was refused is repeated under a new id in the next bucket (design: duplicates).
BUCKET_SECONDS = 30
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "timekeeper.sevengates.invalid")


def command_id(due: Due, real: datetime) -> str:
    """UUIDv5 of kind, permit, due time and the bucket of the attempt: two timekeepers send the same command."""
    bucket = int(real.timestamp()) // BUCKET_SECONDS
    parts = (due.kind, due.code, due.permit.permit_id, site_time.stamp(due.at), str(bucket))
    return str(uuid.uuid5(_NAMESPACE, "|".join(parts)))


def record(due: Due, site_id: str, real: datetime) -> bytes:
    """The record on `commands`, canonical JSON."""
    payload = {"code": due.code, "what": due.permit.permit_no} if due.kind == RAISE_ALARM else {}
    client = {
        "command_id": command_id(due, real),
        "type": due.kind,
        "version": 1,
        "site_id": site_id,
        "job_id": due.permit.job_id,
        "permit_id": due.permit.permit_id,
        "actor": ACTOR,
        "lang": "en",
        "payload": payload,
    }
    gateway = {
        "received_at": site_time.stamp(real),
        "age_ms": None,
        "act_by": None,
        "presence": None,
        "session": None,
        "authenticated_at": None,
        "signature": {"means": "service"},
    }
    return canonical({"record": 1, "client": client, "gateway": gateway})
