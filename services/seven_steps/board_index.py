"""What stands where and who is on what: looked up, not searched, so that a question costs the same on a big site.

`evolve` keeps it with the tickets, jobs and certificates it is made of; `built` makes it anew from them, and a test
holds the two equal after every record. It says where to look: whoever asks still looks at the ticket itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from services.seven_steps import grid
from services.seven_steps.board_job import Job
from services.seven_steps.board_site import Certificate
from services.seven_steps.board_ticket import Permit
from services.seven_steps.facts import EMPTY

#: A ticket whose own reach and error are at most this is found by its cell; any other is looked at always. Metres.
NARROW_M = Decimal(50)
#: Facts that say how far a ticket's own danger reaches. Metres.
REACHES = ("radius_m", "barrier_m", "depth_m")
Entries = Mapping[str, frozenset[str]]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Index:
    areas: Entries = EMPTY  # area -> tickets
    cells: Entries = EMPTY  # cell of the grid -> tickets that have a spot there
    people: Entries = EMPTY  # person -> tickets on whose crew they are
    pipes: Entries = EMPTY  # pipe -> tickets that open it
    points: Entries = EMPTY  # isolation point -> jobs that plan it or have it in force
    leads: Entries = EMPTY  # person -> jobs that they lead
    certificates: Entries = EMPTY  # person -> certificates
    wide: frozenset[str] = frozenset()  # tickets whose reach or error is no longer narrow


def reach_of(permit: Permit) -> Decimal:
    """How far the ticket's own danger reaches by its facts, m."""
    stated = (Decimal(permit.facts[name]) for name in REACHES if permit.facts.get(name) is not None)
    return max(stated, default=Decimal(0))


def _ticket_keys(permit: Permit) -> frozenset[Key]:
    keys = {("areas", permit.area_id)} | {("people", person) for person in permit.crew}
    if permit.facts.get("pipe"):
        keys.add(("pipes", str(permit.facts["pipe"])))
    if permit.spot is not None:
        keys.add(("cells", grid.cell_of(permit.spot)))
    if _is_wide(permit):
        keys.add(("wide", ""))
    return frozenset(keys)


def _is_wide(permit: Permit) -> bool:
    error = permit.spot.error_m if permit.spot is not None and permit.spot.error_m is not None else Decimal(0)
    return reach_of(permit) + error > NARROW_M


def points_of(job: Job) -> frozenset[str]:
    planned = {one.point_id for one in job.plan.isolations} if job.plan else set()
    return frozenset(planned | {one.point_id for one in job.isolations.values() if one.removed is None})


def with_ticket(index: Index, before: Permit | None, after: Permit | None) -> Index:
    """The index after a ticket came, changed or went."""
    if before is not None and after is not None and _same_place(before, after):
        return index
    old = _ticket_keys(before) if before is not None else frozenset()
    new = _ticket_keys(after) if after is not None else frozenset()
    known = after or before
    return _moved(index, known.permit_id, old, new) if known is not None else index


def _same_place(before: Permit, after: Permit) -> bool:
    """Most changes of a ticket move it nowhere: that is seen by identity."""
    same = before.crew is after.crew and before.facts is after.facts and before.spot is after.spot
    return same and before.area_id == after.area_id


def with_job(index: Index, before: Job | None, after: Job | None) -> Index:
    """The index after a job came, changed or went."""
    both = before is not None and after is not None
    if both and before.plan is after.plan and before.isolations is after.isolations:  # type: ignore[union-attr]
        return index
    old = _job_keys(before) if before is not None else frozenset()
    new = _job_keys(after) if after is not None else frozenset()
    known = after or before
    return _moved(index, known.job_id, old, new) if known is not None else index


def _job_keys(job: Job) -> frozenset[Key]:
    return frozenset({("leads", job.work_lead), *(("points", point) for point in points_of(job))})


def with_certificate(index: Index, before: Certificate | None, after: Certificate) -> Index:
    old = frozenset({("certificates", before.person_id)}) if before is not None else frozenset()
    return _moved(index, after.certificate_id, old, frozenset({("certificates", after.person_id)}))


def _moved(index: Index, id_: str, old: frozenset[Key], new: frozenset[Key]) -> Index:
    if old == new:
        return index
    changed: dict[str, dict[str, frozenset[str]]] = {}
    wide = index.wide
    for keys, there in ((old - new, False), (new - old, True)):
        for kind, key in keys:
            if kind == "wide":
                wide = wide | {id_} if there else wide - {id_}
                continue
            entries = changed.setdefault(kind, dict(getattr(index, kind)))
            left = entries.pop(key, frozenset()) - {id_}
            if there or left:
                entries[key] = left | {id_} if there else left
    return replace(index, wide=wide, **changed)


def built(jobs: Iterable[Job], permits: Iterable[Permit], certificates: Iterable[Certificate]) -> Index:
    """The index made anew."""
    index = Index()
    for permit in permits:
        index = with_ticket(index, None, permit)
    for job in jobs:
        index = with_job(index, None, job)
    for certificate in certificates:
        index = with_certificate(index, None, certificate)
    return index
