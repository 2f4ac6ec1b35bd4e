"""The commands of the sealer, as they stand on `commands`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.sealer.seal import LEVEL
from services.sealer.wanted import Key
from services.seven_steps import site_time
from services.seven_steps.canonical import canonical

ACTOR = "service:sealer"
#: A local alarm code: a document of a permit or job could not be sealed.
NOT_SEALED = "96"
ALARM_TEXT_MAX = 200  # characters


def seal_record(key: Key, sha256: str, real: datetime) -> bytes:
    """ "Sealed": the document's hash, the level of the signature, and the last record it carries."""
    payload = {"kind": key.kind, "sha256": sha256, "level": LEVEL, "records_to": key.records_to}
    return _record(key, key.command_id(), "record_seal", payload, real)


def alarm_record(key: Key, text: str, real: datetime) -> bytes:
    payload = {"code": NOT_SEALED, "what": text[:ALARM_TEXT_MAX]}
    return _record(key, key.command_id("alarm"), "raise_alarm", payload, real)


def _record(key: Key, command_id: str, type_: str, payload: dict[str, Any], real: datetime) -> bytes:
    client: dict[str, Any] = {
        "command_id": command_id,
        "type": type_,
        "version": 1,
        "site_id": key.site_id,
        "job_id": key.job_id,
        "actor": ACTOR,
        "lang": "en",
        "payload": payload,
    }
    if key.permit_id:
        client["permit_id"] = key.permit_id
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
