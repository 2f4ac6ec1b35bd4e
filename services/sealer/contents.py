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

from collections.abc import Mapping
from typing import Any

from pdf_templates.words import LANGUAGES
from services.sealer import people_contents
from services.sealer.gas_contents import gas_readings
from services.sealer.view import Names, View, word
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.step5_endings import superseded_by

#: States whose paper must not be taken for a valid permit.
MARKED = frozenset({"suspended", "void", "revoked"})
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
        **people_contents.crew(view, permit),
        "cosigned": people_contents.cosigned(view, permit),
        "gas": gas_readings(view, permit),
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
        "briefing": people_contents.briefing(view, job),
        **people_contents.approvals(view, permit),
        "emergency_plan": plan.emergency_plan if plan else "",
        "rescue_kit": plan.rescue_kit if plan else "",
        "comms": plan.comms_channel if plan else "",
        "isolations": people_contents.isolations(view, job),
        "signatures": people_contents.signatures(view, job, [permit]),
        "suspensions": people_contents.suspensions(view, permit),
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
