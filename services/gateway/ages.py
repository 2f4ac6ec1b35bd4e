"""How old a command is when it arrives: an interval in ms, or unknown (design 4: clocks).

Same page: from `elapsed_ms`, measured on a monotonic clock at each try, to 10 s more. Another page: the device's time,
set right by the offset measured at its last contact, as far as that is worth. Else unknown, which is no evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.seven_steps import site_time

SEND_SLACK_MS = 10_000  # a client aborts a send after 10 s and measures again


def age_ms(client: Mapping[str, Any], beside: Mapping[str, Any], received_at: datetime) -> tuple[int, int] | None:
    """At least and at most how long before its receipt it was made; None: not known."""
    elapsed = beside.get("elapsed_ms")
    if elapsed is not None:
        return elapsed, elapsed + SEND_SLACK_MS
    clock, captured = beside.get("clock"), client.get("captured")
    if clock is None or captured is None:
        return None
    said = site_time.parse(captured["device_time"])
    age = round((received_at - said).total_seconds() * 1000) + clock["offset_ms"]
    least, most = age - clock["worth_ms"], age + clock["worth_ms"]
    return None if most < 0 else (max(0, least), most)
