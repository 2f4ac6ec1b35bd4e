"""One good payload for each command, by hand: what clients really send."""

from __future__ import annotations

import copy
import uuid
from typing import Any

JOB, PERMIT, OTHER = (str(uuid.UUID(int=number, version=4)) for number in (1, 2, 3))
SHA = "ab" * 32
TEXT = {"lang": "zh-CN", "text": "法兰卡死"}
NAMES = {"en": "Tank farm", "zh-CN": "罐区"}
SCORE = {"l": 2, "s": 3}
CREW = [{"person_id": "p1", "role": "worker", "trade": "hot_work"}]

HOT_FACTS = {
    "in_bund": False,
    "on_pipe_rack": False,
    "equipment_running": False,
    "holds_flammables": True,
    "plant_shut_cleaned": False,
    "outdoors": True,
    "inside_confined_space": True,
    "method": "cordless grinder",
}

PAYLOADS: dict[str, dict[str, Any]] = {
    "register_site": {
        "name": NAMES,
        "code": "DEMO",
        "zone": "Asia/Shanghai",
        "clock": "simulated",
        "packs": ["gb30871-2022", "aq3064-2025"],
        "emergency_number": "119",
        "muster_point": NAMES,
        "starts_at": "2026-11-18T23:00:00Z",
    },
    "register_area": {
        "area_id": "a1",
        "name": NAMES,
        "fire_explosion": True,
        "bund": False,
        "enriched_oxygen": False,
        "position": {"lat": "31.2304", "lon": "121.4737", "radius_m": "50"},
        "fixed_hot_work": {"conditions_confirmed": True, "reviewed_on": "2026-03-01"},
    },
    "register_person": {
        "person_id": "p1",
        "roles": ["worker"],
        "trades": ["hot_work"],
        "unit": "Maintenance",
        "vault_sha256": SHA,
    },
    "register_certificate": {
        "certificate_id": "c1",
        "person_id": "p1",
        "trade": "hot_work",
        "valid_from": "2024-01-01",
        "valid_to": "2027-01-01",
    },
    "record_contraindication": {"person_id": "p1", "work": "confined_space", "active": True},
    "register_contractor": {"contractor_id": "k1", "name": NAMES, "suspended": False},
    "register_instrument": {
        "instrument_id": "i1",
        "model": "GX-3R",
        "gases": ["methane", "oxygen"],
        "calibration_gas": "methane",
        "correction_factors": {"propane": "1.6"},
        "calibration_due": "2027-01-01",
        "in_service": True,
    },
    "register_key": {
        "key_id": "a" * 43,
        "means": "device_key",
        "public_key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
        "device": "handheld 7",
    },
    "revoke_key": {"key_id": "a" * 43, "reason": {"lang": "en", "text": "lost"}},
    "register_recorder": {"recorder_id": "cam-1", "model": "EX-2", "ex_proof": True, "in_service": True},
    "register_isolation_point": {
        "point_id": "x1",
        "tag": "SP-301",
        "area_id": "a1",
        "energy": "process",
        "description": "spool",
    },
    "register_service_owner": {"service": "power", "owners": ["p1"]},
    "set_calendar": {
        "holidays": ["2026-10-01"],
        "workdays": [],
        "rest_days": [6, 7],
        "special_periods": [{"name": "Two sessions", "start": "2026-03-03", "end": "2026-03-11"}],
        "night_from": "22:00",
        "night_to": "06:00",
    },
    "set_foreman_roster": {
        "shifts": [{"area_id": "a1", "person_id": "p1", "start": "2026-11-19T00:00:00Z", "end": "2026-11-19T12:00:00Z"}]
    },
    "set_policies": {"policies": {"fire_watch": "60"}},
    "propose_rules": {
        "packs": ["gb30871-2022@1"],
        "policies": {"fire_watch": "90"},
        "reason": {"lang": "en", "text": "r"},
    },
    "release_rules": {"proposal_id": "rules-9"},
    "advance_clock": {"to": "2026-11-19T01:00:00Z"},
    "record_bump_test": {"instrument_id": "i1", "passed": True},
    "record_wind": {"area_id": "a1", "mean_m_s": "3.2", "gust_m_s": "5", "weather": ["rain", "dense_fog"]},
    "record_change": {"area_id": "a1", "what": TEXT},
    "hand_over_shift": {"area_id": "a1", "live_work": TEXT, "plant_state": TEXT},
    "accept_shift": {"area_id": "a1", "handover_id": "17"},
    "declare_emergency": {"reason": TEXT},
    "end_emergency": {"reason": TEXT},
    "record_concern": {"what": TEXT},
    "acknowledge_alarm": {"alarm_id": "12-1"},
    "close_alarm": {"alarm_id": "12-1", "result": TEXT},
    "raise_alarm": {"code": "05", "what": "two-hourly record overdue"},
    "clear_late_arrival": {"late_command_id": OTHER, "result": TEXT},
    "create_job": {
        "title": TEXT,
        "area_id": "a1",
        "place": "Valve pit 3",
        "equipment_tag": "V-301",
        "work_content": TEXT,
        "applicant_unit": "Operations",
        "work_unit": "Contractor",
        "contractor_id": "k1",
        "work_lead": "p1",
    },
    "add_ticket": {
        "type": "hot_work",
        "facts": HOT_FACTS,
        "place": "Valve pit 3",
        "planned_from": "2026-11-20T00:00:00Z",
        "planned_to": "2026-11-20T08:00:00Z",
    },
    "amend_ticket": {"place": "Valve pit 4"},
    "link_tickets": {"to": OTHER},
    "record_risk_assessment": {
        "method": "5x5",
        "rows": [
            {
                "step": "cut",
                "hazard": "fire",
                "permits": [PERMIT],
                "initial": {"l": 4, "s": 4},
                "controls": [{"level": "engineering", "text": TEXT, "owner": "p1"}],
                "residual": SCORE,
            }
        ],
        "participants": ["p1"],
    },
    "accept_residual_risk": {"as": "approver_safety", "alarp": TEXT},
    "assess": {"permits": [PERMIT]},
    "book_work": {"planned_day": "2026-11-20", "urgent": False},
    "approve_urgent_booking": {},
    "record_plan": {
        "method_statement": TEXT,
        "emergency_plan": TEXT,
        "rescue_kit": "tripod",
        "comms_channel": "7",
        "flush_water_m": "25",
        "documents": [{"kind": "other", "sha256": SHA, "permit_id": PERMIT}],
        "isolations": [{"point_id": "x1", "method": "spool_removed", "blind_required": False}],
        "gas": {PERMIT: {"gases": ["methane", "oxygen"], "points": ["top", "bottom"]}},
    },
    "assign_crew": {"crew": CREW},
    "cosign_services": {"services": ["power", "water"], "opinion": TEXT},
    "plan": {"permits": [PERMIT]},
    "give_briefing": {
        "place": "At the pit",
        "contents": {"en": [{"topic": "hazards", "text": "Fire"}], "zh-CN": [{"topic": "hazards", "text": "火灾"}]},
    },
    "acknowledge_briefing": {"version": 1, "content_sha256": SHA, "lang": "zh-CN", "score": 100},
    "brief": {"permits": [PERMIT]},
    "send_back": {"to_step": 2, "reason": TEXT},
    "withdraw_job": {"reason": TEXT},
    "confirm_measures": {"lines": [{"line": "1", "answer": "confirmed", "photo_sha256": SHA}]},
    "apply_isolation": {"point_id": "x1", "method": "spool_removed", "lock_no": "L1", "tag_no": "T1"},
    "verify_isolation": {"point_id": "x1", "how": TEXT},
    "record_gas_test": {
        "instrument_id": "i1",
        "readings": [
            {
                "gas": "methane",
                "point": "top",
                "value": "2",
                "unit": "%LEL",
                "lel": "5.0",
                "calibration_gas": "methane",
            },
            {"gas": "oxygen", "point": "top", "value": "20.9", "unit": "%vol"},
            {"gas": "hydrogen_sulfide", "point": "top", "value": "0", "unit": "mg/m3"},
        ],
    },
    "record_process_state": {
        "unit_stable": True,
        "slight_positive_pressure": True,
        "no_decomposing_service": False,
    },
    "survey": {},
    "sign_node": {"node": "unit", "opinion": TEXT},
    "issue": {},
    "check_ticket": {},
    "print_permit": {"copy": 1},
    "guardian_on": {"place": "outside"},
    "guardian_off": {},
    "offer_guardian_handover": {"to": "p1"},
    "take_guardian_handover": {"place": "outside"},
    "check_equipment": {"items": [{"kind": "lighting", "ok": True, "volts": 12}]},
    "record_monitor": {"instrument_id": "i1", "running": True},
    "start": {"unchanged": True},
    "enter": {"person_id": "p1", "tools": {"grinder": 1}},
    "leave": {"person_id": "p1"},
    "record_found_inside": {"person_id": "p1"},
    "interrupt": {"reason": TEXT},
    "suspend": {"cause": "weather", "reason": TEXT},
    "revalidate": {"valid_to": "2026-11-21T00:00:00Z", "unchanged": True},
    "resume": {"unchanged": True},
    "stop_work": {},
    "clear_stop": {"result": TEXT},
    "change_crew": {"add": CREW, "remove": ["p2"]},
    "complete": {},
    "revoke_ticket": {"reason": TEXT},
    "void_ticket": {"reason": TEXT},
    "replace_ticket": {
        "new_permit_id": OTHER,
        "changed": ["time", "place"],
        "reason": TEXT,
        "planned_from": "2026-11-20T01:00:00Z",
        "planned_to": "2026-11-20T07:00:00Z",
        "facts": HOT_FACTS,
        "place": "Valve pit 4",
        "equipment_tag": "V-302",
        "limitations": "cordless tools only",
        "level": "1",
        "level_reason": "beside the furnace",
    },
    "add_personal_lock": {"point_id": "x1", "lock_no": "P-7"},
    "remove_personal_lock": {"point_id": "x1"},
    "remove_absent_owners_lock": {
        "point_id": "x1",
        "person_id": "p1",
        "verified_off_site": TEXT,
        "reached_how": TEXT,
        "told_before_return": TEXT,
    },
    "expire_ticket": {},
    "enforce_standing": {},
    "record_check": {"item": "Guards", "ok": False, "finding": TEXT},
    "record_restoration": {"site_restored": True, "guards_back": True, "cleaned": True},
    "end_fire_watch": {"no_residual_fire": True},
    "remove_isolation": {"point_id": "x1"},
    "accept": {},
    "record_action": {"action_id": "f1", "what": TEXT, "owner": "p1", "due": "2026-12-01"},
    "close_action": {"action_id": "f1", "result": TEXT},
    "review": {"lessons": TEXT},
    "close_job": {},
    "propose_lesson": {
        "what": TEXT,
        "tags": ["fire watch"],
        "types": ["hot_work"],
        "areas": ["a1"],
        "equipment": ["V-301"],
    },
    "publish_lesson": {"lesson_id": "lesson-7"},
    "withdraw_lesson": {"lesson_id": "lesson-7", "reason": TEXT},
    "draw_audit_sample": {"seed": "2026-11", "size": 5, "of": "closed", "type": "hot_work", "area_id": "a1"},
    "record_audit_result": {
        "audit_id": "audit-9",
        "job_id": JOB,
        "findings": [{"item": "Gas log", "severity": "major", "what": TEXT, "permit_id": PERMIT}],
        "note": TEXT,
    },
    "answer_audit_finding": {"audit_id": "audit-9", "finding_id": "11-1", "result": TEXT},
    "close_audit": {"audit_id": "audit-9", "conclusion": TEXT},
    "purge": {"what": "documents", "closed_to": "2025-11-20T00:00:00Z"},
    "record_signal": {"kind": "gas_stream", "about": "meter", "state": "alive"},
    "record_gas_segment": {
        "instrument_id": "meter",
        "gas": "propane",
        "point": "bottom",
        "unit": "%vol",
        "min": "0",
        "max": "0.05",
        "values": 7200,
        "segment_sha256": SHA,
    },
    "record_seal": {"kind": "permit", "sha256": SHA, "level": "B-B", "records_to": 12},
}


def command(type_: str, **changes: Any) -> dict[str, Any]:
    """A whole body of POST /api/commands that fits."""
    from schemas.commands import SCHEMAS

    known = SCHEMAS[type_, 1]
    body: dict[str, Any] = {
        "command_id": str(uuid.uuid4()),
        "type": type_,
        "version": 1,
        "site_id": "demo",
        "lang": "zh-CN",
        "payload": copy.deepcopy(PAYLOADS[type_]),
    }
    if known.job != "never":
        body["job_id"] = JOB
    if known.permit != "never":
        body["permit_id"] = PERMIT
    return body | changes
