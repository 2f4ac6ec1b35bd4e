"""What a gate is: a value with one predicate, the evidence it looked at, and the source of the rule.

A gate opens only when everything it names is true. It is shut when its evidence is missing. No `if` elsewhere may
stop a permit: `decide` asks every gate of the boundary and refuses with every one that is shut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.seven_steps.board import Board, Job, Permit
from services.seven_steps.command import Command
from services.seven_steps.rules import Rules


class Boundary(StrEnum):
    """Where gates are asked. A closed list (design: one job or ticket passes from one side to the other)."""

    ASSESS = "assess"
    PLAN = "plan"
    BRIEF = "brief"
    SURVEY = "survey"
    ISSUE = "issue"
    START = "start"
    ENTER = "enter"
    RESUME = "resume"
    COMPLETE = "complete"
    ACCEPT = "accept"
    REMOVE_ISOLATION = "remove_isolation"
    REVIEW = "review"
    PURGE = "purge"


B = Boundary

#: The seven gates people see, and the boundaries each of them consists of.
SEVEN_GATES: Mapping[int, tuple[Boundary, ...]] = {
    1: (B.ASSESS,),
    2: (B.PLAN,),
    3: (B.BRIEF,),
    4: (B.SURVEY, B.ISSUE, B.START),
    5: (B.ENTER, B.RESUME, B.COMPLETE),
    6: (B.ACCEPT, B.REMOVE_ISOLATION),
    7: (B.REVIEW, B.PURGE),
}

#: What must hold while the work runs is asked again at each of these (reading A10.8).
RUN = frozenset({B.START, B.ENTER, B.RESUME})
#: Where a gas result is judged; a reading itself is never refused (reading A10.5).
ON_RESULT = frozenset({B.ISSUE, B.START, B.ENTER, B.RESUME})


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that keeps a gate shut.

    what:  catalogue key of the missing evidence (`missing.<what>`)
    about: the person, ticket, point, instrument or line concerned (an id; pages join the name)
    have, need: what there is and what is needed, as short values with their unit; a word with a leading colon
           (":none") is looked up in the catalogue of words
    who:   roles, or ids of persons, who can supply it
    alarm: AQ 3064.2 A.4 code if it differs from the gate's own
    """

    what: str
    about: str = ""
    have: str = ":none"
    need: str = ""
    who: tuple[str, ...] = ()
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a gate may look at. `permit` is None at boundaries of the whole job."""

    board: Board
    job: Job | None
    permit: Permit | None
    command: Command
    actor: str
    now: datetime
    rules: Rules


@dataclass(frozen=True, slots=True)
class Gate:
    """A rule between two steps.

    id:       the one code on the wire, in tests and catalogues (`G-GAS-2`)
    version:  raised when a released predicate changes; the old one stays
    at:       the boundaries at which it is asked
    source:   clause and edition, or "Policy"
    shut_by:  empty means open
    evidence: records the verdict rests on, as `site_seq` numbers: asked for open gates too
    alarm:    AQ 3064.2 A.4 code raised when a sign-off is refused by this gate; empty for none
    of_act:   true when it judges who acts and how (presence, means, grade), not the state of the work; such a gate
              is "ready" rather than shut on a page that only looks
    blocks:   false for a rule whose only effect is its alarm (G-SV-6b)
    """

    id: str
    version: int
    at: frozenset[Boundary]
    source: str
    shut_by: Callable[[Case], tuple[Missing, ...]]
    evidence: Callable[[Case], tuple[int, ...]]
    alarm: str = ""
    of_act: bool = False
    blocks: bool = True

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate judged in one case."""

    gate: Gate
    about: str
    missing: tuple[Missing, ...]
    evidence: tuple[int, ...]

    @property
    def open(self) -> bool:
        return not self.missing
