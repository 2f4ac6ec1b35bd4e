"""What a site file asks for that the site does not have yet: the registry commands that would make it so.

Pure: the board and what is known of people come in, differences go out. Loading a file twice finds nothing the second
time. Nothing is ever removed by a file: what is not in it stays as it is (a certificate is revoked by saying so).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from decimal import Decimal
from typing import Any

from services.desk.site_file import SiteFile
from services.rulebook import POLICY
from services.seven_steps.board import Board
from services.seven_steps.site_time import stamp

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One command that is needed.

    what:    the thing it is about, as the file names it ("area workshop")
    changes: field -> (on the site, in the file); empty before a new thing
    person:  the row of a person whose vault record must be written first; its payload lacks `vault_sha256` until then
    document: what must be uploaded first, because the payload names its SHA-256
    """

    type: str
    what: str
    payload: Payload
    changes: Mapping[str, tuple[Any, Any]]
    new: bool
    person: Payload | None = None
    document: bytes = b""

    def line(self) -> str:
        """One line of the dry run: + for new, ~ for changed."""
        if self.new:
            return f"+ {self.what}"
        fields = "; ".join(f"{key}: {_said(old)} -> {_said(new)}" for key, (old, new) in self.changes.items())
        return f"~ {self.what}  {fields}"


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """Who the file's people are: person_id by works number, and which of them have that record in the vault already."""

    ids: Mapping[str, str]
    in_vault: frozenset[str]

    def id_of(self, works_no: str) -> str:
        return self.ids[works_no]


def differences(file: SiteFile, board: Board, people: KnownPeople) -> list[Difference]:
    """In the order in which they must be sent: people after contractors, certificates and duties after people."""
    return [
        *_simple(file, "areas", "register_area", "area_id", board.areas),
        *_plot_plan(file, board),
        *_simple(file, "contractors", "register_contractor", "contractor_id", board.contractors),
        *_people(file, board, people),
        *_certificates(file, board, people),
        *_contraindications(file, board, people),
        *_simple(file, "instruments", "register_instrument", "instrument_id", board.instruments),
        *_simple(file, "recorders", "register_recorder", "recorder_id", board.recorders),
        *_simple(file, "isolation_points", "register_isolation_point", "point_id", board.isolation_points),
        *_service_owners(file, board, people),
        *_calendar(file, board),
        *_roster(file, board, people),
        *_rules(file, board),
    ]


VAULT_FIELDS = ("name", "works_no", "phone", "email", "extension", "id_number")


def vault_facts(row: Payload) -> dict[str, Any]:
    """What of a person's row is personal and goes to the people vault."""
    facts = {key: row[key] for key in VAULT_FIELDS if key in row}
    numbers = {c["certificate_id"]: c["number"] for c in row["certificates"] if "number" in c}
    return facts | ({"certificate_numbers": numbers} if numbers else {})


_WORDS = {
    "areas": "area",
    "contractors": "contractor",
    "instruments": "instrument",
    "recorders": "recorder",
    "isolation_points": "isolation point",
}


def _simple(file: SiteFile, kind: str, command: str, key: str, known: Mapping[str, Any]) -> Iterator[Difference]:
    for row in file.rows(kind):
        found = _changed(row, known.get(row[key]))
        if found is not None:
            yield Difference(command, f"{_WORDS[kind]} {row[key]}", row, found, new=row[key] not in known)


def _plot_plan(file: SiteFile, board: Board) -> Iterator[Difference]:
    row = file.content.get("plot_plan")
    if row is None:
        return
    edges = {key: value for key, value in row.items() if key != "image"}
    payload = {"sha256": hashlib.sha256(file.plot_plan).hexdigest(), **edges}
    known = board.site.plot_plan if board.site else None
    found = _changed(payload, known)
    if found is not None:
        yield Difference("register_plot_plan", "plot plan", payload, found, known is None, document=file.plot_plan)


def _people(file: SiteFile, board: Board, people: KnownPeople) -> Iterator[Difference]:
    for row in file.people:
        person_id = people.id_of(row["works_no"])
        payload = {
            "person_id": person_id,
            "roles": sorted(row["roles"]),
            "trades": list(row["trades"]),
            "unit": row["unit"],
        }
        if row.get("contractor"):
            payload["contractor_id"] = row["contractor"]
        known = board.people.get(person_id)
        found = _changed({"contractor_id": None} | payload, known)
        if row["works_no"] not in people.in_vault:
            found = {**(found or {}), "personal data": ("on record", "as in the file")}
        if found is not None:
            yield Difference("register_person", f"person {row['works_no']}", payload, found, known is None, person=row)


def _certificates(file: SiteFile, board: Board, people: KnownPeople) -> Iterator[Difference]:
    for row in file.people:
        for certificate in row["certificates"]:
            on_log = {key: value for key, value in certificate.items() if key != "number"}
            payload = {"person_id": people.id_of(row["works_no"]), **on_log}
            known = board.certificates.get(certificate["certificate_id"])
            found = _changed(payload, known)
            if found is not None:
                what = f"certificate {certificate['certificate_id']} of {row['works_no']}"
                yield Difference("register_certificate", what, payload, found, known is None)


