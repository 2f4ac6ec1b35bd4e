"""Alarms (AQ 3064.2-2025 5.9): raised by a refusal, a reading or the timekeeper; owned, acknowledged, closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles
from services.seven_steps.board import Alarm, Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.event import Event, at, event, put, stated, text_of
from services.seven_steps.gate import Case, Verdict
from services.seven_steps.spec import RECORD, SITE, CommandSpec, Decision, Refused
from services.seven_steps.step2_to_3_crew_gates import guardians_of
from services.seven_steps.work_types import type_of

Data = Mapping[str, Any]
CLOSED_ALARMS_KEPT = 500  # site alarms of no job: the oldest closed ones leave the board


# ---- decide --------------------------------------------------------------------------------------------------------


def raised_by(case: Case, verdicts: Iterable[Verdict]) -> tuple[Event, ...]:
    """What a refused sign-off raises: one alarm for each ticket and code (AQ 3064.2 5.4.3-5.4.5)."""
    found: dict[tuple[str, str], str] = {}
    for verdict in verdicts:
        for missing in verdict.missing:
            code = missing.alarm or verdict.gate.alarm
            if code:
                found.setdefault((verdict.about, code), verdict.gate.id)
    job_id = case.job.job_id if case.job else None
    return tuple(
        _raised(case, number, job_id, about, code, gate_id)
        for number, ((about, code), gate_id) in enumerate(sorted(found.items()), 1)
    )


def _raised(case: Case, number: int, job_id: str | None, about: str, code: str, text: str) -> Event:
    data = {"job_id": job_id, "permit_id": about or None}
    return event(case, "alarm.raised", **data, alarm_id=f"{case.board.seq + 1}-{number}", code=code, text=text)


def raise_alarm(case: Case) -> Decision:
    payload = case.command.payload
    return (
        event(case, "alarm.raised", alarm_id=f"{case.board.seq + 1}-1", code=payload["code"], text=payload["what"]),
    )


def acknowledge_alarm(case: Case) -> Decision:
    return _on_open_alarm(case, "alarm.acknowledged")


def close_alarm(case: Case) -> Decision:
    return _on_open_alarm(case, "alarm.closed")


def _on_open_alarm(case: Case, type_: str) -> Decision:
    alarm = case.board.alarms.get(case.command.payload["alarm_id"])
    if alarm is None or alarm.closed is not None:
        return Refused(codes.WRONG_STATE, about=case.command.payload["alarm_id"], have=":none", need=":open_alarm")
    data = {"job_id": alarm.job_id, "permit_id": alarm.permit_id}
    return (event(case, type_, **data | dict(case.command.payload)),)


# ---- who sees to it ------------------------------------------------------------------------------------------------

#: Where another than the work lead is in charge of what an alarm says (AQ 3064.2 5.9.10).
OF_ISSUER = frozenset({"30", "40", "41", "42", "43", "91", "95", "99"})
OF_GUARDIAN = frozenset({"07", "92", "93"})
OF_ROLE: Mapping[str, str] = {"94": roles.SHIFT_FOREMAN, "96": roles.ADMIN}


def owned(case: Case, events: Iterable[Event]) -> tuple[Event, ...]:
    """Every alarm has an owner from the moment it is raised."""
    return tuple(_owned(case, one) if one.type == "alarm.raised" else one for one in events)


def _owned(case: Case, raised: Event) -> Event:
    data = raised.data
    permit = case.board.permits.get(data.get("permit_id") or "")
    job = case.board.jobs.get(data.get("job_id") or "")
    return replace(raised, data={**data, "owner": owner_of(data["code"], job, permit)})


def owner_of(code: str, job: Job | None, permit: Permit | None) -> str:
    """A person in charge of the ticket, or the role that is."""
    if code in OF_ROLE:
        return OF_ROLE[code]
    if code in OF_ISSUER and permit is not None:
        work = type_of(permit)
        return permit.issue.by if permit.issue else work.grades.get(permit.level, work.ladder[0])
    if code in OF_GUARDIAN and permit is not None:
        return next(iter(guardians_of(permit)), job.work_lead if job else roles.HSE)
    return job.work_lead if job is not None else roles.HSE


# ---- evolve --------------------------------------------------------------------------------------------------------


def alarm_raised(board: Board, data: Data) -> Board:
    """One open alarm per ticket and code; a further one is counted there."""
    permit_id, job_id = data.get("permit_id"), data.get("job_id")
    for alarm in board.alarms.values():
        if alarm.closed is None and (alarm.code, alarm.permit_id, alarm.job_id) == (data["code"], permit_id, job_id):
            counted = replace(alarm, count=alarm.count + 1)
            return replace(board, alarms=put(board.alarms, alarm.alarm_id, counted))
    new = Alarm(
        data["alarm_id"], data["code"], job_id, permit_id, at(board), data["text"], 1, board.seq, owner=data["owner"]
    )
    return replace(board, alarms=put(board.alarms, new.alarm_id, new))


def alarm_acknowledged(board: Board, data: Data) -> Board:
    alarm = board.alarms[data["alarm_id"]]
    owned = replace(alarm, owner=data["by"], acknowledged=stated(board, data))
    return replace(board, alarms=put(board.alarms, alarm.alarm_id, owned))


def alarm_closed(board: Board, data: Data) -> Board:
    alarm = board.alarms[data["alarm_id"]]
    closed = replace(alarm, closed=stated(board, data, text_of(data["result"])))
    alarms = put(board.alarms, alarm.alarm_id, closed)
    of_site = [a.alarm_id for a in alarms.values() if a.job_id is None and a.closed is not None]
    for alarm_id in of_site[:-CLOSED_ALARMS_KEPT]:
        del alarms[alarm_id]
    return replace(board, alarms=alarms)


APPLIERS = {
    ("alarm.raised", 1): alarm_raised,
    ("alarm.acknowledged", 1): alarm_acknowledged,
    ("alarm.closed", 1): alarm_closed,
}

OWNERS = roles.APPROVERS | {roles.AREA_AUTH, roles.HSE, roles.SHIFT_FOREMAN, roles.WORK_LEAD}

COMMANDS = (
    CommandSpec("raise_alarm", RECORD, frozenset({roles.SERVICE}), SITE, raise_alarm),
    CommandSpec("acknowledge_alarm", RECORD, OWNERS, SITE, acknowledge_alarm),
    CommandSpec("close_alarm", RECORD, OWNERS, SITE, close_alarm),
)
