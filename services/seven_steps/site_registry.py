"""Facts of the site that gates depend on: areas, people, certificates, instruments, the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.seven_steps import board_index, codes, limits, roles, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_job import Change
from services.seven_steps.board_site import (
    Area,
    BumpTest,
    Calendar,
    Certificate,
    Contractor,
    Emergency,
    FixedHotWork,
    Instrument,
    IsolationPoint,
    Period,
    Person,
    PlotPlan,
    Recorder,
    ServiceOwner,
    Shift,
    Site,
    Wind,
)
from services.seven_steps.board_ticket import Suspension
from services.seven_steps.command import Interval
from services.seven_steps.event import (
    at,
    break_began,
    change_job,
    event,
    happened,
    interval_of,
    put,
    recorded,
    text_of,
    without,
)
from services.seven_steps.gate import Case
from services.seven_steps.grid import Circle
from services.seven_steps.spec import ACT, RECORD, SITE, CommandSpec, Decision, Refused

Data = Mapping[str, Any]
#: Issued and not over: what an emergency stops.
LIVE = frozenset({"issued", "active", "suspended"})


# ---- decide --------------------------------------------------------------------------------------------------------


def register_site(case: Case) -> Decision:
    if case.board.site is not None:
        return Refused(codes.WRONG_STATE, about=case.command.site_id, have=":registered", need=":unregistered")
    try:
        ZoneInfo(case.command.payload["zone"])
    except (ZoneInfoNotFoundError, ValueError):
        return Refused(codes.WRONG_STATE, about=case.command.payload["zone"], have=":none", need=":time_zone")
    data = {**case.command.payload, "packs": list(case.rules.refs)}  # with their versions: what binds from here on
    return (event(case, "site.registered", site_id=case.command.site_id, **data),)


def register_instrument(case: Case) -> Decision:
    data = {"correction_factors": {}, "calibration_gas": None} | dict(case.command.payload)
    return (event(case, "instrument.registered", **data),)


def record_bump_test(case: Case) -> Decision:
    """Counts for the site day on which it was surely made; with an unknown time it counts for none."""
    captured = case.command.captured
    day = None
    if captured is not None:
        days = {site_time.site_day(case.board, captured.earliest), site_time.site_day(case.board, captured.latest)}
        day = days.pop() if len(days) == 1 else None
    return (event(case, "bump_test.recorded", **case.command.payload, day=day),)


def record_wind(case: Case) -> Decision:
    data = {"area_id": None} | dict(case.command.payload)
    return (event(case, "wind.recorded", **data),)


def record_change(case: Case) -> Decision:
    """A change of process or conditions: of one job, of an area, or of the whole site (GB 30871-2022 4.17)."""
    area_id = case.command.payload.get("area_id")
    if case.job is not None:
        jobs = [case.job.job_id]
    else:
        jobs = [j.job_id for j in case.board.jobs.values() if area_id in (None, j.area_id) and j.state != "closed"]
    return (event(case, "change.recorded", area_id=area_id, what=case.command.payload["what"], jobs=sorted(jobs)),)


def advance_clock(case: Case) -> Decision:
    site = case.board.site
    if site is None or site.clock != "simulated":
        return Refused(codes.WRONG_STATE, about=case.command.site_id, have=":real_clock", need=":simulated_clock")
    if site_time.parse(case.command.payload["to"]) < case.now:
        return Refused(codes.WRONG_STATE, have=case.command.payload["to"], need=site_time.stamp(case.now))
    return (event(case, "clock.advanced", to=case.command.payload["to"]),)


def declare_emergency(case: Case) -> Decision:
    """An area the site does not know is no reason to stop less: then it is the whole site."""
    area_id = case.command.payload.get("area_id") or ""
    area_id = area_id if area_id in case.board.areas else ""
    alarm = event(
        case,
        "alarm.raised",
        alarm_id=f"{case.board.seq + 1}-1",
        code="94",
        text=text_of(case.command.payload["reason"]),
    )
    return (event(case, "emergency.declared", area_id=area_id, reason=case.command.payload["reason"]), alarm)


def end_emergency(case: Case) -> Decision:
    area_id = case.command.payload.get("area_id") or ""
    if area_id not in case.board.emergencies:
        return Refused(codes.WRONG_STATE, about=area_id, have=":none", need=":emergency")
    return (event(case, "emergency.ended", area_id=area_id, reason=case.command.payload["reason"]),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def site_registered(board: Board, data: Data) -> Board:
    site = Site(
        site_id=data["site_id"],
        code=data["code"],
        name=data["name"],
        zone=data["zone"],
        clock=data["clock"],
        packs=tuple(data["packs"]),
        emergency_number=data["emergency_number"],
        muster_point=data["muster_point"],
        seq=board.seq,
    )
    # A simulated site begins at the time it was told; a real one at the time of this record.
    start = site_time.parse(data["starts_at"]) if site.clock == "simulated" and "starts_at" in data else at(board)
    return replace(board, site=site, decided_at=start)


def area_registered(board: Board, data: Data) -> Board:
    fixed = data.get("fixed_hot_work")
    area = Area(
        area_id=data["area_id"],
        name=data["name"],
        fire_explosion=data["fire_explosion"],
        bund=data["bund"],
        enriched_oxygen=data["enriched_oxygen"],
        seq=board.seq,
        position=data.get("position"),
        fixed_hot_work=FixedHotWork(fixed["conditions_confirmed"], fixed["reviewed_on"]) if fixed else None,
        grid=_circle(data.get("grid")),
        decks=tuple(Decimal(deck) for deck in data.get("decks", ())),
    )
    return replace(board, areas=put(board.areas, area.area_id, area))


def plot_plan_registered(board: Board, data: Data) -> Board:
    assert board.site is not None
    edges = {name: Decimal(data[name]) for name in ("west_m", "south_m", "east_m", "north_m")}
    return replace(board, site=replace(board.site, plot_plan=PlotPlan(data["sha256"], **edges, seq=board.seq)))


def _circle(value: Mapping[str, str] | None) -> Circle | None:
    return None if value is None else Circle(**{name: Decimal(metres) for name, metres in value.items()})


def person_registered(board: Board, data: Data) -> Board:
    before = board.people.get(data["person_id"])
    person = Person(
        person_id=data["person_id"],
        roles=frozenset(data["roles"]),
        trades=tuple(data["trades"]),
        unit=data["unit"],
        contractor_id=data.get("contractor_id"),
        vault_sha256=data["vault_sha256"],
        seq=board.seq,
        contraindications=before.contraindications if before else frozenset(),
        delegations=before.delegations if before else {},
    )
    return replace(board, people=put(board.people, person.person_id, person))


def certificate_registered(board: Board, data: Data) -> Board:
    certificate = Certificate(
        certificate_id=data["certificate_id"],
        person_id=data["person_id"],
        trade=data["trade"],
        valid_from=data["valid_from"],
        valid_to=data["valid_to"],
        revoked=data.get("revoked", False),
        seq=board.seq,
    )
    before = board.certificates.get(certificate.certificate_id)
    return replace(
        board,
        certificates=put(board.certificates, certificate.certificate_id, certificate),
        index=board_index.with_certificate(board.index, before, certificate),
    )


def contraindication_recorded(board: Board, data: Data) -> Board:
    person = board.people.get(data["person_id"])
    if person is None:
        return board
    work = frozenset({data["work"]})
    kinds = person.contraindications | work if data["active"] else person.contraindications - work
    changed = replace(person, contraindications=kinds, seq=board.seq)
    return replace(board, people=put(board.people, person.person_id, changed))


def contractor_registered(board: Board, data: Data) -> Board:
    contractor = Contractor(data["contractor_id"], data["name"], data["suspended"], board.seq)
    return replace(board, contractors=put(board.contractors, contractor.contractor_id, contractor))


def instrument_registered(board: Board, data: Data) -> Board:
    before = board.instruments.get(data["instrument_id"])
    instrument = Instrument(
        instrument_id=data["instrument_id"],
        model=data["model"],
        gases=tuple(data["gases"]),
        calibration_gas=data["calibration_gas"],
        correction_factors={gas: Decimal(factor) for gas, factor in data["correction_factors"].items()},
        calibration_due=data["calibration_due"],
        in_service=data["in_service"],
        seq=board.seq,
        bumps=before.bumps if before else {},
    )
    return replace(board, instruments=put(board.instruments, instrument.instrument_id, instrument))


def bump_test_recorded(board: Board, data: Data) -> Board:
    """The last of its day, for readings of that day, whenever it is told; one that failed on a day that is not surely
    known failed on each day it may have been made."""
    instrument = board.instruments.get(data["instrument_id"])
    if instrument is None:
        return board
    days = [data["day"]] if data["day"] else [] if data["passed"] else _days_told(board, data)
    test = BumpTest(data["passed"], happened(board, data), board.seq)
    bumps = dict(instrument.bumps)
    for day in days:
        before = bumps.get(day)
        if before is None or before.at <= test.at:  # an older test that comes later does not undo a newer one
            bumps[day] = test
    kept = {day: bumps[day] for day in sorted(bumps)[-limits.BUMP_DAYS_KEPT :]}
    return replace(board, instruments=put(board.instruments, instrument.instrument_id, replace(instrument, bumps=kept)))


def _days_told(board: Board, data: Data) -> list[str]:
    captured = interval_of(data["captured"]) or Interval(at(board), at(board))
    return list(site_time.days_of(board, captured))


def recorder_registered(board: Board, data: Data) -> Board:
    recorder = Recorder(data["recorder_id"], data["model"], data["ex_proof"], data["in_service"], board.seq)
    return replace(board, recorders=put(board.recorders, recorder.recorder_id, recorder))


def isolation_point_registered(board: Board, data: Data) -> Board:
    point = IsolationPoint(
        data["point_id"], data["tag"], data["area_id"], data["energy"], data["description"], board.seq
    )
    return replace(board, isolation_points=put(board.isolation_points, point.point_id, point))


def service_owner_registered(board: Board, data: Data) -> Board:
    owner = ServiceOwner(data["service"], tuple(data["owners"]), board.seq)
    return replace(board, service_owners=put(board.service_owners, owner.service, owner))


def calendar_set(board: Board, data: Data) -> Board:
    calendar = Calendar(
        holidays=frozenset(data["holidays"]),
        workdays=frozenset(data["workdays"]),
        rest_days=frozenset(data["rest_days"]),
        special_periods=tuple(Period(p["name"], p["start"], p["end"]) for p in data["special_periods"]),
        night_from=data["night_from"],
        night_to=data["night_to"],
        seq=board.seq,
    )
    return replace(board, calendar=calendar)


def roster_set(board: Board, data: Data) -> Board:
    shifts = tuple(
        Shift(s["area_id"], s["person_id"], site_time.parse(s["start"]), site_time.parse(s["end"]))
        for s in data["shifts"]
    )
    return replace(board, roster=shifts)


def clock_advanced(board: Board, data: Data) -> Board:
    """The next record's `now` starts here: site time of a simulated site is its last record's."""
    return replace(board, decided_at=site_time.parse(data["to"]))


def wind_recorded(board: Board, data: Data) -> Board:
    area_id = data["area_id"]
    before, measured = board.wind.get(area_id or ""), interval_of(data["captured"])
    if before is not None and before.at is not None and measured is not None and measured.latest < before.at.latest:
        return board  # an older reading that came later: the newer one stands
    wind = Wind(
        area_id=area_id,
        mean_m_s=Decimal(data["mean_m_s"]),
        gust_m_s=Decimal(data["gust_m_s"]),
        at=measured,
        seq=board.seq,
        weather=tuple(data["weather"]) if "weather" in data else None,
    )
    return replace(board, wind=put(board.wind, area_id or "", wind))


def change_recorded(board: Board, data: Data) -> Board:
    for job_id in data["jobs"]:
        if job_id in board.jobs:
            change = Change(at(board), text_of(data["what"]), board.seq)
            board = change_job(board, {"job_id": job_id}, changed=change)
    return board


def emergency_declared(board: Board, data: Data) -> Board:
    """One event for the whole area: every live ticket there is suspended here, not one event for each.

    One that was only issued goes back to issued after it, and has still to start.
    """
    area_id, reason = data["area_id"], text_of(data["reason"])
    emergency = Emergency(area_id or None, reason, data["by"], at(board), board.seq)
    permits = dict(board.permits)
    for permit in board.permits.values():
        here = area_id in ("", permit.area_id)
        if here and permit.state in LIVE:
            suspension = Suspension("emergency", reason, data["by"], at(board), board.seq)
            permits[permit.permit_id] = replace(
                permit,
                state="suspended",
                suspensions=put(permit.suspensions, "emergency", suspension),
                stopped_at=break_began(board, data, permit),
            )
    return replace(board, permits=permits, emergencies=put(board.emergencies, area_id, emergency))


def emergency_ended(board: Board, data: Data) -> Board:
    return replace(board, emergencies=without(board.emergencies, data["area_id"]))


APPLIERS = {
    ("site.registered", 1): site_registered,
    ("area.registered", 1): area_registered,
    ("plot_plan.registered", 1): plot_plan_registered,
    ("person.registered", 1): person_registered,
    ("certificate.registered", 1): certificate_registered,
    ("contraindication.recorded", 1): contraindication_recorded,
    ("contractor.registered", 1): contractor_registered,
    ("instrument.registered", 1): instrument_registered,
    ("bump_test.recorded", 1): bump_test_recorded,
    ("recorder.registered", 1): recorder_registered,
    ("isolation_point.registered", 1): isolation_point_registered,
    ("service_owner.registered", 1): service_owner_registered,
    ("calendar.set", 1): calendar_set,
    ("roster.set", 1): roster_set,
    ("clock.advanced", 1): clock_advanced,
    ("wind.recorded", 1): wind_recorded,
    ("change.recorded", 1): change_recorded,
    ("emergency.declared", 1): emergency_declared,
    ("emergency.ended", 1): emergency_ended,
}

REGISTRARS = frozenset({roles.ADMIN, roles.SERVICE})
_CHANGE_ROLES = roles.APPROVERS | {roles.AREA_AUTH, roles.SHIFT_FOREMAN, roles.HSE, roles.WORK_LEAD}
_WIND_ROLES = frozenset({roles.GAS_TESTER, roles.GUARDIAN, roles.WORK_LEAD, roles.AREA_AUTH})
_END_ROLES = roles.APPROVERS | {roles.SHIFT_FOREMAN, roles.AREA_AUTH, roles.HSE}


def _fact(type_: str, event_type: str) -> CommandSpec:
    return CommandSpec(type_, RECORD, REGISTRARS, SITE, recorded(event_type))


COMMANDS = (
    CommandSpec("register_site", RECORD, frozenset({roles.SERVICE}), SITE, register_site, creates=True),
    _fact("register_area", "area.registered"),
    _fact("register_plot_plan", "plot_plan.registered"),
    _fact("register_person", "person.registered"),
    _fact("register_certificate", "certificate.registered"),
    _fact("record_contraindication", "contraindication.recorded"),
    _fact("register_contractor", "contractor.registered"),
    CommandSpec("register_instrument", RECORD, REGISTRARS, SITE, register_instrument),
    CommandSpec("record_bump_test", RECORD, frozenset({roles.GAS_TESTER}), SITE, record_bump_test),
    _fact("register_recorder", "recorder.registered"),
    _fact("register_isolation_point", "isolation_point.registered"),
    _fact("register_service_owner", "service_owner.registered"),
    _fact("set_calendar", "calendar.set"),
    _fact("set_foreman_roster", "roster.set"),
    CommandSpec("advance_clock", RECORD, roles.ANYONE | {roles.SERVICE}, SITE, advance_clock),
    CommandSpec("record_wind", RECORD, _WIND_ROLES, SITE, record_wind),
    CommandSpec("record_change", RECORD, _CHANGE_ROLES, SITE, record_change),
    CommandSpec("declare_emergency", RECORD, roles.ANYONE, SITE, declare_emergency),
    CommandSpec("end_emergency", ACT, _END_ROLES, SITE, end_emergency),
)
