"""Reads vectors and builds the situation each one describes (README.md beside this file says how they read)."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from services.seven_steps import codec
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.command import Command, Interval
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary, Case, Verdict
from services.seven_steps.gates import gates_at, judge_gate
from services.seven_steps.judge import case_of
from tests.flow.neighbours import Ticket, put_beside
from tests.flow.standard_jobs import DEFAULT_PACKS, OTHER, TICKET, ready
from tests.flow.world import JOB, World, presence

FOLDER = Path(__file__).parent
#: The ticket of another job that `beside` puts there.
BESIDE = "beside"
TICKETS = {"ticket": TICKET, "other": OTHER, "beside": BESIDE}
IDS = {"$ticket": TICKET, "$other": OTHER, "$job": JOB}
#: Boundaries of a whole job: no ticket is asked about.
OF_JOB = (Boundary.REVIEW, Boundary.PURGE, Boundary.REMOVE_ISOLATION)
OPEN, SHUT, NOT_ASKED = "open", "shut", "not asked"
#: What a vector shows, and what it then expects.
KINDS = {"open": OPEN, "inside": OPEN, "shut": SHUT, "missing": SHUT, "outside": SHUT, NOT_ASKED: NOT_ASKED}
LISTS = ("packs", "remove", "do", "missing", "who", "evidence")
MOMENT = re.compile(r"(?P<from>now|[a-z][a-z_.0-9]*)(?: (?P<sign>[+-]) (?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>\d\d))?$")


@dataclass(frozen=True)
class Vector:
    file: str
    gate: str
    at: Boundary
    ticket: str
    name: str
    clause: str
    kind: str
    expect: str
    packs: tuple[str, ...] = DEFAULT_PACKS
    set: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    do: tuple[Mapping[str, Any], ...] = ()
    act: Mapping[str, Any] | None = None
    missing: tuple[str, ...] = ()
    have: str = ""
    need: str = ""
    who: tuple[str, ...] | None = None
    alarm: str = ""
    suspends: str = ""
    blocks: bool = True
    evidence: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"{self.gate} at {self.at}: {self.name}"


@cache
def vectors() -> tuple[Vector, ...]:
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["vector"]:
            lists = {key: tuple(row[key]) for key in LISTS if key in row}
            found.append(Vector(file=file.name, **row | lists | {"at": Boundary(row["at"])}))
    return tuple(found)


def situation(vector: Vector) -> World:
    """The standard job at that boundary, with what the vector changes."""
    w = ready(vector.ticket, vector.at, vector.packs)
    for step in vector.do:
        permit = TICKETS[step.get("ticket", "ticket")]
        w.ok(step["by"], step["command"], step.get("payload", {}), job_id=JOB, permit_id=permit)
    if vector.beside:
        w.board = put_beside(w.board, BESIDE, Ticket(**{**vector.beside, **_tuples(vector.beside)}))
    for path, value in vector.set.items():
        put(w, path, value)
    for path in vector.remove:
        put(w, path, None)
    return w.indexed()


def _tuples(beside: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) for name, value in beside.items() if isinstance(value, list)}


@dataclass(frozen=True)
class Asked:
    """A vector with all that is needed to judge it: evidence: the records it says the verdict rests on."""

    vector: Vector
    case: Case
    evidence: list[int]


def asked(vector: Vector) -> Asked:
    w = situation(vector)
    command = act_of(vector.act, vector.at, w) if vector.act is not None else None
    permit = None if vector.at in OF_JOB else w.permit(TICKET)
    return Asked(vector, case_of(w.board, vector.at, w.job, permit, w.now, w.rules, command), records(vector, w))


def verdict(question: Asked) -> Verdict | None:
    """The gate's verdict there; None where the gate is not asked of this work, on this site, or before anybody acts."""
    vector, case = question.vector, question.case
    for gate in gates_at(vector.at, case.rules.ids):
        if gate.id == vector.gate and gate.binds(case.permit) and (vector.act is not None or not gate.of_act):
            return judge_gate(gate, case)
    return None


