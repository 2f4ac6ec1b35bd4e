"""Permit documents as contents.py makes them: a valve pit outside the bund, a flange to be cut, a contractor's crew."""

# ruff: noqa: E501 (rows of data)
from __future__ import annotations

import copy
from typing import Any

from pdf_templates.forms import FORMS
from services.sealer.view import word
from services.seven_steps.work_types import TYPES


def name(zh: str, en: str) -> dict[str, str]:
    return {"zh-CN": zh, "en": en}


WANG, ZHAO, GAO = name("王建国", "Wang Jianguo"), name("赵敏", "Zhao Min"), name("高岩", "Gao Yan")
CHEN, LIU, SUN = name("陈涛", "Chen Tao"), name("刘洋", "Liu Yang"), name("孙宏伟", "Sun Hongwei")
#: A name beyond U+FFFF: 𬭎 is U+2CB4E, in 通用规范汉字表.
RARE = name("魏𬭎喆", "Wei Hongzhe")
HEAD = "77ab03f1c2d95e18aa279f3c71a0c2d90b64aabbccddeeff0011223344556677"


def value(shown: str, converted: str, verdict: str = "pass") -> dict[str, str]:
    return {"shown": shown, "converted": converted, "verdict": verdict}


def sample(at: str, point: str, lel: str, vol: str, oxygen: str, h2s: str) -> dict[str, Any]:
    return {
        "at": at, "point": point, "tester": CHEN, "instrument": "MX-0417",
        "values": {
            "CH4": value(f"{lel} %LEL", f"{vol} %vol"),
            "O2": value(f"{oxygen} %vol", f"{oxygen} %vol"),
            "H2S": value(f"{h2s} ppm", f"{h2s}.42 mg/m³"),
        },
    }  # fmt: skip


def signed(by: dict[str, str], at: str, **more: Any) -> dict[str, Any]:
    return {"by": by, "at": at, "means": "attested", "opinion": "", "presence": "", "record": 61, **more}


NUMBER = {
    "hot_work": "DEMO-HW-20261120-0003",
    "confined_space": "DEMO-CS-20261120-0004",
    "general": "DEMO-GN-20261120-0005",
}
LEVEL = {"hot_work": "1", "height": "III", "lifting": "2"}
REASONS = {
    "hot_work": ["GB 30871-2022 5.1.2 火灾爆炸危险场所 fire-explosion area"],
    "height": ["GB 30871-2022 8.1 作业高度", "GB 30871-2022 8.1.2 d 易滑物"],
    "lifting": ["GB 30871-2022 9.1 吊物质量"],
}
FACTS = {
    "blind_plate": {
        "blinds": "B-03", "pipe_medium": "汽油 petrol", "temperature_c": "25 °C", "pressure_mpa": "0 MPa",
        "blind_material": "16MnR", "blind_size": "DN80 PN25 8 mm",
    },
    "temporary_power": {
        "source_point": "配电箱 DB-7", "voltage_v": "380 V", "load_kw": "7.5 kW", "consumers": "电焊机 7.5 kW 1 台",
    },
    "height": {"height_m": "12.5 m"},
    "lifting": {"mass_t": "46.5 t", "load_name": "换热器 E-204 管束", "gear": "130 t 汽车起重机，四腿钢丝绳索具", "cranes": "1",
                "highest_load_percent": "72 %"},
    "earthwork": {"depth_m": "2.2 m", "spoil_distance_m": "1.5 m", "spoil_height_m": "1.2 m",
                  "buried_services": "给排水, 供电"},
    "road_break": {"road": "3 号路，车间北门至 5 号路口", "fire_engine_access": "是", "signs_placed": "是",
                   "traffic_director": "是", "lamp_height_m": "1.2 m", "lamp_visible_m": "150 m"},
    "line_breaking": {"medium": "液化气残液", "line_no": "DR-1201 F-3"},
    "radiography": {"source": "γ 射线源", "barrier_m": "60 m"},
    "hv_electrical": {"voltage_kv": "10 kV", "person_in_charge": "赵敏"},
}  # fmt: skip


def stated(kind: str) -> dict[str, Any]:
    """The facts of a ticket of that kind, each with its label and its value in words."""
    return {key: {"label": word("fact", key), "value": name(said, said)} for key, said in FACTS.get(kind, {}).items()}


