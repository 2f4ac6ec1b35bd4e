"""What stands on a permit: from the board as it was after one record to the plain dict that pdf_templates draws.

A *permit document* has: kind, permit_no, job_no, type, level, level_reasons, state, demo, status_mark, copy, site,
area, place, equipment_tag, applicant_unit, requested_at, work_content, limitations, method, medium, facts, action,
documents, started_at, work_unit, contractor, work_lead, certified_workers, workers_by_trade, certified, workers,
guardians, cosigned, gas, linked, supersedes, superseded_by, hazards, valid_from, valid_to, measures, measures_by,
briefing, nodes, issue, foreman_check, accepted, emergency_plan, rescue_kit, comms, ppe, controls, isolations,
signatures, suspensions, ended, foot, link.
Names are {"en", "zh-CN"}; times are texts on the site's clock, in its zone; everything is JSON, because it goes to
another process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pdf_templates.words import LANGUAGES, catalogue
from services.seven_steps import gas, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import CrewMember, GasReading, Permit
from services.seven_steps.codec import plain
from services.seven_steps.facts import Stated
from services.seven_steps.roles import NODE_OF_GRADE
from services.seven_steps.rules import Rules
from services.seven_steps.step5_endings import superseded_by
from services.seven_steps.work_types import type_of

Names = dict[str, str]
NameOf = Callable[[str], Names]
#: States whose paper must not be taken for a valid permit.
MARKED = frozenset({"suspended", "void", "revoked"})
CLOCK_WITHOUT_YEAR = "%m-%d %H:%M:%S"
DIGITS_SHOWN = Decimal("0.001")  # converted values with more digits are shown with "≈"; gates never round
SIMULATED = "simulated"
#: Facts whose values are words of a catalogue group of the same name; units by how a fact's name ends.
FACTS_IN_WORDS = frozenset({"source", "action"})
UNITS_OF_FACTS = {
    "_m": "m",
    "_m3": "m³",
    "_kv": "kV",
    "_volts": "V",
    "_v": "V",
    "_kw": "kW",
    "_mpa": "MPa",
    "_c": "°C",
    "_t": "t",
    "_percent": "%",
}
#: Facts that are lists of words, by the group their words stand in; the others list services.
LISTS_IN_WORDS = {"factors": "fact", "situations": "fact"}


@dataclass(frozen=True, slots=True)
class Proof:
    """Where in the chain the document stands: the last record it carries, and that record's hash."""

    record: int
    head: str
    packs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Everything the contents are made from. `link` is the base URL of the pages."""

    board: Board
    rules: Rules
    name: NameOf
    proof: Proof
    link: str

    def time(self, moment: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        return "" if moment is None else site_time.local(self.board, moment).strftime(form)

    def minute(self, moment: datetime | None) -> str:
        return self.time(moment, "%Y-%m-%d %H:%M")

    def signed(self, stated: Stated | None, **more: Any) -> dict[str, Any] | None:
        if stated is None:
            return None
        made = {"by": self.name(stated.by), "at": self.time(stated.at), "means": stated.means, "record": stated.seq}
        return {**made, "opinion": "", "presence": "", **more}

    @property
    def site(self) -> dict[str, Any]:
        site = self.board.site
        assert site is not None
        return {
            "name": dict(site.name),
            "emergency_number": site.emergency_number,
            "muster_point": dict(site.muster_point),
        }

    @property
    def demo(self) -> bool:
        return self.board.site is not None and self.board.site.clock == SIMULATED

    @property
    def foot(self) -> dict[str, Any]:
        return {"packs": list(self.proof.packs), "record": self.proof.record, "head": self.proof.head}

    def area(self, area_id: str) -> Names:
        area = self.board.areas.get(area_id)
        return dict(area.name) if area else {}

    def contractor(self, contractor_id: str | None) -> Names | None:
        contractor = self.board.contractors.get(contractor_id or "")
        return dict(contractor.name) if contractor else None


def people_of(board: Board, *parts: Any) -> set[str]:
    """Ids of all people who are named anywhere in these parts of the board."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, str):
            if value in board.people:
                found.add(value)
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(key)
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for part in parts:
        walk(plain(part))
    return found


def word(section: str, key: str, **values: str) -> Names:
    """A standard word in both languages; what the catalogues do not know is shown as it is."""
    found = {lang: catalogue(lang).get(f"{section}.{key}", key) for lang in LANGUAGES}
    return {lang: text.format(**values) if values else text for lang, text in found.items()}


