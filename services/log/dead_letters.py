"""Dead letters: what could not be decoded or decided, kept with the reason, so that nothing is dropped in silence.

A value on `dead_letters` is two lines: a JSON header, b"\\n", the bytes of the letter as they stood on the log.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from services.log.interface import Log
from services.log.records import RECORD_LIMIT, Appended, Record
from services.log.topics import DEAD_LETTERS

HEADER_LIMIT = 16 * 1024  # bytes of the header line; a character of its texts takes at most 12 (\ud83d\ude00)
DETAIL_LIMIT = 500  # characters of the detail
NAME_LIMIT = 100  # characters of the reason, the service and the command id
KEY_LIMIT = 512  # bytes of the key that are kept


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter. `command_id` is None if it could not be read; `cut` says that the value is not whole."""

    reason: str
    detail: str
    service: str
    command_id: str | None
    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    cut: bool
    at: datetime


async def dead_letter(
    log: Log,
    record: Record,
    reason: str,
    *,
    service: str,
    detail: str = "",
    command_id: str | None = None,
) -> Appended:
    """Put a record aside, durably, before it is acknowledged. It stays in the partition it came from."""
    room = RECORD_LIMIT - HEADER_LIMIT
    header = {
        "dead_letter": 1,
        "reason": reason[:NAME_LIMIT],
        "detail": detail[:DETAIL_LIMIT],
        "service": service[:NAME_LIMIT],
        "command_id": None if command_id is None else command_id[:NAME_LIMIT],
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": base64.b64encode(record.key[:KEY_LIMIT]).decode(),
        "cut": len(record.value) > room or len(record.key) > KEY_LIMIT,
        "at": datetime.now(UTC).isoformat(),
    }
    line = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    value = line + b"\n" + record.value[:room]
    return await log.append_to(DEAD_LETTERS, record.partition, record.key[:KEY_LIMIT], value)


def read_dead_letter(value: bytes) -> DeadLetter:
    """The dead letter in a value of `dead_letters`. Raises ValueError if it is none."""
    line, newline, rest = value.partition(b"\n")
    try:
        header = json.loads(line)
        if not newline or header["dead_letter"] != 1:
            raise ValueError("this is no dead letter")
        return DeadLetter(
            reason=header["reason"],
            detail=header["detail"],
            service=header["service"],
            command_id=header["command_id"],
            topic=header["topic"],
            partition=header["partition"],
            offset=header["offset"],
            key=base64.b64decode(header["key"]),
            value=rest,
            cut=header["cut"],
            at=datetime.fromisoformat(header["at"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("this is no dead letter") from error
