"""The main job, step by step: each function brings the world up to just before a boundary."""

from __future__ import annotations

from typing import Any

from services.rulebook import rulebook
from services.seven_steps.site_time import stamp
from tests.flow.world import DAY_TWO, HOT, JOB, PEOPLE, PIT, SITE, TRADES, World, presence, text

HOT_FACTS: dict[str, Any] = {
    "equipment_running": False,
    "in_bund": False,
    "on_pipe_rack": False,
    "outdoors": True,
    "inside_confined_space": True,
    "method": "cordless grinder",
}
PIT_FACTS: dict[str, Any] = {"volume_m3": "6.5", "medium": "drain water", "wet_or_narrow": False}
GASES = {"hot": ["propane", "oxygen"], "pit": ["propane", "oxygen", "hydrogen_sulfide"]}
POINTS = ["bottom"]
GOOD_AIR = {"propane": ("0.05", "%vol"), "oxygen": ("20.8", "%vol"), "hydrogen_sulfide": ("0", "mg/m3")}


def site(packs: tuple[str, ...] = ("gb30871-2022", "aq3064-2025", "site-policy")) -> World:
    """A registered site with areas, people, certificates, instruments and a roster."""
    w = World()
    w.first_rules = rulebook(packs)
    names = {"en": "Plant A", "zh-CN": "甲厂"}
    w.ok(
        "service:desk",
        "register_site",
        {
            "name": names,
            "code": "PA",
            "zone": "Asia/Shanghai",
            "clock": "real",
            "packs": list(packs),
            "emergency_number": "119",
            "muster_point": names,
        },
    )
    for person, roles in PEOPLE.items():
        unit = "Huaan" if person in ("lead", "cutter", "mate") else "Unit 3"
        data = {"person_id": person, "roles": list(roles), "trades": [], "unit": unit, "vault_sha256": "0" * 64}
        w.ok("service:desk", "register_person", data)
    area = {"name": names, "enriched_oxygen": False}
    w.ok("admin", "register_area", area | {"area_id": "farm", "fire_explosion": True, "bund": False})
    w.ok("admin", "register_area", area | {"area_id": "yard", "fire_explosion": False, "bund": False})
    w.ok("admin", "register_area", area | {"area_id": "bund", "fire_explosion": True, "bund": True})
    for service in ("water", "power", "steam", "process", "equipment", "fire", "safety"):
        w.ok("admin", "register_service_owner", {"service": service, "owners": ["dept"]})
    for person, trade in TRADES.items():
        w.ok("admin", "register_certificate", certificate(person, trade, f"c-{person}"))
    w.ok(
        "admin",
        "register_instrument",
        {
            "instrument_id": "meter",
            "model": "X4",
            "gases": ["propane", "oxygen", "hydrogen_sulfide", "methane"],
            "calibration_gas": "methane",
            "correction_factors": {"propane": "1.6"},
            "calibration_due": "2026-12-31",
            "in_service": True,
        },
    )
    shift = {"area_id": "farm", "person_id": "foreman"}
    shifts = [shift | {"start": "2026-11-18T00:00:00Z", "end": "2026-11-20T12:00:00Z"}]
    w.ok("admin", "set_foreman_roster", {"shifts": shifts})
    return w


def certificate(person: str, trade: str, certificate_id: str) -> dict[str, Any]:
    about = {"certificate_id": certificate_id, "person_id": person, "trade": trade}
    return about | {"valid_from": "2025-01-01", "valid_to": "2026-12-31"}


def ticket(kind: str, facts: dict[str, Any], start: Any = None, hours: float = 8) -> dict[str, Any]:
    from datetime import timedelta

    begin = start or DAY_TWO
    return {
        "type": kind,
        "facts": facts,
        "place": "valve pit V-12",
        "planned_from": stamp(begin),
        "planned_to": stamp(begin + timedelta(hours=hours)),
    }