def _contraindications(file: SiteFile, board: Board, people: KnownPeople) -> Iterator[Difference]:
    for row in file.people:
        person_id = people.id_of(row["works_no"])
        known = board.people[person_id].contraindications if person_id in board.people else frozenset()
        wanted = frozenset(row["contraindications"])
        for work in sorted(wanted ^ known):
            active = work in wanted
            payload = {"person_id": person_id, "work": work, "active": active}
            what = f"contraindication {work} of {row['works_no']}"
            changes = {} if active else {"active": (True, False)}
            yield Difference("record_contraindication", what, payload, changes, new=active)


def _service_owners(file: SiteFile, board: Board, people: KnownPeople) -> Iterator[Difference]:
    for row in file.rows("service_owners"):
        payload = {"service": row["service"], "owners": [people.id_of(works_no) for works_no in row["owners"]]}
        known = board.service_owners.get(row["service"])
        found = _changed(payload, known)
        if found is not None:
            what = f"owners of {row['service']}"
            yield Difference("register_service_owner", what, payload, found, known is None)


def _calendar(file: SiteFile, board: Board) -> Iterator[Difference]:
    row = file.content.get("calendar")
    if row is None:
        return
    payload = {
        **row,
        **{key: sorted(row[key]) for key in ("holidays", "workdays", "rest_days")},
        "special_periods": [dict(period) for period in row["special_periods"]],
    }
    known = board.calendar
    before = {
        "holidays": sorted(known.holidays),
        "workdays": sorted(known.workdays),
        "rest_days": sorted(known.rest_days),
        "special_periods": [{"name": p.name, "start": p.start, "end": p.end} for p in known.special_periods],
        "night_from": known.night_from,
        "night_to": known.night_to,
    }
    found = {key: (before[key], payload[key]) for key in before if before[key] != payload[key]}
    if found or not known.seq:
        yield Difference("set_calendar", "calendar", payload, found, new=not known.seq)


def _roster(file: SiteFile, board: Board, people: KnownPeople) -> Iterator[Difference]:
    shifts = [
        {
            "area_id": row["area_id"],
            "person_id": people.id_of(row["works_no"]),
            "start": file.utc(row["start"]),
            "end": file.utc(row["end"]),
        }
        for row in file.rows("roster")
    ]
    before = [
        {"area_id": s.area_id, "person_id": s.person_id, "start": stamp(s.start), "end": stamp(s.end)}
        for s in board.roster
    ]
    if shifts and _set(shifts) != _set(before):
        changes = {"shifts": (f"{len(before)}", f"{len(shifts)}")}
        yield Difference("set_foreman_roster", "duty roster of shift foremen", {"shifts": shifts}, changes, not before)


def _rules(file: SiteFile, board: Board) -> Iterator[Difference]:
    """Packs and policies of a site that has begun are only proposed: another person releases them."""
    wanted, running = file.content["policies"], board.site.packs if board.site else ()
    policies = {key: value for key, value in wanted.items() if board.policies.get(key) != value}
    packs = list(file.site["packs"]) if _other_packs(file.site["packs"], running) else []
    pending = board.proposed
    if pending is not None and pending.policies == policies and not _other_packs(packs or running, pending.packs):
        return
    changes = {key: (board.policies.get(key), value) for key, value in policies.items()}
    if packs:
        changes["packs"] = (" ".join(running), " ".join(packs))
    if changes:
        reason = {"lang": "en", "text": f"site file {file.path.name}"}
        payload = {"policies": policies, "reason": reason} | ({"packs": packs} if packs else {})
        yield Difference("propose_rules", "packs and policies" if packs else "policies", payload, changes, new=False)


def _other_packs(wanted: Iterable[str], running: Iterable[str]) -> bool:
    """A name without version is content with the version that runs; the policy pack is always there."""
    ids = {ref.partition("@")[0]: ref for ref in running}
    named = {name.partition("@")[0]: name for name in wanted}
    named.setdefault(POLICY, POLICY)
    ids.setdefault(POLICY, POLICY)
    return set(named) != set(ids) or any("@" in name and name != ids[pack_id] for pack_id, name in named.items())


def _changed(row: Payload, known: Any) -> dict[str, tuple[Any, Any]] | None:
    """Which fields of a row differ from what is on the board: None for none, empty for a new thing."""
    if known is None:
        return {}
    found = {}
    for key, value in row.items():
        before = _plain(getattr(known, key))
        if before != _plain(value):
            found[key] = (before, value)
    return found or None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    return str(value) if isinstance(value, Decimal) else value


def _set(rows: list[dict[str, str]]) -> set[tuple[str, ...]]:
    return {tuple(row[key] for key in sorted(row)) for row in rows}


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_said(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_said(inner) for inner in value) or "none"
    return "none" if value is None else str(value)
