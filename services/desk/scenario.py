"""A scenario: real work as a list of steps, read from TOML (deploy/demo/*.toml says what a step may hold).

Nothing here knows answers: a step says what must come back, and the player compares it with what did.
"""

from __future__ import annotations

import hashlib
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.desk import stand_in
from services.desk.exits import broken
from services.seven_steps.site_time import stamp

SETTLE_ALARMS = "settle_alarms"  # a step of the player: every open alarm of the job is acknowledged and closed
WATCH = "watch"  # a step of the player: devices play a scene, and the ticket must come to be as it says
ACKNOWLEDGE = "acknowledge_briefing"
CONFIRM_MEASURES = "confirm_measures"
DOCUMENT = "document:"
NOT_PLAYED = frozenset({"cast", "signals"})  # files of deploy/demo that are no scenario
STEP_KEYS = frozenset(
    {"at", "say", "who", "does", "on", "with", "refused", "malformed", "tapped_s", "presence", "position", "level"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing somebody does, and what must come back.

    number:    its place in the file, from 1: what an error names
    tapped_s:  seconds between the tap and the sending
    presence:  works number of the guardian whose screen shows the code; position: where the sender's device is
    malformed: the field that a 422 must name; refused: the codes that a 409 must carry; both empty: accepted
    level:     the level that the facts must give the new ticket
    """

    number: int
    who: str
    does: str
    payload: Mapping[str, Any]
    on: str = ""
    at: str = ""
    say: str = ""
    refused: tuple[str, ...] = ()
    malformed: str = ""
    tapped_s: int = 0
    presence: str = ""
    position: Mapping[str, str] | None = None
    level: str = ""

    @property
    def documents(self) -> tuple[str, ...]:
        """Titles of the papers it names."""
        return tuple(text.removeprefix(DOCUMENT) for text in _texts(self.payload) if text.startswith(DOCUMENT))

    def __str__(self) -> str:
        return f"step {self.number} ({self.who} {self.does}{f' on {self.on}' if self.on else ''})"


@dataclass(frozen=True, slots=True)
class Scenario:
    """policies: of the site it is played on, beside those of the cast."""

    name: str
    starts_at: str
    jobs: Mapping[str, tuple[str, ...]]  # job -> its tickets
    steps: tuple[Step, ...]
    policies: Mapping[str, str] = field(default_factory=dict)

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone who does something or shows a presence code, in the order of their first step."""
        return tuple(dict.fromkeys(name for step in self.steps for name in (step.who, step.presence) if name))


def every() -> tuple[str, ...]:
    """The names of all scenarios, in the order of their files."""
    found = (Path(entry.name) for entry in files("deploy.demo").iterdir())
    return tuple(sorted(path.stem for path in found if path.suffix == ".toml" and path.stem not in NOT_PLAYED))


def read(name: str) -> Scenario:
    """The scenario deploy/demo/NAME.toml. Raises Fault: the file is part of the product, so it is our fault."""
    content = tomllib.loads(files("deploy.demo").joinpath(f"{name}.toml").read_text("utf-8"))
    steps = tuple(_step(number, row) for number, row in enumerate(content["step"], 1))
    jobs = {job: tuple(tickets) for job, tickets in content["jobs"].items()}
    known = {*jobs, *(ticket for tickets in jobs.values() for ticket in tickets)}
    for step in steps:
        if step.on and step.on not in known:
            raise broken(f"{name}.toml: {step}: {step.on} is none of the jobs and tickets")
    return Scenario(content["name"], content["starts_at"], jobs, steps, content.get("policies", {}))


def _step(number: int, row: Mapping[str, Any]) -> Step:
    unknown = sorted(set(row) - STEP_KEYS)
    if unknown:
        raise broken(f"step {number}: unknown key {', '.join(unknown)}")
    return Step(
        number=number,
        who=row["who"],
        does=row["does"],
        payload=row.get("with", {}),
        on=row.get("on", ""),
        at=row.get("at", ""),
        say=row.get("say", ""),
        refused=tuple(row.get("refused", ())),
        malformed=row.get("malformed", ""),
        tapped_s=row.get("tapped_s", 0),
        presence=row.get("presence", ""),
        position=row.get("position"),
        level=row.get("level", ""),
    )


@dataclass(slots=True)
class Names:
    """What the words of a scenario stand for in one run: fresh ids, the site's people, its zone."""

    site_id: str
    zone: str
    people: Mapping[str, str]  # works number -> person_id
    scenario: Scenario
    ids: dict[str, str] = field(default_factory=dict)
    papers: dict[str, bytes] = field(default_factory=dict)  # by title

    def job_id(self, on: str) -> str | None:
        """The job a step is on; for a ticket the job it belongs to."""
        for job, tickets in self.scenario.jobs.items():
            if on == job or on in tickets:
                return self._id(f"job:{job}")
        return None

    def tickets(self) -> dict[str, str]:
        """permit_id by the scenario's name of the ticket."""
        names = [ticket for of_job in self.scenario.jobs.values() for ticket in of_job]
        return {name: self._id(f"ticket:{name}") for name in names}

    def permit_id(self, on: str) -> str | None:
        return self.tickets().get(on)

    def utc(self, local: str) -> str:
        return stamp(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(self.zone)))

    def body(self, step: Step, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The client part of the command of a step, with a fresh command_id."""
        payload = self._value(dict(step.payload) | dict(extra or {}))
        if step.does == CONFIRM_MEASURES:
            payload["lines"] = _lines(payload["lines"])
        return self.command(step.does, payload, self.job_id(step.on), self.permit_id(step.on))

    def command(
        self, type_: str, payload: Mapping[str, Any], job_id: str | None = None, permit_id: str | None = None
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "command_id": str(uuid.uuid4()),
            "type": type_,
            "version": 1,
            "site_id": self.site_id,
            "lang": "en",
            "payload": dict(payload),
        }
        if job_id is not None:
            body["job_id"] = job_id
        if permit_id is not None:
            body["permit_id"] = permit_id
        return body

    def text(self, text: str) -> str:
        """With the works number after a "person:" in it replaced by the person's id."""
        kind, found, works_no = text.partition("person:")
        return f"{kind}{self.people[works_no]}" if found else text

    def document(self, title: str) -> bytes:
        """The paper of that title; the same whenever it is asked for."""
        if title not in self.papers:
            self.papers[title] = stand_in.one_page(title)
        return self.papers[title]

    def _id(self, name: str) -> str:
        return self.ids.setdefault(name, str(uuid.uuid4()))

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._word(key): self._value(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return self._word(value) if isinstance(value, str) else value

    def _word(self, text: str) -> str:
        if text.startswith("person:"):
            return self.people[text.removeprefix("person:")]
        if text.startswith(DOCUMENT):
            return hashlib.sha256(self.document(text.removeprefix(DOCUMENT))).hexdigest()
        if text.startswith(("job:", "ticket:")):
            return self._id(text)
        return self.utc(text) if _is_local_time(text) else text


def _texts(value: Any) -> Iterator[str]:
    """Every text in a payload."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _is_local_time(text: str) -> bool:
    if len(text) != len("2026-10-20T08:00") or text[10] != "T":
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _lines(answers: Mapping[str, list[str]]) -> list[dict[str, str]]:
    """{confirmed = [...], not_applicable = [...]} as the command has it: one answer a line, in the form's order."""
    lines = [{"line": line, "answer": answer} for answer, numbers in answers.items() for line in numbers]
    return sorted(lines, key=lambda row: int(row["line"]))
