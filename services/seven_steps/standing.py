"""What stops running work by itself: gates that must hold while it runs (`Gate.suspends`), asked after every accepted
command about its job and by the timekeeper (GB 30871-2022 4.8, 4.10, 5.2.11, 5.3.1 d, 6.5; AQ 3064.2-2025 5.9).

One mechanism for every cause: a gate that falls shut suspends the ticket under its cause, with its alarm. The ticket's
end (G-RUN-2) is `expire_ticket`'s, a stop-work and an emergency suspend by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from services.seven_steps import codes, roles
from services.seven_steps.board import Board
from services.seven_steps.command import Interval
from services.seven_steps.event import Event, event
from services.seven_steps.gate import Boundary, Case, Gate, Missing
from services.seven_steps.gates import standing_gates
from services.seven_steps.spec import PERMIT, RECORD, CommandSpec, Decision, Refused

ACTIVE = "active"
Shut = tuple[Gate, tuple[Missing, ...]]
#: Issued and not over: what may run after a command.
ISSUED = frozenset({"issued", ACTIVE, "suspended"})


def shut(case: Case) -> tuple[Shut, ...]:
    """The standing gates of the case's ticket that are shut now; none of a ticket whose work does not run.

    They are asked as at a resume before anybody acts. A gate with a grace (policy) is shut once it has been shut for
    longer than that: it is asked how it stood then.
    """
    if case.permit is None or case.permit.state != ACTIVE:
        return ()
    looking = replace(case.command, type=Boundary.RESUME.value, actor="", payload={})
    then = replace(case, command=looking, actor="")
    gates = (gate for gate in standing_gates(case.rules.ids) if gate.binds(case.permit))
    return tuple((gate, missing) for gate in gates if (missing := _missing(gate, then)))


def _missing(gate: Gate, case: Case) -> tuple[Missing, ...]:
    missing = gate.shut_by(case)
    if not missing or not gate.grace:
        return missing
    return gate.shut_by(replace(case, now=case.now - case.rules.duration(gate.grace, case.board)))


def stops(case: Case, before: Iterable[Event] = ()) -> tuple[Event, ...]:
    """The suspensions that are due for the case's ticket, one for each cause, and one alarm for each code.

    before: events of the same outcome; an alarm that one of them raises is not raised twice
    """
    found = shut(case)
    if not found:
        return ()
    raised = [e.data for e in before if e.type == "alarm.raised"]
    assert case.permit is not None
    known = {data["code"] for data in raised if data.get("permit_id") == case.permit.permit_id}
    now = replace(case, command=replace(case.command, captured=Interval(case.now, case.now)))
    causes: dict[str, str] = {}
    alarms: dict[str, str] = {}
    for gate, missing in found:
        text = _text(gate, missing[0])
        causes.setdefault(gate.suspends, text)
        for one in missing:
            alarms.setdefault(one.alarm or gate.alarm, text)
    suspended = (
        event(now, "permit.suspended", cause=cause, reason={"lang": "en", "text": text})
        for cause, text in causes.items()
    )
    new = [(code, text) for code, text in alarms.items() if code and code not in known]
    alarmed = (
        event(now, "alarm.raised", alarm_id=f"{case.board.seq + 1}-{number}", code=code, text=text)
        for number, (code, text) in enumerate(new, len(raised) + 1)
    )
    return (*suspended, *alarmed)


def _text(gate: Gate, first: Missing) -> str:
    """The gate's id, what it is about and what there is: ids and values, no words of a catalogue."""
    said = (first.about, *first.have.split())
    return " ".join((gate.id, *(word for word in said if word and not word.startswith(":"))))


def after(case: Case, board: Board, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """What an accepted command brings with it for the running tickets of its job.

    case: as it was decided; board: as it stands once `events` are applied
    """
    job = board.jobs.get(case.job.job_id) if case.job else None
    found: tuple[Event, ...] = ()
    for permit_id in job.permits if job else ():
        stands = replace(case, board=replace(board, seq=case.board.seq), job=job, permit=board.permits[permit_id])
        found += stops(stands, (*events, *found))
    return found


def enforce_standing(case: Case) -> Decision:
    """The timekeeper says that a standing gate is shut; the core looks at its own `now`."""
    found = stops(case)
    if found:
        return found
    assert case.permit is not None
    return Refused(codes.WRONG_STATE, about=case.permit.permit_no, have=":in_order", need=":standing_gate_shut")


APPLIERS: dict[tuple[str, int], object] = {}

COMMANDS = (
    CommandSpec(
        "enforce_standing",
        RECORD,
        frozenset({roles.SERVICE}),
        PERMIT,
        enforce_standing,
        states=frozenset({ACTIVE}),
    ),
)
