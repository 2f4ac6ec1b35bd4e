"""The commands of the watcher: their ids, and the records they stand in."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from services.seven_steps import site_time
from services.seven_steps.canonical import canonical
from services.watcher.changes import Change

ACTOR = "service:watcher"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "watcher.sevengates.invalid")


def command_id(change: Change) -> str:
    """UUIDv5 of kind, ticket and subject; the subject holds the moment: two watchers send the same command."""
    return str(uuid.uuid5(_NAMESPACE, "|".join((change.kind, change.permit.permit_id, change.subject))))


def record(change: Change, site_id: str, real: datetime) -> bytes:
    """The record on `commands`. Its age puts the moment on the site's clock, as for whatever a handheld captured."""
    age_ms = max(0, (real - change.at) // timedelta(milliseconds=1))
    client = {
        "command_id": command_id(change),
        "type": change.kind,
        "version": 1,
        "site_id": site_id,
        "job_id": change.permit.job_id,
        "permit_id": change.permit.permit_id,
        "actor": ACTOR,
        "lang": "en",
        "payload": dict(change.payload),
    }
    gateway = {
        "received_at": site_time.stamp(real),
        "age_ms": [age_ms, age_ms + 1],
        "act_by": None,
        "presence": None,
        "session": None,
        "authenticated_at": None,
        "signature": {"means": "service"},
    }
    return canonical({"record": 1, "client": client, "gateway": gateway})