def faults(question: Asked) -> list[str]:
    """What the verdict says other than the vector; empty if the vector holds."""
    vector, found = question.vector, verdict(question)
    if found is None or vector.expect == NOT_ASKED:
        return [] if found is None and vector.expect == NOT_ASKED else [f"asked: {found is not None}"]
    said = [(m.what, m.about, m.have, m.need) for m in found.missing]
    wrong = [] if found.open == (vector.expect == OPEN) else [f"{vector.expect} expected, but {said}"]
    wrong += [f"{what} is not missing" for what in vector.missing if what not in {m.what for m in found.missing}]
    for name in ("have", "need", "who"):
        wanted, there = getattr(vector, name), {getattr(m, name) for m in found.missing}
        wrong += [f"{name} is {there}"] if wanted and wanted not in there else []
    alarms = {m.alarm or found.gate.alarm for m in found.missing}
    wrong += [f"suspends {found.gate.suspends}"] if vector.suspends not in ("", found.gate.suspends) else []
    wrong += ["blocks or not"] if vector.expect == SHUT and vector.blocks != found.gate.blocks else []
    wrong += [f"the alarms are {alarms}"] if vector.alarm and vector.alarm not in alarms else []
    if vector.evidence is not None and sorted(set(found.evidence)) != question.evidence:
        wrong += [f"the evidence is {sorted(set(found.evidence))}, not {question.evidence}"]
    return wrong


def act_of(act: Mapping[str, Any], at: Boundary, w: World) -> Command:
    """The command by which somebody passes the boundary."""
    there = presence(TICKETS.get(act["presence"], act["presence"])) if "presence" in act else None
    more = {"job_id": JOB, "permit_id": TICKET, "presence": there}
    if "authenticated" in act:
        more["authenticated_at"] = None if act["authenticated"] == "never" else moment(w, act["authenticated"])
    if "means" in act:
        more["means"] = act["means"]
    return w.command(act["by"], at.value, act.get("payload", {}), **more)


def records(vector: Vector, w: World) -> list[int]:
    """The `site_seq` of every record the vector names as evidence, sorted."""
    return sorted({one.seq for path in vector.evidence or () for one in _found(w, path)})


# ---- paths ---------------------------------------------------------------------------------------------------------


def put(w: World, path: str, value: Any) -> None:
    """Set what the path names; None takes it away."""
    root, _, rest = path.partition(".")
    parts = rest.split(".") if rest else []
    if root == "now":
        w.now = moment(w, value)
    elif root in TICKETS:
        changed = _put(w, w.permit(TICKETS[root]), Permit, parts, value)
        w.board = dataclasses.replace(w.board, permits={**w.board.permits, TICKETS[root]: changed})
    elif root == "job":
        w.board = dataclasses.replace(w.board, jobs={**w.board.jobs, JOB: _put(w, w.job, Job, parts, value)})
    elif root == "site":
        w.board = _put(w, w.board, Board, parts, value)
    elif root == "policy":
        w.board = dataclasses.replace(w.board, policies={**w.board.policies, rest: value})
    else:
        raise ValueError(f"{path}: begins with none of ticket, other, job, site, policy, now")


