"""The summary rows of a job, a ticket and an alarm: what boards list and searches look through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.seven_steps import codec, site_time
from services.seven_steps.board import Alarm, Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit

Row = dict[str, Any]
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Payload and event fields that name a document; other hashes are of briefings, commands and people.
_DOCUMENT_FIELDS = {"sha256": "", "photo_sha256": "photo", "document_sha256": "document"}


def text_of(value: Any) -> str:
    """JSON text with sorted keys of any part of a board."""
    return json.dumps(codec.plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def job_row(site_id: str, board: Board, job: Job, seq: int, *, live: bool) -> Row:
    return {
        "site_id": site_id,
        "job_id": job.job_id,
        "job_no": job.job_no,
        "state": job.state,
        "title": words(job.title),
        "area_id": job.area_id,
        "place": words(job.place),
        "equipment_tag": words(job.equipment_tag),
        "work_lead": job.work_lead,
        "applicant": job.applicant,
        "version": job.version,
        "stopped": job.stop is not None,
        "planned_day": job.booking.planned_day if job.booking else None,
        "created_at": site_time.stamp(job.created.at),
        "created_day": site_time.site_day(board, job.created.at),
        "closed_at": _stamp(job.closed.at if job.closed else None),
        "seq": seq,
        "live": live,
        "json": None if live else text_of(job),
    }


def permit_row(site_id: str, board: Board, permit: Permit, seq: int, *, live: bool) -> Row:
    start, end = permit.valid_from or permit.planned_from, permit.valid_to or permit.planned_to
    causes = sorted({s.cause for s in permit.suspensions.values() if s.cleared is None})
    return {
        "site_id": site_id,
        "permit_id": permit.permit_id,
        "job_id": permit.job_id,
        "permit_no": permit.permit_no,
        "type": permit.type,
        "level": permit.level,
        "state": permit.state,
        "area_id": permit.area_id,
        "place": words(permit.place),
        "equipment_tag": words(permit.equipment_tag),
        "planned_from": site_time.stamp(permit.planned_from),
        "planned_to": site_time.stamp(permit.planned_to),
        "day_from": site_time.site_day(board, start),
        "day_to": site_time.site_day(board, end),
        "issued_at": _stamp(permit.issue.at if permit.issue else None),
        "valid_from": _stamp(permit.valid_from),
        "valid_to": _stamp(permit.valid_to),
        "stopped_at": _stamp(permit.stopped_at),
        "causes": " ".join(causes),
        "inside": len(permit.inside),
        "seq": seq,
        "live": live,
        "json": None if live else text_of(permit),
    }


def alarm_row(site_id: str, _board: Board, alarm: Alarm, seq: int, *, live: bool) -> Row:
    state = "closed" if alarm.closed else "acknowledged" if alarm.acknowledged else "open"
    return {
        "site_id": site_id,
        "alarm_id": alarm.alarm_id,
        "code": alarm.code,
        "job_id": alarm.job_id,
        "permit_id": alarm.permit_id,
        "state": state,
        "raised_at": site_time.stamp(alarm.raised_at),
        "seq": seq,
        "live": live,
        "json": text_of(alarm),
    }


def involved_in_job(job: Job) -> set[tuple[str, str]]:
    """(person, part) of everyone who has a part in the job as a whole."""
    found = {(job.applicant, "applicant"), (job.work_lead, "work_lead"), (job.created.by, "applicant")}
    if job.assessment:
        found |= {(person, "assessor") for person in job.assessment.participants}
    if job.briefing:
        found.add((job.briefing.given.by, "briefer"))
        found |= {(person, "briefed") for person in job.briefing.acknowledged}
    found |= {(i.applied.by, "isolation_applier") for i in job.isolations.values()}
    found |= {(i.verified.by, "isolation_verifier") for i in job.isolations.values() if i.verified}
    return found


def involved_in_permit(permit: Permit) -> set[tuple[str, str]]:
    """(person, part) of everyone who has a part in the ticket."""
    found = {(member.person_id, member.role) for member in permit.crew.values()}
    found |= {(person, "guardian") for person in permit.guardians_on}
    found |= {(node.by, f"signed:{node.node}") for node in permit.nodes}
    found |= {(reading.tester, "gas_tester") for reading in permit.gas}
    if permit.issue:
        found.add((permit.issue.by, "issuer"))
    if permit.accepted:
        found.add((permit.accepted.by, "acceptor"))
    return found


def documents_named(value: Any, kind: str = "") -> Iterator[tuple[str, str, str]]:
    """(sha256, kind, permit_id) of every document a payload or event data names; permit_id may be ""."""
    if isinstance(value, Mapping):
        kind = value["kind"] if isinstance(value.get("kind"), str) else kind
        for field, inner in value.items():
            if field in _DOCUMENT_FIELDS:
                if isinstance(inner, str) and _SHA256.fullmatch(inner):
                    yield inner, _DOCUMENT_FIELDS[field] or words(kind) or "document", words(value.get("permit_id"))
            else:
                yield from documents_named(inner, kind)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from documents_named(inner, kind)


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else site_time.stamp(moment)


def words(text: Any) -> str:
    """A text for a column. PostgreSQL keeps no NUL; the body has it as it was written."""
    return text.replace("\x00", "\ufffd") if isinstance(text, str) else ""
