"""Gate 4 and what must hold while the work runs: the air (GB 30871-2022 5.3, 6.3-6.5; readings A10.4-A10.7)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from services.seven_steps import gas, roles, signals, site_time, special_entry
from services.seven_steps.board_ticket import GasReading, Permit
from services.seven_steps.gate import ENTRY, HOT, ON_RESULT, RUN, Boundary, Case, Gate, Missing
from services.seven_steps.work_types import type_of
from services.seven_steps.work_types.hot_work import SPECIAL

B = Boundary
TESTER = (roles.GAS_TESTER,)
BEFORE_WORK = frozenset({B.ISSUE, B.START})
START_AND_RESUME = frozenset({B.START, B.RESUME})
AT_ENTRY = frozenset({B.ENTER})
#: The mark of an instrument that is not in service, by what it says.
UNFIT = (gas.INSTRUMENT_UNKNOWN, gas.OUT_OF_SERVICE, gas.GAS_NOT_MEASURED, gas.FACTOR_MISSING, gas.GAS_UNKNOWN)


def gas_kinds(case: Case) -> tuple[str, ...]:
    """Kinds of gas that must be tested before this ticket's work."""
    permit = case.permit
    assert permit is not None
    return type_of(permit).gas(permit, case.board.areas.get(permit.area_id))


def _asked(case: Case) -> tuple[gas.Need, ...]:
    assert case.job is not None and case.permit is not None
    return gas.needs(case.job, case.permit) if gas_kinds(case) else ()


def _decided(case: Case) -> list[tuple[gas.Need, GasReading]]:
    """Each value the ticket needs, with the reading that decides it."""
    assert case.permit is not None
    found = ((need, gas.deciding(case.permit, need)) for need in _asked(case))
    return [(need, reading) for need, reading in found if reading is not None]


def gas_record(case: Case) -> tuple[int, ...]:
    return tuple(sorted({reading.seq for _, reading in _decided(case)}))


def _age_text(age: timedelta) -> str:
    minutes, seconds = divmod(int(age.total_seconds()), 60)
    return f"{minutes}:{seconds:02d} min"


def no_test(case: Case) -> tuple[Missing, ...]:
    """Every planned gas at every planned point has a reading, and the plan leaves out no kind the law asks for."""
    permit, job = case.permit, case.job
    assert permit is not None and job is not None
    kinds = gas_kinds(case)
    if not kinds:
        return ()
    unplanned = gas.unplanned_kinds(job, permit, case.rules, kinds)
    found = [Missing("gas_plan", about=f":kind_{kind}", need=":planned", who=(roles.WORK_LEAD,)) for kind in unplanned]
    have = {need for need, _ in _decided(case)}
    found += [Missing("gas_test", about=str(n), need=":gas_test", who=TESTER) for n in _asked(case) if n not in have]
    return tuple(found)


def volume_of(case: Case) -> Decimal | None:
    """The space the work is in, m3: the ticket's own, or the largest of the job's spaces; None if nobody says."""
    job, permit = case.job, case.permit
    assert job is not None and permit is not None
    spaces = [permit] if type_of(permit).entry else [case.board.permits[key] for key in job.permits]
    said = [Decimal(p.facts["volume_m3"]) for p in spaces if type_of(p).entry and p.facts.get("volume_m3")]
    return max(said, default=None)


def points_asked(case: Case) -> tuple[str, ...]:
    """The points that stand for the whole; none where no gas is asked for, or any point does."""
    permit = case.permit
    assert permit is not None
    if not gas_kinds(case):
        return ()
    volume = volume_of(case)
    large = volume is None or volume > case.number("large_volume")
    return type_of(permit).points(permit, large)


def points_missing(case: Case) -> tuple[Missing, ...]:
    """The points that stand for the whole are planned, and each planned gas was read there; of a space whose volume is
    not known as of a large one (5.3.1 a-b, 6.3 b; reading A10.17)."""
    asked, have = _asked(case), {need for need, _ in _decided(case)}
    found = []
    for point in points_asked(case):
        here = [need for need in asked if need.point == point]
        if not here:
            found.append(Missing("gas_point", about=f":point_{point}", need=":planned", who=(roles.WORK_LEAD,)))
        found += [Missing("gas_test", about=str(n), need=":gas_test", who=TESTER) for n in here if n not in have]
    return tuple(found)


