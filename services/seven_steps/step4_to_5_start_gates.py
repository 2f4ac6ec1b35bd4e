"""Gate 4, the moment before work: fire watch, rescue, the foreman's check, weather, and the window of the ticket."""

from __future__ import annotations

from services.seven_steps import roles, signals, site_time
from services.seven_steps.board_site import Wind
from services.seven_steps.board_ticket import GuardianDuty, Permit
from services.seven_steps.gate import ENTRY, EVERYWHERE, HOT, RUN, Boundary, Case, Gate, Missing
from services.seven_steps.shift_handover import handed_over_until
from services.seven_steps.step2_to_3_crew_gates import (
    GUARDIAN_TRADE,
    certificate_missing,
    guardian_required,
    guardians_of,
    same_spot,
)
from services.seven_steps.step3_to_4_gates import acknowledged
from services.seven_steps.work_types import type_of
from services.seven_steps.work_types.hot_work import SPECIAL

B = Boundary
START = frozenset({B.START})
START_AND_RESUME = frozenset({B.START, B.RESUME})
GUARDIAN = (roles.GUARDIAN,)


def on_duty(case: Case) -> tuple[str, ...]:
    """Named, certified, briefed guardians who have said within this shift that they are there, and no signal says
    otherwise, nor a later word of their own from another place."""
    permit = case.permit
    assert permit is not None
    longest = case.rules.duration("shift_length", case.board)
    on = permit.guardians_on
    return tuple(
        g
        for g in guardians_of(permit)
        if g in on
        and case.now - on[g].since <= longest
        and not signals.is_away(case, on[g])
        and not _went_elsewhere(case, on[g])
        and not certificate_missing(case, g, GUARDIAN_TRADE)
        and _is_briefed(case, on[g])
    )


def _is_briefed(case: Case, duty: GuardianDuty) -> bool:
    """Then or since: who was added while work runs is no guardian before (AQ 3064.2 5.6.4)."""
    return duty.briefed or acknowledged(case, duty.person_id) is not None


def _to_be_briefed(case: Case) -> tuple[Missing, ...]:
    """Who said to be there and is no guardian yet for want of a briefing."""
    permit, briefing = case.permit, case.job.briefing if case.job else None
    assert permit is not None
    need = f":version {briefing.version}" if briefing else ":briefing"
    there = [permit.guardians_on[g] for g in guardians_of(permit) if g in permit.guardians_on]
    return tuple(
        Missing("acknowledgement", about=duty.person_id, need=need, who=(duty.person_id,))
        for duty in there
        if not _is_briefed(case, duty)
    )


def _went_elsewhere(case: Case, duty: GuardianDuty) -> bool:
    """Who has since said to be on duty at another ticket is there: one guardian, one spot (reading A10.11). Of two
    words of one moment, as a handheld may send them, the one recorded last is the later."""
    here = case.permit
    assert here is not None
    theirs = (case.board.permits[key] for key in case.board.index.people.get(duty.person_id, ()))
    return any(
        (there := other.guardians_on.get(duty.person_id)) is not None
        and (there.since, there.seq) > (duty.since, duty.seq)
        and not same_spot(here, other)
        for other in theirs
    )


def duty_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    on = on_duty(case)
    said = {case.permit.guardians_on[person].seq for person in on}
    seen = {s.seq for s in signals.of_kind(case.permit, *signals.OF_PERSONS) if s.about in on}
    return tuple(sorted(said | seen))


def _who(case: Case) -> tuple[str, ...]:
    assert case.permit is not None
    return guardians_of(case.permit) or GUARDIAN


