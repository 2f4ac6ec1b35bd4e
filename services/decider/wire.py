"""A record on `commands`: from bytes to a checked client part and gateway part, or the reason why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas import commands as schemas
from schemas.plain_json import Malformed
from services.log.records import Record
from services.seven_steps import site_time
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.command import Presence

RECORD_VERSION = 1
MEANS = frozenset({"passkey", "device_key", "attested", "service"})
#: Longest age a record may claim, in ms; anything longer is a broken clock, not a season away.
AGE_MS_MAX = 10 * 365 * 24 * 3600 * 1000


class Undecodable(Exception):
    """A record that becomes a dead letter. `reason` is a code, the text says more; `command_id` if it could be read."""

    def __init__(self, reason: str, detail: str, command_id: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.command_id = reason, detail, command_id


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the gateway measured. `raw` is the part as it came, for the outcome. age_ms: at least, at most."""

    received_at: datetime
    age_ms: tuple[int, int] | None
    act_by: datetime | None
    presence: Presence | None
    authenticated_at: datetime | None
    means: str
    key_id: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A decoded command, with the log's record it came in. sha256 is of the client part's canonical form."""

    record: Record
    client: Mapping[str, Any]
    gateway: Gateway
    sha256: str

    @property
    def command_id(self) -> str:
        return str(self.client["command_id"])

    @property
    def site_id(self) -> str:
        return str(self.client["site_id"])

    @property
    def type(self) -> str:
        return str(self.client["type"])


def decode(record: Record) -> Incoming:
    """Raises Undecodable. A type or version we do not know is decoded: `decide` refuses it by name."""
    found = _parsed(record.value)
    client = found.get("client")
    command_id = client.get("command_id") if isinstance(client, dict) else None
    command_id = command_id if isinstance(command_id, str) else None
    try:
        if found.get("record") != RECORD_VERSION or isinstance(found["record"], bool):
            raise Undecodable("unknown_record", f"record version {found.get('record')!r}", command_id)
        if not isinstance(client, dict) or not isinstance(found.get("gateway"), dict) or len(found) != 3:
            raise Undecodable("malformed", "a record has a client part and a gateway part", command_id)
        _check_client(client)
        if record.key != client["site_id"].encode():
            raise Undecodable("malformed", "the record's key is not the command's site", command_id)
        gateway = _gateway(found["gateway"])
    except Malformed as error:
        raise Undecodable("malformed", str(error), command_id) from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Undecodable("malformed", f"the gateway part: {error!r}", command_id) from error
    return Incoming(record, client, gateway, sha256_hex(canonical(client)))


def _parsed(value: bytes) -> dict[str, Any]:
    """The JSON object of a record: no fractions, no key twice. What stands in it is checked by the schemas."""
    try:
        found = json.loads(value, parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise Undecodable("not_json", str(error)) from error
    if not isinstance(found, dict):
        raise Undecodable("not_json", "a record is a JSON object")
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not an integer")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same key stands twice in an object")
    return found


def _check_client(client: Mapping[str, Any]) -> None:
    """As the gateway checked it; not knowing the type or its version is no fault of the record."""
    try:
        known = schemas.load(client)
    except schemas.UnknownVersion:
        return
    except Malformed as error:
        if set(error.fields) == {"type"} and isinstance(client.get("type"), str):
            return
        raise
    if known != client:
        raise Malformed({"client": ["It holds nulls or parts of the transport."]})
    if not client.get("actor"):
        raise Malformed({"actor": ["A command has an actor."]})


def _gateway(raw: Mapping[str, Any]) -> Gateway:
    canonical(raw)  # it will stand in the outcome
    means = raw["signature"]["means"]
    if means not in MEANS:
        raise ValueError(f"means {means!r}")
    return Gateway(
        received_at=site_time.parse(raw["received_at"]),
        age_ms=_age(raw.get("age_ms")),
        act_by=_time(raw.get("act_by")),
        presence=_presence(raw.get("presence")),
        authenticated_at=_time(raw.get("authenticated_at")),
        means=means,
        key_id=str(raw["signature"].get("key_id", "")),
        raw=raw,
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else site_time.parse(text)


def _age(age: list[int] | None) -> tuple[int, int] | None:
    if age is None:
        return None
    least, most = age
    if isinstance(least, bool) or isinstance(most, bool) or not 0 <= least <= most <= AGE_MS_MAX:
        raise ValueError(f"age {age!r}")
    return least, most


def _presence(raw: Mapping[str, str] | None) -> Presence | None:
    return None if raw is None else Presence(raw["kind"], raw["place"], site_time.parse(raw["checked_at"]))
