"""Form A.4, work at height 高处: the height, what raises its level, and who goes up."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import Cells, Form, asked_by, done_by, levels, linked_hazards_time, pairs, place, work

LEVELS = ("I", "II", "III", "IV")


def _header(cells: Cells) -> list[Flowable]:
    d = cells.d
    head = pairs([
        asked_by(cells),
        [cells.label("row.height_place", 3, 4), place(cells)],
        [cells.label("row.work_content", 5), work(cells)],
        [cells.label("row.height"), cells.facts("height_m", named=False)],
        [cells.label("row.height_level"), levels(cells, LEVELS)],
        done_by(cells),
        [cells.label("row.height_workers"), cells.people(d["certified_workers"]),
         cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    return [head, linked_hazards_time(cells, "row.height_time")]


FORM = Form(
    header=_header,
    measures=15,
    nodes=(("work_lead", "row.node_work_lead"), ("unit", "row.node_unit"), ("dept", "row.node_review")),
    approver="row.node_approval",
)
