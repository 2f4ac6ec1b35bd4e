"""Gate 2 for ground and roads: agreed by whoever owns what lies below, dug and closed as chapters 11 and 12 ask.

A road's plan is asked for in G-PL-2, how long a road may be closed without signs in G-PL-3 (step2_to_3_gates.py).
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from services.seven_steps import roles, site_time
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import Boundary, Case, Gate, Missing
from services.seven_steps.step1_risk_assessment import ENDED
from services.seven_steps.work_types.confined_space import CONFINED_SPACE
from services.seven_steps.work_types.earthwork import EARTHWORK, depth_of, like_a_space
from services.seven_steps.work_types.road_break import ROAD_BREAK

B = Boundary
#: What was agreed before the plan must still be so when the ticket is issued and when work begins.
DUG = frozenset({B.PLAN, B.ISSUE, B.START})
PREPARERS = (roles.APPLICANT, roles.WORK_LEAD)
GB = "GB 30871-2022"


# ---- earthwork -----------------------------------------------------------------------------------------------------


def services_asked(case: Case) -> tuple[str, ...]:
    """Every service of table B.1, and what else the ticket says lies below."""
    assert case.permit is not None
    below = case.permit.facts.get("buried_services", ())
    return tuple(dict.fromkeys([*case.rules.listed("services_earthwork"), *below]))


def not_cosigned(case: Case) -> tuple[Missing, ...]:
    """Each service has an owner, and one who still owns it has agreed (table B.1)."""
    assert case.permit is not None
    found = []
    for service in services_asked(case):
        owner, said = case.board.service_owners.get(service), case.permit.cosigned.get(service)
        if owner is None or not owner.owners:
            found.append(Missing("service_owner", about=f":service_{service}", need=":registered", who=(roles.ADMIN,)))
        elif said is None or said.by not in owner.owners:
            found.append(Missing("cosign", about=f":service_{service}", need=":signed", who=owner.owners))
    return tuple(found)


def no_space_ticket(case: Case) -> tuple[Missing, ...]:
    """A pit where something harmful may gather is a confined space: that ticket is the job's, and linked (11.10)."""
    permit, job = case.permit, case.job
    assert permit is not None and job is not None
    if not like_a_space(permit.facts, case.number):
        return ()
    others = (case.board.permits[key] for key in job.permits if key in permit.related)
    if any(other.type == CONFINED_SPACE.id and other.state not in ENDED for other in others):
        return ()
    who = PREPARERS
    return (Missing("confined_space_ticket", need=":ticket_confined_space", who=who, alarm="61"),)


def dug_wrongly(case: Case) -> tuple[Missing, ...]:
    """The way out (11.7), the spoil (11.5 a), by hand near lines (11.6): as the ticket states them."""
    assert case.permit is not None
    facts = case.permit.facts
    found = []
    if _more(depth_of(facts), case.number("earthwork_depth_without_ladder")) and not facts.get("ladder"):
        found.append(_fact("ladder", ":none", ":fact_ladder"))
    least, highest = case.number("earthwork_spoil_distance"), case.number("earthwork_spoil_height")
    if not _at_least(_metres(case.permit, "spoil_distance_m"), least):
        found.append(_fact("spoil_distance_m", _said(case.permit, "spoil_distance_m"), f"≥ {least} m"))
    if _more(_metres(case.permit, "spoil_height_m"), highest):
        found.append(_fact("spoil_height_m", _said(case.permit, "spoil_height_m"), f"≤ {highest} m"))
    near = case.number("earthwork_hand_dig_within")
    line = _metres(case.permit, "nearest_service_m")
    if facts.get("buried_services") and not _more(line, near, unknown=False) and not facts.get("hand_dig"):
        found.append(_fact("hand_dig", _said(case.permit, "nearest_service_m"), f":fact_hand_dig ≤ {near} m"))
    return tuple(found)


def ground_closed(case: Case) -> tuple[Missing, ...]:
    return (*not_cosigned(case), *no_space_ticket(case), *dug_wrongly(case))


def cosign_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    return tuple(sorted({said.seq for said in case.permit.cosigned.values()}))


def _metres(permit: Permit, name: str) -> Decimal | None:
    return Decimal(str(permit.facts[name])) if name in permit.facts else None


def _said(permit: Permit, name: str) -> str:
    return f"{permit.facts[name]} m" if name in permit.facts else ":none"


def _more(value: Decimal | None, bound: Decimal, *, unknown: bool = True) -> bool:
    """Whether a value is over its bound; `unknown` is the answer, on the safe side, where it is not stated."""
    return unknown if value is None else value > bound


def _at_least(value: Decimal | None, bound: Decimal) -> bool:
    return value is not None and value >= bound


def _fact(name: str, have: str, need: str) -> Missing:
    return Missing("ground_fact", about=f":fact_{name}", have=have, need=need, who=PREPARERS)


# ---- road break ----------------------------------------------------------------------------------------------------


def planned_at_night(case: Case) -> bool:
    permit = case.permit
    assert permit is not None
    reasons = site_time.upgrade_reasons_between(case.board, permit.planned_from, permit.planned_to)
    return site_time.NIGHT in reasons


def road_plan_missing(case: Case) -> tuple[Missing, ...]:
    """Fire engines keep a way (12.1); without signs somebody directs traffic (12.3); lamps in the dark (12.4)."""
    permit = case.permit
    assert permit is not None
    if permit.type != ROAD_BREAK.id:
        return ()
    found = []
    if not permit.facts.get("fire_engine_access"):
        found.append(_fact("fire_engine_access", ":none", ":fact_fire_engine_access"))
    if not permit.facts.get("signs_placed") and not permit.facts.get("traffic_director"):
        found.append(_fact("traffic_director", ":none", ":fact_traffic_director"))
    if planned_at_night(case) or permit.facts.get("bad_weather", True):
        found += _lamps_missing(case, permit)
    return tuple(found)


def _lamps_missing(case: Case, permit: Permit) -> list[Missing]:
    low, high, seen = (case.rules.bound(name, case.board) for name in LAMPS)
    if low is None or high is None or seen is None:
        return []  # no pack of the site says how lamps must be
    found = []
    height, visible = _metres(permit, "lamp_height_m"), _metres(permit, "lamp_visible_m")
    if height is None or not low.value <= height <= high.value:
        need = f"{low.value} – {high.value} m"
        found.append(_fact("lamp_height_m", _said(permit, "lamp_height_m"), need))
    if not _at_least(visible, seen.value):
        found.append(_fact("lamp_visible_m", _said(permit, "lamp_visible_m"), f"≥ {seen.value} m"))
    return found


LAMPS = ("road_lamp_lowest", "road_lamp_highest", "road_lamp_visible")


def longest_without_signs(case: Case) -> timedelta | None:
    """A road is closed without signs for two hours by day and one by night, no longer (12.3); None: no such limit."""
    permit = case.permit
    assert permit is not None
    if permit.type != ROAD_BREAK.id or permit.facts.get("signs_placed"):
        return None
    name = "road_without_signs_night" if planned_at_night(case) else "road_without_signs_day"
    return case.rules.duration_or_none(name, case.board)


GATES = (
    Gate(
        "G-EX-1",
        1,
        DUG,
        f"{GB} 11.5 a, 11.6, 11.7, 11.10, B.1",
        ground_closed,
        cosign_record,
        works=frozenset({EARTHWORK.id}),
    ),
)
