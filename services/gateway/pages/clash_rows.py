"""Clashes of tickets in words: what bears on what, how near, and what would be enough."""

from __future__ import annotations

from dataclasses import dataclass

from services.gateway.pages.options import rules_of
from services.gateway.pages.render import View
from services.seven_steps import simops
from services.seven_steps.board_ticket import Permit
from services.seven_steps.simops import Clashing
from services.seven_steps.simops_matrix import PROHIBIT


@dataclass(frozen=True)
class ClashRow:
    """A clash in words: with which ticket, what of, how near and what is needed."""

    other: Permit
    what: str
    have: str
    need: str
    prohibited: bool
    coordinated: bool
    source: str


#: The clashes of a whole site are looked for again after each record, and as time goes by.
LOOKED_AGAIN_AFTER_S = 30
_last: dict[str, tuple[tuple[str, int], tuple[Clashing, ...]]] = {}


def of_site(view: View) -> tuple[Clashing, ...]:
    """All clashes of the site: on a big one the dearest part of its board, so they are kept for a moment."""
    key = view.board.head, int(view.now.timestamp()) // LOOKED_AGAIN_AFTER_S
    kept = _last.get(view.site_id)
    if kept is None or kept[0] != key:
        kept = key, simops.clashes(view.board, rules_of(view), view.now)
        _last[view.site_id] = kept
    return kept[1]


def of_ticket(view: View, permit: Permit) -> list[ClashRow]:
    """The clashes of one ticket, as seen from it."""
    found = simops.clashes_of(view.board, rules_of(view), permit, view.now)
    return [clash_row(view, one, permit.permit_id) for one in found]


def clash_row(view: View, one: Clashing, seen_from: str) -> ClashRow:
    other = view.board.permits[one.b if one.a == seen_from else one.a]
    said = view.said
    what = said.value(f":clash_{one.row.lower().replace('-', '_')}")
    return ClashRow(
        other, what, said.value(one.have), said.value(one.need), one.result == PROHIBIT, one.coordinated,
        said.clause(one.source),
    )  # fmt: skip
