"""Gate 4, the moment before temporary power is connected: switch locked, leakage protector, electrician, guardian."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing
from services.seven_steps.step2_to_3_crew_gates import PREPARERS, certificate_missing, crew_record
from services.seven_steps.step4_to_5_start_gates import duty_record, equipment_record, no_guardian, not_checked
from services.seven_steps.work_types.temporary_power import TEMPORARY_POWER

GB = "GB 30871-2022"
#: What is looked at before lines are connected (10.3, 10.4, 10.6 h).
LOOKED_AT = ("upstream_locked", "leakage_protector")


def no_electrician(case: Case) -> tuple[Missing, ...]:
    """Somebody on the crew is an electrician whose certificate is good today; whoever else works needs none."""
    assert case.permit is not None
    trade = TEMPORARY_POWER.trade
    electricians = [m for m in case.permit.crew.values() if m.role == "worker" and m.trade == trade]
    if not electricians:
        return (Missing("trade", need=f":trade_{trade}", who=PREPARERS, alarm="50"),)
    lacking = [certificate_missing(case, one.person_id, trade) for one in electricians]
    return () if not all(lacking) else lacking[0]


def not_safe_to_connect(case: Case) -> tuple[Missing, ...]:
    """Upstream switch off, locked and tagged; a leakage protector; an electrician connects, a guardian watches."""
    looked_at = [missing for kind in LOOKED_AT for missing in not_checked(case, kind, WHO)]
    return (*looked_at, *no_electrician(case), *no_guardian(case))


def connection_record(case: Case) -> tuple[int, ...]:
    return tuple(sorted({*equipment_record(case), *crew_record(case), *duty_record(case)}))


WHO = (roles.POWER_AUTH, roles.GUARDIAN)
GATES = (
    Gate(
        "G-EL-1",
        1,
        frozenset({Boundary.START}),
        f"{GB} 10.3, 10.4, 10.6 h, annex A.6",
        not_safe_to_connect,
        connection_record,
        works=frozenset({TEMPORARY_POWER.id}),
        packs=EVERYWHERE,
    ),
)
