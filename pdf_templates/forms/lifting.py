"""Form A.5, lifting 吊装: load, mass and level, and who operates, slings and directs."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import Cells, Form, asked_by, levels, linked_hazards_time, pairs, place, work, work_unit
from pdf_templates.typeset import Run, Text, small

LEVELS = ("1", "2", "3")


def _header(cells: Cells) -> list[Flowable]:
    d = cells.d
    by_trade = d["workers_by_trade"]
    mass = Text([*cells.facts("mass_t", named=False).runs, Run("   "), *levels(cells, LEVELS).runs])
    head = pairs([
        asked_by(cells),
        [cells.label("row.work_unit"), work_unit(cells),
         cells.label("row.lift_place", 3, 4), place(cells)],
        [cells.label("row.lift_gear"), _gear(cells),
         cells.label("row.lift_load"), cells.facts("load_name", named=False)],
        [cells.label("row.work_content", 5), work(cells)],
        [cells.label("row.lift_mass"), mass],
        [cells.label("row.lift_operators"), cells.people(by_trade.get("crane_operator", [])),
         cells.label("row.lift_riggers"), cells.people(by_trade.get("rigger", []))],
        [cells.label("row.lift_directors"), cells.people(by_trade.get("lift_director", [])),
         cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    return [head, linked_hazards_time(cells, "row.lift_time")]


def _gear(cells: Cells) -> Text:
    """The gear, how many cranes, and the highest load of one of them."""
    named = cells.facts("cranes", "highest_load_percent").runs
    return Text([*cells.facts("gear", named=False).runs, *(small(f"  {run.text}") for run in named)])


FORM = Form(
    header=_header,
    measures=20,
    nodes=(("work_lead", "row.node_lift_lead"), ("unit", "row.node_unit"), ("dept", "row.node_review")),
    approver="row.node_approval",
)
