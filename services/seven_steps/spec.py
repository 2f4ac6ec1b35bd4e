"""What a command is: who may give it, what it is about, which boundary it passes, and the function that decides it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from services.seven_steps.event import Event
from services.seven_steps.gate import Boundary, Case

ACT, RECORD = "act", "record"
SITE, JOB, PERMIT = "site", "job", "permit"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that is no gate: one of codes.REFUSALS, and what would have been needed.

    what: catalogue key of the reason, if it is not the code's own; packs: whose rule or number it is
    """

    code: str
    about: str = ""
    have: str = ""
    need: str = ""
    who: tuple[str, ...] = ()
    what: str = ""
    packs: tuple[str, ...] = ()


Decision = tuple[Event, ...] | Refused


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command type at one version.

    kind:    ACT grants authority and is refused `too_late`; RECORD states a fact or takes authority away
    subject: what it is about: the SITE, a JOB, or a PERMIT (ticket)
    states:  states of the subject in which it makes sense; empty means any. A record of a fact has none.
    boundary: the gates asked before it; covers: the ticket ids it names, for boundaries of the whole job
    creates: true if the job or ticket id is new with this command
    """

    type: str
    kind: str
    roles: frozenset[str]
    subject: str
    decide: Callable[[Case], Decision]
    states: frozenset[str] = field(default=frozenset())
    boundary: Boundary | None = None
    covers: bool = False
    creates: bool = False
    version: int = 1