def permit_document(
    view: View, job: Job, permit: Permit, kind: str, copy: int = 1, reprints: int = 0
) -> dict[str, Any]:
    """The document of a ticket as the board shows it. `copy` 1 to 3; `reprints` 0 is the original of that copy."""
    plan, board = job.plan, view.board
    return {
        "kind": kind,
        "permit_no": permit.permit_no,
        "job_no": job.job_no,
        "type": permit.type,
        "level": permit.level,
        "level_reasons": _level_reasons(permit),
        "state": permit.state,
        "demo": view.demo,
        "status_mark": permit.state if permit.state in MARKED else "",
        "copy": {"number": copy, "print": reprints},
        "site": view.site,
        "area": view.area(permit.area_id),
        "place": permit.place,
        "equipment_tag": permit.equipment_tag or job.equipment_tag,
        "applicant_unit": job.applicant_unit,
        "requested_at": view.minute(permit.created.at),
        "work_content": job.work_content,
        "limitations": permit.limitations,
        "method": str(permit.facts.get("method", "")),
        "medium": str(permit.facts.get("medium", "")),
        "facts": _facts(view, permit),
        "action": str(permit.facts.get("action", "")),
        "documents": _documents(job, permit),
        "started_at": view.minute(permit.started.at) if permit.started else "",
        "work_unit": job.work_unit,
        "contractor": view.contractor(job.contractor_id),
        "work_lead": view.name(job.work_lead),
        **_crew(view, permit),
        "cosigned": _cosigned(view, permit),
        "gas": _gas(view, permit),
        "linked": _linked(board, permit),
        "supersedes": _number(board.permits.get(permit.supersedes or "")),
        "superseded_by": _number(superseded_by(board, permit)),
        **_risks(job, permit),
        "valid_from": view.minute(permit.valid_from),
        "valid_to": view.minute(permit.valid_to),
        "measures": [
            {"line": m.line, "answer": m.answer, "by": view.name(m.by), "at": view.time(m.at), "note": m.note}
            for m in permit.measures.values()
        ],
        "measures_by": view.name(job.work_lead),
        "briefing": _briefing(view, job),
        **_approvals(view, permit),
        "emergency_plan": plan.emergency_plan if plan else "",
        "rescue_kit": plan.rescue_kit if plan else "",
        "comms": plan.comms_channel if plan else "",
        "isolations": isolations(view, job),
        "signatures": signatures(view, job, [permit]),
        "suspensions": _suspensions(view, permit),
        "ended": view.signed(permit.ended, reason=permit.ended.text if permit.ended else ""),
        "foot": view.foot,
        "link": f"{view.link}/permits/{permit.permit_no}",
    }


def _facts(view: View, permit: Permit) -> dict[str, dict[str, Names]]:
    """Each fact of the ticket with its label and its value in words, with its unit."""
    return {
        name: {"label": word("fact", name), "value": _fact(view, name, fact)} for name, fact in permit.facts.items()
    }


def _fact(view: View, name: str, fact: Any) -> Names:
    if isinstance(fact, bool):
        return word("word", "yes" if fact else "no")
    if isinstance(fact, (list, tuple)):
        words = [word(LISTS_IN_WORDS.get(name, "service"), one) for one in fact] or [word("word", "none")]
        return {lang: ", ".join(one[lang] for one in words) for lang in LANGUAGES}
    if name in FACTS_IN_WORDS:
        return word(name, str(fact))
    if fact in view.board.people:
        return view.name(str(fact))
    unit = next((f" {unit}" for end, unit in UNITS_OF_FACTS.items() if name.endswith(end)), "")
    return dict.fromkeys(LANGUAGES, f"{fact}{unit}")


def _cosigned(view: View, permit: Permit) -> list[dict[str, Any]]:
    """The owners of what lies below who agreed, each act once with its services."""
    acts: dict[int, list[str]] = {}
    said = {stated.seq: stated for stated in permit.cosigned.values()}
    for service, stated in permit.cosigned.items():
        acts.setdefault(stated.seq, []).append(service)
    return [
        {**(view.signed(said[seq], opinion=said[seq].text) or {}), "services": services}
        for seq, services in sorted(acts.items())
    ]


def _level_reasons(permit: Permit) -> list[Names]:
    """ "5.1.2 b: on_pipe_rack" -> clause and fact in words; a requested higher level with its reason."""
    found = []
    for reason in permit.level_reasons:
        clause, _, fact = reason.partition(": ")
        words = word("fact", fact)
        found.append({lang: f"GB 30871-2022 {clause} {text}" for lang, text in words.items()})
    if permit.requested_level and permit.requested_level_reason:
        found.append(word("fact", "raised", reason=permit.requested_level_reason))
    return found


