"""A standard job for each type of work, and for a level that asks for much more: a ticket brought up to any boundary,
with every gate there open.

What a type needs beside what all need is data here: its facts, its trade, its gases, who issues it, and its own records
before a boundary. Vectors (tests/vectors) start from these and change one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from services.seven_steps.gate import Boundary as B
from services.seven_steps.work_types import TYPES
from tests.flow import tables, walk
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, copy_of, presence, text

#: The ticket of the standard job; the second one, where it has two.
TICKET, OTHER = HOT, PIT
#: The job with two linked tickets: hot work (TICKET) inside a confined space (OTHER).
HOT_WORK_IN_PIT = "hot_work_in_pit"
DEFAULT_PACKS = ("gb30871-2022", "aq3064-2025", "site-policy")
ORDER = (B.ASSESS, B.PLAN, B.BRIEF, B.SURVEY, B.ISSUE, B.START, B.RESUME, B.COMPLETE, B.ACCEPT, B.REVIEW)
#: Who signs which line of a form.
SIGNERS = {"work_lead": "lead", "unit": "area", "dept": "dept", "safety": "safety", "head": "head", "power": "power"}
#: Who issues, by the rung of the ladder.
ISSUERS = {
    "approver_unit": "area",
    "approver_dept": "dept",
    "approver_safety": "safety",
    "approver_head": "head",
    "power_auth": "power",
}
Records = tuple[tuple[str, str, dict[str, Any]], ...]


@dataclass(frozen=True)
class StandardJob:
    """type: of the ticket, where it is not the job's own name; facts: of the ticket; trade, second: of the workers
    "cutter" and "mate", certified for it; gases: planned and tested, at `point`; documents: kinds of file the plan has;
    hours: planned; isolations: points and ways;
    before: records of its own before a boundary, as (who, command, payload), about the ticket."""

    facts: Mapping[str, Any]
    trade: str = "fitter"
    second: str = "fitter"
    gases: tuple[str, ...] = ()
    point: str = "bottom"
    documents: tuple[str, ...] = ()
    hours: float = 8
    area: str = "farm"
    isolations: tuple[tuple[str, str], ...] = walk.ISOLATIONS
    before: Mapping[B, Records] = field(default_factory=dict)
    type: str = ""


AIR = {"propane": ("0.05", "%vol"), "oxygen": ("20.8", "%vol"), "hydrogen_sulfide": ("0", "mg/m3")}
KIT: Records = (
    (
        "watch",
        "check_equipment",
        {
            "items": [
                {"kind": "fire_extinguisher", "ok": True, "count": 2},
                {"kind": "rescue_kit", "ok": True},
                {"kind": "communication", "ok": True},
                {"kind": "lighting", "ok": True, "volts": 24},
            ]
        },
    ),
)

#: Hot work on something that is out of service and holds nothing, not inside a space.
OPEN_AIR = walk.HOT_FACTS | {"inside_confined_space": False, "holds_flammables": False}
STEADY = {"unit_stable": True, "slight_positive_pressure": True, "no_decomposing_service": True}
CAMERA = {"recorder_id": "cam", "model": "EX-2", "ex_proof": True, "in_service": True}
LIFTING_CHECKS = [{"kind": kind, "ok": True} for kind in ("lifting_gear", "exclusion_zone", "trial_lift")]

SERVICES = ("water", "power", "steam", "process", "equipment", "fire", "safety")
OWNERS_AGREE: Records = (("dept", "cosign_services", {"services": list(SERVICES), "opinion": text("agreed")}),)
#: Dug by hand beside a cable, shallow, its spoil well away.
PIT_TO_DIG: Mapping[str, Any] = {
    "depth_m": "0.5",
    "heavy_machines": False,
    "hazardous_accumulation_possible": False,
    "buried_services": ["power"],
    "nearest_service_m": "1.5",
    "hand_dig": False,
    "spoil_distance_m": "1",
    "spoil_height_m": "1.5",
    "ladder": False,
}
ROAD: Mapping[str, Any] = {
    "road": "Road 3, between gates 3 and 4",
    "fire_engine_access": True,
    "signs_placed": True,
    "traffic_director": False,
    "bad_weather": False,
}


def _looked_at(*kinds: str) -> tuple[str, str, dict[str, Any]]:
    return "watch", "check_equipment", {"items": [{"kind": kind, "ok": True} for kind in kinds]}


STANDARD: Mapping[str, StandardJob] = {
    "general": StandardJob(facts={}),
    "hot_work": StandardJob(
        facts=OPEN_AIR,
        trade="hot_work",
        gases=("propane",),
        point="outside",
        before={B.START: (("foreman", "check_ticket", {}), *KIT)},
    ),
    "hot_special": StandardJob(
        type="hot_work",
        facts=OPEN_AIR | {"equipment_running": True},
        trade="hot_work",
        gases=("propane",),
        point="outside",
        documents=("hot_special_plan",),
        before={
            B.ISSUE: (("foreman", "record_process_state", STEADY),),
            B.START: (
                ("foreman", "check_ticket", {}),
                *KIT,
                ("admin", "register_recorder", CAMERA),
                ("service:watcher", "record_signal", {"kind": "gas_stream", "about": "meter", "state": "alive"}),
                ("service:watcher", "record_signal", {"kind": "video", "about": "cam", "state": "alive"}),
            ),
        },
    ),
    "earthwork": StandardJob(facts=PIT_TO_DIG, before={B.PLAN: OWNERS_AGREE}),
    "road_break": StandardJob(facts=ROAD, documents=("traffic_plan",)),
    "line_breaking": StandardJob(facts={"medium": "naphtha", "line_no": "NA-1203 flange F-2"}),
    "radiography": StandardJob(facts={"source": "gamma", "barrier_m": "60"}, trade="radiographer"),
    "hv_electrical": StandardJob(
        facts={"voltage_kv": "10", "person_in_charge": "lead"},
        trade="electrician",
        isolations=(("up", "power_locked"), ("down", "earthed")),
    ),
    "confined_space": StandardJob(
        facts=walk.PIT_FACTS,
        gases=("propane", "oxygen", "hydrogen_sulfide"),
        before={B.START: (*KIT, ("tester", "record_monitor", {"instrument_id": "meter", "running": True}))},
    ),
    "blind_plate": StandardJob(
        facts={
            "action": "insert",
            "blinds": ["B-01"],
            "pipe": "P-3102",
            "pipe_medium": "propane",
            "temperature_c": "35",
            "pressure_mpa": "0.0",
            "toxic": False,
            "corrosive": False,
            "in_fire_explosion_area": True,
        },
        documents=("blind_map",),
    ),
    "temporary_power": StandardJob(
        facts={
            "source_point": "distribution box DB-7",
            "voltage_v": 380,
            "load_kw": "7.5",
            "consumers": "welder 7.5 kW",
            "in_fire_explosion_area": True,
            "for_hot_work_or_confined_space": False,
        },
        trade="electrician",
        gases=("propane",),
        before={
            B.START: (_looked_at("upstream_locked", "leakage_protector"),),
            B.ACCEPT: (_looked_at("supply_removed"),),
        },
    ),
    "height": StandardJob(
        facts={
            "height_m": "4.2",
            "factors": [],
            "situations": [],
            "outdoors": True,
            "inside_confined_space": False,
        },
        trade="work_at_height",
    ),
    "lifting": StandardJob(
        facts={
            "mass_t": "12",
            "load_name": "heat exchanger E-204",
            "gear": "25 t truck crane, four-leg sling",
            "cranes": 1,
            "highest_load_percent": "62",
            "special_conditions": False,
            "near_hazardous": False,
            "outdoors": True,
        },
        trade="crane_operator",
        second="lift_director",
        before={B.START: (("watch", "check_equipment", {"items": LIFTING_CHECKS}),)},
    ),
}


def ready(type_: str, boundary: B, packs: tuple[str, ...] = DEFAULT_PACKS) -> World:
    """The standard job of that type just before the boundary, to spoil at will.

    ENTER and RESUME: work runs; REMOVE_ISOLATION and PURGE: every ticket is accepted.
    """
    before = {B.ENTER: B.RESUME, B.REMOVE_ISOLATION: B.REVIEW, B.PURGE: B.REVIEW}.get(boundary, boundary)
    if type_ == HOT_WORK_IN_PIT:
        assert packs == DEFAULT_PACKS
        return tables.ready_for(before)
    return copy_of(_ready(type_, before, packs))


@lru_cache(maxsize=256)
def _ready(type_: str, boundary: B, packs: tuple[str, ...]) -> World:
    if boundary == B.ASSESS:
        return _STEPS[B.ASSESS](_begun(type_, packs), STANDARD[type_])
    earlier = ORDER[ORDER.index(boundary) - 1]
    world = copy_of(_ready(type_, earlier, packs))
    _STEPS[boundary](world, STANDARD[type_])
    for who, command, payload in STANDARD[type_].before.get(boundary, ()):
        world.permit_ok(TICKET, who, command, payload)
    return world


def _begun(type_: str, packs: tuple[str, ...]) -> World:
    w, job = walk.site(packs), STANDARD[type_]
    for person, trade in (("cutter", job.trade), ("mate", job.second)):
        if trade in w.rules.listed("certified_trades") and trade != "hot_work":
            w.ok("admin", "register_certificate", walk.certificate(person, trade, f"c-{person}-{trade}"))
    w.job_ok("applicant", "create_job", walk.job_payload(job.area))
    w.permit_ok(TICKET, "applicant", "add_ticket", walk.ticket(job.type or type_, dict(job.facts), hours=job.hours))
    return w


def _assess(w: World, job: StandardJob) -> World:
    hazards = w.rules.listed(f"hazards_{w.permit(TICKET).type}") or ("other",)
    rows = [walk.risk_row(hazard, permits=[TICKET]) for hazard in hazards]
    w.job_ok("lead", "record_risk_assessment", {"method": "5x5", "rows": rows, "participants": ["lead", "cutter"]})
    return w


def _plan(w: World, job: StandardJob) -> None:
    w.job_ok("lead", "assess", {"permits": [TICKET]})
    w.job_ok("applicant", "book_work", {"planned_day": "2026-11-19", "urgent": False})
    plan = walk.plan_payload() | {
        "documents": [{"kind": kind, "sha256": "a" * 64, "permit_id": TICKET} for kind in job.documents],
        "gas": {TICKET: {"gases": list(job.gases), "points": [job.point]}} if job.gases else {},
        "isolations": [
            {"point_id": point, "method": method, "blind_required": method == "spool_removed"}
            for point, method in job.isolations
        ],
    }
    w.job_ok("lead", "record_plan", plan)
    workers = (("cutter", job.trade), ("mate", job.second))
    crew = [{"person_id": person, "role": "worker", "trade": trade} for person, trade in workers] + walk.CREW[2:]
    w.permit_ok(TICKET, "lead", "assign_crew", {"crew": crew})


def _brief(w: World, job: StandardJob) -> None:
    w.job_ok("area", "plan", {"permits": [TICKET]})
    w.now = DAY_TWO
    topics = [{"topic": "hazards", "text": "fire"}, {"topic": "emergency", "text": "muster at B"}]
    w.job_ok("briefer", "give_briefing", {"place": "gate 3", "contents": {"en": topics, "zh-CN": topics}})
    walk.acknowledge(w, "lead", "cutter", "mate", "watch")


def _survey(w: World, job: StandardJob) -> None:
    w.job_ok("briefer", "brief", {"permits": [TICKET]})
    walk.isolate(w, job.isolations)
    lines = w.rules.listed(f"measures_{w.permit(TICKET).type}")
    if lines:
        rows = [{"line": line, "answer": "confirmed"} for line in lines]
        w.permit_ok(TICKET, "area", "confirm_measures", {"lines": rows})


def _issue(w: World, job: StandardJob) -> None:
    w.permit_ok(TICKET, "area", "survey")
    if job.gases:
        w.ok("tester", "record_bump_test", {"instrument_id": "meter", "passed": True})
        readings = [{"gas": g, "point": job.point, "value": AIR[g][0], "unit": AIR[g][1]} for g in job.gases]
        w.permit_ok(TICKET, "tester", "record_gas_test", {"instrument_id": "meter", "readings": readings})
    for node in TYPES[w.permit(TICKET).type].nodes:
        w.permit_ok(TICKET, SIGNERS[node], "sign_node", {"node": node, "opinion": text("agreed")})


def _start(w: World, job: StandardJob) -> None:
    permit = w.permit(TICKET)
    issuer = ISSUERS[TYPES[permit.type].grades[permit.level]]
    w.permit_ok(TICKET, issuer, "issue", presence=presence(job.area))
    w.ok("tester", "record_wind", {"area_id": job.area, "mean_m_s": "3.2", "gust_m_s": "5.0", "weather": []})
    w.permit_ok(TICKET, "watch", "guardian_on", {"place": "outside"})


def _resume(w: World, job: StandardJob) -> None:
    w.permit_ok(TICKET, "lead", "start", {"unchanged": True})


def _complete(w: World, job: StandardJob) -> None:
    w.later(minutes=20)


def _accept(w: World, job: StandardJob) -> None:
    w.permit_ok(TICKET, "lead", "complete")
    w.permit_ok(TICKET, "lead", "record_restoration", {"site_restored": True, "guards_back": True, "cleaned": True})
    w.later(minutes=60)
    if w.permit(TICKET).type == "hot_work":
        w.permit_ok(TICKET, "watch", "end_fire_watch", {"no_residual_fire": True})


def _review(w: World, job: StandardJob) -> None:
    w.permit_ok(TICKET, "area", "accept", presence=presence(job.area))


_STEPS: Mapping[B, Any] = {
    B.ASSESS: _assess,
    B.PLAN: _plan,
    B.BRIEF: _brief,
    B.SURVEY: _survey,
    B.ISSUE: _issue,
    B.START: _start,
    B.RESUME: _resume,
    B.COMPLETE: _complete,
    B.ACCEPT: _accept,
    B.REVIEW: _review,
}
__all__ = ["JOB", "OTHER", "STANDARD", "TICKET", "StandardJob", "ready"]
