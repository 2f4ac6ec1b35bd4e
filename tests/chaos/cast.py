"""A site for the walks: its people, places and instruments, as registry commands and as a site file.

The site's clock is simulated (it starts on a weekday morning), so that a fire watch of 60 minutes takes no time; the
fences of time and `act_by` are in real time there as everywhere.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NAMESPACE = uuid.UUID("5e7e9a7e-0000-4000-8000-000000000007")
START = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)  # a Monday, 08:30 in Shanghai
ZONE = "Asia/Shanghai"
LAT, LON = "30.610000", "121.470000"

#: name in the walks -> roles, trades
PEOPLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "admin": (("admin",), ()),
    "lead": (("work_lead", "applicant"), ()),
    "grinder": (("worker",), ("hot_work",)),
    "mate": (("worker",), ()),
    "guardian": (("guardian",), ()),
    "tester": (("gas_tester",), ()),
    "briefer": (("briefer",), ()),
    "isolator": (("isol_auth",), ()),
    "verifier": (("isol_auth",), ()),
    "area": (("area_auth", "approver_unit"), ()),
    "safety": (("approver_safety",), ()),
    "foreman": (("shift_foreman",), ()),
    "hse": (("hse",), ()),
}


@dataclass(frozen=True, slots=True)
class Cast:
    """One site's cast. The same people are registered on every site, so that one sign-in serves them all."""

    site_id: str

    def id_of(self, name: str) -> str:
        return str(uuid.uuid5(NAMESPACE, name))

    @property
    def area(self) -> str:
        return self.id_of("area:unit-1")

    @property
    def meter(self) -> str:
        return self.id_of("instrument:meter-1")

    def point(self, number: int) -> str:
        return self.id_of(f"point:{number}")

    def registry(self) -> list[tuple[str, dict[str, Any]]]:
        """What an administrator registers before the first job."""
        day = START.date()
        last = (day + timedelta(days=300)).isoformat()
        first = (day - timedelta(days=300)).isoformat()
        commands: list[tuple[str, dict[str, Any]]] = [
            (
                "register_area",
                {
                    "area_id": self.area,
                    "name": {"en": "Unit 1", "zh-CN": "一单元"},
                    "fire_explosion": True,
                    "bund": False,
                    "enriched_oxygen": False,
                    "position": {"lat": LAT, "lon": LON, "radius_m": "200"},
                },
            )
        ]
        for name, (roles, trades) in PEOPLE.items():
            person = {"person_id": self.id_of(name), "roles": list(roles), "trades": list(trades), "unit": "Unit 1"}
            commands.append(("register_person", person | {"vault_sha256": "0" * 64}))
        for name, trade in (("grinder", "hot_work"), ("guardian", "guardian")):
            certificate = {"certificate_id": self.id_of(f"certificate:{name}"), "person_id": self.id_of(name)}
            dates = {"trade": trade, "valid_from": first, "valid_to": last}
            commands.append(("register_certificate", certificate | dates))
        commands.append(
            (
                "register_instrument",
                {
                    "instrument_id": self.meter,
                    "model": "four-gas meter",
                    "gases": ["methane", "oxygen", "hydrogen_sulfide"],
                    "calibration_due": last,
                    "in_service": True,
                },
            )
        )
        for number in (1, 2):
            point = {"point_id": self.point(number), "tag": f"XV-{number:03d}", "area_id": self.area}
            commands.append(("register_isolation_point", point | {"energy": "process", "description": "drain line"}))
        shift = {
            "area_id": self.area,
            "person_id": self.id_of("foreman"),
            "start": stamp(START - timedelta(days=1)),
            "end": stamp(START + timedelta(days=60)),
        }
        commands.append(("set_foreman_roster", {"shifts": [shift]}))
        return commands

    def site(self, code: str) -> dict[str, Any]:
        """The payload of `register_site`."""
        return {
            "name": {"en": f"Plant {code}", "zh-CN": f"{code} 厂"},
            "code": code,
            "zone": ZONE,
            "clock": "simulated",
            "packs": ["gb30871-2022", "aq3064-2025"],
            "emergency_number": "119",
            "muster_point": {"en": "gate 1", "zh-CN": "一号门"},
            "starts_at": stamp(START),
        }

    def administrator(self) -> dict[str, Any]:
        """The payload of `register_person` for the first administrator."""
        return next(payload for type_, payload in self.registry() if payload.get("person_id") == self.id_of("admin"))


def sites_apart(count: int, partitions: int) -> list[Cast]:
    """Sites whose ids hash to different partitions (first 4 bytes of SHA-256, mod the count of partitions)."""
    casts: dict[int, Cast] = {}
    number = 0
    while len(casts) < count:
        number += 1
        site_id = f"chaos-{number}"
        digest = hashlib.sha256(site_id.encode()).digest()
        casts.setdefault(int.from_bytes(digest[:4], "big") % partitions, Cast(site_id))
    return list(casts.values())


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