def _crew(view: View, permit: Permit) -> dict[str, Any]:
    workers = [member for member in permit.crew.values() if member.role == "worker"]
    guardians = [member for member in permit.crew.values() if member.role == "guardian"]
    trade = type_of(permit).trade
    skilled = [member for member in workers if member.trade == trade] or workers
    trades = sorted({member.trade for member in workers})
    return {
        "certified_workers": [_member(view, member) for member in skilled],
        "workers_by_trade": {
            trade: [_member(view, member) for member in workers if member.trade == trade] for trade in trades
        },
        "certified": [_member(view, member) for member in workers],
        "workers": [{"name": view.name(member.person_id), "certificates": []} for member in workers],
        "guardians": [_member(view, member) for member in guardians],
    }


def _member(view: View, member: CrewMember) -> dict[str, Any]:
    """A crew member with the certificates of the trade they work in."""
    held = [
        f"{certificate.certificate_id} → {certificate.valid_to}"
        for certificate in view.board.certificates.values()
        if (certificate.person_id, certificate.trade) == (member.person_id, member.trade) and not certificate.revoked
    ]
    return {"name": view.name(member.person_id), "certificates": sorted(held)}


def _documents(job: Job, permit: Permit) -> dict[str, list[str]]:
    """Documents of the plan that are about this ticket or the whole job: their hashes, by kind."""
    found: dict[str, list[str]] = {}
    for document in job.plan.documents if job.plan else ():
        if document.permit_id in (None, permit.permit_id):
            found.setdefault(document.kind, []).append(document.sha256)
    return found


def _linked(board: Board, permit: Permit) -> list[dict[str, str]]:
    """Related tickets in either direction: a link is stated on one of the two."""
    others = {p.permit_id for p in board.permits.values() if permit.permit_id in p.related} | permit.related
    found = [board.permits[permit_id] for permit_id in others if permit_id in board.permits]
    return [{"type": other.type, "no": other.permit_no} for other in sorted(found, key=lambda p: p.permit_no)]


def _number(permit: Permit | None) -> str:
    return permit.permit_no if permit else ""


def _risks(job: Job, permit: Permit) -> dict[str, Any]:
    """Hazards of the ticket's rows, each once; its controls, protective equipment apart."""
    rows = [row for row in (job.assessment.rows if job.assessment else ()) if permit.permit_id in row.permits]
    hazards = dict.fromkeys(row.hazard for row in rows)
    controls = [control for row in rows for control in row.controls]
    ppe = dict.fromkeys(_written(c["text"]) for c in controls if c["level"] == "ppe")
    other = dict.fromkeys(_written(c["text"]) for c in controls if c["level"] != "ppe")
    return {"hazards": [word("hazard", key) for key in hazards], "ppe": list(ppe), "controls": list(other)}


def _written(text: Any) -> str:
    return str(text["text"]) if isinstance(text, Mapping) else str(text)


def _gas(view: View, permit: Permit) -> dict[str, Any]:
    """Readings by sample, oldest first, with value and limit as the rules had them."""
    gases = sorted({reading.gas for reading in permit.gas})
    kinds = {name: known.kind for name in gases if (known := view.rules.gas(name)) is not None}
    samples: dict[tuple[int, str], list[GasReading]] = {}
    for reading in permit.gas:
        samples.setdefault((reading.seq, reading.point), []).append(reading)
    ordered = sorted(samples.items(), key=lambda item: (_moment(item[1][0]), item[0]))
    return {
        **{kind: [name for name in gases if kinds.get(name) == kind] for kind in ("combustible", "toxic", "oxygen")},
        "names": {name: word("gas", name) for name in gases},
        "limits": {name: _limit(view, permit, name) for name in gases},
        "samples": [_sample(view, point, readings) for (_, point), readings in ordered],
    }


def _moment(reading: GasReading) -> str:
    return "" if reading.sampled is None else site_time.stamp(reading.sampled.latest)


def _limit(view: View, permit: Permit, name: str) -> str:
    known = view.rules.gas(name)
    return "" if known is None else gas.limit_text(known, view.rules, view.board, permit).replace("m3", "m³")


def _sample(view: View, point: str, readings: Iterable[GasReading]) -> dict[str, Any]:
    readings = list(readings)
    sampled = readings[0].sampled
    if sampled is None:
        at = " ".join(word("word", "time_unknown")[lang] for lang in LANGUAGES)
    else:
        width = round((sampled.latest - sampled.earliest).total_seconds())
        at = view.time(sampled.earliest, CLOCK_WITHOUT_YEAR) + (f" +{width} s" if width else "")
    return {
        "at": at,
        "point": word("point", point),
        "tester": view.name(readings[0].tester),
        "instrument": readings[0].instrument_id,
        "values": {reading.gas: _value(reading) for reading in readings},
    }


