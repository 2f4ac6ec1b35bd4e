"""Deciding on a big site: what a decision costs among 2,000 live tickets, against the same among 20.

The walks' job (hot work in a confined space) is brought before each boundary; the other tickets stand beside it, of
other jobs, crews and areas, ten to an area, some of them around the job's own: what is near is the same on both sites.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from services.seven_steps import board_index
from services.seven_steps.board import Board
from services.seven_steps.command import Command
from services.seven_steps.decide import decide
from services.seven_steps.grid import Spot
from tests.flow import walk
from tests.flow.world import HOT, JOB, PIT, World, presence

FEW, MANY = 20, 2_000
PER_AREA, AREA_APART_M, APART_M = 10, 400, 20
ROUNDS, REPEATS = 7, 20
HERE = Spot(Decimal(30), Decimal(30), Decimal(-2), Decimal(1))
AIM_RATIO = 3.0


def _suspended() -> World:
    w = walk.active()
    w.permit_ok(HOT, "lead", "interrupt", {"reason": {"lang": "en", "text": "tea"}})
    return w.later(minutes=5)


#: Before each boundary: the world, who passes it and with what.
BOUNDARIES: dict[str, tuple[Callable[[], World], str, dict[str, Any]]] = {
    "plan": (walk.before_plan, "area", {"permits": [HOT, PIT]}),
    "issue": (walk.before_issue, "safety", {}),
    "start": (walk.before_start, "lead", {"unchanged": True}),
    "resume": (_suspended, "lead", {"unchanged": True}),
}


def crowded(board: Board, live: int) -> Board:
    """The board with other jobs of one ticket each until that many are live."""
    permits, jobs = dict(board.permits), dict(board.jobs)
    permits |= {key: replace(permits[key], spot=HERE) for key in (HOT, PIT)}
    areas, people = dict(board.areas), dict(board.people)
    certificates = dict(board.certificates)
    pattern, job = board.permits[HOT], board.jobs[JOB]
    for number in range(live - len(board.permits)):
        block, place = divmod(number, PER_AREA)
        key, area = f"other-{number:05d}", f"area-{block:04d}" if block else "farm"
        areas.setdefault(area, replace(areas["farm"], area_id=area, grid=None))
        crew = {}
        for member in pattern.crew.values():
            person = f"{member.person_id}-{number:05d}"
            crew[person] = replace(member, person_id=person)
            people[person] = replace(people[member.person_id], person_id=person)
            certificate = next(iter(certificates.values()))
            certificates[f"c-{person}"] = replace(certificate, certificate_id=f"c-{person}", person_id=person)
        spot = Spot(Decimal(AREA_APART_M * block), Decimal(APART_M * place), error_m=Decimal(1))
        permits[key] = replace(
            pattern, permit_id=key, permit_no=f"NO-{key}", job_id=f"job-{key}", area_id=area, crew=crew, spot=spot,
            state="active", related=frozenset(),
        )  # fmt: skip
        jobs[f"job-{key}"] = replace(
            job, job_id=f"job-{key}", permits=(key,), planned=frozenset({key}), isolations={}, plan=None, area_id=area
        )
    index = board_index.built(jobs.values(), permits.values(), certificates.values())
    return replace(
        board, permits=permits, jobs=jobs, areas=areas, people=people, certificates=certificates, index=index
    )


def _acts(boundary: str, w: World) -> Command:
    _, who, payload = BOUNDARIES[boundary]
    about = {"job_id": JOB} if boundary == "plan" else {"job_id": JOB, "permit_id": HOT}
    return w.command(who, boundary, payload, presence=presence("farm"), **about)


def _seconds(w: World, board: Board, command: Command) -> float:
    """The least time of a decision: what it costs when nothing else is done."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(REPEATS):
            decide(board, command, w.now, w.rules)
        best = min(best, (time.process_time() - began) / REPEATS)
    return best


def measure() -> dict[str, Any]:
    """Milliseconds of a decision with all its gates, by boundary and number of live tickets; and the worst ratio."""
    found: dict[str, Any] = {}
    for boundary, (walked, _, _) in BOUNDARIES.items():
        w = walked()
        command = _acts(boundary, w)
        few, many = (_seconds(w, crowded(w.board, live), command) for live in (FEW, MANY))
        assert decide(crowded(w.board, MANY), command, w.now, w.rules).verdict == "accepted", boundary
        found[boundary] = {
            "ms_few": round(few * 1e3, 3),
            "ms_many": round(many * 1e3, 3),
            "ratio": round(many / few, 2),
        }
    worst = max(one["ratio"] for one in found.values())
    return {"few": FEW, "many": MANY, **found, "ratio": worst, "aim_ratio": AIM_RATIO}
