"""What differs between a ticket and the one whose place it took: whole values, not letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.pages.render import View
from services.seven_steps.board_ticket import Permit


@dataclass(frozen=True)
class Change:
    """One value of a ticket: as it was, as it is; equal if nothing changed, empty if there is none."""

    label: str
    old: str
    new: str

    @property
    def changed(self) -> bool:
        return self.old != self.new


def see(view: View, before: Permit) -> None:
    """Note the names that the comparison needs of the ticket before."""
    view.people.see_all(before.crew)


def compared(view: View, before: Permit, now: Permit) -> list[Change]:
    """Every value of the two, in the order of the ticket."""
    old, new = _values(view, before), _values(view, now)
    return [Change(label, old.get(label, ""), new.get(label, "")) for label in dict.fromkeys((*new, *old))]


def _values(view: View, permit: Permit) -> Mapping[str, str]:
    said, fmt = view.said, view.formats
    crew = (f"{view.people.name(one.person_id)} ({said.word('crew_role', one.role)})" for one in permit.crew.values())
    return {
        said.t("part.level"): said.word("level", permit.level) if permit.level else said.t("words.none"),
        said.t("board.area"): permit.area_id,
        said.t("field.place"): permit.place,
        said.t("field.equipment_tag"): permit.equipment_tag,
        said.t("field.planned_from"): fmt.day_clock(permit.planned_from),
        said.t("field.planned_to"): fmt.day_clock(permit.planned_to),
        said.t("field.limitations"): permit.limitations,
        **dict(fmt.facts(permit.facts, view.people.name)),
        said.t("part.crew_of"): said.t("list.comma").join(crew),
        **{
            f"{said.t('part.measure')} {line}": said.word("answer", one.answer) for line, one in permit.measures.items()
        },
    }
