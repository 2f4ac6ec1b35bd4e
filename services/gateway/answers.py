"""What a decided command is answered: the same from the register today and in a year."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway import problems
from services.gateway.context import Answer
from services.gateway.texts import both
from services.seven_steps import codes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decided:
    """What the register has of one command id. `body` is the outcome's (body v1)."""

    site_id: str
    site_seq: int
    command_id: str
    command_sha256: str
    decided_at: str
    body: Mapping[str, Any]
    job_id: str | None
    job_no: str | None
    permit_id: str | None
    permit_no: str | None


@dataclass(frozen=True, slots=True)
class Undecided:
    """A command that became a dead letter. `may_come_again`: its site was halted; send it again with the same id."""

    site_id: str | None
    command_id: str
    may_come_again: bool
    reason: str


def answer_of(decided: Decided | Undecided) -> Answer:
    """200 for an accepted command, 409 with every refusal, 403 where the decider says the role never may.

    A dead letter: 503 where the same id may be sent again, else 500, for we sent what nobody can decide.
    """
    if isinstance(decided, Undecided):
        return _undecided(decided)
    body = decided.body
    if body["verdict"] == "accepted":
        return Answer(200, _accepted(decided))
    refused = body["refusals"]
    if [each["code"] for each in refused] == [codes.NOT_ALLOWED]:
        problem: problems.Problem = problems.NotAllowed(may=refused[0]["who"])
    else:
        problem = problems.Refused([{**each, "text": _text(each)} for each in refused], decided.site_seq)
    return Answer(problem.status, {**problem.body(), "site_seq": decided.site_seq, "command_id": decided.command_id})


def _undecided(letter: Undecided) -> Answer:
    if letter.may_come_again:
        problem: problems.Problem = problems.NotServing(letter.reason, retry_after_s=30)
    else:
        problem = problems.Broken(problems.new_reference())
        log.error("command %s is a dead letter (%s), reference %s", letter.command_id, letter.reason, problem.more)
    return Answer(problem.status, problem.body(), problem.headers)


def refusal(code: str, about: str = "", have: str = "", need: str = "") -> dict[str, Any]:
    """A refusal by the gateway itself, in the shape of those on the log."""
    plain = {
        "code": code,
        "version": 1,
        "source": "",
        "about": about,
        "what": code,
        "have": have,
        "need": need,
        "who": [],
        "alarm": "",
        "packs": [],
    }
    return {**plain, "text": _text(plain)}


def _accepted(decided: Decided) -> dict[str, Any]:
    body = decided.body
    return {
        "command_id": decided.command_id,
        "site_seq": decided.site_seq,
        "verdict": "accepted",
        "job_id": decided.job_id,
        "job_no": decided.job_no,
        "permit_id": decided.permit_id,
        "permit_no": decided.permit_no,
        "notes": body["notes"],
        "late": body["late"],
        "events": body["events"],
        "decided_at": decided.decided_at,
    }


def _text(refused: Mapping[str, Any]) -> dict[str, str]:
    return both(refused["what"], refused["about"], refused["have"], refused["need"], refused["code"])