def job_payload(area: str) -> dict[str, Any]:
    return {
        "title": text("Cut a seized flange"),
        "area_id": area,
        "place": "valve pit V-12",
        "equipment_tag": "P-3102",
        "work_content": text("Cut and replace"),
        "applicant_unit": "Unit 3",
        "work_unit": "Huaan",
        "work_lead": "lead",
    }


def with_job(area: str = "farm", hot_facts: dict[str, Any] | None = None) -> World:
    w = site()
    w.job_ok("applicant", "create_job", job_payload(area))
    w.permit_ok(HOT, "applicant", "add_ticket", ticket("hot_work", hot_facts or HOT_FACTS))
    w.permit_ok(PIT, "applicant", "add_ticket", ticket("confined_space", PIT_FACTS))
    w.permit_ok(HOT, "applicant", "link_tickets", {"to": PIT})
    w.permit_ok(PIT, "applicant", "link_tickets", {"to": HOT})
    return w


def risk_row(hazard: str, residual: tuple[int, int] = (1, 3), permits: list[str] | None = None) -> dict[str, Any]:
    return {
        "step": f"work with {hazard}",
        "hazard": hazard,
        "permits": permits or [HOT, PIT],
        "initial": {"l": 4, "s": 4},
        "controls": [{"level": "engineering", "text": text("isolate"), "owner": "lead"}],
        "residual": {"l": residual[0], "s": residual[1]},
    }


def before_assess(**kwargs: Any) -> World:
    w = with_job(**kwargs)
    rows = [risk_row(h) for h in ("fire", "burn", "toxic", "oxygen")]
    w.job_ok("lead", "record_risk_assessment", {"method": "5x5", "rows": rows, "participants": ["lead", "cutter"]})
    return w


def plan_payload() -> dict[str, Any]:
    isolation = {"method": "spool_removed", "blind_required": True}
    return {
        "method_statement": text("cold cut first"),
        "emergency_plan": text("rescue by tripod"),
        "rescue_kit": "tripod at V-12",
        "comms_channel": "3",
        "documents": [],
        "isolations": [isolation | {"point_id": "up"}, isolation | {"point_id": "down"}],
        "gas": {HOT: {"gases": GASES["hot"], "points": POINTS}, PIT: {"gases": GASES["pit"], "points": POINTS}},
    }


CREW = [
    {"person_id": "cutter", "role": "worker", "trade": "hot_work"},
    {"person_id": "mate", "role": "worker", "trade": "fitter"},
    {"person_id": "watch", "role": "guardian", "trade": "guardian"},
]


def before_plan(**kwargs: Any) -> World:
    w = before_assess(**kwargs)
    w.job_ok("lead", "assess", {"permits": [HOT, PIT]})
    w.job_ok("applicant", "book_work", {"planned_day": "2026-11-19", "urgent": False})
    w.job_ok("lead", "record_plan", plan_payload())
    for permit in (HOT, PIT):
        w.permit_ok(permit, "lead", "assign_crew", {"crew": CREW})
    return w


def acknowledge(w: World, *people: str) -> World:
    briefing = w.job.briefing
    assert briefing is not None
    said = {"version": briefing.version, "content_sha256": briefing.content_sha256, "lang": "en"}
    for person in people:
        w.job_ok(person, "acknowledge_briefing", said)
    return w


def before_brief() -> World:
    w = before_plan()
    w.job_ok("area", "plan", {"permits": [HOT, PIT]})
    w.now = DAY_TWO
    topics = [{"topic": "hazards", "text": "fire"}, {"topic": "emergency", "text": "muster at B"}]
    w.job_ok("briefer", "give_briefing", {"place": "gate 3", "contents": {"en": topics, "zh-CN": topics}})
    return acknowledge(w, "lead", "cutter", "mate", "watch")


ISOLATIONS = (("up", "spool_removed"), ("down", "spool_removed"))