def no_guardian(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    if not guardian_required(case) or on_duty(case):
        return ()
    missing = Missing("guardian_on_duty", about=case.permit.permit_no, need=":on_duty", who=_who(case))
    return (missing, *_to_be_briefed(case))


def no_fire_watch(case: Case) -> tuple[Missing, ...]:
    """The guardian of hot work is the fire watch 看火人 (rules E3)."""
    assert case.permit is not None
    if on_duty(case):
        return ()
    missing = Missing("fire_watch", about=case.permit.permit_no, need=":on_duty", who=_who(case))
    return (missing, *_to_be_briefed(case))


def not_checked(case: Case, kind: str, who: tuple[str, ...] = ()) -> tuple[Missing, ...]:
    """A piece of equipment, or a state of it, that nobody looked at or that was found wanting."""
    assert case.permit is not None
    check = case.permit.equipment.get(kind)
    if check is not None and check.ok:
        return ()
    have = ":none" if check is None else ":not_in_place"
    return (Missing(kind, about=case.permit.permit_no, have=have, need=":checked", who=who or _who(case)),)


def no_fire_kit(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    check = case.permit.equipment.get("fire_extinguisher")
    if check is not None and check.ok and check.count < 1:
        return (Missing("fire_extinguisher", have="0", need="≥ 1", who=_who(case)),)
    return not_checked(case, "fire_extinguisher")


def equipment_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    return tuple(sorted({check.seq for check in case.permit.equipment.values()}))


def no_guardian_outside(case: Case) -> tuple[Missing, ...]:
    """Outside, and staying there: not who is let in, nor who is inside (6.8)."""
    permit = case.permit
    assert permit is not None
    entering = str(case.command.payload.get("person_id", "")) if case.command.type == B.ENTER else ""
    stay = [p for p in on_duty(case) if p != entering and p not in permit.inside]
    if any(permit.guardians_on[p].place == "outside" for p in stay):
        return ()
    missing = Missing("guardian_outside", about=permit.permit_no, need=":outside", who=_who(case))
    return (missing, *_to_be_briefed(case))


def no_rescue(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    return (*not_checked(case, "rescue_kit"), *not_checked(case, "communication"))


def lighting_unsafe(case: Case) -> tuple[Missing, ...]:
    """At most 36 V, in a wet or narrow vessel 12 V (4.13); not said which: as if it were."""
    permit = case.permit
    assert permit is not None
    name = "lighting_max_wet_or_narrow" if permit.facts.get("wet_or_narrow", True) else "lighting_max"
    highest = case.rules.number(name, case.board)
    check = permit.equipment.get("lighting")
    if check is None or check.volts is None or not check.ok:
        return (Missing("lighting", about=permit.permit_no, need=f"≤ {highest} V", who=_who(case)),)
    if check.volts <= highest:
        return ()
    return (
        Missing("lighting", about=permit.permit_no, have=f"{check.volts} V", need=f"≤ {highest} V", who=_who(case)),
    )


def no_video(case: Case) -> tuple[Missing, ...]:
    """特级: an explosion-proof recorder records the whole job (5.2.11)."""
    permit = case.permit
    assert permit is not None
    if permit.level != SPECIAL or signals.live_video(case):
        return ()
    return (Missing("video", about=permit.permit_no, need=":recording", who=(roles.WORK_LEAD,)),)


def video_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    return tuple(sorted(signal.seq for signal in signals.of_kind(case.permit, signals.VIDEO)))


def foreman_on_duty(case: Case) -> tuple[str, ...]:
    """Whom the duty roster names for this area now."""
    assert case.permit is not None
    area = case.permit.area_id
    return tuple(s.person_id for s in case.board.roster if s.area_id == area and s.start <= case.now < s.end)


def not_checked_by_foreman(case: Case) -> tuple[Missing, ...]:
    """岗位当班班长验票: after the issue, by whoever was on duty then (table A.1)."""
    permit = case.permit
    assert permit is not None
    if not case.rules.number("foreman_check_required", case.board):
        return ()
    check = permit.foreman_check
    who = foreman_on_duty(case) or (roles.SHIFT_FOREMAN,)
    if check is None or permit.issue is None or check.seq < permit.issue.seq:
        return (Missing("foreman_check", about=permit.permit_no, need=":checked", who=who),)
    rostered = {s.person_id for s in case.board.roster if s.area_id == permit.area_id and s.start <= check.at < s.end}
    if check.by in rostered:
        return ()
    return (Missing("foreman_on_duty", about=check.by, have=":not_on_duty", need=":on_duty", who=who),)


def foreman_record(case: Case) -> tuple[int, ...]:
    return (case.permit.foreman_check.seq,) if case.permit and case.permit.foreman_check else ()


def latest_wind(case: Case) -> Wind | None:
    """Of the ticket's area or of the whole site, whichever was measured later; of unknown time: the last resort."""
    assert case.permit is not None
    found = [w for key in (case.permit.area_id, "") if (w := case.board.wind.get(key)) is not None]
    return max(found, key=lambda w: (w.at is not None, w.at.latest if w.at else None, w.seq), default=None)


def too_windy(case: Case) -> tuple[Missing, ...]:
    """Outdoors at force 5 or more only with the upgraded approval; a reading must say what the wind is (5.2.15)."""
    permit = case.permit
    assert permit is not None
    if not permit.facts.get("outdoors"):
        return ()
    wind, oldest = latest_wind(case), case.rules.duration("wind_reading_age", case.board)
    who = (roles.GAS_TESTER, roles.GUARDIAN, roles.WORK_LEAD, roles.AREA_AUTH)
    if wind is None or wind.at is None or case.now - wind.at.earliest > oldest:
        return (Missing("wind_reading", about=permit.area_id, need=f"≤ {oldest}", who=who),)
    force_5 = case.rules.number("wind_force_5", case.board)
    if wind.mean_m_s < force_5 or _upgraded(permit):
        return ()
    return (Missing("wind", about=permit.area_id, have=f"{wind.mean_m_s} m/s", need=f"< {force_5} m/s", who=who),)


def _upgraded(permit: Permit) -> bool:
    """Issued at least one rung above what its level asks for."""
    work = type_of(permit)
    return permit.issue is not None and work.rung(permit.issue.grade) > work.rung(work.grades[permit.level])


def wind_record(case: Case) -> tuple[int, ...]:
    wind = latest_wind(case)
    return (wind.seq,) if wind else ()


def too_early(case: Case) -> tuple[Missing, ...]:
    permit = case.permit
    assert permit is not None
    if permit.valid_from is not None and case.now >= permit.valid_from:
        return ()
    need = site_time.stamp(permit.valid_from) if permit.valid_from else ":issued"
    return (Missing("valid_from", have=site_time.stamp(case.now), need=f"≥ {need}", who=(roles.WORK_LEAD,)),)


def over(case: Case) -> tuple[Missing, ...]:
    """A ticket whose planned time is over is not issued either."""
    permit = case.permit
    assert permit is not None
    end = permit.planned_to if case.command.type == B.ISSUE else permit.valid_to
    if end is not None and case.now <= end:
        return ()
    need = site_time.stamp(end) if end else ":issued"
    return (Missing("valid_to", have=site_time.stamp(case.now), need=f"≤ {need}", who=(roles.APPLICANT,)),)


def start_window_over(case: Case) -> tuple[Missing, ...]:
    permit = case.permit
    assert permit is not None
    window = case.rules.duration("start_window", case.board)
    if permit.valid_from is None or case.now - permit.valid_from <= window:
        return ()
    need = f"≤ {site_time.stamp(permit.valid_from + window)}"
    return (Missing("start_window", have=site_time.stamp(case.now), need=need, who=(roles.APPLICANT,)),)


def changed(case: Case) -> tuple[Missing, ...]:
    """Scope, place and method unchanged, as the lead states; a change since the issue is a new ticket (4.16-4.17)."""
    job, permit = case.job, case.permit
    assert job is not None and permit is not None
    if job.changed is not None and permit.issue is not None and job.changed.seq > permit.issue.seq:
        return (Missing("new_ticket", have=job.changed.text, need=":new_ticket", who=(roles.APPLICANT,)),)
    if case.actor and case.command.type == B.START and case.actor != job.work_lead:
        who = (job.work_lead,)
        return (Missing("lead_statement", about=case.actor, have=":another_person", need=":work_lead", who=who),)
    acting = case.actor and case.command.type in START_AND_RESUME
    if acting and case.command.payload.get("unchanged") is not True:
        return (Missing("unchanged", have=":changed", need=":unchanged", who=(roles.WORK_LEAD,)),)
    return ()


def not_handed_over(case: Case) -> tuple[Missing, ...]:
    """Work that runs past the end of its shift: both foremen of the area signed the hand-over (HSG250 element 11)."""
    permit = case.permit
    assert permit is not None
    end = handed_over_until(case.board, permit)
    if not case.rules.number("shift_handover_required", case.board) or end is None or case.now <= end:
        return ()
    who = foreman_on_duty(case) or (roles.SHIFT_FOREMAN,)
    have = f":shift_end {site_time.stamp(end)}"
    return (Missing("shift_handover", about=permit.area_id, have=have, need=":signed_by_both", who=who),)


def handover_record(case: Case) -> tuple[int, ...]:
    taken = case.board.shift_handovers.get(case.permit.area_id) if case.permit else None
    return (taken.given.seq, taken.accepted.seq) if taken and taken.accepted else ()


def issue_record(case: Case) -> tuple[int, ...]:
    return (case.permit.issue.seq,) if case.permit and case.permit.issue else ()


GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"
GATES = (
    Gate("G-LV-3", 1, START_AND_RESUME, f"{GB} 5.2.15", too_windy, wind_record, works=HOT),
    Gate("G-HOT-1a", 1, START, f"{GB} 5.2.1", no_fire_watch, duty_record, alarm="31", works=HOT, packs=EVERYWHERE),
    Gate("G-HOT-1b", 1, START, f"{GB} 5.2.1, annex A.1", no_fire_kit, equipment_record, works=HOT, packs=EVERYWHERE),
    Gate("G-HOT-2", 1, RUN, f"{GB} 5.2.11", no_video, video_record, alarm="98", works=HOT, suspends="video_lost"),
    Gate("G-HOT-5", 1, START, f"{GB} table A.1; policy", not_checked_by_foreman, foreman_record, works=HOT),
    Gate(
        "G-CS-1a",
        1,
        RUN,
        f"{GB} 6.8",
        no_guardian_outside,
        duty_record,
        alarm="31",
        works=ENTRY,
        suspends="guardian_gone",
        packs=EVERYWHERE,
    ),
    Gate("G-CS-1b", 1, START, f"{GB} 6.8, annex A.2", no_rescue, equipment_record, works=ENTRY, packs=EVERYWHERE),
    Gate("G-CS-1c", 1, START, f"{GB} 4.13", lighting_unsafe, equipment_record, works=ENTRY),
    Gate("G-RUN-0", 1, START, f"{GB} 4.11 (reading A10.8)", too_early, issue_record, packs=EVERYWHERE),
    Gate(
        "G-RUN-1",
        1,
        RUN,
        f"{GB} 4.10 f; {AQ} 5.9.6",
        no_guardian,
        duty_record,
        alarm="31",
        suspends="guardian_gone",
        packs=EVERYWHERE,
    ),
    Gate("G-RUN-2", 1, RUN | {B.ISSUE}, f"{GB} 4.16; {AQ} 5.9.5", over, issue_record, alarm="10", packs=EVERYWHERE),
    Gate(
        "G-RUN-3",
        1,
        RUN,
        f"{GB} 4.16-4.17; {AQ} 5.8",
        changed,
        issue_record,
        suspends="suspension",
        packs=EVERYWHERE,
    ),
    Gate("G-RUN-4", 1, START, "Policy", start_window_over, issue_record),
    Gate("G-SH-1", 1, RUN, "HSG250 element 11; policy", not_handed_over, handover_record, suspends="no_handover"),
)
