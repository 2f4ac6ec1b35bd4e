"""The boundaries from the assessment to the issue, once more and from rules.md alone (see conditions.py)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.chaos.conditions import (
    GAS_FRESH,
    SPECIAL_WORKS,
    Found,
    acknowledged,
    certified,
    covered,
    crew_of,
    gas,
    grade,
    no_emergency,
    not_stopped,
    on_site,
    subject,
)
from tests.chaos.facts import Facts, Ticket, Work
from tests.chaos.links import Outcome, time_of

APPROVERS = {"approver_unit", "approver_dept", "approver_safety", "approver_head"}
VALIDITY = {"special": timedelta(hours=8), "1": timedelta(hours=8), "2": timedelta(hours=72)}  # 5.1.5
VALIDITY_CONFINED = timedelta(hours=24)  # 6.10
NODES = {
    "hot_work": ("work_lead", "unit", "safety"),  # A9: the signature lines before the approver's
    "confined_space": ("work_lead", "unit"),
    "general": ("work_lead", "unit"),
}
NODE_OF = {"approver_unit": "unit", "approver_safety": "safety"}


def assess(facts: Facts, outcome: Outcome) -> Found:
    work, tickets = covered(facts, outcome)
    yield from not_stopped(work, tickets)
    if not work.rows or not tickets:
        yield "G-RA-1: no risk assessment"
    for row in work.rows:
        if not row["controls"] or not row["residual"]:
            yield f"G-RA-1: {row['step']}: no control or no residual risk"
        score = _score(row["residual"])
        if score >= 15:
            yield f"G-RA-2: {row['step']}: extreme residual risk"
        if 10 <= score < 15 and not ("hse" in work.accepted_by and work.accepted_by & APPROVERS):
            yield f"G-RA-2: {row['step']}: high residual risk, not accepted by approver and HSE"
    for ticket in tickets:
        if not any(ticket.permit_id in row["permits"] for row in work.rows):
            yield f"G-RA-1: no row is about ticket {ticket.permit_id}"


def _score(risk: dict[str, Any]) -> int:
    return int(risk["l"]) * int(risk["s"]) if "s" in risk else 0  # LEC has other bands; the walks use L x S


def plan(facts: Facts, outcome: Outcome) -> Found:
    work, tickets = covered(facts, outcome)
    yield from not_stopped(work, tickets)
    for ticket in tickets:
        if ticket.permit_id not in work.covered["assess"]:
            yield f"ticket {ticket.permit_id} is not assessed"
        yield from _planned(facts, work, ticket, facts.day(outcome.decided_at))
    if not tickets or not work.booking or not work.plan:
        yield "G-PL-1: no booking, no plan or no ticket"
    elif not _booked_in_time(work):
        yield "G-PL-1: booked for the same day without approved urgency"
    if work.contractor_id and facts.contractors.get(work.contractor_id, {}).get("suspended"):
        yield "G-CR-3: the contractor is suspended"


def _booked_in_time(work: Work) -> bool:
    ahead = work.booked_on is not None and work.booked_on < date.fromisoformat(work.booking["planned_day"])
    return ahead or (work.booking["urgent"] and work.urgent_approved)


def _planned(facts: Facts, work: Work, ticket: Ticket, day: date) -> Found:
    limit = VALIDITY_CONFINED if ticket.type == "confined_space" else VALIDITY.get(ticket.level)
    if limit is not None and ticket.planned_to - ticket.planned_from > limit:
        yield "G-PL-3: planned for longer than the type allows"
    documents = [d for d in work.plan.get("documents", ()) if d.get("permit_id") in (None, ticket.permit_id)]
    if ticket.level == "special" and not any(d["kind"] == "hot_special_plan" for d in documents):
        yield "G-PL-2: no written plan for hot work of the special level"
    if not ticket.crew:
        yield "G-CR-1: no crew"
    if ticket.type in SPECIAL_WORKS and not any(m["role"] == "guardian" for m in ticket.crew.values()):
        yield "G-CR-2: no guardian"
    yield from certified(facts, ticket, day)


def brief(facts: Facts, outcome: Outcome) -> Found:
    work, tickets = covered(facts, outcome)
    yield from not_stopped(work, tickets)
    if not tickets:
        yield "G-BR-1: no ticket is named"
    for ticket in tickets:
        if ticket.permit_id not in work.covered["assess"] & work.covered["plan"]:
            yield f"ticket {ticket.permit_id} is not planned"
    yield from acknowledged(work, tickets)


def survey(facts: Facts, outcome: Outcome) -> Found:
    work, ticket = subject(facts, outcome)
    yield from not_stopped(work, [ticket])
    for step, tickets in work.covered.items():
        if ticket.permit_id not in tickets:
            yield f"surveyed, but not covered by {step}"
    if not ticket.measures:
        yield "G-SV-1: no measure was confirmed"
    open_lines = [line for line, answer in ticket.measures.items() if answer not in ("confirmed", "not_applicable")]
    if open_lines:
        yield f"G-SV-1: measures not in place: {open_lines}"
    for planned in work.plan.get("isolations", ()):
        lock = work.locks.get(planned["point_id"])
        if lock is None or lock.removed or not lock.verified_by:
            yield f"G-SV-2: isolation {planned['point_id']} is not verified"
            continue
        if lock.verified_by == lock.applied_by:
            yield f"G-SD-1: isolation {planned['point_id']} was verified by who applied it"
        if planned["blind_required"] and lock.method in ("valve_closed", "water_seal"):
            yield f"G-SV-2: isolation {planned['point_id']}: {lock.method} instead of a blind"


def issue(facts: Facts, outcome: Outcome) -> Found:
    work, ticket = subject(facts, outcome)
    now, actor = outcome.decided_at, outcome.client["actor"]
    yield from not_stopped(work, [ticket])
    yield from no_emergency(facts, work, [ticket])
    if ticket.state != "surveyed":
        yield f"issued while {ticket.state}"
    if actor in crew_of(work, [ticket]):
        yield "G-SD-1: the issuer is of the crew"
    if work.assessed_at is None or (work.changed_at is not None and work.changed_at > work.assessed_at):
        yield "G-RA-4: conditions changed after the assessment"
    filled = {NODE_OF[role] for role in facts.roles(actor) if role in NODE_OF}  # one signature fills both (A10.10)
    wanted = [node for node in NODES[ticket.type] if node not in filled]
    if [node for node in ticket.nodes if node in wanted] != wanted:
        yield f"G-SV-6: nodes {wanted} were not signed in order: {ticket.nodes}"
    for other in facts.of(work):
        if other.permit_id == ticket.permit_id or not other.live:
            continue
        if other.permit_id not in ticket.links or ticket.permit_id not in other.links:
            yield f"G-SV-5: ticket {other.permit_id} is not linked both ways"
        if other.state == "open":
            yield f"G-SV-5: linked ticket {other.permit_id} is not surveyed"
    if ticket.level == "special":
        yield "G-HOT-4: nothing can show yet what the special level needs"
    yield from on_site(outcome)
    yield from grade(facts, ticket, actor, max(now, ticket.planned_from))
    yield from gas(work, ticket, now, GAS_FRESH)


def check_ticket(facts: Facts, outcome: Outcome) -> Found:
    _work, ticket = subject(facts, outcome)
    if ticket.state != "issued":
        yield f"the foreman checked a ticket that is {ticket.state}"
    if ticket.type == "hot_work" and not _on_roster(facts, ticket, outcome):
        yield "G-HOT-5: the foreman is not on the duty roster"


def _on_roster(facts: Facts, ticket: Ticket, outcome: Outcome) -> bool:
    return any(
        shift["person_id"] == outcome.client["actor"]
        and shift["area_id"] == ticket.area_id
        and time_of(shift["start"]) <= outcome.decided_at <= time_of(shift["end"])
        for shift in facts.shifts
    )
