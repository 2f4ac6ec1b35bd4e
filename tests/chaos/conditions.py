"""What several boundaries ask: acknowledgements, certificates, gas, guardian, validity, presence, grade.

Written from rules.md, not from the product's gates. Each yields the words of what is missing, the gate it re-states in
front. Never stricter than the written rule: a difference is an error of the product or of this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from tests.chaos.facts import Facts, Ticket, Work
from tests.chaos.links import Outcome, time_of

SPECIAL_WORKS = ("hot_work", "confined_space")
CERTIFIED = ("hot_work", "electrician", "work_at_height", "crane_operator", "rigger", "guardian")
GAS_FRESH = timedelta(minutes=30)  # 5.3.1 c, 6.3 a
GAS_RECORD = timedelta(hours=2)  # 6.5, reading A10.17
ACT_LIMIT = timedelta(seconds=60)  # from the tap
AUTHENTICATED = timedelta(minutes=15)
GRADE = {"special": "approver_head", "1": "approver_safety", "2": "approver_unit"}  # table B.1, by level of hot work
LADDER = ("approver_unit", "approver_safety", "approver_head")

Found = Iterator[str]


def subject(facts: Facts, outcome: Outcome) -> tuple[Work, Ticket]:
    ticket = facts.tickets[outcome.client["permit_id"]]
    return facts.works[ticket.job_id], ticket


def covered(facts: Facts, outcome: Outcome) -> tuple[Work, list[Ticket]]:
    work = facts.works[outcome.client["job_id"]]
    return work, [facts.tickets[permit_id] for permit_id in outcome.client["payload"]["permits"]]


def crew_of(work: Work, tickets: list[Ticket]) -> set[str]:
    """Who must be briefed: work lead, workers, guardian."""
    return {work.lead} | {person_id for ticket in tickets for person_id in ticket.crew}


def not_stopped(work: Work, tickets: list[Ticket]) -> Found:
    if work.stop_called or any(ticket.stop_called for ticket in tickets):
        yield "G-RUN-5: a stop-work is not cleared"


def no_emergency(facts: Facts, work: Work, tickets: list[Ticket]) -> Found:
    if facts.emergencies & ({"", work.area_id} | {ticket.area_id for ticket in tickets}):
        yield "G-RUN-5: an emergency is declared"


def acknowledged(work: Work, tickets: list[Ticket]) -> Found:
    if work.briefing is None:
        yield "G-BR-1: no briefing was given"
    for ticket in tickets:
        if not ticket.crew:
            yield f"G-BR-1: ticket {ticket.permit_id} has no crew"
    missing = crew_of(work, tickets) - work.acknowledged
    if missing:
        yield f"G-BR-1: {len(missing)} of {len(crew_of(work, tickets))} have not acknowledged the current briefing"


def certified(facts: Facts, ticket: Ticket, day: date) -> Found:
    for member in ticket.crew.values():
        trade = "guardian" if member["role"] == "guardian" else member["trade"]
        if trade in CERTIFIED and not _certificate(facts, member["person_id"], trade, day):
            yield f"G-CR-1: {member['person_id']} has no valid certificate for {trade}"
        if (member["person_id"], ticket.type) in facts.barred:
            yield f"G-CR-3: {member['person_id']} may not do {ticket.type}"


def _certificate(facts: Facts, person_id: str, trade: str, day: date) -> bool:
    return any(
        c["person_id"] == person_id
        and c["trade"] == trade
        and not c.get("revoked")
        and date.fromisoformat(c["valid_from"]) <= day <= date.fromisoformat(c["valid_to"])
        for c in facts.certificates.values()
    )


def gas(work: Work, ticket: Ticket, now: datetime, fresh: timedelta, since: datetime | None = None) -> Found:
    """Each gas at each point of the plan: the latest sample passes and is fresh (and was taken after `since`)."""
    if ticket.type not in SPECIAL_WORKS:
        return
    plan: dict[str, Any] = work.plan.get("gas", {}).get(ticket.permit_id, {})
    needs = [(gas, point) for gas in plan.get("gases", ()) for point in plan.get("points", ())]
    if not needs:
        yield "G-GAS-1: no gas test is planned"
    for gas, point in needs:
        samples = [r for r in ticket.readings if (r.gas, r.point) == (gas, point)]
        if not samples:
            yield f"G-GAS-1: no test of {gas} at {point}"
            continue
        last = max(samples, key=lambda r: (r.latest, not r.passed))
        if not last.passed:
            yield f"G-GAS-3: {gas} at {point} is out of its limit"
        if not last.usable:
            yield f"G-GAS-9: the instrument for {gas} at {point} was not in order"
        if now - last.earliest > fresh:
            yield f"G-GAS-2: {gas} at {point} was sampled {now - last.earliest} before"
        if since is not None and last.latest < since:
            yield f"G-GAS-4: {gas} at {point} was not tested after the break began"


def guarded(facts: Facts, ticket: Ticket) -> Found:
    if ticket.type in SPECIAL_WORKS and not ticket.guardians:
        yield "G-RUN-1: no guardian is on duty"
    for person_id, place in ticket.guardians.items():
        if ticket.crew.get(person_id, {}).get("role") != "guardian":
            yield f"G-RUN-1: {person_id} on duty is not a guardian of this ticket"
        if ticket.type == "confined_space" and place != "outside":
            yield "G-CS-1: the guardian is not outside"
        for other in facts.tickets.values():
            elsewhere = other.place != ticket.place or other.permit_id not in ticket.links
            busy = other.state == "active" and person_id in other.guardians
            if other.permit_id != ticket.permit_id and busy and elsewhere:
                yield f"G-CR-2: guardian {person_id} is on duty at two places"


def valid(ticket: Ticket, now: datetime) -> Found:
    if ticket.issued_at is None:
        yield "I1: the permit was never issued"
        return
    if now < max(ticket.planned_from, ticket.issued_at):
        yield "G-RUN-0: before valid_from"
    if now > ticket.planned_to:
        yield "G-RUN-2: after valid_to"


def on_site(outcome: Outcome) -> Found:
    presence = outcome.body["gateway"].get("presence")
    if not presence:
        yield "G-SV-3: nothing shows the approver on site"
    authenticated = outcome.body["gateway"].get("authenticated_at")
    if not authenticated or outcome.decided_at_real - time_of(authenticated) > AUTHENTICATED + ACT_LIMIT:
        yield "G-SV-3: the approver's identity was not confirmed again"


def _special_time(facts: Facts, now: datetime) -> bool:
    """Holiday, rest day, night or special period: one grade up (5.1.1, reading A10.3)."""
    local, calendar = now.astimezone(facts.zone), facts.calendar
    day, clock = local.date().isoformat(), local.strftime("%H:%M")
    night_from, night_to = calendar.get("night_from", "22:00"), calendar.get("night_to", "06:00")
    night = clock >= night_from or clock < night_to
    rest = local.isoweekday() in calendar.get("rest_days", (6, 7)) and day not in calendar.get("workdays", ())
    period = any(p["start"] <= day <= p["end"] for p in calendar.get("special_periods", ()))
    return night or rest or period or day in calendar.get("holidays", ())


def grade(facts: Facts, ticket: Ticket, person_id: str, now: datetime) -> Found:
    needed = GRADE.get(ticket.level, "approver_unit")
    if ticket.type == "hot_work" and _special_time(facts, now):
        needed = LADDER[min(LADDER.index(needed) + 1, len(LADDER) - 1)]
    if not any(role in LADDER and LADDER.index(role) >= LADDER.index(needed) for role in facts.roles(person_id)):
        yield f"G-SV-4: the issuer's grade is below {needed}"
