"""Step 4, site survey 现场勘察: measures, isolations, gas, signatures, and the issue on site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.seven_steps import codes, gas, roles, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_job import Isolation
from services.seven_steps.board_ticket import GasReading, Issue, Measure, NodeSignature, ProcessState, Suspension
from services.seven_steps.command import Interval
from services.seven_steps.event import (
    Event,
    at,
    began,
    break_began,
    change_job,
    change_permit,
    decimal_or_none,
    event,
    happened,
    interval_json,
    interval_of,
    job_of,
    permit_of,
    put,
    recorded,
    stated,
)
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, JOB, PERMIT, RECORD, CommandSpec, Decision, Refused
from services.seven_steps.step2_to_3_gates import longest_validity
from services.seven_steps.step4_to_5_gates import UNIT_FACTS, UNIT_KNOWERS
from services.seven_steps.work_types import ISSUERS, type_of
from services.seven_steps.work_types.hot_work import SPECIAL

Data = Mapping[str, Any]
#: Issued and not over: what a suspension stops.
LIVE = frozenset({"issued", "active", "suspended"})
SURVEYED = frozenset({"surveyed"})
NOT_IN_PLACE = "not_in_place"


# ---- decide --------------------------------------------------------------------------------------------------------


def verify_isolation(case: Case) -> Decision:
    job, point_id = case.job, case.command.payload["point_id"]
    assert job is not None
    isolation = job.isolations.get(point_id)
    if isolation is None or isolation.removed is not None:
        return Refused(codes.WRONG_STATE, about=point_id, have=":none", need=":applied", who=(roles.ISOL_AUTH,))
    return (event(case, "isolation.verified", **case.command.payload),)


def record_gas_test(case: Case) -> Decision:
    """A reading is never refused; what it may open is decided later. A bad value stops the work (AQ 5.9.3)."""
    payload = case.command.payload
    sampled = _sampled(case.command.captured, payload.get("sample_age_s", 0))
    return tested(case, payload["instrument_id"], payload.get("tester", case.actor), sampled, payload["readings"])


def tested(
    case: Case, instrument_id: str, tester: str, sampled: Interval | None, readings: Sequence[Mapping[str, Any]]
) -> tuple[Event, ...]:
    """Readings of one instrument at one time, converted and judged; what a bad one brings with it."""
    permit, instrument = case.permit, case.board.instruments.get(instrument_id)
    assert permit is not None
    rows = []
    for number, reading in enumerate(readings, 1):
        kind = case.rules.gas(reading["gas"])
        value = gas.converted(reading, kind, instrument, case.rules)
        rows.append(
            dict(reading)
            | {
                "reading_id": f"{case.board.seq + 1}-{number}",
                "converted": None if value is None else format(value, "f"),
                "converted_unit": "mg/m3" if kind is not None and kind.kind == "toxic" else "%vol",
                "passed": gas.passes(value, kind, case.rules, case.board, permit),
                "marks": list(gas.marks(reading, sampled, instrument, kind, case.board, case.now)),
            }
        )
    found = event(
        case,
        "gas.tested",
        instrument_id=instrument_id,
        tester=tester,
        sampled=interval_json(sampled),
        readings=rows,
    )
    bad = [row for row in rows if not row["passed"]]
    return (found, *_bad_gas(case, bad)) if bad else (found,)


def _bad_gas(case: Case, bad: list[dict[str, Any]]) -> tuple[Event, ...]:
    permit = case.permit
    assert permit is not None
    worst = bad[0]
    text = f"{worst['gas']} {worst['value']} {worst['unit']} @ {worst['point']}"
    alarm = event(case, "alarm.raised", alarm_id=f"{case.board.seq + 1}-1", code="06", text=text)
    if permit.state not in ("active", "suspended"):
        return (alarm,)
    reason = {"lang": case.command.lang, "text": text}
    return (event(case, "permit.suspended", cause="bad_gas", reason=reason), alarm)


def _sampled(captured: Interval | None, age_s: int) -> Interval | None:
    """A stated sample time (a laboratory's) is an age before capture (design: clocks)."""
    if captured is None:
        return None
    age = timedelta(seconds=age_s)
    return Interval(captured.earliest - age, captured.latest - age)


def record_process_state(case: Case) -> Decision:
    """How the unit stands, as its people say. Not as 5.4.2 wants it while special-level hot work runs: it stops."""
    permit, payload = case.permit, case.command.payload
    assert permit is not None
    said = event(case, "process_state.recorded", **payload)
    if permit.state != "active" or permit.level != SPECIAL or all(payload[what] for what in UNIT_FACTS):
        return (said,)
    wrong = ", ".join(what for what in UNIT_FACTS if not payload[what])
    reason = {"lang": "en", "text": f"process state: not {wrong}"}
    return (said, event(case, "permit.suspended", cause="suspension", reason=reason))


def survey(case: Case) -> Decision:
    job, permit = case.job, case.permit
    assert job is not None and permit is not None
    if permit.permit_id not in job.assessed & job.planned & job.briefed:
        return Refused(codes.WRONG_STATE, about=permit.permit_no, have=f":{job.state}", need=":briefed")
    return (event(case, "permit.surveyed"),)


def issue(case: Case) -> Decision:
    """valid_from is never before the issue; valid_to is what was planned, at most the limit of now after it."""
    permit = case.permit
    assert permit is not None
    person = case.board.people[case.actor]
    presence = case.command.presence
    valid_from, longest = max(permit.planned_from, case.now), longest_validity(case, permit)
    valid_to = permit.planned_to if longest is None else min(permit.planned_to, valid_from + longest)
    return (
        event(
            case,
            "permit.issued",
            grade=type_of(permit).grade_of(person.roles),
            presence=presence.kind if presence else "",
            **case.command.payload,
            valid_from=site_time.stamp(valid_from),
            valid_to=site_time.stamp(valid_to),
        ),
    )


# ---- evolve --------------------------------------------------------------------------------------------------------


def measures_confirmed(board: Board, data: Data) -> Board:
    measures = dict(permit_of(board, data).measures)
    for line in data["lines"]:
        before = measures.get(line["line"])
        if before is not None and happened(board, data) < before.at:
            continue  # an older answer that came later: the newer one stands
        if line["answer"] != NOT_IN_PLACE and data["captured"] is None:
            continue  # of unknown time it is no evidence; that it is not in place is taken as of now
        measures[line["line"]] = Measure(
            line=line["line"],
            answer=line["answer"],
            by=data["by"],
            at=happened(board, data),
            seq=board.seq,
            note=line.get("note", ""),
            photo_sha256=line.get("photo_sha256"),
        )
    return change_permit(board, data, measures=measures)


def isolation_applied(board: Board, data: Data) -> Board:
    """Applied anew it is verified anew; the personal locks that hang there still do."""
    isolations = job_of(board, data).isolations
    before = isolations.get(data["point_id"])
    isolation = Isolation(
        point_id=data["point_id"],
        method=data["method"],
        lock_no=data["lock_no"],
        tag_no=data["tag_no"],
        applied=stated(board, data),
        locks=before.locks if before else {},
        put_on=began(board, data),
    )
    return change_job(board, data, isolations=put(isolations, isolation.point_id, isolation))


def isolation_verified(board: Board, data: Data) -> Board:
    """Who looked before it was applied as it is now has not verified this; of unknown time it is no evidence."""
    isolations = job_of(board, data).isolations
    isolation = isolations[data["point_id"]]
    if data["captured"] is None or happened(board, data) < (isolation.put_on or isolation.applied.at):
        return board
    verified = replace(isolation, verified=stated(board, data, data["how"]["text"]))
    return change_job(board, data, isolations=put(isolations, data["point_id"], verified))


def gas_tested(board: Board, data: Data) -> Board:
    readings = tuple(
        GasReading(
            reading_id=row["reading_id"],
            gas=row["gas"],
            point=row["point"],
            value=Decimal(row["value"]),
            unit=row["unit"],
            lel_sent=decimal_or_none(row.get("lel")),
            calibration_gas=row.get("calibration_gas"),
            converted=decimal_or_none(row["converted"]),
            converted_unit=row["converted_unit"],
            passed=row["passed"],
            instrument_id=data["instrument_id"],
            tester=data["tester"],
            sampled=interval_of(data["sampled"]),
            marks=tuple(row["marks"]),
            seq=board.seq,
        )
        for row in data["readings"]
    )
    return change_permit(board, data, gas=gas.kept(permit_of(board, data), readings))


def process_state_recorded(board: Board, data: Data) -> Board:
    before, said = permit_of(board, data).process_state, interval_of(data["captured"])
    if before is not None and before.at is not None and said is not None and said.latest < before.at.latest:
        return board  # an older word that came later: the newer one stands
    state = ProcessState(**{what: data[what] for what in UNIT_FACTS}, by=data["by"], at=said, seq=board.seq)
    return change_permit(board, data, process_state=state)


def permit_surveyed(board: Board, data: Data) -> Board:
    return change_permit(board, data, state="surveyed", surveyed=stated(board, data))


def permit_node_signed(board: Board, data: Data) -> Board:
    """Signing again replaces one's own signature, never another person's."""
    signature = NodeSignature(data["node"], data["by"], at(board), data["opinion"]["text"], data["means"], board.seq)
    others = (n for n in permit_of(board, data).nodes if (n.node, n.by) != (data["node"], data["by"]))
    nodes = (*others, signature)
    return change_permit(board, data, nodes=nodes)


def permit_issued(board: Board, data: Data) -> Board:
    grade, behalf = data["grade"], data.get("on_behalf_of", "")
    issued = Issue(data["by"], at(board), grade, data["means"], data["presence"], board.seq, behalf)
    return change_permit(
        board,
        data,
        state="issued",
        issue=issued,
        valid_from=site_time.parse(data["valid_from"]),
        valid_to=site_time.parse(data["valid_to"]),
    )


def permit_foreman_checked(board: Board, data: Data) -> Board:
    return change_permit(board, data, foreman_check=stated(board, data))


def permit_printed(board: Board, data: Data) -> Board:
    return change_permit(board, data, prints=permit_of(board, data).prints + 1)


def permit_suspended(board: Board, data: Data) -> Board:
    """Live but stopped; isolations stay. The break counts from the first moment work stopped (reading A10.4).

    Said of a ticket that is not live, it is true and changes nothing.
    """
    permit = permit_of(board, data)
    if permit.state not in LIVE:
        return board
    suspension = Suspension(data["cause"], data["reason"]["text"], data["by"], at(board), board.seq)
    return change_permit(
        board,
        data,
        state="suspended",
        suspensions=put(permit.suspensions, data["cause"], suspension),
        stopped_at=break_began(board, data, permit),
        handover_from=None,
        handover_to=None,
    )


APPLIERS = {
    ("measures.confirmed", 1): measures_confirmed,
    ("isolation.applied", 1): isolation_applied,
    ("isolation.verified", 1): isolation_verified,
    ("gas.tested", 1): gas_tested,
    ("process_state.recorded", 1): process_state_recorded,
    ("permit.surveyed", 1): permit_surveyed,
    ("permit.node_signed", 1): permit_node_signed,
    ("permit.issued", 1): permit_issued,
    ("permit.foreman_checked", 1): permit_foreman_checked,
    ("permit.printed", 1): permit_printed,
    ("permit.suspended", 1): permit_suspended,
}

SURVEYORS = frozenset({roles.AREA_AUTH, roles.GUARDIAN, roles.WORK_LEAD})
ISOLATORS = frozenset({roles.ISOL_AUTH})
SIGNERS = frozenset().union(*roles.NODE_ROLES.values())
TESTERS = frozenset({roles.GAS_TESTER, roles.GUARDIAN})

COMMANDS = (
    CommandSpec("confirm_measures", RECORD, SURVEYORS, PERMIT, recorded("measures.confirmed")),
    CommandSpec("apply_isolation", RECORD, ISOLATORS, JOB, recorded("isolation.applied")),
    CommandSpec("verify_isolation", RECORD, ISOLATORS, JOB, verify_isolation),
    CommandSpec("record_gas_test", RECORD, TESTERS, PERMIT, record_gas_test),
    CommandSpec("record_process_state", RECORD, frozenset(UNIT_KNOWERS), PERMIT, record_process_state),
    CommandSpec(
        "survey",
        ACT,
        frozenset({roles.AREA_AUTH}),
        PERMIT,
        survey,
        states=frozenset({"open"}),
        boundary=Boundary.SURVEY,
    ),
    CommandSpec("sign_node", ACT, SIGNERS, PERMIT, recorded("permit.node_signed"), states=SURVEYED),
    CommandSpec("issue", ACT, ISSUERS, PERMIT, issue, states=frozenset({"surveyed"}), boundary=Boundary.ISSUE),
    CommandSpec(
        "check_ticket",
        ACT,
        frozenset({roles.SHIFT_FOREMAN}),
        PERMIT,
        recorded("permit.foreman_checked"),
        states=frozenset({"issued"}),
    ),
    CommandSpec("print_permit", RECORD, roles.ANYONE, PERMIT, recorded("permit.printed")),
)
