"""The boundaries from the start of work to the review, once more and from rules.md alone (see conditions.py)."""

from __future__ import annotations

from datetime import timedelta

from tests.chaos.before_work import APPROVERS
from tests.chaos.conditions import (
    GAS_FRESH,
    GAS_RECORD,
    SPECIAL_WORKS,
    Found,
    acknowledged,
    certified,
    crew_of,
    gas,
    grade,
    guarded,
    no_emergency,
    not_stopped,
    on_site,
    subject,
    valid,
)
from tests.chaos.facts import Facts, Ticket, Work
from tests.chaos.links import Outcome

BREAKS = {"special": timedelta(minutes=30), "1": timedelta(minutes=30)}  # 5.3.1 d; all others:
BREAK_ELSE = timedelta(minutes=60)  # 5.3.1 d, 6.3 f


def start(facts: Facts, outcome: Outcome) -> Found:
    work, ticket = subject(facts, outcome)
    now = outcome.decided_at
    if ticket.state != "issued":
        yield f"started while {ticket.state}"
    window = timedelta(minutes=facts.number("start_window", 60))
    if ticket.issued_at and now > max(ticket.planned_from, ticket.issued_at) + window:
        yield "G-RUN-4: after the start window"
    if ticket.type == "hot_work" and ticket.foreman_at is None and facts.number("foreman_check_required", 1):
        yield "G-HOT-5: the foreman did not check the ticket"
    yield from _equipped(ticket)
    yield from _running(facts, work, ticket, outcome)
    yield from gas(work, ticket, now, GAS_FRESH)


def _equipped(ticket: Ticket) -> Found:
    wanted = {"hot_work": ("fire_extinguisher",), "confined_space": ("rescue_kit", "communication", "lighting")}
    for kind in wanted.get(ticket.type, ()):
        if not ticket.equipment.get(kind, {}).get("ok"):
            yield f"equipment {kind} was not checked"
    volts = ticket.equipment.get("lighting", {}).get("volts")
    if volts is not None and volts > (12 if ticket.facts.get("wet_or_narrow") else 36):
        yield "G-CS-1: lighting above the voltage allowed"


def _running(facts: Facts, work: Work, ticket: Ticket, outcome: Outcome) -> Found:
    """What must hold while the work runs; asked at start and resume."""
    now = outcome.decided_at
    if outcome.client["payload"].get("unchanged") is not True:
        yield "G-RUN-3: not stated that scope, place and method are unchanged"
    yield from not_stopped(work, [ticket])
    yield from no_emergency(facts, work, [ticket])
    yield from valid(ticket, now)
    yield from guarded(facts, ticket)
    yield from acknowledged(work, [ticket])
    yield from certified(facts, ticket, facts.day(now))
    if ticket.type == "confined_space" and not ticket.monitor:
        yield "G-GAS-6a: no continuous monitor"
    if ticket.type == "hot_work":
        yield from grade(facts, ticket, ticket.issued_by, now)
        if not any(facts.day(r.earliest) == facts.day(now) for r in ticket.readings):
            yield "G-GAS-5: no gas test on this day"


def enter(facts: Facts, outcome: Outcome) -> Found:
    work, ticket = subject(facts, outcome)
    person_id = outcome.client["payload"]["person_id"]
    if ticket.state != "active":
        yield f"entry while {ticket.state}"
    yield from not_stopped(work, [ticket])
    yield from no_emergency(facts, work, [ticket])
    if person_id not in work.acknowledged:
        yield f"G-BR-2: {person_id} has not acknowledged the current briefing"
    if person_id not in crew_of(work, [ticket]):
        yield f"G-BR-2: {person_id} is not of the crew"
    yield from valid(ticket, outcome.decided_at)
    yield from guarded(facts, ticket)
    yield from gas(work, ticket, outcome.decided_at, GAS_RECORD)


