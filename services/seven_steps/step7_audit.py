"""Step 7, audit 作业抽查: a sample drawn by a recorded seed, looked at by somebody who had no part in the work.

The sample is the jobs whose SHA-256 of seed and id comes first, so anybody who has the log can draw it again. Jobs that
are closed are there as long as the board remembers them (limits.IDS_KEPT_FOR); once drawn, the audit keeps who had a
part in them, and goes on when they have left. A finding is a fact: it is never refused, and a critical one on a live
ticket stops the work at once; only an independent look counts towards the end of the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.seven_steps import codes, limits, roles
from services.seven_steps.board import Board
from services.seven_steps.board_audit import CRITICAL, Audit, Finding, Sampled
from services.seven_steps.canonical import sha256_hex
from services.seven_steps.event import Event, event, put, stated, text_of, without
from services.seven_steps.gate import Case
from services.seven_steps.spec import ACT, RECORD, SITE, CommandSpec, Decision, Refused
from services.seven_steps.step4_site_survey import LIVE
from services.seven_steps.step7_to_closed_gates import had_part

Data = Mapping[str, Any]
ALARM = "99"


@dataclass(frozen=True, slots=True)
class _Candidate:
    job_id: str
    area_id: str
    types: frozenset[str]
    closed: bool


# ---- decide --------------------------------------------------------------------------------------------------------


def draw_audit_sample(case: Case) -> Decision:
    payload = case.command.payload
    if len(case.board.audits) >= limits.AUDITS_MAX:
        return Refused(codes.LIMIT_REACHED, about="audits", need=str(limits.AUDITS_MAX), who=(roles.HSE,))
    found = sorted(one.job_id for one in _candidates(case.board) if _fits(one, payload))
    if not found:
        return Refused(codes.WRONG_STATE, about=payload["seed"], have=":none", need=":job")
    drawn = sorted(found, key=lambda job_id: rank(payload["seed"], job_id))[: payload["size"]]
    about = {
        "audit_id": f"audit-{case.board.seq + 1}",
        "population": len(found),
        "population_sha256": sha256_hex("\n".join(found).encode()),
        "jobs": drawn,
    }
    return (event(case, "audit.sampled", **{"type": None, "area_id": None} | dict(payload) | about),)


def rank(seed: str, job_id: str) -> str:
    """Where a job stands in the draw: lowest first."""
    return sha256_hex(f"{seed}\n{job_id}".encode())


def _candidates(board: Board) -> Iterable[_Candidate]:
    for job in board.jobs.values():
        types = frozenset(board.permits[permit_id].type for permit_id in job.permits)
        yield _Candidate(job.job_id, job.area_id, types, job.state == "closed")
    for tombstone in board.tombstones.values():
        yield _Candidate(tombstone.job_id, tombstone.area_id, tombstone.types, True)


def _fits(one: _Candidate, payload: Data) -> bool:
    wanted = {"live": (False,), "closed": (True,), "all": (False, True)}[payload["of"]]
    kind, area_id = payload.get("type"), payload.get("area_id")
    return one.closed in wanted and kind in (None, *one.types) and area_id in (None, one.area_id)


def record_audit_result(case: Case) -> Decision:
    """What somebody saw at one job of the sample; no findings: it is as it should be."""
    payload, audit = case.command.payload, case.board.audits.get(case.command.payload["audit_id"])
    sampled = audit.jobs.get(payload["job_id"]) if audit else None
    if audit is None or sampled is None:
        return Refused(codes.WRONG_STATE, about=payload["job_id"], have=":none", need=":sampled_job")
    if len(audit.findings) + len(payload["findings"]) > limits.FINDINGS_OF_AUDIT_MAX:
        return Refused(codes.LIMIT_REACHED, about="findings", need=str(limits.FINDINGS_OF_AUDIT_MAX))
    findings = [
        {"permit_id": None} | dict(finding) | {"finding_id": f"{case.board.seq + 1}-{number}"}
        for number, finding in enumerate(payload["findings"], 1)
    ]
    about = {
        "audit_id": audit.audit_id,
        "job_id": sampled.job_id,
        "findings": findings,
        "note": payload.get("note"),
        "independent": case.actor not in sampled.had_part | _part_now(case.board, sampled.job_id),
    }
    return (event(case, "audit.answered", **about), *_stopped(case, sampled.job_id, findings))


def _part_now(board: Board, job_id: str) -> frozenset[str]:
    job = board.jobs.get(job_id)
    return had_part(board, job) if job else frozenset()


def _stopped(case: Case, job_id: str, findings: list[dict[str, Any]]) -> tuple[Event, ...]:
    """Each live ticket that a critical finding is about is suspended; one about the whole job is about all of them."""
    job = case.board.jobs.get(job_id)
    tickets = [case.board.permits[permit_id] for permit_id in job.permits] if job else []
    found: list[Event] = []
    for permit in tickets:
        about = [f for f in findings if f["severity"] == CRITICAL and f["permit_id"] in (None, permit.permit_id)]
        if about and permit.state in LIVE:
            where = {"job_id": job_id, "permit_id": permit.permit_id}
            text = about[0]["what"]
            number = len(found) // 2 + 1
            found.append(event(case, "permit.suspended", **where, cause="finding", reason=text))
            alarm_id = f"{case.board.seq + 1}-{number}"
            found.append(event(case, "alarm.raised", **where, alarm_id=alarm_id, code=ALARM, text=text_of(text)))
    return tuple(found)


def answer_audit_finding(case: Case) -> Decision:
    """What was done about it; a critical one keeps the ticket shut until then (G-AU-1)."""
    payload = case.command.payload
    audit = case.board.audits.get(payload["audit_id"])
    finding = audit.findings.get(payload["finding_id"]) if audit else None
    if finding is None or finding.answered is not None:
        return Refused(codes.WRONG_STATE, about=payload["finding_id"], have=":none", need=":open_finding")
    return (event(case, "audit.finding_answered", **payload, job_id=finding.job_id),)


def close_audit(case: Case) -> Decision:
    """Every job was looked at by somebody independent, and every finding has its answer."""
    audit = case.board.audits.get(case.command.payload["audit_id"])
    if audit is None:
        return Refused(codes.WRONG_STATE, about=case.command.payload["audit_id"], have=":none", need=":open_audit")
    unseen = [job.job_no for job in audit.jobs.values() if job.seen is None]
    if unseen:
        return Refused(codes.WRONG_STATE, about=unseen[0], have=":none", need=":independent_look", who=(roles.HSE,))
    unanswered = [finding.finding_id for finding in audit.findings.values() if finding.answered is None]
    if unanswered:
        who = tuple(sorted(ANSWERERS))
        return Refused(codes.WRONG_STATE, about=unanswered[0], have=":open", need=":answered", who=who)
    return (event(case, "audit.closed", **case.command.payload),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def audit_sampled(board: Board, data: Data) -> Board:
    jobs = {job_id: _sampled(board, job_id) for job_id in data["jobs"]}
    audit = Audit(data["audit_id"], data["seed"], data["population"], stated(board, data), jobs)
    return replace(board, audits=put(board.audits, audit.audit_id, audit))


def _sampled(board: Board, job_id: str) -> Sampled:
    job = board.jobs.get(job_id)
    if job is not None:
        return Sampled(job_id, job.job_no, had_part(board, job))
    tombstone = board.tombstones[job_id]
    return Sampled(job_id, tombstone.job_no, tombstone.had_part)


def audit_answered(board: Board, data: Data) -> Board:
    audit, said = board.audits[data["audit_id"]], stated(board, data)
    findings = dict(audit.findings)
    for row in data["findings"]:
        findings[row["finding_id"]] = Finding(
            finding_id=row["finding_id"],
            job_id=data["job_id"],
            permit_id=row["permit_id"],
            item=row["item"],
            severity=row["severity"],
            text=text_of(row["what"]),
            raised=said,
        )
    job = audit.jobs[data["job_id"]]
    jobs = put(audit.jobs, job.job_id, replace(job, seen=said if data["independent"] else job.seen))
    return _with(board, replace(audit, jobs=jobs, findings=findings))


def audit_finding_answered(board: Board, data: Data) -> Board:
    audit = board.audits[data["audit_id"]]
    finding = replace(audit.findings[data["finding_id"]], answered=stated(board, data, text_of(data["result"])))
    return _with(board, replace(audit, findings=put(audit.findings, finding.finding_id, finding)))


def _with(board: Board, audit: Audit) -> Board:
    return replace(board, audits=put(board.audits, audit.audit_id, audit))


def audit_closed(board: Board, data: Data) -> Board:
    """The log has it; the board keeps what is open."""
    return replace(board, audits=without(board.audits, data["audit_id"]))


APPLIERS = {
    ("audit.sampled", 1): audit_sampled,
    ("audit.answered", 1): audit_answered,
    ("audit.finding_answered", 1): audit_finding_answered,
    ("audit.closed", 1): audit_closed,
}

HSE = frozenset({roles.HSE})
ANSWERERS = roles.APPROVERS | {roles.AREA_AUTH, roles.HSE}

COMMANDS = (
    CommandSpec("draw_audit_sample", RECORD, HSE, SITE, draw_audit_sample),
    CommandSpec("record_audit_result", RECORD, HSE, SITE, record_audit_result),
    CommandSpec("answer_audit_finding", ACT, ANSWERERS, SITE, answer_audit_finding),
    CommandSpec("close_audit", ACT, HSE, SITE, close_audit),
)