def permit(kind: str = "hot_work", /, **changes: Any) -> dict[str, Any]:
    """A ticket just issued."""
    measures = FORMS[kind].measures
    document: dict[str, Any] = {
        "kind": "permit", "permit_no": NUMBER.get(kind) or f"DEMO-{TYPES[kind].kind}-20261120-0008", "job_no": "DEMO-J-20261119-0002", "type": kind,
        "level": LEVEL.get(kind, ""), "level_reasons": REASONS.get(kind, []), "facts": stated(kind),
        "state": "issued", "demo": False, "status_mark": "", "copy": {"number": 1, "print": 0},
        "site": {"name": name("江北石化演示厂", "Jiangbei demo plant"), "emergency_number": "8119",
                 "muster_point": name("二号门集合点 A", "Gate 2, point A")},
        "area": name("三罐区", "Tank farm 3"), "place": "阀井 VP-07，深 1.8 m，防火堤外", "equipment_tag": "DR-3102",
        "applicant_unit": "储运一部", "requested_at": "2026-11-18 15:20",
        "work_content": "排污线 DR-3102 法兰锈死，用充电角磨机切割 F-12 法兰螺栓并更换垫片；排污线已退出运行、排空，两端拆除短管断开",
        "limitations": "仅限阀井 VP-07 内；风力 5 级及以上停止；T-3104 不脱水、不取样", "method": "充电角磨机 cordless grinder",
        "medium": "汽油 petrol", "work_unit": "华安检修", "contractor": name("华安检修有限公司", "Hua'an Maintenance Ltd"),
        "work_lead": ZHAO, "certified_workers": [{"name": WANG, "certificates": ["T-3704-0881"]}, {"name": RARE, "certificates": ["T-3704-0990"]}],
        "workers_by_trade": {"crane_operator": [{"name": WANG, "certificates": ["Q2-3704-0881"]}], "lift_director": [{"name": RARE, "certificates": ["Q1-3704-0990"]}]},
        "certified": [{"name": WANG, "certificates": ["T-3704-0881"]}, {"name": RARE, "certificates": ["T-3704-0990"]}],
        "cosigned": [
            signed(GAO, "2026-11-19 16:10:05", services=["water", "power", "steam"], opinion="沟北 0.8 m 有 10 kV 电缆"),
            signed(LIU, "2026-11-19 16:20:41", services=["process", "equipment"]),
            signed(SUN, "2026-11-19 16:31:12", services=["fire", "safety"]),
        ],
        "workers": [{"name": WANG, "certificates": []}, {"name": RARE, "certificates": []}],
        "guardians": [{"name": GAO, "certificates": ["J-0561"]}],
        "action": "insert", "documents": {"blind_map": ["9f3c71a0" * 8]}, "started_at": "2026-11-20 10:12",
        "gas": {
            "combustible": ["CH4"], "toxic": ["H2S"], "oxygen": ["O2"],
            "names": {"CH4": name("甲烷", "methane"), "O2": name("氧气", "O₂"), "H2S": name("硫化氢", "H₂S")},
            "limits": {"CH4": "≤ 0.5 %vol", "O2": "19.5–21 %vol", "H2S": "≤ 10 mg/m³"},
            "samples": [
                sample("11-20 09:46:10", "上 top", "3", "0.15", "20.8", "1"),
                sample("11-20 09:47:05", "中 middle", "4", "0.20", "20.8", "1"),
                sample("11-20 09:48:20", "下 bottom", "4", "0.20", "20.7", "2"),
            ],
        },
        "supersedes": "",
        "superseded_by": "",
        "linked": [{"type": "confined_space" if kind == "hot_work" else "hot_work", "no": "DEMO-CS-20261120-0004"}],
        "hazards": ["着火爆炸", "缺氧、中毒", "灼烫", "残余带压", "井口坠落"],
        "valid_from": "2026-11-20 10:00", "valid_to": "2026-11-20 16:30",
        "measures": [
            {"line": str(n), "answer": "not_applicable" if n in (5, 6, 7) else "confirmed", "by": LIU, "at": "2026-11-20 09:30",
             "note": {2: "拆除短管 2 处", 8: "灭火器 2 台，灭火毯 1 块", measures: "全程强制通风；看火 60 分钟"}.get(n, "")}
            for n in range(1, measures + 1)
        ],
        "measures_by": ZHAO,
        "briefing": {
            **signed(ZHAO, "2026-11-20 08:20:04"), "version": 4, "sha256": "9f3c71a0" * 8,
            "acknowledged": [
                {"person": who, "at": f"2026-11-20 08:3{n}:10", "lang": "zh-CN", "version": 4, "sha256": "9f3c71a0" * 8,
                 "means": "attested", "record": 40 + n}
                for n, who in enumerate((ZHAO, WANG, RARE, GAO))
            ],
        },
        "nodes": [
            {**signed(ZHAO, "2026-11-20 09:51:12", opinion="同意"), "node": "work_lead"},
            {**signed(LIU, "2026-11-20 09:52:40", opinion="同意，现场已确认"), "node": "unit"},
            {**signed(SUN, "2026-11-20 09:55:02", opinion="同意"), "node": "power" if kind == "temporary_power" else "safety"},
        ],
        "issue": signed(SUN, "2026-11-20 09:56:31", presence="code", record=62), "foreman_check": None, "accepted": None,
        "emergency_plan": "发现异常立即停止作业，向上风向撤离；井内人员由三脚架和救生绳提出，禁止无防护下井施救。",
        "rescue_kit": "三脚架、绞盘、救生绳 2 根、正压式空气呼吸器 2 套", "comms": "防爆对讲机 6 频道",
        "ppe": ["面罩", "皮手套", "阻燃服", "便携式四合一报警仪"], "controls": ["强制通风 2 台风机", "全程连续检测", "接火毯"],
        "isolations": [
            {"tag": "SP-3102-A", "method": "spool_removed", "lock_no": "L-117", "tag_no": "G-117",
             "applied": signed(LIU, "2026-11-20 08:05"), "verified": signed(GAO, "2026-11-20 08:40"), "removed": None},
            {"tag": "SP-3102-B", "method": "spool_removed", "lock_no": "L-118", "tag_no": "G-118",
             "applied": signed(LIU, "2026-11-20 08:07"), "verified": signed(GAO, "2026-11-20 08:44"), "removed": None},
        ],
        "signatures": [
            {"act": act, "by": who, "means": "attested", "at": f"2026-11-20 09:5{n}:00", "record": 50 + n}
            for n, (act, who) in enumerate([("assessment", ZHAO), ("plan", SUN), ("briefing_given", ZHAO), ("survey", LIU), ("issue", SUN)])
        ],
        "suspensions": [], "ended": None,
        "foot": {"packs": ["gb30871-2022@1"], "record": 62, "head": HEAD},
        "link": "http://localhost:8080/permits/DEMO-HW-20261120-0003",
    }  # fmt: skip
    document.update(copy.deepcopy(changes))
    return document


