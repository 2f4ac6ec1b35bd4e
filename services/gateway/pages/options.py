"""What can be chosen in a form, from the board: people by role, areas, instruments, points, tickets, gases, alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.gateway.pages.controls import Choice
from services.gateway.pages.render import View
from services.gateway.texts import LANGUAGES
from services.rulebook import rulebook
from services.seven_steps import roles, simops
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.event import spot_json
from services.seven_steps.rules import Rules
from services.seven_steps.step1_to_2_gates import lessons_for
from services.seven_steps.work_types import TYPES, type_of

#: Whose names stand first in a list of people, by field.
ROLE_OF_FIELD: Mapping[str, tuple[str, ...]] = {
    "work_lead": (roles.WORK_LEAD,),
    "second_supervisor": tuple(sorted(roles.APPROVERS)), "tester": (roles.GAS_TESTER,), "to": (roles.GUARDIAN,),
}  # fmt: skip
#: Fields that list the crew of the ticket first.
OF_CREW = frozenset({"enter", "leave", "record_found_inside"})
POINTS = ("top", "middle", "bottom", "inside", "outside")
TRADES = (
    "hot_work", "grinder", "fitter", "welder", "electrician", "guardian", "gas_tester", "confined_space", "helper",
    "work_at_height", "rigger", "crane_operator", "lift_director", "radiographer",
)  # fmt: skip
HAZARDS = (
    "fire", "burn", "toxic", "oxygen", "explosion", "fall", "falling_object", "electric", "mechanical", "crush",
    "engulfment", "release", "pressure", "noise", "heat", "cold", "lifting", "traffic", "collapse", "buried_service",
    "radiation", "arc_flash", "other",
)  # fmt: skip
ENERGIES = (
    "process",
    "electrical",
    "steam",
    "hydraulic",
    "pneumatic",
    "mechanical",
    "nitrogen",
    "drain",
    "liquid",
    "gas",
)


def rules_of(view: View) -> Rules:
    return rulebook(view.board.site.packs) if view.board.site else rulebook()


class FormOptions:
    """The choices of one form: of this view, this command, this job and ticket. Called as `options(kind, name)`."""

    def __init__(self, view: View, command: str, job: Job | None, permit: Permit | None) -> None:
        self.view, self.command, self.job, self.permit = view, command, job, permit
        self.board, self.said = view.board, view.said

    def __call__(self, kind: str, name: str) -> Sequence[Any]:
        found: Sequence[Any] = getattr(self, f"of_{kind}")(name)
        return found

    # ---- people ------------------------------------------------------------------------------------------------

    def of_person(self, name: str) -> list[Choice]:
        wanted = ROLE_OF_FIELD.get(name)
        people = self.view.people.with_roles(wanted) if wanted else sorted(self.board.people)
        if self.permit is not None and self.command in OF_CREW:
            first = list(self.permit.inside if self.command == "leave" else self.permit.crew)
            people = first + [one for one in people if one not in first]
        return [(one, self._person(one)) for one in people]

    def of_persons(self, name: str) -> list[Choice]:
        if name == "remove" and self.permit is not None:
            return [(one, self._person(one)) for one in self.permit.crew]
        return self.of_person(name)

    def of_guardian(self, _name: str) -> list[Choice]:
        return [(one, self._person(one)) for one in self.view.people.with_roles((roles.GUARDIAN,))]

    def _person(self, person_id: str) -> str:
        return f"{self.view.people.name(person_id)} · {self.view.people.roles(person_id)}"

    # ---- places and things -------------------------------------------------------------------------------------

    def of_area(self, _name: str) -> list[Choice]:
        return [(one.area_id, self.said.pick(one.name)) for one in self.board.areas.values()]

    def of_instrument(self, _name: str) -> list[Choice]:
        return [
            (i.instrument_id, f"{i.instrument_id} · {i.model} · {self._gases(i.gases)}")
            for i in self.board.instruments.values()
        ]

    def of_point(self, _name: str) -> list[Choice]:
        planned = [one.point_id for one in self.job.plan.isolations] if self.job and self.job.plan else []
        known = self.board.isolation_points
        ids = [one for one in planned if one in known] if self.job and self.command != "record_plan" else list(known)
        return [(one, f"{known[one].tag} · {known[one].description}") for one in ids or list(known)]

    def of_point_groups(self, name: str) -> list[tuple[str, tuple[Choice, ...]]]:
        """The points by the area in which they are, the job's own area first; none where there is one area only."""
        known, areas = self.board.isolation_points, self.board.areas
        found: dict[str, list[Choice]] = {}
        for point_id, label in self.of_point(name):
            found.setdefault(known[point_id].area_id, []).append((point_id, label))
        here = self.job.area_id if self.job else ""
        ordered = sorted(found, key=lambda area_id: (area_id != here, area_id))
        named = [(self.said.pick(areas[one].name) if one in areas else one, tuple(found[one])) for one in ordered]
        return named if len(named) > 1 else []

    def of_contractor(self, _name: str) -> list[Choice]:
        return [(one.contractor_id, self.said.pick(one.name)) for one in self.board.contractors.values()]

    # ---- jobs and tickets --------------------------------------------------------------------------------------

    def of_permit(self, _name: str) -> list[Choice]:
        return [
            (one, label) for one, label in self.of_permits("") if self.permit is None or one != self.permit.permit_id
        ]

    def of_permits(self, _name: str) -> list[Choice]:
        ids = self.job.permits if self.job else tuple(self.board.permits)
        tickets = [self.board.permits[one] for one in ids if one in self.board.permits]
        return [
            (one.permit_id, f"{one.permit_no} · {self.said.t(f'kind.{one.type}')} · {one.place}") for one in tickets
        ]

    def of_neighbour(self, _name: str) -> list[Choice]:
        """The tickets that stand near this one, of whatever job."""
        if self.permit is None:
            return self.of_permits("")
        near = simops.neighbours_of(self.board, rules_of(self.view), self.permit)
        return [
            (one.permit_id, f"{one.permit_no} · {self.said.t(f'kind.{one.type}')} · {one.place}")
            for one in near
            if one.state not in simops.OVER
        ]

    def of_job(self, _name: str) -> list[Choice]:
        return [(one.job_id, f"{one.job_no} · {one.title}") for one in self.board.jobs.values()]

    def of_action(self, _name: str) -> list[Choice]:
        actions = self.job.actions.values() if self.job else ()
        return [(one.action_id, one.text) for one in actions if one.closed is None]

    def of_alarm(self, _name: str) -> list[Choice]:
        alarms = [one for one in self.board.alarms.values() if one.closed is None]
        return [(one.alarm_id, f"{one.code} · {self.said.word('alarm', one.code)}") for one in alarms]

    def of_late_arrival(self, _name: str) -> list[Choice]:
        return [(one.command_id, one.type) for one in self.board.late_arrivals.values() if one.cleared is None]

    def of_lesson(self, _name: str) -> list[Choice]:
        """Those that are asked for; where they are approved, those that wait."""
        waiting = self.command == "publish_lesson"
        lessons = [one for one in self.board.lessons.values() if (one.approved is None) == waiting]
        if self.command == "withdraw_lesson":
            lessons = list(self.board.lessons.values())
        return [(one.lesson_id, one.text) for one in lessons]

    def of_areas(self, name: str) -> list[Choice]:
        return self.of_area(name)

    def of_audit(self, _name: str) -> list[Choice]:
        return [(one.audit_id, f"{one.audit_id} · {one.seed}") for one in self.board.audits.values()]

    def of_sampled_job(self, _name: str) -> list[Choice]:
        sampled = [job for audit in self.board.audits.values() for job in audit.jobs.values()]
        return [(job.job_id, job.job_no) for job in sampled]

    def of_finding(self, _name: str) -> list[Choice]:
        found = [one for audit in self.board.audits.values() for one in audit.findings.values()]
        return [(one.finding_id, one.text) for one in found if one.answered is None]

    def of_node(self, _name: str) -> list[Choice]:
        nodes = type_of(self.permit).nodes if self.permit else tuple(roles.NODE_ROLES)
        return [
            (one, self.said.word("node", one)) for one in (*nodes, *(n for n in roles.NODE_ROLES if n not in nodes))
        ]

    # ---- words -------------------------------------------------------------------------------------------------

    def of_hazard(self, _name: str) -> list[Choice]:
        return self._words("hazard", HAZARDS)

    def of_trade(self, _name: str) -> list[Choice]:
        return self._words("trade", TRADES)

    of_trades = of_trade

    def of_energy(self, _name: str) -> list[Choice]:
        return self._words("energy", ENERGIES)

    def of_work(self, _name: str) -> list[Choice]:
        return self._words("kind", tuple(TYPES))

    def of_gas(self, _name: str) -> list[Choice]:
        return self._words("gas", self._planned("gases") or self._known_gases())

    def of_gases(self, _name: str) -> list[Choice]:
        return self._words("gas", self._known_gases())

    def of_gas_point(self, _name: str) -> list[Choice]:
        return self._words("point", self._planned("points") or POINTS)

    def of_gas_points(self, _name: str) -> list[Choice]:
        return self._words("point", POINTS)

    def of_gas_plans(self, _name: str) -> list[Choice]:
        return self.of_permits("")

    def of_contents(self, _name: str) -> list[Choice]:
        return [(one, self.said.t(f"language.{one}")) for one in LANGUAGES]

    def of_measures(self, _name: str) -> list[Choice]:
        if self.permit is None:
            return []
        form = self.permit.type
        return [
            (line, self.said.word(f"measure.{form}", line)) for line in rules_of(self.view).listed(f"measures_{form}")
        ]

    def _words(self, group: str, codes: Iterable[str]) -> list[Choice]:
        return [(code, self.said.word(group, code)) for code in codes]

    def _planned(self, what: str) -> tuple[str, ...]:
        plan = self.job.plan.gas.get(self.permit.permit_id) if self.job and self.job.plan and self.permit else None
        found: tuple[str, ...] = getattr(plan, what) if plan else ()
        return found

    def _known_gases(self) -> list[str]:
        return sorted(
            {gas for pack in rules_of(self.view).packs for gas in pack.gases},
            key=lambda gas: self.said.word("gas", gas),
        )

    def _gases(self, gases: Iterable[str]) -> str:
        return self.said.t("list.comma").join(self.said.word("gas", gas) for gas in gases)