def test_too_old(case: Case) -> tuple[Missing, ...]:
    """Sample to now at most 30 minutes, seconds counted, from the earliest moment of the sample."""
    longest = case.rules.duration("gas_age_before_start", case.board)
    return tuple(
        Missing("fresh_gas_test", about=str(need), have=_age_text(age), need=f"≤ {_age_text(longest)}", who=TESTER)
        for need, reading in _decided(case)
        if (age := gas.age(reading, case.now)) > longest
    )


def out_of_limits(case: Case) -> tuple[Missing, ...]:
    """Whatever was read, planned or not: a bad value is not planned away; but see special_entry.py."""
    permit = case.permit
    assert permit is not None
    if special_entry.is_fit(case):
        return ()
    found = []
    for need in gas.measured(permit):
        reading = gas.deciding(permit, need)
        if reading is None:
            continue
        kind = case.rules.gas(reading.gas)
        if gas.passes(reading.converted, kind, case.rules, case.board, permit):
            continue
        have = f"{reading.value} {reading.unit}"
        said = gas.limit_text(kind, case.rules, case.board, permit)
        limit = gas.limit_of(kind, case.rules, case.board, permit) if kind is not None else None
        pack = limit.decided_by(reading.converted) if limit is not None else ""
        found.append(Missing("gas_limit", about=str(need), have=have, need=said, who=TESTER, pack=pack))
    return tuple(found)


def limit_record(case: Case) -> tuple[int, ...]:
    return tuple(sorted({*gas_record(case), *special_entry.approval_record(case)}))


def break_allowed(case: Case, permit: Permit) -> timedelta | None:
    """How long work may stand without a new test; None where the law asks for none, or this ticket needs no test."""
    name = type_of(permit).break_limit.get(permit.level)
    if not name or not type_of(permit).gas(permit, case.board.areas.get(permit.area_id)):
        return None
    return case.rules.duration_or_none(name, case.board)


def no_test_after_break(case: Case) -> tuple[Missing, ...]:
    """A break longer than allowed: a test taken after it began and at most 30 minutes old (reading A10.4)."""
    permit = case.permit
    assert permit is not None
    allowed = break_allowed(case, permit)
    if allowed is None or permit.stopped_at is None or case.now - permit.stopped_at <= allowed:
        return ()
    fresh = case.rules.duration("gas_age_before_start", case.board)
    decided = dict(_decided(case))
    found = []
    for need in _asked(case) or (gas.Need(":gas", ":work_place"),):
        reading = decided.get(need)
        if reading is None or reading.sampled is None or reading.sampled.latest < permit.stopped_at:
            have = f":break {_age_text(case.now - permit.stopped_at)}"
            found.append(
                Missing("test_after_break", about=str(need), have=have, need=f"≤ {_age_text(allowed)}", who=TESTER)
            )
        elif (age := gas.age(reading, case.now)) > fresh:
            text = f"≤ {_age_text(fresh)}"
            found.append(Missing("fresh_gas_test", about=str(need), have=_age_text(age), need=text, who=TESTER))
    return tuple(found)


def no_test_today(case: Case) -> tuple[Missing, ...]:
    """Hot work of any level: a test taken on this site day (5.3.1 d)."""
    permit = case.permit
    assert permit is not None
    today = site_time.site_day(case.board, case.now)
    decided = dict(_decided(case))
    found = []
    for need in _asked(case) or (gas.Need(":gas", ":work_place"),):
        reading = decided.get(need)
        day = site_time.site_day(case.board, reading.sampled.earliest) if reading and reading.sampled else ":none"
        if day != today:
            found.append(Missing("test_today", about=str(need), have=day, need=today, who=TESTER))
    return tuple(found)


def stream_dead(case: Case) -> tuple[Missing, ...]:
    """Continuous monitoring of a confined space: a live stream, or a monitor run by hand where allowed."""
    permit = case.permit
    assert permit is not None
    if signals.live_gas_streams(case):
        return ()
    by_hand = bool(case.rules.number("manual_monitor_allowed", case.board))
    if by_hand and permit.monitor is not None and signals.in_order(case, permit.monitor.text):
        return ()
    return (Missing("continuous_monitor", about=permit.permit_no, need=":running", who=(*TESTER, roles.GUARDIAN)),)


