"""Step 3, briefing 安全交底: what everyone on the crew is told, and their acknowledgement of exactly that version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles
from services.seven_steps.board import Board
from services.seven_steps.board_job import Acknowledgement, Briefing
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.event import (
    at,
    change_job,
    event,
    happened,
    interval_of,
    job_of,
    put,
    stated,
)
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, JOB, RECORD, CommandSpec, Decision, Refused
from services.seven_steps.step1_risk_assessment import LIVE_JOB

Data = Mapping[str, Any]
#: Note of an accepted outcome: kept and shown, opens nothing (design: two classes of command).
SUPERSEDED = "briefing_superseded"


# ---- decide --------------------------------------------------------------------------------------------------------


def give_briefing(case: Case) -> Decision:
    """A new version; its hash covers all its languages, so that no language can differ unseen."""
    job, payload = case.job, case.command.payload
    assert job is not None
    version = job.briefing_versions + 1
    content = {"job_id": job.job_id, "version": version, "contents": payload["contents"]}
    return (
        event(
            case,
            "briefing.given",
            version=version,
            content_sha256=sha256_hex(canonical(content)),
            place=payload["place"],
            contents=payload["contents"],
        ),
    )


def acknowledge_briefing(case: Case) -> Decision:
    """Never refused: an acknowledgement of another version is true too, it opens nothing."""
    job, payload = case.job, case.command.payload
    assert job is not None
    current = job.briefing
    same = (
        current is not None
        and current.version == payload["version"]
        and current.content_sha256 == payload["content_sha256"]
        and payload["lang"] in current.languages
    )
    return (event(case, "briefing.acknowledged", **payload, superseded=not same),)


def brief(case: Case) -> Decision:
    job, permits = case.job, case.command.payload["permits"]
    assert job is not None
    uncovered = sorted(set(permits) - (job.assessed & job.planned))
    if uncovered:
        return Refused(codes.WRONG_STATE, about=uncovered[0], have=":not_planned", need=":planned")
    return (event(case, "job.briefed", permits=sorted(permits)),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def briefing_given(board: Board, data: Data) -> Board:
    briefing = Briefing(
        version=data["version"],
        content_sha256=data["content_sha256"],
        languages=tuple(sorted(data["contents"])),
        given=stated(board, data),
        place=data["place"],
        contents=data["contents"],
    )
    return change_job(board, data, briefing=briefing, briefing_versions=data["version"])


def briefing_acknowledged(board: Board, data: Data) -> Board:
    briefing = job_of(board, data).briefing
    if data["superseded"] or briefing is None:
        return board
    acknowledgement = Acknowledgement(
        person_id=data["by"],
        version=data["version"],
        content_sha256=data["content_sha256"],
        lang=data["lang"],
        captured=interval_of(data["captured"]),
        at=at(board),
        means=data["means"],
        seq=board.seq,
        score=data.get("score"),
    )
    before = briefing.acknowledged.get(data["by"])
    if before is not None and happened(board, data) < (before.captured.latest if before.captured else before.at):
        return board  # an older word that came later does not undo a newer one
    acknowledged = put(briefing.acknowledged, data["by"], acknowledgement)
    return change_job(board, data, briefing=replace(briefing, acknowledged=acknowledged))


def job_briefed(board: Board, data: Data) -> Board:
    job = job_of(board, data)
    state = "briefed" if job.state == "planned" else job.state
    return change_job(board, data, briefed=job.briefed | set(data["permits"]), state=state)


APPLIERS = {
    ("briefing.given", 1): briefing_given,
    ("briefing.acknowledged", 1): briefing_acknowledged,
    ("job.briefed", 1): job_briefed,
}

BRIEFERS = frozenset({roles.BRIEFER, roles.WORK_LEAD})

COMMANDS = (
    CommandSpec("give_briefing", RECORD, BRIEFERS, JOB, give_briefing, states=LIVE_JOB),
    CommandSpec("acknowledge_briefing", RECORD, roles.ANYONE, JOB, acknowledge_briefing),
    CommandSpec(
        "brief",
        ACT,
        BRIEFERS,
        JOB,
        brief,
        states=LIVE_JOB - {"draft", "assessed"},
        boundary=Boundary.BRIEF,
        covers=True,
    ),
)
