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
from services.seven_steps.gate import Boundary, Case, Gate, Verdict
from services.seven_steps.gates import judge_gate, standing_gates
from services.seven_steps.spec import PERMIT, RECORD, CommandSpec, Decision, Refused

ACTIVE = "active"
#: Issued and not over: what may run after a command.
ISSUED = frozenset({"issued", ACTIVE, "suspended"})


def shut(case: Case) -> tuple[Verdict, ...]:
    """The standing gates of the case's ticket that are shut now; none of a ticket whose work does not run.

    They are asked as at a resume before anybody acts. A gate with a grace (policy) is shut once it has been shut for
    longer than that: it is asked how it stood then.
    """
    if case.permit is None or case.permit.state != ACTIVE:
        return ()
    looking = replace(case.command, type=Boundary.RESUME.value, actor="", payload={})
    then = replace(case, command=looking, actor="")
    verdicts = (_judged(gate, then) for gate in standing_gates(case.rules.ids) if gate.binds(case.permit))
    return tuple(verdict for verdict in verdicts if not verdict.open)


def _judged(gate: Gate, case: Case) -> Verdict:
    verdict = judge_gate(gate, case)
    if verdict.open or not gate.grace:
        return verdict
    return judge_gate(gate, replace(case, now=case.now - case.rules.duration(gate.grace, case.board)))


def stops(case: Case, before: Iterable[Event] = ()) -> tuple[Event, ...]:
    """The suspensions that are due for the case's ticket, one for each cause, and one alarm for each code.

    before: events of the same outcome; an alarm that one of them raises is not raised twice
    """
    verdicts = shut(case)
    if not verdicts:
        return ()
    raised = [e.data for e in before if e.type == "alarm.raised"]
    assert case.permit is not None
    known = {data["code"] for data in raised if data.get("permit_id") == case.permit.permit_id}
    now = replace(case, command=replace(case.command, captured=Interval(case.now, case.now)))
    causes: dict[str, str] = {}
    alarms: dict[str, str] = {}
    for verdict in verdicts:
        causes.setdefault(verdict.gate.suspends, _text(verdict))
        for missing in verdict.missing:
            alarms.setdefault(missing.alarm or verdict.gate.alarm, _text(verdict))
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


def _text(verdict: Verdict) -> str:
    """The gate's id, what it is about and what there is: ids and values, no words of a catalogue."""
    first = verdict.missing[0]
    said = (first.about, *first.have.split())
    return " ".join((verdict.gate.id, *(word for word in said if word and not word.startswith(":"))))


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