def monitor_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    by_hand = {case.permit.monitor.seq} if case.permit.monitor else set()
    return tuple(sorted(by_hand | {signal.seq for signal in signals.of_kind(case.permit, signals.GAS_STREAM)}))


def stream_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    return tuple(sorted(signal.seq for signal in signals.of_kind(case.permit, signals.GAS_STREAM)))


def record_overdue(case: Case) -> tuple[Missing, ...]:
    """A record at most two hours old while anyone may be inside (6.5)."""
    permit = case.permit
    assert permit is not None
    longest = case.rules.duration_or_none("gas_record_interval_confined", case.board)
    if longest is None:
        return ()
    decided = dict(_decided(case))
    found = []
    for need in _asked(case) or (gas.Need(":gas", ":work_place"),):
        reading = decided.get(need)
        if reading is None:
            found.append(Missing("gas_record", about=str(need), need=f"≤ {_age_text(longest)}", who=TESTER))
        elif (age := gas.age(reading, case.now)) > longest:
            have, text = _age_text(age), f"≤ {_age_text(longest)}"
            found.append(Missing("gas_record", about=str(need), have=have, need=text, who=TESTER))
    return tuple(found)


def special_stream_dead(case: Case) -> tuple[Missing, ...]:
    """特级: continuous gas detection (5.3.1 d). A monitor that somebody says is running is not enough."""
    permit = case.permit
    assert permit is not None
    if permit.level != SPECIAL or signals.live_gas_streams(case):
        return ()
    return (_no_stream(case, permit),)


def release_stream_dead(case: Case) -> tuple[Missing, ...]:
    """Where material may be released during the work, any level: continuous detection (5.2.6). Its bad value stops."""
    permit = case.permit
    assert permit is not None
    if not permit.facts.get(signals.RELEASE) or signals.live_gas_streams(case):
        return ()
    return (_no_stream(case, permit),)


def _no_stream(case: Case, permit: Permit) -> Missing:
    """The newest stream there was, and how old it is; or none."""
    last = max(signals.of_kind(permit, signals.GAS_STREAM), key=lambda s: s.seen.latest, default=None)
    have = ":none" if last is None else f"{last.about} :signal_{last.state} {_age_text(signals.age(last, case.now))}"
    longest = case.rules.duration("signal_age_max", case.board)
    return Missing("gas_stream", about=permit.permit_no, have=have, need=f"≤ {_age_text(longest)}", who=TESTER)


def _marked(case: Case, marks: tuple[str, ...]) -> tuple[Missing, ...]:
    return tuple(
        Missing("instrument", about=reading.instrument_id, have=f":mark_{mark}", need=str(need), who=TESTER)
        for need, reading in _decided(case)
        for mark in reading.marks
        if mark in marks
    )


def instrument_unfit(case: Case) -> tuple[Missing, ...]:
    return _marked(case, UNFIT)


def calibration_past(case: Case) -> tuple[Missing, ...]:
    return _marked(case, (gas.CALIBRATION_PAST,))


def no_bump_test(case: Case) -> tuple[Missing, ...]:
    """The last bump test of the sample's day passed; told after the reading it counts all the same."""
    have = f":mark_{gas.NO_BUMP_TEST}"
    return tuple(
        Missing("instrument", about=reading.instrument_id, have=have, need=str(need), who=TESTER)
        for need, reading in _decided(case)
        if not _bumped(case, reading)
    )


def bump_record(case: Case) -> tuple[int, ...]:
    """The readings, and the bump tests of their days."""
    found = set(gas_record(case))
    for _, reading in _decided(case):
        instrument = case.board.instruments.get(reading.instrument_id)
        assert reading.sampled is not None
        if instrument is not None:
            days = site_time.days_of(case.board, reading.sampled)
            found |= {instrument.bumps[day].seq for day in days if day in instrument.bumps}
    return tuple(sorted(found))


def _bumped(case: Case, reading: GasReading) -> bool:
    instrument = case.board.instruments.get(reading.instrument_id)
    assert reading.sampled is not None
    return instrument is not None and gas.bumped(instrument, site_time.days_of(case.board, reading.sampled))


