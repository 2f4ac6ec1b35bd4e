"""The list of earlier jobs offers only what can be copied."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from services.gateway.pages import risk_page


def view(**assessments: object) -> Any:
    jobs = {job_id: SimpleNamespace(assessment=one) for job_id, one in assessments.items()}
    return SimpleNamespace(board=SimpleNamespace(jobs=jobs, permits={}))


def test_a_job_without_an_assessment_is_not_offered() -> None:
    seen = view(drawn_up=None, assessed=object())
    told = {one: asyncio.run(risk_page._has_assessment(seen, {"job_id": one})) for one in seen.board.jobs}
    assert told == {"drawn_up": False, "assessed": True}
