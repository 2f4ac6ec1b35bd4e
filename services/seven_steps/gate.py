"""What a gate is: a value with one predicate, the evidence it looked at, and the source of the rule.

A gate opens only when everything it names is true. It is shut when its evidence is missing. No `if` elsewhere may
stop a permit: `decide` asks every gate of the boundary and refuses with every one that is shut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
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
    pack:  what decided the number it was measured by, where the gate asks for more than one number
    """

    what: str
    about: str = ""
    have: str = ":none"
    need: str = ""
    who: tuple[str, ...] = ()
    alarm: str = ""
    pack: str = ""


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

    def number(self, name: str) -> Decimal:
        """A number of the packs in force on this site."""
        return self.rules.number(name, self.board)


#: A gate that binds every type of work.
ALL_WORKS: frozenset[str] = frozenset()
HOT, ENTRY = frozenset({"hot_work"}), frozenset({"confined_space"})


#: How a source names the pack that brings it. A source that names policy binds on every site.
NAMED_IN_SOURCE = (
    ("GB 30871", "gb30871-2022"),
    ("AQ 3064", "aq3064-2025"),
    ("HSG250", "hsg250"),
    ("1910.", "osha-1910"),
)
#: The packs of a gate that no site is without, whichever packs it chose.
EVERYWHERE: tuple[str, ...] = ()


def packs_named(source: str) -> tuple[str, ...]:
    """The packs whose law a source names; EVERYWHERE for policy."""
    if "policy" in source.lower():
        return EVERYWHERE
    return tuple(pack for name, pack in NAMED_IN_SOURCE if name in source)


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
    packs:    ids of the rule packs that bring it: it binds on a site that has one of them; None: what the source names;
              EVERYWHERE: on every site
    works:    types of work it binds; empty for all
    suspends: cause (rules E3) under which running work is suspended when the gate falls shut: it is a standing
              condition, asked of the running ticket whenever something changes; empty: asked at boundaries only
    grace:    the number that says for how long it may be shut, with its alarm, before it suspends; empty: not at all
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
    packs: tuple[str, ...] | None = None
    works: frozenset[str] = ALL_WORKS
    suspends: str = ""
    grace: str = ""

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def brought_by(self) -> tuple[str, ...]:
        return packs_named(self.source) if self.packs is None else self.packs

    def binds(self, permit: Permit | None) -> bool:
        """Whether the gate is asked of this ticket; of a whole job it always is."""
        return permit is None or not self.works or permit.type in self.works


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate judged in one case. numbers: what decided each number it asked for (a pack's ref, or "site")."""

    gate: Gate
    about: str
    missing: tuple[Missing, ...]
    evidence: tuple[int, ...]
    numbers: Mapping[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return not self.missing
