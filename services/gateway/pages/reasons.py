"""Why a gate is shut, in words: what is missing, what is needed, who can supply it, rule id and clause. All at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.gateway.pages.formats import Formats
from services.gateway.pages.people import People
from services.gateway.texts import Texts, reason_parts
from services.seven_steps.board import Board
from services.seven_steps.gate import Verdict

#: The commands with which what a gate misses is supplied, by gate id (its longest prefix counts).
SUPPLIED_BY: Mapping[str, tuple[str, ...]] = {
    "G-RA-1": ("record_risk_assessment", "assess"),
    "G-RA-2": ("accept_residual_risk", "record_risk_assessment"),
    "G-RA-3": ("record_risk_assessment",),
    "G-RA-4": ("send_back",),
    "G-PL-1": ("book_work", "approve_urgent_booking"),
    "G-PL-2": ("record_plan",),
    "G-PL-3": ("amend_ticket",),
    "G-EX-1": ("cosign_services", "amend_ticket", "link_tickets", "register_service_owner"),
    "G-LV-1": ("amend_ticket",),
    "G-LV-2": ("sign_node",),
    "G-LV-3": ("record_wind",),
    "G-WX-1": ("record_wind",),
    "G-HG-1": ("confirm_measures",),
    "G-LF-1": ("check_equipment",),
    "G-CR-1": ("assign_crew", "change_crew"),
    "G-CR-2": ("assign_crew", "change_crew"),
    "G-CR-3": ("assign_crew", "change_crew"),
    "G-BR-1": ("give_briefing", "acknowledge_briefing"),
    "G-BR-2": ("acknowledge_briefing",),
    "G-BR-3": ("acknowledge_briefing",),
    "G-SV-1": ("confirm_measures",),
    "G-SV-2": ("apply_isolation", "verify_isolation"),
    "G-SV-5": ("add_ticket", "link_tickets", "survey"),
    "G-SV-6": ("sign_node",),
    "G-GAS-6a": ("record_monitor",),
    "G-GAS-8": ("send_back", "record_gas_test"),
    "G-GAS-9a": ("record_gas_test",),
    "G-GAS-10": ("approve_special_entry", "record_gas_test"),
    "G-GAS-9c": ("record_bump_test",),
    "G-GAS": ("record_gas_test",),
    "G-HOT-1": ("guardian_on", "check_equipment"),
    "G-HOT-3": ("end_fire_watch",),
    "G-HOT-4": ("record_process_state",),
    "G-HOT-5": ("check_ticket",),
    "G-CS-1": ("guardian_on", "check_equipment"),
    "G-EL-1": ("check_equipment", "guardian_on", "change_crew"),
    "G-CS-2": ("leave",),
    "G-RUN-1": ("guardian_on",),
    "G-RUN-2": ("complete", "void_ticket"),
    "G-RUN-4": ("revoke_ticket",),
    "G-RUN-5": ("clear_stop",),
    "G-CL-1": ("record_restoration", "check_equipment"),
    "G-CL-2": ("close_alarm", "close_action"),
    "G-ISO-1": ("accept",),
}


@dataclass(frozen=True)
class Reason:
    code: str
    fact: str
    need: str
    who: list[str]
    source: str
    about: str
    commands: tuple[str, ...]
    people: list[str]  # ids of those who can supply it


def supplied_by(code: str) -> tuple[str, ...]:
    fitting = [prefix for prefix in SUPPLIED_BY if code.startswith(prefix)]
    return SUPPLIED_BY[max(fitting, key=len)] if fitting else ()


def see_verdicts(people: People, verdicts: Iterable[Verdict]) -> None:
    """Note whose names the reasons will need."""
    for verdict in verdicts:
        for missing in verdict.missing:
            people.see_all(one for one in (*missing.who, missing.about) if one in people.board.people)


def about_words(board: Board, people: People, said: Texts, about: str) -> str:
    """The name of what a reason is about: a person, a ticket, a point, an area, an instrument, a gas, a line."""
    if about in board.people:
        return people.name(about)
    if about in board.permits:
        return board.permits[about].permit_no
    if about in board.isolation_points:
        return board.isolation_points[about].tag
    if about in board.areas:
        return said.pick(board.areas[about].name)
    if about in board.contractors:
        return said.pick(board.contractors[about].name)
    if about in board.jobs:
        return board.jobs[about].job_no
    if about in board.alarms:
        return said.word("alarm", board.alarms[about].code)
    return about


def reason(board: Board, people: People, fmt: Formats, code: str, source: str, missing: Mapping[str, Any]) -> Reason:
    """One reason; `missing` as on the wire (what, about, have, need, who)."""
    said = fmt.said
    about = about_words(board, people, said, missing.get("about") or "")
    fact, need = reason_parts(
        said.lang,
        missing.get("what", ""),
        about,
        missing.get("have") or "",
        missing.get("need") or "",
        code,
        stamp=fmt.day_clock,
    )
    who = tuple(missing.get("who") or ())
    able = [one for one in who if one in board.people] or people.with_roles(who)
    return Reason(
        code, fact, need, people.who(who), said.clause(source), missing.get("about") or "", supplied_by(code), able
    )


def reasons(board: Board, people: People, fmt: Formats, verdicts: Sequence[Verdict]) -> list[Reason]:
    """Every reason of these gates, in the order in which the gates stand."""
    return [
        reason(
            board,
            people,
            fmt,
            verdict.gate.id,
            verdict.gate.source,
            {"what": one.what, "about": one.about, "have": one.have, "need": one.need, "who": one.who},
        )
        for verdict in verdicts
        for one in verdict.missing
    ]