def resume(facts: Facts, outcome: Outcome) -> Found:
    work, ticket = subject(facts, outcome)
    now = outcome.decided_at
    if ticket.state != "suspended":
        yield f"resumed while {ticket.state}"
    if "expiry" in ticket.causes:
        yield "G-RUN-5: resumed after expiry"
    yield from _running(facts, work, ticket, outcome)
    yield from _who_resumes(facts, work, ticket, outcome)
    limit = BREAKS.get(ticket.level, BREAK_ELSE) if ticket.type in SPECIAL_WORKS else None
    if ticket.stopped_at is not None and limit is not None and now - ticket.stopped_at > limit:
        yield from gas(work, ticket, now, GAS_FRESH, since=ticket.stopped_at)


def revalidate(facts: Facts, outcome: Outcome) -> Found:
    """Never where GB 30871 binds: a ticket that is over is closed and a new one asked for (4.16-4.18)."""
    work, ticket = subject(facts, outcome)
    if ticket.state not in ("active", "suspended"):
        yield f"revalidated while {ticket.state}"
    yield "4.16: a ticket was revalidated on a site under GB 30871"
    yield from _running(facts, work, ticket, outcome)


def _who_resumes(facts: Facts, work: Work, ticket: Ticket, outcome: Outcome) -> Found:
    actor = outcome.client["actor"]
    roles = facts.roles(actor)
    for cause in ticket.causes:
        if cause in ("interruption", "guardian_gone"):
            right = actor == work.lead or "work_lead" in roles
        elif cause in ("suspension", "weather"):
            right = "area_auth" in roles
        elif cause == "emergency":
            right = True  # who declared it or a deputy: who is a deputy is the site's affair
        else:
            right = bool(roles & APPROVERS)
        if not right:
            yield f"G-RUN-5: resumed by {actor}, who may not after {cause}"


def complete(facts: Facts, outcome: Outcome) -> Found:
    _work, ticket = subject(facts, outcome)
    if ticket.state not in ("active", "suspended"):
        yield f"completed while {ticket.state}"


def accept(facts: Facts, outcome: Outcome) -> Found:
    _work, ticket = subject(facts, outcome)
    if ticket.state != "completed" or ticket.completed_at is None:
        yield f"accepted while {ticket.state}"
        return
    if not all(ticket.restored.get(name) for name in ("site_restored", "guards_back", "cleaned")):
        yield "G-CL-1: the site is not restored"
    if ticket.inside or any(ticket.tools.values()):
        yield f"G-CS-2: {len(ticket.inside)} people and {sum(ticket.tools.values())} tools are still inside"
    if ticket.type == "hot_work":
        minutes = timedelta(minutes=facts.number("fire_watch", 60))
        if ticket.fire_watch_at is None or not ticket.no_residual_fire:
            yield "G-HOT-3: no fire watch, or residual fire"
        elif ticket.fire_watch_at - ticket.completed_at < minutes:
            yield f"G-HOT-3: fire watch of {ticket.fire_watch_at - ticket.completed_at}"
    yield from on_site(outcome)


def remove_isolation(facts: Facts, outcome: Outcome) -> Found:
    work = facts.works[outcome.client["job_id"]]
    for ticket in facts.of(work):
        if ticket.state in ("issued", "active", "suspended", "completed"):
            yield f"G-ISO-1: ticket {ticket.permit_id} is {ticket.state}"
    for person in work.locks[outcome.client["payload"]["point_id"]].personal:
        yield f"G-ISO-1: the personal lock of {person} is on it"


def review(facts: Facts, outcome: Outcome) -> Found:
    work = facts.works[outcome.client["job_id"]]
    for ticket in facts.of(work):
        if ticket.state not in ("accepted", "void", "revoked"):
            yield f"reviewed while ticket {ticket.permit_id} is {ticket.state}"
    if work.open_alarms:
        yield f"G-CL-2: {len(work.open_alarms)} alarms are not closed"
    if any(not action.get("owner") or not action.get("due") for action in work.actions.values()):
        yield "G-CL-2: an action without owner or date"
