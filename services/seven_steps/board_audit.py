"""Audits on the board: which jobs were drawn, who looked at them, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.seven_steps.facts import EMPTY, Stated

#: The severity that stops the work at once.
CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Sampled:
    """A job that was drawn. had_part: who had a part in it then; seen: the last look by somebody who had none."""

    job_id: str
    job_no: str
    had_part: frozenset[str]
    seen: Stated | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """permit_id None: about the whole job; severity: minor, major, critical."""

    finding_id: str
    job_id: str
    permit_id: str | None
    item: str
    severity: str
    text: str
    raised: Stated
    answered: Stated | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """population: how many jobs the sample was drawn from."""

    audit_id: str
    seed: str
    population: int
    drawn: Stated
    jobs: Mapping[str, Sampled]
    findings: Mapping[str, Finding] = EMPTY
