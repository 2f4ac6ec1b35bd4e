"""Gate 2, plan to briefing: the level that the facts give, and who must issue (GB 30871 5.1.1; reading A10.3)."""

from __future__ import annotations

from services.seven_steps import roles, site_time
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing
from services.seven_steps.step2_to_3_gates import ticket_record
from services.seven_steps.work_types import type_of
from services.seven_steps.work_types.hot_work import HOT_WORK

B = Boundary
PLAN = frozenset({B.PLAN})
PREPARERS = (roles.APPLICANT, roles.WORK_LEAD)
GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"

UPGRADE_ALARMS = {"holiday": "40", "rest_day": "41", "night": "42", "special_period": "43"}


def level_lowered(case: Case) -> tuple[Missing, ...]:
    """The level is what the facts give, judged again now; lowering is refused, raising needs a reason."""
    permit = case.permit
    assert permit is not None
    work = type_of(permit)
    derived = work.derive(permit.facts, case.board.areas.get(permit.area_id), case.number)
    found = [Missing("level_fact", about=fact, need=f":fact_{fact}", who=PREPARERS) for fact in derived.unknown]
    if derived.not_this_work:
        found.append(Missing("other_work", have=f":fact_{derived.not_this_work}", need=":other_work", who=PREPARERS))
    needed = level_needed(case)
    if work.lowered(needed, permit.requested_level):
        have, need = f":level_{permit.requested_level}", f":level_{needed}"
        found.append(Missing("level", about=permit.permit_no, have=have, need=need, who=PREPARERS))
    elif work.higher(needed, permit.level) != permit.level:
        found.append(Missing("level", have=f":level_{permit.level}", need=f":level_{needed}", who=PREPARERS))
    if permit.requested_level and not permit.requested_level_reason:
        found.append(Missing("level_reason", about=permit.permit_no, need=":reason", who=PREPARERS))
    return tuple(found)


def upgrades(case: Case) -> tuple[str, ...]:
    """Why this hot work needs the next approver (5.1.1; reading A10.3: judged for the hours in which work is done).

    At start and resume that is now. Before, it is the whole window if one shift does the work, else its first moment;
    at the issue what is left of it.
    """
    permit = case.permit
    if permit is None or permit.type != HOT_WORK.id:
        return ()
    if case.command.type in (B.START, B.RESUME):
        return site_time.upgrade_reasons_at(case.board, case.now)
    one_shift = permit.planned_to - permit.planned_from <= case.rules.duration("shift_length", case.board)
    start = max(permit.planned_from, case.now) if case.command.type == B.ISSUE else permit.planned_from
    end = permit.planned_to if one_shift else start
    return site_time.upgrade_reasons_between(case.board, start, end)


def raises_level(case: Case) -> bool:
    """A site may choose "next level in everything" (reading A10.3)."""
    return bool(upgrades(case)) and bool(case.rules.number("upgrade_raises_level", case.board))


def derived_level(case: Case) -> str:
    permit = case.permit
    assert permit is not None
    return type_of(permit).derive(permit.facts, case.board.areas.get(permit.area_id), case.number).level


def level_needed(case: Case) -> str:
    """What the facts give; where an upgrade raises everything the next one, as far as there is one."""
    permit = case.permit
    assert permit is not None
    levels, level = type_of(permit).levels, derived_level(case)
    return levels[min(levels.index(level) + 1, len(levels) - 1)] if raises_level(case) else level


def grade_needed(case: Case) -> str:
    """The rung that must issue this ticket, after the upgrade of one step (reading A10.3): either of the approver
    alone, or by the next level, whose approver it is."""
    permit = case.permit
    assert permit is not None
    work = type_of(permit)
    step = work.rung(work.grades[permit.level])
    if raises_level(case):
        step = max(step, work.rung(work.grades[level_needed(case)]))
    elif upgrades(case):
        step += 1
    return work.ladder[min(step, len(work.ladder) - 1)]


def _at_the_top(case: Case) -> bool:
    """There is no next step: by the level before the upgrade."""
    permit = case.permit
    assert permit is not None
    work = type_of(permit)
    level = derived_level(case) if raises_level(case) else permit.level
    return work.grades[level] == work.ladder[-1]


def _level_stayed(case: Case) -> bool:
    """Of a ticket at work; before the issue it is G-LV-1's to name."""
    permit = case.permit
    assert permit is not None
    work = type_of(permit)
    at_work = case.command.type in (B.START, B.RESUME)
    return at_work and raises_level(case) and work.lowered(level_needed(case), permit.level)


def not_upgraded(case: Case) -> tuple[Missing, ...]:
    permit, reasons = case.permit, upgrades(case)
    assert permit is not None
    if not reasons:
        return ()
    if _at_the_top(case) and not _second_supervisor(case):
        return tuple(_upgrade(reason, ":none", ":second_supervisor", PREPARERS) for reason in reasons)
    if _level_stayed(case):
        have, need = f":level_{permit.level}", f":level_{level_needed(case)}"
        return tuple(_upgrade(reason, have, need, PREPARERS) for reason in reasons)
    if case.command.type == B.PLAN or (case.command.type == B.ISSUE and not case.actor):
        return ()  # the route now ends one rung higher; who signs is asked of the act
    if case.command.type == B.ISSUE:
        person = case.board.people.get(case.actor)
        grade = type_of(permit).grade_of(person.roles) if person else ""
    else:
        grade = permit.issue.grade if permit.issue else ""
    need = grade_needed(case)
    if type_of(permit).rung(grade) >= type_of(permit).rung(need):
        return ()
    return tuple(
        _upgrade(reason, f":role_{grade}" if grade else ":none", f":role_{need}", (need,)) for reason in reasons
    )


def _upgrade(reason: str, have: str, need: str, who: tuple[str, ...]) -> Missing:
    return Missing("upgrade", about=f":{reason}", have=have, need=need, who=who, alarm=UPGRADE_ALARMS[reason])


def _second_supervisor(case: Case) -> bool:
    """A second one beside whoever issues."""
    permit = case.permit
    assert permit is not None
    named = case.board.people.get(str(permit.facts.get("second_supervisor", "")))
    first = case.actor if case.command.type == B.ISSUE else permit.issue.by if permit.issue else ""
    return named is not None and named.person_id != first and bool(named.roles & roles.APPROVERS)


def calendar_record(case: Case) -> tuple[int, ...]:
    issue = (case.permit.issue.seq,) if case.permit and case.permit.issue else ()
    return (*((case.board.calendar.seq,) if case.board.calendar.seq else ()), *issue)


GATES = (
    Gate(
        "G-LV-1",
        1,
        PLAN | {B.ISSUE},
        f"{GB} 3.11, 5.1.2, 8.1, 9.1, B.1",
        level_lowered,
        ticket_record,
        packs=EVERYWHERE,
    ),
    Gate("G-LV-2", 1, PLAN | {B.ISSUE, B.START, B.RESUME}, f"{GB} 5.1.1; {AQ} 5.8.3", not_upgraded, calendar_record),
)
