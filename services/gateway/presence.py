"""Presence on site: the six digits of the ticket's guardian, or a position inside the area (design 7).

The code is an HMAC of ticket, guardian and the current 60 seconds of real time under the site's key. The key stays
here and is not on the log; the log gets `presence{kind, place, checked_at}`. A browser's position can be forged: the
record says which of the two it was.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import Permit

WINDOW_S = 60
WINDOWS_ACCEPTED = 2  # the current one and the one before: a code read out at its end still counts
CODE_DIGITS = 6
KEY_BYTES = 32
#: A guess has 2 codes of 10^6 for each guardian on duty: 5 tries in 5 minutes keep it below 1 in 1,000 a day.
TRIES_MAX = 5
TRIES_WINDOW_S = 300
ACCURACY_MAX_M = Decimal(20)  # design 7
POSITION_AGE_MAX_S = 120  # of the device's clock against ours; a device that is further off uses the code
EARTH_RADIUS_M = 6_371_000


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """One key a site, a file in the keys folder that only this user may read."""

    folder: Path

    def of(self, site_id: str) -> bytes:
        name = hashlib.sha256(site_id.encode()).hexdigest()[:32]
        path = self.folder / f"presence-{name}.key"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return self._make(path)

    def _make(self, path: Path) -> bytes:
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # of two gateways that start at once, the first one's key stays
        except FileExistsError:
            pass
        temporary.unlink()
        return path.read_bytes()


def code(key: bytes, permit_id: str, guardian: str, now: datetime) -> str:
    return _code_of_window(key, permit_id, guardian, _window(now))


def seconds_left(now: datetime) -> int:
    return WINDOW_S - int(now.timestamp()) % WINDOW_S


def code_fits(key: bytes, permit: Permit, given: str, now: datetime) -> bool:
    """One of the guardians on duty at this ticket shows, or has just shown, these digits."""
    fits = False
    for guardian in permit.guardians_on:
        for back in range(WINDOWS_ACCEPTED):
            shown = _code_of_window(key, permit.permit_id, guardian, _window(now) - back)
            fits |= hmac.compare_digest(shown.encode(), given.encode())
    return fits


def inside(board: Board, area_id: str, given: Mapping[str, Any], now: datetime) -> bool:
    """The position is in the area's circle, exact enough and fresh enough."""
    area = board.areas.get(area_id)
    if area is None or area.position is None:
        return False
    age = abs((now - site_time.parse(given["at"])).total_seconds())
    if Decimal(given["accuracy_m"]) > ACCURACY_MAX_M or age > POSITION_AGE_MAX_S:
        return False
    return _distance_m(area.position, given) <= float(area.position["radius_m"])


def proof(kind: str, place: str, now: datetime) -> dict[str, str]:
    """What the log gets."""
    return {"kind": kind, "place": place, "checked_at": site_time.stamp(now.astimezone(UTC))}


def _window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_S


def _code_of_window(key: bytes, permit_id: str, guardian: str, window: int) -> str:
    drawn = hmac.new(key, f"{permit_id}|{guardian}|{window}".encode(), hashlib.sha256).digest()
    return str(int.from_bytes(drawn[:8], "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def _distance_m(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    """Great-circle distance (haversine)."""
    lat1, lat2 = math.radians(float(one["lat"])), math.radians(float(other["lat"]))
    d_lat, d_lon = lat2 - lat1, math.radians(float(other["lon"]) - float(one["lon"]))
    h = math.sin(d_lat / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(d_lon / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))