def _put(w: World, whole: Any, hint: Any, parts: list[str], value: Any) -> Any:
    if not parts:
        return decoded(w, hint, value)
    part, rest = parts[0], parts[1:]
    hint = _plain(hint)
    if dataclasses.is_dataclass(hint):
        inner = typing.get_type_hints(hint)
        if part not in inner:
            raise ValueError(f"{hint.__name__} has no {part}")
        return dataclasses.replace(whole, **{part: _put(w, getattr(whole, part), inner[part], rest, value)})
    of = typing.get_args(hint)
    if isinstance(whole, Mapping):
        return _put_in_mapping(w, whole, of[1] if len(of) > 1 else Any, part, rest, value)
    if isinstance(whole, tuple):
        if part == "+":
            changes = {"seq": w.board.seq + 1} | _decoded_fields(w, of[0], value)
            return (*whole, dataclasses.replace(whole[0], **changes))
        items = list(whole)
        numbers = range(len(items)) if part == "*" else [int(part)]
        for number in numbers:
            items[number] = _put(w, items[number], of[0], rest, value)
        return tuple(items) if rest or value is not None else tuple(i for n, i in enumerate(items) if n not in numbers)
    raise ValueError(f"there is no {part} in {whole!r}")


def _put_in_mapping(
    w: World, whole: Mapping[str, Any], hint: Any, part: str, rest: list[str], value: Any
) -> dict[str, Any]:
    changed = dict(whole)
    for key in list(whole) if part == "*" else [part]:
        if not rest and value is None:
            del changed[key]
        else:
            changed[key] = _put(w, changed.get(key), hint, rest, value)
    return changed


def _plain(hint: Any) -> Any:
    """The type without `| None`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(one for one in typing.get_args(hint) if one is not type(None))
    return hint


def decoded(w: World, hint: Any, value: Any) -> Any:
    """The value as the board has it: times from their words, entries from tables with what is left out filled in."""
    hint = _plain(hint)
    if isinstance(value, str) and value in IDS:
        return IDS[value]
    if value is None or hint is Any:
        return value
    if hint is datetime:
        return moment(w, value)
    if hint is Interval and isinstance(value, str):
        return Interval(moment(w, value), moment(w, value))
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return _entry(w, hint, value)
    of = typing.get_args(hint)
    many = typing.get_origin(hint)
    if many in (tuple, frozenset) and isinstance(value, list):
        return many(decoded(w, of[0], one) for one in value)
    if len(of) > 1 and isinstance(value, Mapping):
        return {key: decoded(w, of[1], one) for key, one in value.items()}
    return codec.restore(hint, value)


def _entry(w: World, cls: Any, value: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(cls)
    given: dict[str, Any] = {name: None for name, hint in hints.items() if _plain(hint) is not hint}
    given |= {"seq": w.board.seq + 1} if "seq" in hints else {}
    known = given | ({"at": "now", "by": "lead"} if cls is Stated else {}) | dict(value)
    return cls(**_decoded_fields(w, cls, known))


def _decoded_fields(w: World, cls: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {name: decoded(w, hints[name], one) for name, one in value.items()}


def moment(w: World, text: str) -> datetime:
    """`now - 30:01`, `ticket.planned_from + 8:00:00`, or a time in ISO form."""
    found = MOMENT.match(text)
    if found is None:
        return datetime.fromisoformat(text)
    start = w.now if found["from"] == "now" else _at(w, found["from"].split("."))
    if not found["sign"]:
        return start
    delta = timedelta(hours=int(found["h"] or 0), minutes=int(found["m"]), seconds=int(found["s"]))
    return start + delta if found["sign"] == "+" else start - delta


def _at(w: World, parts: list[str]) -> datetime:
    (value,) = _found(w, ".".join(parts))
    assert isinstance(value, datetime)
    return value


def _found(w: World, path: str) -> list[Any]:
    """Everything the path names; `*` means every one."""
    root, *parts = path.split(".")
    found: list[Any] = [w.permit(TICKETS[root]) if root in TICKETS else {"job": w.job, "site": w.board}[root]]
    for part in parts:
        found = [inner for one in found for inner in _inner(one, part)]
    return found


def _inner(whole: Any, part: str) -> list[Any]:
    if isinstance(whole, Mapping):
        return list(whole.values()) if part == "*" else [whole[part]]
    if isinstance(whole, tuple):
        return list(whole) if part == "*" else [whole[int(part)]]
    return [getattr(whole, part)]
