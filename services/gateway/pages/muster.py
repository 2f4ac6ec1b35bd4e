"""Who has to be accounted for in an emergency: everybody recorded inside, and the crews of work that runs, by area.

Whether somebody reached the muster point is recorded nowhere: each is *not known* until the warden has seen them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.gateway.pages.render import View
from services.seven_steps.board_ticket import Permit

#: Work of which somebody may be at the place.
AT_WORK = frozenset({"active", "suspended"})


@dataclass
class Person:
    """One person of an area. inside: since when, None if not recorded inside; permits: where they belong."""

    person_id: str
    role: str
    inside: datetime | None = None
    permits: list[Permit] = field(default_factory=list)


@dataclass(frozen=True)
class AreaList:
    area_id: str
    name: str
    people: list[Person]

    @property
    def inside(self) -> int:
        return sum(one.inside is not None for one in self.people)


def lists(view: View, area_id: str = "") -> list[AreaList]:
    """By area, those inside first. Whose names are needed is noted."""
    found = []
    for area in view.board.areas.values():
        if area_id not in ("", area.area_id):
            continue
        people = _people(permit for permit in view.board.permits.values() if permit.area_id == area.area_id)
        view.people.see_all(one.person_id for one in people)
        if people or area_id:
            found.append(AreaList(area.area_id, view.said.pick(area.name), people))
    return found


def _people(permits: Iterable[Permit]) -> list[Person]:
    found: dict[str, Person] = {}
    for permit in permits:
        there = list(permit.inside)
        if permit.state in AT_WORK:
            there += [*permit.crew, *permit.guardians_on]
        for person_id in dict.fromkeys(there):
            member = permit.crew.get(person_id)
            person = found.setdefault(person_id, Person(person_id, member.role if member else ""))
            person.permits.append(permit)
            entry = permit.inside.get(person_id)
            if entry is not None:
                person.inside = min(person.inside or entry.since, entry.since)
    return sorted(found.values(), key=lambda one: (one.inside is None, one.inside or datetime.max, one.person_id))
