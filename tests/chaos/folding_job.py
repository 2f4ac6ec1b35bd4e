"""Folding once more, the site's registry and the job: steps 1, 2, 3 and 7, isolations and stops (see folding.py)."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from tests.chaos.facts import Facts, Lock, Payload, Ticket, Work, level_of, ticket_of, work_of
from tests.chaos.links import Outcome, time_of


def _registered(attribute: str, key: str) -> Callable[[Facts, Outcome, Payload], None]:
    def handler(facts: Facts, outcome: Outcome, payload: Payload) -> None:
        getattr(facts, attribute)[payload[key]] = payload

    return handler


def _site(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    facts.zone = ZoneInfo(payload["zone"])


def _contraindication(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    entry = (payload["person_id"], payload["work"])
    (facts.barred.add if payload["active"] else facts.barred.discard)(entry)


def _bump(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    """Counts for the site day on which it was surely made."""
    captured = outcome.body.get("captured")
    days = {facts.day(time_of(moment)) for moment in captured or ()}
    if payload["passed"] and len(days) == 1:
        facts.bumped[payload["instrument_id"]] = days.pop()
    elif not payload["passed"]:
        facts.bumped.pop(payload["instrument_id"], None)


def _emergency(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    area = payload.get("area_id") or ""
    facts.emergencies.add(area)
    for ticket in facts.tickets.values():
        if area in ("", ticket.area_id):
            ticket.stop("emergency", outcome.decided_at)


def _end_emergency(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    facts.emergencies.discard(payload.get("area_id") or "")


def _change(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    job_id = outcome.client.get("job_id")
    for work in facts.works.values():
        if work.job_id == job_id if job_id else payload.get("area_id") in (None, work.area_id):
            work.changed_at = outcome.decided_at


def _job(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    job_id = outcome.client["job_id"]
    facts.works[job_id] = Work(job_id, payload["work_lead"], payload["area_id"], payload.get("contractor_id"))


def _add_ticket(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work, permit_id = work_of(facts, outcome), outcome.client["permit_id"]
    area = facts.areas.get(work.area_id, {})
    facts.tickets[permit_id] = Ticket(
        permit_id=permit_id,
        job_id=work.job_id,
        type=payload["type"],
        level=level_of(payload["type"], payload["facts"], area),
        facts=payload["facts"],
        area_id=work.area_id,
        place=payload["place"],
        planned_from=time_of(payload["planned_from"]),
        planned_to=time_of(payload["planned_to"]),
        links=set(payload.get("related", ())),
    )
    work.tickets.append(permit_id)


def _amend(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket, work = ticket_of(facts, outcome), work_of(facts, outcome)
    ticket.facts = payload.get("facts", ticket.facts)
    ticket.level = level_of(ticket.type, ticket.facts, facts.areas.get(ticket.area_id, {}))
    ticket.planned_from = time_of(payload["planned_from"]) if "planned_from" in payload else ticket.planned_from
    ticket.planned_to = time_of(payload["planned_to"]) if "planned_to" in payload else ticket.planned_to
    work.covered["assess"].discard(ticket.permit_id)


def _link(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).links.add(payload["to"])


def _risk(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work = work_of(facts, outcome)
    work.rows, work.accepted_by = payload["rows"], set()


def _residual(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work_of(facts, outcome).accepted_by.add(payload["as"])


def _covers(step: str) -> Callable[[Facts, Outcome, Payload], None]:
    def handler(facts: Facts, outcome: Outcome, payload: Payload) -> None:
        work = work_of(facts, outcome)
        work.covered[step] |= set(payload["permits"])
        if step == "assess":
            work.assessed_at = outcome.decided_at

    return handler


def _book(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work = work_of(facts, outcome)
    work.booking, work.booked_on, work.urgent_approved = payload, facts.day(outcome.decided_at), False


def _urgent(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work_of(facts, outcome).urgent_approved = True


def _plan(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work_of(facts, outcome).plan = payload


def _briefing(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work = work_of(facts, outcome)
    given = next(e["data"] for e in outcome.body["events"] if e["type"] == "briefing.given")
    work.briefing, work.acknowledged = (given["version"], given["content_sha256"]), set()


def _acknowledge(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work = work_of(facts, outcome)
    if work.briefing == (payload["version"], payload["content_sha256"]):
        work.acknowledged.add(outcome.client["actor"])


def _send_back(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work = work_of(facts, outcome)
    for number, step in enumerate(("assess", "plan", "brief"), 1):
        if number >= payload["to_step"]:
            work.covered[step].clear()
    for ticket in facts.of(work):
        if ticket.state == "surveyed":
            ticket.state = "open"


def _withdraw(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work = work_of(facts, outcome)
    work.state = "closed"
    for ticket in facts.of(work):
        ticket.state = "revoked" if ticket.live else ticket.state


def _lock(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    locks = work_of(facts, outcome).locks
    before = locks.get(payload["point_id"])
    hang = before.personal if before else set()
    locks[payload["point_id"]] = Lock(outcome.client["actor"], payload["method"], personal=hang)


def _own_lock(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work_of(facts, outcome).locks[payload["point_id"]].personal.add(outcome.client["actor"])


def _own_lock_off(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    owner = payload.get("person_id", outcome.client["actor"])
    work_of(facts, outcome).locks[payload["point_id"]].personal.discard(owner)


def _replace(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    """The old ticket is over; the new one has its type, its crew, and its links, and is covered by no step."""
    old, work = ticket_of(facts, outcome), work_of(facts, outcome)
    if old.live:
        old.state = "void" if old.started else "revoked"
    told = payload.get("facts", old.facts)
    new = Ticket(
        permit_id=payload["new_permit_id"],
        job_id=work.job_id,
        type=old.type,
        level=level_of(old.type, told, facts.areas.get(old.area_id, {})),
        facts=told,
        area_id=old.area_id,
        place=payload.get("place", old.place),
        planned_from=time_of(payload["planned_from"]),
        planned_to=time_of(payload["planned_to"]),
        links={t.permit_id for t in facts.of(work) if t.live and old.permit_id in t.links} | old.links,
        crew=dict(old.crew),
    )
    for other in facts.of(work):
        if other.permit_id in new.links:
            other.links.add(new.permit_id)
    facts.tickets[new.permit_id] = new
    work.tickets.append(new.permit_id)
    same = not set(payload) & {"facts", "place", "equipment_tag", "limitations", "level"}
    if payload["changed"] == ["time"] and same:  # the hazards and the plan are the same
        for row in work.rows:
            row["permits"] += [new.permit_id] if old.permit_id in row["permits"] else []
        gas = work.plan.get("gas", {})
        gas.update({new.permit_id: gas[old.permit_id]} if old.permit_id in gas else {})
    if set(payload["changed"]) & {"process", "conditions", "method", "environment"}:
        work.changed_at = outcome.decided_at


def _verify(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work_of(facts, outcome).locks[payload["point_id"]].verified_by = outcome.client["actor"]


def _unlock(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work_of(facts, outcome).locks[payload["point_id"]].removed = True


def _stop_work(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    for holder in _stopped(facts, outcome):
        holder.stop_called = True
        if isinstance(holder, Ticket):
            holder.stop("stop_work", outcome.decided_at)


def _clear_stop(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    for holder in _stopped(facts, outcome):
        holder.stop_called = False


def _stopped(facts: Facts, outcome: Outcome) -> list[Work | Ticket]:
    """A stop is about the job with all its tickets, whichever was named; nothing known is a concern."""
    permit_id, job_id = outcome.client.get("permit_id"), outcome.client.get("job_id")
    if permit_id in facts.tickets:
        job_id = facts.tickets[permit_id].job_id
    if job_id in facts.works:
        return [facts.works[job_id], *facts.of(facts.works[job_id])]
    return []


def _close_alarm(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    for work in facts.works.values():
        work.open_alarms = {key: alarm for key, alarm in work.open_alarms.items() if alarm != payload["alarm_id"]}


def _action(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    work_of(facts, outcome).actions[payload["action_id"]] = payload


def _job_state(state: str) -> Callable[[Facts, Outcome, Payload], None]:
    def handler(facts: Facts, outcome: Outcome, payload: Payload) -> None:
        work_of(facts, outcome).state = state

    return handler


OF_JOBS: dict[str, Callable[[Facts, Outcome, Payload], None]] = {
    "register_site": _site,
    "register_area": _registered("areas", "area_id"),
    "register_person": _registered("people", "person_id"),
    "register_certificate": _registered("certificates", "certificate_id"),
    "register_contractor": _registered("contractors", "contractor_id"),
    "register_instrument": _registered("instruments", "instrument_id"),
    "record_contraindication": _contraindication,
    "set_calendar": lambda facts, outcome, payload: setattr(facts, "calendar", payload),
    "set_foreman_roster": lambda facts, outcome, payload: setattr(facts, "shifts", payload["shifts"]),
    "set_policies": lambda facts, outcome, payload: facts.policies.update(payload["policies"]),
    "record_bump_test": _bump,
    "declare_emergency": _emergency,
    "end_emergency": _end_emergency,
    "record_change": _change,
    "create_job": _job,
    "add_ticket": _add_ticket,
    "amend_ticket": _amend,
    "link_tickets": _link,
    "record_risk_assessment": _risk,
    "accept_residual_risk": _residual,
    "assess": _covers("assess"),
    "book_work": _book,
    "approve_urgent_booking": _urgent,
    "record_plan": _plan,
    "plan": _covers("plan"),
    "give_briefing": _briefing,
    "acknowledge_briefing": _acknowledge,
    "brief": _covers("brief"),
    "send_back": _send_back,
    "withdraw_job": _withdraw,
    "apply_isolation": _lock,
    "verify_isolation": _verify,
    "remove_isolation": _unlock,
    "add_personal_lock": _own_lock,
    "remove_personal_lock": _own_lock_off,
    "remove_absent_owners_lock": _own_lock_off,
    "replace_ticket": _replace,
    "stop_work": _stop_work,
    "clear_stop": _clear_stop,
    "close_alarm": _close_alarm,
    "record_action": _action,
    "review": _job_state("reviewed"),
    "close_job": _job_state("closed"),
}
