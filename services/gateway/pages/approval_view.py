"""The parts of what is being approved, each with the mark that the index shows.

A part is *shut* when a gate of the issue that is about it is shut, *later* when only the start still wants something
of it, *soon* when something in it runs out shortly, else *fine*. Once a ticket is issued nothing is marked any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.gateway.pages import board_view
from services.gateway.pages.reasons import see_verdicts
from services.gateway.pages.render import View
from services.seven_steps import site_time
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import CrewMember, Permit
from services.seven_steps.gate import Boundary, Verdict
from services.seven_steps.step2_to_3_crew_gates import GUARDIAN_TRADE

B = Boundary
FINE, SHUT, LATER, SOON, UNMARKED = "fine", "shut", "later", "soon", "unmarked"
#: A certificate that ends within this is pointed out. A look only: no gate asks it.
CERTIFICATE_SOON = timedelta(days=30)

#: The parts in the order of the steps, and the gates that are about each, by the beginning of their ids.
PARTS: Mapping[str, tuple[str, ...]] = {
    "risks": ("G-RA", "G-LSN"),
    "plan": ("G-PL", "G-LV", "G-EX"),
    "isolations": ("G-SV-2", "G-SD-1b"),
    "crew": ("G-CR",),
    "briefing": ("G-BR",),
    "survey": ("G-SV-1",),
    "gas": ("G-GAS",),
    "clashes": ("G-SIM",),
    "linked": ("G-SV-5",),
    "changes": (),
    "signatures": ("G-SV-6", "G-SV-4"),
    "others": (),
}
OTHERS = "others"
#: What the start asks of the crew is told here already: whoever approves wants to know before, not after.
TOLD_BEFORE_START = frozenset({"crew", "briefing"})


@dataclass(frozen=True)
class Part:
    """A part in the index. n: reasons that stand against it."""

    name: str
    mark: str
    n: int = 0


def part_of(gate_id: str) -> str:
    """The part that a gate is about."""
    fitting = [(prefix, part) for part, known in PARTS.items() for prefix in known if gate_id.startswith(prefix)]
    return max(fitting)[1] if fitting else OTHERS


def _against(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many reasons stand against each part."""
    found: dict[str, int] = {}
    for verdict in verdicts:
        if not verdict.open and verdict.gate.blocks:
            part = part_of(verdict.gate.id)
            found[part] = found.get(part, 0) + len(verdict.missing)
    return found


def verdicts_of(view: View, job: Job, permit: Permit) -> tuple[Sequence[Verdict], Sequence[Verdict]]:
    """The gates of the issue, and those of the start that the issue does not ask."""
    judge = board_view.judge_for(view, job)
    issue = judge(B.ISSUE, permit)
    start = [one for one in judge(B.START, permit) if B.ISSUE not in one.gate.at]
    see_verdicts(view.people, issue)
    return issue, start


def index(
    issue: Sequence[Verdict], start: Sequence[Verdict], soon: frozenset[str], shown: frozenset[str]
) -> list[Part]:
    """Every part that the page shows, marked."""
    now, then = _against(issue), _against(start)
    parts = []
    for name in PARTS:
        if name not in shown and not now.get(name):
            continue
        if now.get(name):
            parts.append(Part(name, SHUT, now[name]))
        elif then.get(name) and name in TOLD_BEFORE_START:
            parts.append(Part(name, LATER, then[name]))
        else:
            parts.append(Part(name, SOON if name in soon else FINE))
    return parts


def unmarked(shown: frozenset[str]) -> list[Part]:
    """The index of a ticket that is no longer to be approved: the gates of its issue are behind it."""
    return [Part(name, UNMARKED) for name in PARTS if name in shown]


def soon(view: View, permit: Permit) -> frozenset[str]:
    """Parts in which something runs out shortly: a certificate, the gas test."""
    found = {"crew"} if any(certificate_ends(view, member) for member in permit.crew.values()) else set()
    due, span = board_view.gas_due(view, permit)
    if due is not None and view.now <= due and due - view.now <= span / 6:
        found.add("gas")
    return frozenset(found)


def certificate_ends(view: View, member: CrewMember) -> int | None:
    """Days until the certificate of a crew member's trade ends, if that is soon and it has not ended yet."""
    trade = GUARDIAN_TRADE if member.role == "guardian" else member.trade
    last = max(
        (
            one.valid_to
            for one in view.board.certificates.values()
            if (one.person_id, one.trade) == (member.person_id, trade) and not one.revoked
        ),
        default="",
    )
    if not last:
        return None
    left = date.fromisoformat(last) - date.fromisoformat(site_time.site_day(view.board, view.now))
    return left.days if timedelta(0) <= left <= CERTIFICATE_SOON else None


# ---- the page ------------------------------------------------------------------------------------------------------


def photos(permit: Permit) -> list[tuple[str, str]]:
    """Line and hash of each photo of the survey."""
    return [(one.line, one.photo_sha256) for one in permit.measures.values() if one.photo_sha256]


def shown_parts(job: Job, permit: Permit) -> frozenset[str]:
    """What is on the page: a part that this work does not have is left out, unless a gate wants it."""
    there = {
        "isolations": bool(job.plan and job.plan.isolations),
        "gas": bool(permit.gas) or bool(job.plan and permit.permit_id in job.plan.gas),
        "linked": bool(permit.related),
        "changes": bool(permit.supersedes),
        OTHERS: False,
    }
    return frozenset(name for name in PARTS if there.get(name, True))