def given_values(view: View, command: str, job: Job | None, permit: Permit | None) -> dict[str, Any]:
    """What a form starts with: what is recorded already, where the command replaces it as a whole."""
    filler = FILLERS.get(command)
    return filler(view, job, permit) if filler else {}


def _crew(_view: View, _job: Job | None, permit: Permit | None) -> dict[str, Any]:
    crew = permit.crew.values() if permit else ()
    rows = (
        {"person_id": m.person_id, "role": m.role, "trade": m.trade, "certificate_id": m.certificate_id or None}
        for m in crew
    )
    return {"crew": list(rows)}


def _measures(_view: View, _job: Job | None, permit: Permit | None) -> dict[str, Any]:
    return {"lines": {line: one.answer for line, one in permit.measures.items()} if permit else {}}


def _plan(_view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    plan = job.plan if job else None
    if plan is None:
        return {}
    return {
        "method_statement": plan.method_statement, "emergency_plan": plan.emergency_plan, "rescue_kit": plan.rescue_kit,
        "comms_channel": plan.comms_channel, "flush_water_m": str(plan.flush_water_m) if plan.flush_water_m else None,
        "documents": [{"kind": d.kind, "sha256": d.sha256, "permit_id": d.permit_id} for d in plan.documents],
        "isolations": [
            {"point_id": i.point_id, "method": i.method, "blind_required": i.blind_required} for i in plan.isolations
        ],
        "gas": {key: {"gases": list(one.gases), "points": list(one.points)} for key, one in plan.gas.items()},
    }  # fmt: skip


def _assessment(view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    made = job.assessment if job else None
    if made is None:
        asked = [{"lesson_id": one} for one in _lessons_asked(view, job)]
        return {"participants": [job.work_lead] if job else [], "lessons": asked}
    rows = [
        {
            "step": row.step, "hazard": row.hazard, "permits": list(row.permits), "initial": dict(row.initial),
            "controls": [dict(one) for one in row.controls], "residual": dict(row.residual),
        }
        for row in made.rows
    ]  # fmt: skip
    answered = [
        {"lesson_id": one.lesson_id, "applied": one.applied, "reason": one.reason or None}
        for one in made.lessons.values()
    ]
    asked = [{"lesson_id": one} for one in _lessons_asked(view, job) if one not in made.lessons]
    return {
        "method": made.method,
        "rows": rows,
        "participants": list(made.participants),
        "lessons": [*answered, *asked],
    }


def _lessons_asked(view: View, job: Job | None) -> list[str]:
    """Approved lessons that fit a ticket of the job."""
    if job is None:
        return []
    tickets = [view.board.permits[one] for one in job.permits if one in view.board.permits]
    found = (lesson for ticket in tickets for lesson in lessons_for(view.board, job, ticket))
    return list(dict.fromkeys(lesson.lesson_id for lesson in found))


def _ticket(view: View, _job: Job | None, permit: Permit | None) -> dict[str, Any]:
    if permit is None:
        return {}
    return {
        "place": permit.place, "equipment_tag": permit.equipment_tag, "limitations": permit.limitations,
        "type": permit.type, "planned_from": permit.planned_from, "planned_to": permit.planned_to,
        "level": permit.requested_level,
        "level_reason": permit.requested_level_reason, "facts": dict(permit.facts), "related": sorted(permit.related),
        "spot": spot_json(permit.spot), "activities": sorted(permit.activities),
    }  # fmt: skip


def _replaced(view: View, job: Job | None, permit: Permit | None) -> dict[str, Any]:
    """What the old ticket says, but for its time: that is asked anew."""
    given = _ticket(view, job, permit)
    return {name: value for name, value in given.items() if not name.startswith("planned_")}


def _locked(view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    """The first isolation that is on."""
    on = [one.point_id for one in job.isolations.values() if one.removed is None] if job else []
    return {"point_id": on[0]} if on else {}


def _new_ticket(view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    siblings = [p for p in job.permits if p in view.board.permits] if job else []
    return {"place": job.place, "equipment_tag": job.equipment_tag, "related": siblings} if job else {}


def _uncovered(covered: str) -> Any:
    def filler(view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
        done = getattr(job, covered) if job else ()
        return {"permits": [p for p in job.permits if p in view.board.permits and p not in done] if job else []}

    return filler


def _acknowledged(view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    briefing = job.briefing if job else None
    if briefing is None:
        return {}
    lang = view.said.lang if view.said.lang in briefing.languages else briefing.languages[0]
    return {"version": briefing.version, "content_sha256": briefing.content_sha256, "lang": lang}


def _calendar(view: View, _job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    calendar = view.board.calendar
    return {
        "holidays": sorted(calendar.holidays), "workdays": sorted(calendar.workdays),
        "rest_days": sorted(calendar.rest_days), "night_from": calendar.night_from, "night_to": calendar.night_to,
        "special_periods": [{"name": p.name, "start": p.start, "end": p.end} for p in calendar.special_periods],
    }  # fmt: skip


def _roster(view: View, _job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    shifts = [
        {"area_id": s.area_id, "person_id": s.person_id, "start": s.start, "end": s.end} for s in view.board.roster
    ]
    return {"shifts": shifts}


def _point(_view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    open_points = [one for one in job.plan.isolations if one.point_id not in job.isolations] if job and job.plan else []
    return {"point_id": open_points[0].point_id, "method": open_points[0].method} if open_points else {}


def _copy(_view: View, job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    """A new job that starts from an earlier one: its words, not its agreements; it says which it was copied from."""
    if job is None:
        return {}
    same = ("title", "area_id", "place", "equipment_tag", "work_content", "applicant_unit", "work_unit", "work_lead")
    return {name: getattr(job, name) for name in same} | {"contractor_id": job.contractor_id, "copied_from": job.job_id}


def _running_packs(view: View, _job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    return {"packs": list(view.board.site.packs)} if view.board.site else {}


def _proposal(view: View, _job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    return {"proposal_id": view.board.proposed.proposal_id} if view.board.proposed else {}


def _handover(view: View, _job: Job | None, _permit: Permit | None) -> dict[str, Any]:
    """The newest hand-over that nobody has taken over yet."""
    offers = sorted(view.board.shift_offers.values(), key=lambda offer: offer.given.at)
    return {"area_id": offers[-1].area_id, "handover_id": offers[-1].handover_id} if offers else {}


FILLERS = {
    "create_job": _copy,
    "assign_crew": _crew, "confirm_measures": _measures, "record_plan": _plan, "record_risk_assessment": _assessment,
    "amend_ticket": _ticket, "replace_ticket": _replaced, "add_personal_lock": _locked,
    "remove_personal_lock": _locked, "remove_absent_owners_lock": _locked,
    "add_ticket": _new_ticket, "assess": _uncovered("assessed"), "plan": _uncovered("planned"),
    "brief": _uncovered("briefed"), "acknowledge_briefing": _acknowledged, "set_calendar": _calendar,
    "set_foreman_roster": _roster, "propose_rules": _running_packs, "release_rules": _proposal,
    "apply_isolation": _point, "accept_shift": _handover, "advance_clock": lambda view, _job, _permit: {"to": view.now},
}  # fmt: skip
