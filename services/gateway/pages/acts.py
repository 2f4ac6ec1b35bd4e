"""What can be done next: by the gate a ticket stands at, and the whole list by step. Who may is the rules' table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.pages.line import GateView
from services.gateway.pages.render import View, url
from services.gateway.roles import may_send
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.commands import COMMANDS
from services.seven_steps.gate import Boundary
from services.seven_steps.roles import ANYONE
from services.seven_steps.spec import JOB, PERMIT

B = Boundary

#: The command that passes a boundary, and the records that make it possible, in the order in which they are needed.
TOWARDS: Mapping[Boundary, tuple[str, tuple[str, ...]]] = {
    B.ASSESS: (
        "assess",
        ("add_ticket", "link_tickets", "record_risk_assessment", "accept_residual_risk", "amend_ticket"),
    ),
    B.PLAN: (
        "plan",
        ("book_work", "approve_urgent_booking", "record_plan", "assign_crew", "amend_ticket", "send_back"),
    ),
    B.BRIEF: ("brief", ("give_briefing", "acknowledge_briefing", "send_back")),
    B.SURVEY: (
        "survey",
        ("confirm_measures", "apply_isolation", "verify_isolation", "record_gas_test", "link_tickets", "send_back"),
    ),
    B.ISSUE: (
        "issue",
        (
            "sign_node", "record_gas_test", "record_process_state", "coordinate", "sign_coordination", "send_back",
            "revoke_ticket",
        ),
    ),
    B.START: (
        "start",
        (
            "check_ticket", "guardian_on", "check_equipment", "record_monitor", "record_gas_test",
            "record_process_state", "acknowledge_briefing", "print_permit", "add_personal_lock", "revoke_ticket",
            "replace_ticket",
        ),
    ),
    B.RESUME: (
        "resume",
        (
            "record_gas_test", "guardian_on", "acknowledge_briefing", "record_process_state", "clear_stop", "leave",
            "complete", "void_ticket", "replace_ticket",
        ),
    ),
    B.COMPLETE: (
        "complete",
        (
            "enter", "approve_special_entry", "leave", "record_gas_test", "record_monitor", "record_check", "interrupt",
            "suspend",
            "offer_guardian_handover", "take_guardian_handover", "guardian_off", "change_crew", "record_found_inside",
            "add_personal_lock", "remove_personal_lock", "replace_ticket",
        ),
    ),
    B.ACCEPT: (
        "accept",
        (
            "record_restoration", "check_equipment", "end_fire_watch", "leave", "record_check",
            "remove_personal_lock", "remove_isolation",
        ),
    ),
    B.REVIEW: ("review", ("record_action", "close_action", "propose_lesson", "remove_isolation", "record_concern")),
}  # fmt: skip

#: Every command a page has a form for, by the step it belongs to; 0 is the site as a whole.
BY_STEP: Mapping[int, tuple[str, ...]] = {
    1: (
        "create_job", "add_ticket", "amend_ticket", "link_tickets", "record_risk_assessment", "accept_residual_risk",
        "assess", "withdraw_job",
    ),
    2: ("book_work", "approve_urgent_booking", "record_plan", "assign_crew", "cosign_services", "plan", "send_back"),
    3: ("give_briefing", "acknowledge_briefing", "brief"),
    4: (
        "confirm_measures", "apply_isolation", "verify_isolation", "record_gas_test", "record_process_state", "survey",
        "coordinate", "sign_coordination", "sign_node", "issue", "check_ticket", "print_permit",
    ),
    5: (
        "guardian_on", "check_equipment", "record_monitor", "start", "enter", "approve_special_entry", "leave",
        "record_found_inside", "interrupt", "suspend", "resume", "revalidate", "offer_guardian_handover",
        "take_guardian_handover",
        "guardian_off", "change_crew", "clear_stop", "complete", "revoke_ticket", "void_ticket", "replace_ticket",
        "add_personal_lock", "remove_personal_lock", "remove_absent_owners_lock",
    ),
    6: ("record_check", "record_restoration", "end_fire_watch", "remove_isolation", "accept"),
    7: ("record_action", "close_action", "propose_lesson", "review", "close_job"),
    0: (
        "hand_over_shift", "accept_shift",
        "record_bump_test", "record_wind", "record_change", "declare_emergency", "end_emergency", "record_concern",
        "acknowledge_alarm", "close_alarm", "clear_late_arrival", "register_area", "register_plot_plan",
        "register_person",
        "register_certificate", "record_contraindication", "register_contractor", "register_instrument",
        "register_recorder", "register_isolation_point", "register_service_owner", "set_calendar", "set_foreman_roster",
        "propose_rules",
        "release_rules", "delegate", "undelegate",
        "advance_clock", "publish_lesson", "withdraw_lesson", "draw_audit_sample", "record_audit_result",
        "answer_audit_finding", "close_audit", "purge",
        "revoke_key",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """A command as a link: who may, and whether this person may."""

    type: str
    href: str
    may: bool
    who: list[str]


def form_url(view: View, type_: str, job: Job | None = None, permit: Permit | None = None, **more: object) -> str:
    """The address of a command's form, about this job or ticket."""
    if type_ in APPROVED_ON_A_PAGE and permit is not None:
        return url("sites", view.site_id, "approve", permit.permit_no)
    subject = COMMANDS[type_].subject
    job_id = job.job_id if job and (subject in (JOB, PERMIT) or type_ in OPTIONAL_JOB) else None
    permit_id = permit.permit_id if permit and subject == PERMIT and type_ != "add_ticket" else None
    return url("sites", view.site_id, "forms", type_, job=job_id, permit=permit_id, **more)


#: Acts whose form stands below everything that it signs, on a page of its own.
APPROVED_ON_A_PAGE = frozenset({"issue"})
#: Commands of the site that may name a job.
OPTIONAL_JOB = frozenset({"stop_work", "clear_stop", "record_concern", "record_change", "propose_lesson"})


def act(view: View, type_: str, job: Job | None = None, permit: Permit | None = None, **more: object) -> Act:
    wanted = COMMANDS[type_].roles
    words = ["anyone"] if wanted >= ANYONE else sorted(wanted)
    return Act(
        type_,
        form_url(view, type_, job, permit, **more),
        may_send(type_, view.roles, view.board),
        [view.said.word("role", role) for role in words],
    )


def next_acts(view: View, job: Job, permit: Permit | None, gate: GateView) -> tuple[Act | None, list[Act]]:
    """The act that passes this gate, and what leads to it."""
    if job.state in ("reviewed", "closed"):
        return (act(view, "close_job", job) if job.state == "reviewed" else None), []
    if gate.boundary not in TOWARDS:
        return None, []
    passing, records = TOWARDS[gate.boundary]
    fitting = [
        type_ for type_ in records if permit is not None or COMMANDS[type_].subject != PERMIT or type_ == "add_ticket"
    ]
    possible = permit is not None or COMMANDS[passing].subject == JOB
    return (act(view, passing, job, permit) if possible else None), [act(view, type_, job, permit) for type_ in fitting]