def first_entry_too_late(case: Case) -> tuple[Missing, ...]:
    """The first entry after a start or resume is at most 30 minutes after the sample (reading A10.17): there is one,
    whether or not a law of the site asks for it."""
    permit = case.permit
    assert permit is not None
    if permit.entered_since_run:
        return ()
    longest, decided = case.rules.duration("first_entry_after_sample", case.board), dict(_decided(case))
    found = []
    for need in _asked(case) or (gas.Need(":gas", ":work_place"),):
        if need not in decided:
            found.append(Missing("gas_test", about=str(need), need=":gas_test", who=TESTER))
        elif (age := gas.age(decided[need], case.now)) > longest:
            have, text = _age_text(age), f"≤ {_age_text(longest)}"
            found.append(Missing("fresh_gas_test", about=str(need), have=have, need=text, who=TESTER))
    return tuple(found)


def time_not_usable(case: Case) -> tuple[Missing, ...]:
    """A reading recorded since the deciding one, from the future or of unknown time: measure again."""
    permit = case.permit
    assert permit is not None
    found = []
    for need in _asked(case):
        for reading in gas.later_without_time(permit, need):
            mark = gas.FUTURE if gas.FUTURE in reading.marks else gas.TIME_UNKNOWN
            found.append(
                Missing("sample_time", about=str(need), have=f":mark_{mark}", need=":sample_time_known", who=TESTER)
            )
    return tuple(found)


GB, AQ, CFR = "GB 30871-2022", "AQ 3064.2-2025", "29 CFR 1910.146"
GATES = (
    Gate(
        "G-GAS-1",
        1,
        BEFORE_WORK,
        f"{GB} 5.3.1, 6.3, 11.10; {AQ} 5.4.3; {CFR}(f)(10)",
        no_test,
        gas_record,
        alarm="01",
    ),
    Gate("G-GAS-2", 1, BEFORE_WORK, f"{GB} 5.3.1 c, 6.3 a; {AQ} 5.4.3", test_too_old, gas_record, alarm="02"),
    Gate(
        "G-GAS-3",
        1,
        ON_RESULT,
        f"{GB} 5.3.2, 6.4; GBZ 2.1; {AQ} 5.9.3; {CFR}(b)",
        out_of_limits,
        limit_record,
        alarm="06",
        suspends="bad_gas",
    ),
    Gate("G-GAS-4", 1, frozenset({B.RESUME}), f"{GB} 5.3.1 d, 6.3 f", no_test_after_break, gas_record, alarm="03"),
    Gate("G-GAS-5", 1, START_AND_RESUME, f"{GB} 5.3.1 d; {AQ} 5.9.2", no_test_today, gas_record, alarm="04", works=HOT),
    Gate(
        "G-GAS-6a",
        1,
        RUN,
        f"{GB} 6.5; {AQ} 5.9.4",
        stream_dead,
        monitor_record,
        alarm="05",
        works=ENTRY,
        suspends="gas_unmonitored",
    ),
    Gate(
        "G-GAS-6b",
        1,
        RUN,
        f"{GB} 6.5; {AQ} 5.9.4",
        record_overdue,
        gas_record,
        alarm="05",
        works=ENTRY,
        suspends="gas_unmonitored",
        grace="gas_record_grace",
    ),
    Gate(
        "G-GAS-7",
        1,
        RUN,
        f"{GB} 5.3.1 d",
        special_stream_dead,
        stream_record,
        alarm="97",
        works=HOT,
        suspends="gas_unmonitored",
    ),
    Gate("G-GAS-8", 1, ON_RESULT, f"{GB} 5.3.1 a, 5.3.1 b, 6.3 b", points_missing, gas_record),
    Gate("G-GAS-9a", 1, ON_RESULT, f"{GB} 4.12; policy", instrument_unfit, gas_record),
    Gate("G-GAS-9b", 1, ON_RESULT, f"{GB} 4.12; policy", calibration_past, gas_record),
    Gate("G-GAS-9c", 1, ON_RESULT, "Policy", no_bump_test, bump_record),
    Gate("G-GAS-9d", 1, AT_ENTRY, f"Policy ({GB} 6.3 a)", first_entry_too_late, gas_record, works=ENTRY),
    Gate("G-GAS-11", 1, RUN, f"{GB} 5.2.6", release_stream_dead, stream_record, alarm="97", suspends="gas_unmonitored"),
    Gate("G-GAS-12", 1, ON_RESULT, "Policy", time_not_usable, gas_record),
)