def suspended(kind: str = "hot_work") -> dict[str, Any]:
    stop = {
        "cause": "stop_work",
        "reason": "闻到油气味",
        "by": WANG,
        "at": "2026-11-20 11:12:09",
        "cleared_at": "",
        "record": 71,
    }
    return permit(kind, kind="status", state="suspended", status_mark="suspended", demo=True, suspensions=[stop])


def closure(**changes: Any) -> dict[str, Any]:
    """A job just closed: two linked tickets, a stop, a refused start."""
    issued = permit()
    tickets = [
        {
            "permit_no": f"DEMO-{code}-20261120-000{n}", "type": kind, "level": level, "state": "accepted",
            "planned": "2026-11-20 10:00 – 2026-11-20 16:30", "issued": signed(SUN, "2026-11-20 09:56:31", presence="code"),
            "started": "2026-11-20 10:12", "completed": "2026-11-20 14:40", "duration": "4 h 28 min",
            "entries": 0 if level else 4, "ended": None,
            "suspensions": [{"at": "2026-11-20 11:12", "cause": "stop_work", "reason": "闻到油气味", "by": WANG,
                             "resumed_at": "2026-11-20 12:05"}],
            "restoration": {"at": "2026-11-20 14:45", "site": True, "guards": True, "cleaned": True},
            "fire_watch": {"at": "2026-11-20 15:41", "by": GAO, "no_residual_fire": True} if level else None,
            "accepted": signed(LIU, "2026-11-20 15:50:02", presence="code"),
        }
        for n, (kind, code, level) in enumerate([("hot_work", "HW", "1"), ("confined_space", "CS", "")], start=3)
    ]  # fmt: skip
    isolations = [{**item, "removed": signed(LIU, "2026-11-20 16:00")} for item in issued["isolations"]]
    document = {
        "kind": "closure", "job_no": issued["job_no"], "title": "更换阀井法兰垫片", "demo": True, "status_mark": "",
        "site": issued["site"], "area": issued["area"], "work_content": issued["work_content"],
        "applicant_unit": "储运一部", "work_unit": "华安检修", "contractor": issued["contractor"], "work_lead": ZHAO,
        "planned_day": "2026-11-20", "created": signed(LIU, "2026-11-19 09:02"), "closed": signed(SUN, "2026-11-20 17:01"),
        "tickets": tickets, "isolations": isolations,
        "review": signed(SUN, "2026-11-20 16:55", lessons="锈死法兰先用渗透剂浸泡", deviations="叫停一次，53 分钟", feedback="对讲机电量不足"),
        "actions": [{"text": "更换对讲机电池", "owner": GAO, "due": "2026-11-27", "closed_at": ""}],
        "alarms": [{"at": "2026-11-20 09:10", "code": "24", "text": "G-GAS-2", "count": 2, "result": "已重新分析"}],
        "documents": [{"kind": "permit", "no": t["permit_no"], "sha256": HEAD, "record": 63 + n} for n, t in enumerate(tickets)],
        "signatures": [{**s, "about": "DEMO-HW-20261120-0003"} for s in issued["signatures"]],
        "counts": {"total": 58, "accepted": 48, "refused": 10, "first": 21, "last": 97},
        "trail": [
            {"seq": 21 + n, "at": f"2026-11-20 09:{n:02}:00", "act": act, "about": "DEMO-HW-20261120-0003", "by": LIU,
             "verdict": "refused" if act == "start" else "accepted", "codes": ["G-GAS-2", "G-HOT-5"] if act == "start" else []}
            for n, act in enumerate(["create_job", "add_ticket", "assess", "plan", "brief", "survey", "issue", "start", "close_job"])
        ],
        "foot": {"packs": ["gb30871-2022@1"], "record": 97, "head": HEAD}, "link": "http://localhost:8080/jobs/x",
    }  # fmt: skip
    document.update(copy.deepcopy(changes))
    return document
