"""Who stands on a paper and what they signed: crew, briefing, approvals, isolations, signatures, suspensions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.sealer.view import View
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import CrewMember, Permit
from services.seven_steps.facts import Stated
from services.seven_steps.roles import NODE_OF_GRADE
from services.seven_steps.work_types import type_of


def crew(view: View, permit: Permit) -> dict[str, Any]:
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


def cosigned(view: View, permit: Permit) -> list[dict[str, Any]]:
    """The owners of what lies below who agreed, each act once with its services."""
    acts: dict[int, list[str]] = {}
    said = {stated.seq: stated for stated in permit.cosigned.values()}
    for service, stated in permit.cosigned.items():
        acts.setdefault(stated.seq, []).append(service)
    return [
        {**(view.signed(said[seq], opinion=said[seq].text) or {}), "services": services}
        for seq, services in sorted(acts.items())
    ]


def briefing(view: View, job: Job) -> dict[str, Any] | None:
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


def approvals(view: View, permit: Permit) -> dict[str, Any]:
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


def suspensions(view: View, permit: Permit) -> list[dict[str, Any]]:
    return [
        {"cause": s.cause, "reason": s.reason, "by": view.name(s.by), "at": view.time(s.at), "record": s.seq,
         "cleared_at": view.time(s.cleared.at) if s.cleared else ""}
        for s in sorted(permit.suspensions.values(), key=lambda s: s.seq)
    ]  # fmt: skip
