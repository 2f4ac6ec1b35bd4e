"""One job as a page sees it: its line, the chosen gate, what must hold meanwhile, and everything recorded about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.gateway.pages import acts, board_view
from services.gateway.pages.line import FAR, NOW, GateView, Line, StepView, chosen_gate, line_of, standing
from services.gateway.pages.reasons import reasons, see_verdicts
from services.gateway.pages.render import View, url
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.step5_endings import superseded_by


@dataclass(frozen=True)
class Caption:
    """The words at one step of the line: above and below the pipe."""

    up: str = ""
    down: str = ""
    state: str = ""


def prepare(view: View, job: Job, permit_id: str | None, gate_no: int | None) -> dict[str, Any]:
    """Everything but the names; whose names are needed is noted on the way."""
    judge = board_view.judge_for(view, job)
    line = line_of(view.board, job, judge)
    lane, gate = chosen_gate(line, permit_id, gate_no)
    see_verdicts(view.people, gate.verdicts)
    must_hold = standing(judge, lane.permit) if lane.permit and lane.permit.state == "active" else ()
    see_verdicts(view.people, must_hold)
    _see_job(view, job)
    return {"job": job, "line": line, "lane": lane, "gate": gate, "must_hold": must_hold, "permit": lane.permit}


def finish(view: View, data: dict[str, Any]) -> dict[str, Any]:
    """The words, once the names are known."""
    job, line, gate, permit = data["job"], data["line"], data["gate"], data["permit"]
    passing, records = acts.next_acts(view, job, permit if gate.no not in (1, 2, 3, 7) else None, gate)
    if gate.no in (1, 2, 3):
        records = acts.next_acts(view, job, permit, gate)[1]
    return {
        **data,
        "captions": _captions(view, job, line),
        "reasons": reasons(view.board, view.people, view.formats, gate.shut),
        "forks": len(line.lanes) > 1,
        "passing": passing,
        "records": records,
        "form_link": lambda type_: acts.form_url(view, type_, job, permit),
        "gate_url": lambda no, of: url(
            "sites", view.site_id, "jobs", job.job_id, permit=of.permit_id if of else None, gate=no
        ) + "#gate",
        "state_of": lambda one: board_view.shown_state(one, job),
        "state_word": lambda one: board_view.state_word(view, one, job),
        "gas_until": board_view.gas_due(view, permit)[0] if permit else None,
        "replaced": replaced(view, permit),
        "permits": [view.board.permits[p] for p in job.permits if p in view.board.permits],
    }  # fmt: skip


def replaced(view: View, permit: Permit | None) -> list[tuple[str, Permit]]:
    """The ticket whose place this one took, and the one that took its place."""
    if permit is None:
        return []
    before, after = view.board.permits.get(permit.supersedes or ""), superseded_by(view.board, permit)
    found = (("part.supersedes", before), ("part.superseded_by", after))
    return [(label, other) for label, other in found if other is not None]


def _see_job(view: View, job: Job) -> None:
    """Everybody named on the page of a job."""
    people = view.people
    people.see_all([job.applicant, job.work_lead])
    if job.assessment:
        people.see_all(
            [
                job.assessment.recorded.by,
                *job.assessment.participants,
                *(a.by for a in job.assessment.acceptances.values()),
            ]
        )
        people.see_all(str(control.get("owner", "")) for row in job.assessment.rows for control in row.controls)
    if job.briefing:
        people.see_all([job.briefing.given.by, *job.briefing.acknowledged])
    for isolation in job.isolations.values():
        people.see_all(one.by for one in (isolation.applied, isolation.verified, isolation.removed) if one)
        people.see_all(isolation.locks)
    people.see_all(action.owner for action in job.actions.values())
    for stated in (job.stop, job.plan_approved, job.review, job.sent_back):
        people.see(stated.by if stated else None)
    for permit_id in job.permits:
        if permit_id in view.board.permits:
            see_permit(view, view.board.permits[permit_id])


def see_permit(view: View, permit: Permit) -> None:
    people = view.people
    people.see_all([*permit.crew, *permit.guardians_on, *permit.inside, permit.handover_to or ""])
    people.see_all(measure.by for measure in permit.measures.values())
    people.see_all(reading.tester for reading in permit.gas)
    people.see_all(node.by for node in permit.nodes)
    people.see_all(equipment.by for equipment in permit.equipment.values())
    people.see_all(check.by for check in permit.checks)
    people.see_all(suspension.by for suspension in permit.suspensions.values())
    signed: tuple[Any, ...] = (
        permit.surveyed,
        permit.issue,
        permit.foreman_check,
        permit.started,
        permit.completed,
        permit.fire_watch,
        permit.accepted,
        permit.restoration,
        permit.ended,
    )
    people.see_all(said.by for said in signed if said)
    people.see(permit.issue.on_behalf_of if permit.issue else "")


def _captions(view: View, job: Job, line: Line) -> dict[tuple[str, int], Caption]:
    found = {("", step.no): _shared_caption(view, job, step) for step in line.shared}
    for lane in line.lanes:
        key = lane.permit.permit_id if lane.permit else ""
        for step in lane.steps:
            found[key, step.no] = _lane_caption(view, job, lane.permit, step)
    return found


def _shared_caption(view: View, job: Job, step: StepView) -> Caption:
    tn, name, fmt = view.said.tn, view.people.name, view.formats
    if step.no == 1:
        if job.assessment is None:
            return Caption(state=job.state if step.state == NOW else "")
        signed = f"{name(job.assessment.recorded.by)} {fmt.clock(job.assessment.recorded.at)}"
        return Caption(tn("caption.hazards", len(job.assessment.rows)), signed)
    if job.plan is None:
        booked = view.said.t("caption.booked", day=fmt.day(job.booking.planned_day)) if job.booking else ""
        return Caption(state=job.state if step.state == NOW else "", down=booked)
    approved = f"{name(job.plan_approved.by)} {fmt.clock(job.plan_approved.at)}" if job.plan_approved else ""
    return Caption(tn("caption.isolations", len(job.plan.isolations)), approved)


def _lane_caption(view: View, job: Job, permit: Permit | None, step: StepView) -> Caption:
    t, tn, name, fmt = view.said.t, view.said.tn, view.people.name, view.formats
    if permit is None:
        return Caption(state=job.state if step.state == NOW else "")
    here = permit.state if step.state == NOW else ""
    if step.no == 3:
        needed = {*permit.crew, job.work_lead}
        done = len(needed & set(job.briefing.acknowledged)) if job.briefing else 0
        return Caption(
            t("caption.signed", n=done, of=len(needed)) if job.briefing else "", state=job.state if here else ""
        )
    if step.no == 4:
        if permit.issue:
            return Caption(t("caption.issued_by", who=name(permit.issue.by)), fmt.clock(permit.issue.at), here)
        return Caption(
            down=t("caption.surveyed_by", who=name(permit.surveyed.by)) if permit.surveyed else "", state=here
        )
    if step.no == 5:
        if permit.state in ("active", "suspended"):
            shown = board_view.shown_state(permit)
            return Caption(
                state=shown,
                down=tn("fact.inside", len(permit.inside))
                if permit.type == "confined_space"
                else board_view.fact_of(view, permit),
            )
        return Caption(down=t("caption.started", at=fmt.clock(permit.started.at)) if permit.started else "")
    if step.no == 6:
        if permit.accepted:
            return Caption(t("caption.accepted_by", who=name(permit.accepted.by)), fmt.clock(permit.accepted.at))
        checks = tn("caption.checks", len(permit.checks)) if permit.checks else ""
        return Caption(t("caption.along") if permit.state in ("active", "suspended") else "", checks, here)
    return Caption(
        t("caption.reviewed_by", who=name(job.review.by)) if job.review else "", state=job.state if here else ""
    )


def gate_words(view: View, gate: GateView) -> str:
    """open; shut, 2 reasons; ready; fell shut."""
    word = view.said.t(f"gate_state.{gate.state}")
    return view.said.tn("gate.with_reasons", gate.missing, state=word) if gate.missing and gate.state != FAR else word