def isolate(w: World, isolations: tuple[tuple[str, str], ...] = ISOLATIONS) -> None:
    for point, method in isolations:
        w.job_ok("isolator", "apply_isolation", {"point_id": point, "method": method, "lock_no": "L1", "tag_no": "T1"})
        w.job_ok("verifier", "verify_isolation", {"point_id": point, "how": text("seen open")})


def before_survey() -> World:
    w = before_brief()
    w.job_ok("briefer", "brief", {"permits": [HOT, PIT]})
    isolate(w)
    for permit, lines in ((HOT, 16), (PIT, 15)):
        rows = [{"line": str(n), "answer": "confirmed"} for n in range(1, lines + 1)]
        w.permit_ok(permit, "area", "confirm_measures", {"lines": rows})
    return w


def sample_air(w: World, permit: str, values: dict[str, tuple[str, str]] | None = None, **more: Any) -> World:
    kinds = GASES["hot"] if permit == HOT else GASES["pit"]
    air = GOOD_AIR | (values or {})
    readings = [{"gas": g, "point": p, "value": air[g][0], "unit": air[g][1]} for g in kinds for p in POINTS]
    w.permit_ok(permit, "tester", "record_gas_test", {"instrument_id": "meter", "readings": readings}, **more)
    return w


def before_issue() -> World:
    w = before_survey()
    for permit in (HOT, PIT):
        w.permit_ok(permit, "area", "survey")
    w.ok("tester", "record_bump_test", {"instrument_id": "meter", "passed": True})
    for permit in (HOT, PIT):
        sample_air(w, permit)
        w.permit_ok(permit, "lead", "sign_node", {"node": "work_lead", "opinion": text("agreed")})
    w.permit_ok(HOT, "area", "sign_node", {"node": "unit", "opinion": text("agreed")})
    return w


def issue(w: World, permit: str, actor: str) -> World:
    w.permit_ok(permit, actor, "issue", presence=presence("farm"))
    return w


def before_start() -> World:
    w = before_issue()
    issue(w, HOT, "safety")
    issue(w, PIT, "area")
    w.permit_ok(HOT, "foreman", "check_ticket")
    w.ok("tester", "record_wind", {"area_id": "farm", "mean_m_s": "3.2", "gust_m_s": "5.0"})
    for permit in (HOT, PIT):
        w.permit_ok(permit, "watch", "guardian_on", {"place": "outside"})
        items = [{"kind": kind, "ok": True, "count": 2, "volts": 24} for kind in ("fire_extinguisher", "rescue_kit")]
        items += [{"kind": "communication", "ok": True}, {"kind": "lighting", "ok": True, "volts": 24}]
        w.permit_ok(permit, "watch", "check_equipment", {"items": items})
    w.permit_ok(PIT, "tester", "record_monitor", {"instrument_id": "meter", "running": True})
    return w


def active() -> World:
    w = before_start()
    for permit in (HOT, PIT):
        w.permit_ok(permit, "lead", "start", {"unchanged": True})
    return w


def completed() -> World:
    w = active()
    w.permit_ok(PIT, "watch", "enter", {"person_id": "cutter", "tools": {"grinder": 1}})
    w.later(minutes=60)
    w.permit_ok(PIT, "watch", "leave", {"person_id": "cutter", "tools": {"grinder": 1}})
    for permit in (HOT, PIT):
        w.permit_ok(permit, "lead", "complete")
    return w


def before_accept() -> World:
    w = completed()
    for permit in (HOT, PIT):
        w.permit_ok(permit, "lead", "record_restoration", {"site_restored": True, "guards_back": True, "cleaned": True})
    w.later(minutes=60)
    w.permit_ok(HOT, "watch", "end_fire_watch", {"no_residual_fire": True})
    return w


def before_review() -> World:
    w = before_accept()
    for permit in (HOT, PIT):
        w.permit_ok(permit, "area", "accept", presence=presence("farm"))
    return w


def closed() -> World:
    w = before_review()
    w.job_ok("hse", "review", {"lessons": text("order spare bolts")})
    w.job_ok("hse", "close_job")
    return w


__all__ = ["JOB", "SITE"]