def _value(reading: GasReading) -> dict[str, str]:
    evidence = reading.converted is not None and reading.sampled is not None and not reading.marks
    verdict = "no_evidence" if not evidence else ("pass" if reading.passed else "fail")
    converted = ""
    if reading.converted is not None:
        shown = reading.converted.quantize(DIGITS_SHOWN).normalize()
        about = "" if shown == reading.converted else "≈"
        converted = f"{about}{format(shown, 'f')} {reading.converted_unit}".replace("m3", "m³")
    return {
        "shown": f"{format(reading.value, 'f')} {reading.unit}".replace("m3", "m³"),
        "converted": converted,
        "verdict": verdict,
    }


def _briefing(view: View, job: Job) -> dict[str, Any] | None:
    briefing = job.briefing
    if briefing is None:
        return None
    return {
        **(view.signed(briefing.given) or {}),
        "version": briefing.version,
        "sha256": briefing.content_sha256,
        "acknowledged": [
            {"person": view.name(ack.person_id), "at": view.time(ack.at), "lang": ack.lang, "version": ack.version,
             "sha256": ack.content_sha256, "means": ack.means, "record": ack.seq}
            for ack in sorted(briefing.acknowledged.values(), key=lambda a: a.seq)
        ],
    }  # fmt: skip


def _approvals(view: View, permit: Permit) -> dict[str, Any]:
    """Nodes, issue, foreman's check, acceptance. Where the approver's grade equals a node, one signature fills both."""
    nodes = [
        {"node": n.node, "by": view.name(n.by), "at": view.time(n.at), "opinion": n.opinion, "means": n.means,
         "presence": "", "record": n.seq}
        for n in permit.nodes
    ]  # fmt: skip
    issue = permit.issue
    issued = None
    if issue is not None:
        issued = {"by": view.name(issue.by), "at": view.time(issue.at), "opinion": "", "means": issue.means,
                  "presence": issue.presence, "record": issue.seq}  # fmt: skip
        node = NODE_OF_GRADE.get(issue.grade)
        if node and node not in {n["node"] for n in nodes}:
            nodes.append({**issued, "node": node})
    return {
        "nodes": nodes,
        "issue": issued,
        "foreman_check": view.signed(permit.foreman_check),
        "accepted": view.signed(permit.accepted),
    }


def isolations(view: View, job: Job) -> list[dict[str, Any]]:
    """Every point that is planned or applied, with who applied, verified and removed it."""
    points = view.board.isolation_points
    planned = {item.point_id: item for item in (job.plan.isolations if job.plan else ())}
    found = []
    for point_id in sorted({*planned, *job.isolations}):
        done = job.isolations.get(point_id)
        found.append({
            "tag": points[point_id].tag if point_id in points else point_id,
            "method": done.method if done else planned[point_id].method,
            "lock_no": done.lock_no if done else "",
            "tag_no": done.tag_no if done else "",
            **{key: _stated(view, getattr(done, key, None)) for key in ("applied", "verified", "removed")},
        })  # fmt: skip
    return found


def _stated(view: View, stated: Stated | None) -> dict[str, Any] | None:
    return None if stated is None else {"by": view.name(stated.by), "at": view.minute(stated.at)}


def signatures(view: View, job: Job, permits: Iterable[Permit]) -> list[dict[str, Any]]:
    """Who signed what by which means, in the order of the records."""
    acts: list[tuple[str, str, str, datetime, str, int]] = []

    def add(act: str, stated: Stated | None, about: str = "") -> None:
        if stated is not None:
            acts.append((act, about, stated.by, stated.at, stated.means, stated.seq))

    add("assessment", job.assessment.signed if job.assessment else None)
    add("plan", job.plan_approved)
    add("briefing_given", job.briefing.given if job.briefing else None)
    for permit in permits:
        number = permit.permit_no
        for said in dict.fromkeys(permit.cosigned.values()):
            add("cosign", said, number)
        add("survey", permit.surveyed, number)
        acts += [("node", number, n.by, n.at, n.means, n.seq) for n in permit.nodes]
        if permit.issue:
            acts.append(("issue", number, permit.issue.by, permit.issue.at, permit.issue.means, permit.issue.seq))
        for act, stated in (("foreman_check", permit.foreman_check), ("start", permit.started),
                            ("complete", permit.completed), ("accept", permit.accepted)):  # fmt: skip
            add(act, stated, number)
    add("review", job.review)
    add("close", job.closed)
    return [
        {"act": act, "about": about, "by": view.name(by), "at": view.time(at), "means": means, "record": seq}
        for act, about, by, at, means, seq in sorted(acts, key=lambda item: item[5])
    ]


def _suspensions(view: View, permit: Permit) -> list[dict[str, Any]]:
    return [
        {"cause": s.cause, "reason": s.reason, "by": view.name(s.by), "at": view.time(s.at), "record": s.seq,
         "cleared_at": view.time(s.cleared.at) if s.cleared else ""}
        for s in sorted(permit.suspensions.values(), key=lambda s: s.seq)
    ]  # fmt: skip
