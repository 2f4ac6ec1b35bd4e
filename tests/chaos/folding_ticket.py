"""Folding once more, the ticket: steps 4, 5 and 6 (see folding.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tests.chaos.facts import Facts, Payload, Reading, ticket_of
from tests.chaos.gases import limit_holds
from tests.chaos.links import Outcome, time_of


def _crew(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).crew = {member["person_id"]: member for member in payload["crew"]}


def _change_crew(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    crew = ticket_of(facts, outcome).crew
    crew.update({member["person_id"]: member for member in payload.get("add", ())})
    for person_id in payload.get("remove", ()):
        crew.pop(person_id, None)


def _measures(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).measures.update({line["line"]: line["answer"] for line in payload["lines"]})


def _gas(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket, captured = ticket_of(facts, outcome), outcome.body.get("captured")
    if captured is None:
        return  # time unknown: no evidence
    age = timedelta(seconds=payload.get("sample_age_s", 0))
    earliest, latest = time_of(captured[0]) - age, time_of(captured[1]) - age
    instrument = facts.instruments.get(payload["instrument_id"], {})
    day = facts.day(earliest)
    usable = (
        bool(instrument.get("in_service"))
        and date.fromisoformat(instrument["calibration_due"]) >= day
        and facts.bumped.get(payload["instrument_id"]) == day
        and earliest <= outcome.decided_at + timedelta(seconds=60)
    )
    for row in payload["readings"]:
        entry = ticket.type == "confined_space" or bool(ticket.facts.get("inside_confined_space"))
        enriched = bool(facts.areas.get(ticket.area_id, {}).get("enriched_oxygen"))
        passed = limit_holds(row, entry, enriched)
        ticket.readings.append(Reading(row["gas"], row["point"], passed, earliest, latest, usable))
        if not passed:
            ticket.stop("bad_gas", outcome.decided_at)


def _stops(cause: str) -> Callable[[Facts, Outcome, Payload], None]:
    def handler(facts: Facts, outcome: Outcome, payload: Payload) -> None:
        ticket = ticket_of(facts, outcome)
        ticket.state = "suspended" if ticket.state == "issued" else ticket.state
        ticket.stop(payload.get("cause", cause), outcome.decided_at)

    return handler


def _state(state: str) -> Callable[[Facts, Outcome, Payload], None]:
    def handler(facts: Facts, outcome: Outcome, payload: Payload) -> None:
        ticket_of(facts, outcome).state = state

    return handler


def _node(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).nodes.append(payload["node"])


def _issue(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    ticket.state, ticket.issued_at, ticket.issued_by = "issued", outcome.decided_at, outcome.client["actor"]


def _foreman(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).foreman_at = outcome.decided_at


def _guardian_on(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).guardians[outcome.client["actor"]] = payload["place"]


def _guardian_off(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    ticket.guardians.pop(outcome.client["actor"], None)
    if not ticket.guardians:
        ticket.stop("guardian_gone", outcome.decided_at)


def _take_handover(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).guardians = {outcome.client["actor"]: payload["place"]}


def _equipment(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).equipment.update({item["kind"]: item for item in payload["items"]})


def _monitor(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).monitor = payload["running"]


def _start(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    ticket.started, ticket.state = True, "active"


def _resume(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    """Work goes on; what was suspended before its start is only issued again."""
    ticket = ticket_of(facts, outcome)
    ticket.state, ticket.causes = "active" if ticket.started else "issued", set()
    ticket.stopped_at, ticket.stop_called = None, False


def _enter(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    ticket.inside.add(payload["person_id"])
    for name, count in payload.get("tools", {}).items():
        ticket.tools[name] = ticket.tools.get(name, 0) + count


def _leave(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    ticket.inside.discard(payload["person_id"])
    for name, count in payload.get("tools", {}).items():
        ticket.tools[name] = ticket.tools.get(name, 0) - count


def _complete(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    ticket.state, ticket.completed_at = "completed", outcome.decided_at


def _expire(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    if ticket.state in ("active", "suspended"):
        ticket.stop("expiry", outcome.decided_at)
    elif ticket.state == "issued":
        ticket.state = "revoked"


def _restore(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket_of(facts, outcome).restored = payload


def _fire_watch(facts: Facts, outcome: Outcome, payload: Payload) -> None:
    ticket = ticket_of(facts, outcome)
    ticket.fire_watch_at, ticket.no_residual_fire = outcome.decided_at, payload["no_residual_fire"]


OF_TICKETS: dict[str, Callable[[Facts, Outcome, Payload], None]] = {
    "assign_crew": _crew,
    "change_crew": _change_crew,
    "confirm_measures": _measures,
    "record_gas_test": _gas,
    "survey": _state("surveyed"),
    "sign_node": _node,
    "issue": _issue,
    "check_ticket": _foreman,
    "guardian_on": _guardian_on,
    "guardian_off": _guardian_off,
    "take_guardian_handover": _take_handover,
    "check_equipment": _equipment,
    "record_monitor": _monitor,
    "start": _start,
    "resume": _resume,
    "enter": _enter,
    "record_found_inside": _enter,
    "leave": _leave,
    "interrupt": _stops("interruption"),
    "suspend": _stops("suspension"),
    "complete": _complete,
    "accept": _state("accepted"),
    "revoke_ticket": _state("revoked"),
    "void_ticket": _state("void"),
    "expire_ticket": _expire,
    "record_restoration": _restore,
    "end_fire_watch": _fire_watch,
}
