"""What stands on a closure record: the job as it was closed, and what its own records tell of the way there.

The board keeps what is so now; what was (breaks that ended, entries, deviations) is read from the job's records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.sealer.people_contents import isolations, signatures
from services.sealer.view import View
from services.seven_steps.board_job import Job, Seal
from services.seven_steps.board_ticket import Permit

TEXT_SHOWN = 400  # characters of an alarm's or action's text; the attachment has all


@dataclass(frozen=True, slots=True)
class Told:
    """One of the job's records: when it was decided on the site's clock, and its body."""

    seq: int
    at: datetime
    body: Mapping[str, Any]

    @property
    def client(self) -> Mapping[str, Any]:
        return self.body["client"]


def closure_document(view: View, job: Job, told: Sequence[Told], seals: Sequence[Seal]) -> dict[str, Any]:
    """The document of a job just closed. `told`: its records, in order, up to the one that closed it; `seals`: its
    documents so far, some of which were reported after the close."""
    permits = [view.board.permits[permit_id] for permit_id in job.permits if permit_id in view.board.permits]
    numbers = {permit.permit_id: permit.permit_no for permit in permits}
    refused = sum(record.body["verdict"] == "refused" for record in told)
    return {
        "kind": "closure",
        "job_no": job.job_no,
        "title": job.title,
        "demo": view.demo,
        "status_mark": "",
        "site": view.site,
        "area": view.area(job.area_id),
        "work_content": job.work_content,
        "applicant_unit": job.applicant_unit,
        "work_unit": job.work_unit,
        "contractor": view.contractor(job.contractor_id),
        "work_lead": view.name(job.work_lead),
        "planned_day": job.booking.planned_day if job.booking else "",
        "created": view.signed(job.created),
        "closed": view.signed(job.closed),
        "tickets": [_ticket(view, permit, told) for permit in permits],
        "isolations": isolations(view, job),
        "review": _review(view, job, told),
        "actions": [
            {"text": a.text[:TEXT_SHOWN], "owner": view.name(a.owner), "due": a.due,
             "closed_at": view.minute(a.closed.at) if a.closed else ""}
            for a in job.actions.values()
        ],
        "alarms": _alarms(view, job),
        "documents": [
            {"kind": seal.kind, "no": numbers.get(seal.permit_id or "", job.job_no), "sha256": seal.sha256,
             "record": seal.seq}
            for seal in seals
        ],
        "signatures": signatures(view, job, permits),
        "counts": {"total": len(told), "accepted": len(told) - refused, "refused": refused,
                   "first": told[0].seq, "last": told[-1].seq},
        "trail": [_trail(view, record, numbers) for record in told],
        "foot": view.foot,
        "link": f"{view.link}/jobs/{job.job_id}",
    }  # fmt: skip


def events_of(told: Iterable[Told], job_id: str, permit_id: str | None = None) -> Iterable[tuple[Told, Mapping]]:
    """The job's events in order; with a ticket, only those about it or about the whole job."""
    for record in told:
        for event in record.body["events"]:
            about = event["data"].get("permit_id")
            if event["data"].get("job_id") == job_id and (permit_id is None or about in (None, permit_id)):
                yield record, event


def _ticket(view: View, permit: Permit, told: Sequence[Told]) -> dict[str, Any]:
    issue, restoration, watch = permit.issue, permit.restoration, permit.fire_watch
    mine = list(events_of(told, permit.job_id, permit.permit_id))
    return {
        "permit_no": permit.permit_no,
        "type": permit.type,
        "level": permit.level,
        "state": permit.state,
        "planned": f"{view.minute(permit.planned_from)} – {view.minute(permit.planned_to)}",
        "issued": None
        if issue is None
        else {"by": view.name(issue.by), "at": view.time(issue.at), "means": issue.means, "presence": issue.presence},
        "started": view.minute(permit.started.at) if permit.started else "",
        "completed": view.minute(permit.completed.at) if permit.completed else "",
        "duration": _duration(permit),
        "entries": sum(event["type"] == "entry.entered" for _, event in mine),
        "suspensions": _suspensions(view, mine),
        "restoration": restoration
        and {"at": view.minute(restoration.at), "site": restoration.site_restored, "guards": restoration.guards_back,
             "cleaned": restoration.cleaned},
        "fire_watch": watch
        and {"at": view.minute(watch.at), "by": view.name(watch.by), "no_residual_fire": watch.no_residual_fire},
        "ended": view.signed(permit.ended, reason=permit.ended.text if permit.ended else ""),
        "accepted": view.signed(permit.accepted),
    }  # fmt: skip


def _duration(permit: Permit) -> str:
    if permit.started is None or permit.completed is None:
        return ""
    minutes = int((permit.completed.at - permit.started.at).total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min"


def _suspensions(view: View, mine: Iterable[tuple[Told, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Every break of the ticket: cause, reason, when, and when work went on."""
    found: list[dict[str, Any]] = []
    for record, event in mine:
        kind, data = event["type"], event["data"]
        cause = {"permit.suspended": data.get("cause"), "permit.expired": "expiry", "stop_work.called": "stop_work"}
        if cause.get(kind):
            reason = data.get("reason") or {"text": ""}
            found.append(
                {"at": view.minute(record.at), "cause": cause[kind], "reason": reason["text"][:TEXT_SHOWN],
                 "by": view.name(data["by"]), "resumed_at": ""}
            )  # fmt: skip
        elif kind == "permit.resumed":
            for item in found:
                item["resumed_at"] = item["resumed_at"] or view.minute(record.at)
    return found


def _review(view: View, job: Job, told: Sequence[Told]) -> dict[str, Any]:
    """Lessons, deviations and feedback of the last review recorded."""
    said: Mapping[str, Any] = {}
    for _, event in events_of(told, job.job_id):
        if event["type"] == "review.recorded":
            said = event["data"]
    texts = {key: (said.get(key) or {}).get("text", "") for key in ("lessons", "deviations", "feedback")}
    signed = view.signed(job.review) or {"by": {}, "at": "", "means": "", "opinion": "", "presence": "", "record": 0}
    return {**signed, **texts}


def _alarms(view: View, job: Job) -> list[dict[str, Any]]:
    mine = sorted((a for a in view.board.alarms.values() if a.job_id == job.job_id), key=lambda a: a.seq)
    return [
        {"at": view.minute(a.raised_at), "code": a.code, "text": a.text[:TEXT_SHOWN], "count": a.count,
         "result": a.closed.text[:TEXT_SHOWN] if a.closed else ""}
        for a in mine
    ]  # fmt: skip


def _trail(view: View, record: Told, numbers: Mapping[str, str]) -> dict[str, Any]:
    client = record.client
    return {
        "seq": record.seq,
        "at": view.time(record.at),
        "act": client["type"],
        "about": numbers.get(client.get("permit_id") or "", ""),
        "by": view.name(client["actor"]),
        "verdict": record.body["verdict"],
        "codes": list(dict.fromkeys(refusal["code"] for refusal in record.body["refusals"])),
    }
